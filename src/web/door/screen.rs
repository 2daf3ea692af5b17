//! What the token of a screen is good for: the live map on a wall. It never ends by itself, and
//! stands in kiosks' start pages on networks of others; so it tells nothing of the past, and gives
//! nothing that can be taken away in a file. A list of what is open: all else is closed to it, also
//! a route that somebody adds.

use axum::http::{Method, StatusCode, Uri};

use super::identify::{LIVE, ME};
use crate::web::error::ApiError;
use crate::web::tiles::TILE_JSON;

/// Whether a screen may ask this, beside what is open to everybody. `tests/it/screens.rs` holds the
/// list against what the wall's page asks.
pub(super) fn may_ask(method: &Method, uri: &Uri) -> bool {
    let is_read = method == Method::GET || method == Method::HEAD;
    match uri.path() {
        // Of alarms those that are open, as by the live map; the handler sees to that.
        ME | LIVE | TILE_JSON | "/api/v1/alarms" => is_read,
        // Takes the token off this browser.
        "/api/v1/session" => method == Method::DELETE,
        // What it says of itself.
        "/api/v1/display/report" => method == Method::POST,
        path => is_read && path.starts_with("/tiles/"),
    }
}

/// 403 for all else.
pub(super) fn only_live() -> ApiError {
    let message = "a screen shows the live map and nothing else: no past, no trails, no files; a \
        program needs a token of kind `program`, a person signs in";
    ApiError::new(StatusCode::FORBIDDEN, "not_allowed", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_screen_may_ask_by_the_table() {
        let cases = [
            (Method::GET, "/api/v1/me", true),
            (Method::GET, "/api/v1/live?epoch=e&seq=1", true),
            (Method::GET, "/tiles.json", true),
            (Method::GET, "/tiles/0/0/0?v=1", true),
            (Method::HEAD, "/tiles/own/0/0/0", true),
            (Method::DELETE, "/api/v1/session", true),
            (Method::GET, "/api/v1/alarms", true),
            (Method::POST, "/api/v1/display/report", true),
            (Method::GET, "/api/v1/display/report", false),
            (Method::GET, "/api/v1/displays", false),
            (Method::POST, "/api/v1/displays/x/command", false),
            (Method::GET, "/api/v1/scenes", false),
            (Method::POST, "/api/v1/alarms/acknowledge", false),
            (Method::POST, "/api/v1/alarms/7/acknowledge", false),
            (Method::POST, "/api/v1/live", false),
            (Method::POST, "/tiles/0/0/0", false),
            (Method::OPTIONS, "/api/v1/me", false),
            (Method::GET, "/api/v1/me/", false),
            (Method::GET, "/api/v1/sessions", false),
            (Method::DELETE, "/api/v1/sessions", false),
            (Method::GET, "/api/v1/vehicles", false),
            (
                Method::GET,
                "/api/v1/vehicles?at=2026-08-05T12:00:00Z",
                false,
            ),
            (Method::GET, "/api/v1/vehicles.geojson", false),
            (Method::GET, "/api/v1/vehicles/x", false),
            (Method::GET, "/api/v1/vehicles/x/trail", false),
            (Method::GET, "/api/v1/vehicles/x%2Ftrail", false),
            (Method::DELETE, "/api/v1/vehicles/x/history", false),
            (Method::GET, "/api/v1/history", false),
            (Method::GET, "/api/v1/sources", false),
            (Method::GET, "/api/v1/groups", false),
            (Method::GET, "/api/v1/a-route-of-next-year", false),
            (Method::GET, "/tiles", false),
            (Method::GET, "/", false),
        ];
        for (method, uri, expected) in cases {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!(may_ask(&method, &uri), expected, "{method} {uri}");
        }
    }
}
