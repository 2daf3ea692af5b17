//! People whom a trusted proxy has let in: by the headers in which it says who they are. It says so
//! with each request, and what it says last counts: who has lost their groups there has nothing here.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};

use super::{Visit, rights, words};
use crate::auth::people::NameRefusal;
use crate::auth::{AuthError, External, Name, Role, Viewer, ViewerId};
use crate::config::access::ProxyIdentity;
use crate::domain::Sight;
use crate::web::Web;
use crate::web::error::ApiError;

/// By which the store knows them.
const ISSUER: &str = "proxy";

/// Somebody, as the proxy says.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    external: External,
    name: Name,
    /// What their groups are worth here; `None`: they do not come in.
    worth: Option<(Role, Sight)>,
}

/// Who it is, if it comes from the proxy and that says so.
pub(super) async fn viewer(
    web: &Web,
    visit: &Visit,
    headers: &HeaderMap,
) -> Result<Option<Arc<Viewer>>, ApiError> {
    let rules = web.door.rules.identity.as_ref();
    let Some(rules) = rules.filter(|_| visit.is_by_proxy) else {
        return Ok(None);
    };
    let Some(Said {
        external,
        name,
        worth,
    }) = said(rules, headers)?
    else {
        return Ok(None);
    };
    let (access, now) = (&web.door.access, (web.clock)());
    let known = match worth {
        Some((role, sight)) => {
            let provisioned = access.provision(external.clone(), name, role, sight, now);
            provisioned.await.map(Some)
        }
        // Maps that are open end now, and not when somebody thinks of it.
        None => access.take_sight(&external, now).await.map(|_user| None),
    };
    let refusal = match known {
        Ok(None) => no_group(),
        Ok(Some(user)) => match access.current(&ViewerId::User(user), now) {
            Some(viewer) => {
                access.note_coming(user, visit.address, now).await;
                return Ok(Some(viewer));
            }
            None => disabled(),
        },
        Err(AuthError::NameTaken) => name_taken(),
        Err(error) => return Err(words::refusal(&error)),
    };
    access.note_refusal(&external, visit.address, now).await;
    Err(refusal)
}

/// What the headers say.
fn said(identity: &ProxyIdentity, headers: &HeaderMap) -> Result<Option<Said>, ApiError> {
    let Some(user) = one(headers, &identity.user_header)?.filter(|user| !user.trim().is_empty())
    else {
        return Ok(None);
    };
    let name =
        Name::parse(user).map_err(|error: NameRefusal| ApiError::bad_request(error.to_string()))?;
    let groups = match &identity.groups_header {
        Some(header) => one(headers, header)?.unwrap_or_default(),
        None => "",
    };
    let groups: Vec<&str> = groups.split(',').map(str::trim).collect();
    Ok(Some(Said {
        external: External {
            issuer: ISSUER.into(),
            subject: name.as_str().into(),
        },
        worth: rights::worth(&identity.rights, &groups),
        name,
    }))
}

/// Two lines that say who somebody is are nobody's honest ones.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ApiError> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => std::str::from_utf8(line.as_bytes())
            .map(Some)
            .map_err(|_not_utf8| ApiError::bad_request(format!("`{name}` must be text"))),
        (Some(_), Some(_)) => Err(ApiError::bad_request(format!(
            "`{name}` stands there twice"
        ))),
    }
}

fn no_group() -> ApiError {
    let message = "the proxy knows you, but none of your groups may come in here";
    ApiError::new(StatusCode::FORBIDDEN, "not_allowed", message)
}

/// A name that one of our own users has is not taken over.
fn name_taken() -> ApiError {
    let message = "the proxy calls you by a name that a user with a password has here; an \
        administrator can sort that out";
    ApiError::new(StatusCode::FORBIDDEN, "name_taken", message)
}

fn disabled() -> ApiError {
    let message = "the proxy knows you, and you have been shut out here";
    ApiError::new(StatusCode::FORBIDDEN, "not_allowed", message)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use axum::http::HeaderValue;

    use super::*;
    use crate::config::access::{Rights, RoleName};
    use crate::domain::sight::Groups;

    fn headers(user: &'static str, groups: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("remote-user", HeaderValue::from_static(user));
        headers.insert("remote-groups", HeaderValue::from_static(groups));
        headers
    }

    #[test]
    fn the_greatest_role_counts_and_who_has_none_stays_out() {
        let mut identity = ProxyIdentity {
            user_header: "remote-user".to_owned(),
            groups_header: Some("remote-groups".to_owned()),
            rights: Rights {
                role: None,
                roles: BTreeMap::from([
                    ("staff".to_owned(), RoleName::Viewer),
                    ("admins".to_owned(), RoleName::Administrator),
                ]),
                sees: Some(BTreeMap::from([(
                    "staff".to_owned(),
                    BTreeSet::from(["North".into()]),
                )])),
            },
        };
        let worth = |identity: &ProxyIdentity, groups: &'static str| {
            let said = said(identity, &headers("ann", groups)).unwrap();
            said.unwrap().worth
        };
        assert_eq!(
            worth(&identity, "staff, admins"),
            Some((Role::Administrator, Sight::everything()))
        );
        let (role, sight) = worth(&identity, "staff").unwrap();
        assert_eq!(role, Role::Viewer);
        assert_eq!(sight.groups, Groups::only(["North"]));
        assert_eq!(worth(&identity, "others"), None);
        assert_eq!(said(&identity, &headers("", "admins")), Ok(None));
        identity.rights.role = Some(RoleName::Viewer);
        let (_, sight) = worth(&identity, "others").unwrap();
        assert_eq!(
            sight.groups,
            Groups::Only(BTreeSet::new()),
            "it sees nothing"
        );
        let mut twice = headers("ann", "staff");
        twice.append("remote-user", HeaderValue::from_static("boss"));
        assert!(said(&identity, &twice).is_err());
    }
}
