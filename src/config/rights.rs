//! `role`, `roles` and `sees`: what the groups that somebody has elsewhere are worth here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::document::{ConfigError, Section};

/// What the groups of somebody whom others vouch for are worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// `role`: of whoever is in none of `roles`; `None`: they do not come in.
    pub role: Option<RoleName>,
    /// `roles`: role by the name of a group there; the greatest counts.
    pub roles: BTreeMap<String, RoleName>,
    /// `sees`: groups of vehicles by the name of a group there. Administrators see all; without
    /// this table everybody does.
    pub sees: Option<BTreeMap<String, BTreeSet<Arc<str>>>>,
}

/// A role by its name in the file; the order is that of growing rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleName {
    /// `viewer`.
    Viewer,
    /// `dispatcher`.
    Dispatcher,
    /// `administrator`.
    Administrator,
}

impl Rights {
    /// Whether some table goes by groups.
    pub fn ask_for_groups(&self) -> bool {
        !self.roles.is_empty() || self.sees.is_some()
    }

    /// Whether nobody at all would come in.
    pub fn let_nobody_in(&self) -> bool {
        self.role.is_none() && self.roles.is_empty()
    }
}

/// Says that nobody would come in.
pub(super) const NOBODY: &str =
    "nobody would be let in; give `role` for everybody, or `roles` by group";

const ROLES: &str = "viewer, dispatcher or administrator";

/// Reads the three keys of `section`.
pub(super) fn rights(section: &mut Section<'_>) -> Result<Rights, ConfigError> {
    let role = section.parsed("role", ROLES, role_named)?;
    let mut roles = BTreeMap::new();
    if let Some(mut table) = section.section("roles")? {
        for ((group, _), (word, span)) in table.pairs()? {
            let Some(role) = role_named(&word) else {
                let problem = format!("`{group}` is \"{word}\"; it must be {ROLES}");
                return Err(table.error_at(&span, problem));
            };
            roles.insert(group, role);
        }
        table.finish()?;
    }
    let mut sees = None;
    if let Some(mut table) = section.section("sees")? {
        let mut map = BTreeMap::new();
        for group in table.keys() {
            let names = table.strings(&group)?.into_iter();
            map.insert(group, names.map(|(name, _)| name.into()).collect());
        }
        table.finish()?;
        sees = Some(map);
    }
    Ok(Rights { role, roles, sees })
}

fn role_named(text: &str) -> Option<RoleName> {
    match text {
        "viewer" => Some(RoleName::Viewer),
        "dispatcher" => Some(RoleName::Dispatcher),
        "administrator" => Some(RoleName::Administrator),
        _ => None,
    }
}
