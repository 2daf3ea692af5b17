//! What the groups that somebody has elsewhere are worth here: a role, and what may be seen.

use std::collections::BTreeSet;

use crate::auth::Role;
use crate::config::access::{Rights, RoleName};
use crate::domain::Sight;
use crate::domain::sight::{Facts, Groups};

/// The role and sight of who is in `groups`; `None`: they do not come in.
pub(super) fn worth<G: AsRef<str>>(rights: &Rights, groups: &[G]) -> Option<(Role, Sight)> {
    let given = groups
        .iter()
        .filter_map(|group| rights.roles.get(group.as_ref()));
    let role = given.max().copied().or(rights.role).map(role)?;
    Some((role, sight(rights, role, groups)))
}

fn sight<G: AsRef<str>>(rights: &Rights, role: Role, groups: &[G]) -> Sight {
    let Some(sees) = rights.sees.as_ref().filter(|_| role != Role::Administrator) else {
        return Sight::everything();
    };
    let of_groups = groups.iter().filter_map(|group| sees.get(group.as_ref()));
    let vehicles: BTreeSet<_> = of_groups.flatten().cloned().collect();
    Sight {
        groups: Groups::Only(vehicles),
        facts: Facts::ALL,
    }
}

fn role(name: RoleName) -> Role {
    match name {
        RoleName::Viewer => Role::Viewer,
        RoleName::Dispatcher => Role::Dispatcher,
        RoleName::Administrator => Role::Administrator,
    }
}
