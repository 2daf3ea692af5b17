//! Sights, roles and refusals as they stand in JSON.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{AuthError, LoginError, Name, Role};
use crate::domain::Sight;
use crate::domain::sight::{Facts, Groups};
use crate::web::error::ApiError;

/// What somebody may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Sight)]
#[serde(deny_unknown_fields)]
pub struct SightFrame {
    /// `"all"`, or the names of the groups whose vehicles are seen.
    groups: GroupsFrame,
    /// Facts that are not seen: `driver`, `registration`, `speed`, `address`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hide: Vec<Fact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SightGroups)]
#[serde(untagged)]
enum GroupsFrame {
    All(AllGroups),
    Only(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AllGroups {
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Fact {
    Driver,
    Registration,
    Speed,
    Address,
}

impl From<&Sight> for SightFrame {
    fn from(sight: &Sight) -> Self {
        let groups = match &sight.groups {
            Groups::All => GroupsFrame::All(AllGroups::All),
            Groups::Only(names) => {
                GroupsFrame::Only(names.iter().map(ToString::to_string).collect())
            }
        };
        let facts = sight.facts;
        let hidden = [
            (facts.driver, Fact::Driver),
            (facts.registration, Fact::Registration),
            (facts.speed, Fact::Speed),
            (facts.address, Fact::Address),
        ];
        let hide = hidden
            .into_iter()
            .filter_map(|(is_seen, fact)| (!is_seen).then_some(fact));
        Self {
            groups,
            hide: hide.collect(),
        }
    }
}

impl From<SightFrame> for Sight {
    fn from(frame: SightFrame) -> Self {
        let sees = |fact| !frame.hide.contains(&fact);
        let facts = Facts {
            driver: sees(Fact::Driver),
            registration: sees(Fact::Registration),
            speed: sees(Fact::Speed),
            address: sees(Fact::Address),
        };
        let groups = match frame.groups {
            GroupsFrame::All(_) => Groups::All,
            GroupsFrame::Only(names) => Groups::only(names),
        };
        Self { groups, facts }
    }
}

/// The role of this name.
pub(super) fn role(text: &str) -> Result<Role, ApiError> {
    text.parse()
        .map_err(|error: crate::auth::viewer::NoRole| ApiError::bad_request(error.to_string()))
}

/// A name that may be given.
pub(super) fn name(text: &str) -> Result<Name, ApiError> {
    Name::parse(text).map_err(|error| refusal(&error.into()))
}

/// What a refusal of [`crate::auth`] is in HTTP.
pub(super) fn refusal(error: &AuthError) -> ApiError {
    let (status, code) = match error {
        AuthError::Name(_) => (StatusCode::UNPROCESSABLE_ENTITY, "name_refused"),
        AuthError::NameTaken => (StatusCode::CONFLICT, "name_taken"),
        AuthError::Password(_) => (StatusCode::UNPROCESSABLE_ENTITY, "password_refused"),
        AuthError::External => (StatusCode::CONFLICT, "external_user"),
        AuthError::Group => (StatusCode::UNPROCESSABLE_ENTITY, "group_refused"),
        AuthError::Unknown(_) => (StatusCode::NOT_FOUND, "not_found"),
        AuthError::NotAllowed => (StatusCode::FORBIDDEN, "not_allowed"),
        AuthError::SignedOut => (StatusCode::UNAUTHORIZED, "not_signed_in"),
        AuthError::LastAdministrator => (StatusCode::CONFLICT, "last_administrator"),
        AuthError::Spent => (StatusCode::GONE, "spent"),
        AuthError::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
        AuthError::Open(_) | AuthError::Store(_) | AuthError::Damaged(_) | AuthError::Broken => {
            tracing::error!(%error, "users and tokens cannot be read or written");
            let message = "users and tokens cannot be read or written just now; the log says more";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return ApiError::new(status, "access_failing", message);
        }
    };
    let refusal = ApiError::new(status, code, error.to_string());
    match error {
        AuthError::TooMany(wait) => refusal.again_in(*wait),
        _ => refusal,
    }
}

/// What not being let in is in HTTP.
pub(super) fn not_let_in(error: &LoginError) -> ApiError {
    let say = |status, code| ApiError::new(status, code, error.to_string());
    match error {
        LoginError::Wrong => say(StatusCode::UNAUTHORIZED, "wrong_credentials"),
        LoginError::Throttled(wait) => {
            say(StatusCode::TOO_MANY_REQUESTS, "throttled").again_in(*wait)
        }
        LoginError::Busy => {
            say(StatusCode::SERVICE_UNAVAILABLE, "busy").again_in(SignedDuration::from_secs(1))
        }
        LoginError::Failed(error) => refusal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sights_go_there_and_back() {
        let cases = [
            r#"{"groups":"all"}"#,
            r#"{"groups":[]}"#,
            r#"{"groups":["North","West"],"hide":["driver","speed"]}"#,
        ];
        for text in cases {
            let frame: SightFrame = serde_json::from_str(text).unwrap();
            let back = SightFrame::from(&Sight::from(frame));
            assert_eq!(serde_json::to_string(&back).unwrap(), text);
        }
        for wrong in [
            r#"{"groups":"some"}"#,
            r#"{"groups":null}"#,
            "{}",
            r#"{"groups":"all","hide":["colour"]}"#,
            r#"{"groups":"all","hides":["driver"]}"#,
        ] {
            assert!(
                serde_json::from_str::<SightFrame>(wrong).is_err(),
                "{wrong}"
            );
        }
    }
}
