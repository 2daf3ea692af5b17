//! People whom a trusted proxy has let in: by the headers in which it says who they are.

use axum::http::{HeaderMap, StatusCode};

use super::rights;
use crate::auth::people::NameRefusal;
use crate::auth::{AuthError, External, Name, Role};
use crate::config::access::ProxyIdentity;
use crate::domain::Sight;
use crate::web::error::ApiError;

/// By which the store knows them.
const ISSUER: &str = "proxy";

/// Somebody, as the proxy says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) external: External,
    pub(super) name: Name,
    pub(super) role: Role,
    pub(super) sight: Sight,
}

/// Who it is, if the headers say so. Only for a request that comes from the proxy.
pub(super) fn said(
    identity: &ProxyIdentity,
    headers: &HeaderMap,
) -> Result<Option<Said>, ApiError> {
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
    let Some((role, sight)) = rights::worth(&identity.rights, &groups) else {
        let message = "the proxy knows you, but none of your groups may come in here";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "not_allowed", message));
    };
    Ok(Some(Said {
        external: External {
            issuer: ISSUER.into(),
            subject: name.as_str().into(),
        },
        sight,
        name,
        role,
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

/// A name that one of our own users has is not taken over.
pub(super) fn refused(error: &AuthError) -> Option<ApiError> {
    matches!(error, AuthError::NameTaken).then(|| {
        let message = "the proxy calls you by a name that a user with a password has here; an \
            administrator can sort that out";
        ApiError::new(StatusCode::FORBIDDEN, "name_taken", message)
    })
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
        let found = said(&identity, &headers("ann", "staff, admins"))
            .unwrap()
            .unwrap();
        assert_eq!(
            (found.role, found.sight),
            (Role::Administrator, Sight::everything())
        );
        let found = said(&identity, &headers("ann", "staff")).unwrap().unwrap();
        assert_eq!(found.role, Role::Viewer);
        assert_eq!(found.sight.groups, Groups::only(["North"]));
        assert!(said(&identity, &headers("ann", "others")).is_err());
        assert_eq!(said(&identity, &headers("", "admins")), Ok(None));
        identity.rights.role = Some(RoleName::Viewer);
        let found = said(&identity, &headers("ann", "others")).unwrap().unwrap();
        assert_eq!(
            found.sight.groups,
            Groups::Only(BTreeSet::new()),
            "it sees nothing"
        );
        let mut twice = headers("ann", "staff");
        twice.append("remote-user", HeaderValue::from_static("boss"));
        assert!(said(&identity, &twice).is_err());
    }
}
