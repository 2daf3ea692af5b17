//! What may be asked without saying who one is. It is a list of what is open; all else is closed,
//! also a route that somebody adds and forgets here.

use axum::http::Method;

use super::oidc;

/// What a route wants of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nothing.
    Open,
    /// Nothing, and it is for machines beside us: no matter how the request came.
    Health,
    /// `/metrics`: this machine, a token for it, or an administrator.
    Metrics,
    /// Data: 401 for strangers.
    Data,
    /// A page: strangers are sent to log in.
    Page,
}

/// The shells that are there before anybody has come in.
const OPEN_PAGES: [&str; 4] = ["/login", "/invitation", "/wall", "/wall-sw.js"];
/// The ways to come in.
const OPEN_CHANGES: [&str; 6] = [
    "/api/v1/session",
    "/api/v1/invitation",
    "/api/v1/invitation/look",
    "/api/v1/pairing",
    "/api/v1/pairing/poll",
    "/api/v1/display",
];
const DATA: [&str; 3] = ["/api/", "/tiles", "/assets/"];

/// What `path` wants, asked by `method`.
pub fn way(method: &Method, path: &str) -> Way {
    let is_read = method == Method::GET || method == Method::HEAD;
    match path {
        "/livez" | "/readyz" if is_read => Way::Health,
        "/metrics" => Way::Metrics,
        _ if is_read && OPEN_PAGES.contains(&path) => Way::Open,
        _ if is_read && path.starts_with("/assets/") => Way::Open,
        "/api/v1/sign-in" if is_read => Way::Open,
        // Not by HEAD: coming back uses a login up.
        oidc::LOGIN | oidc::CALLBACK if method == Method::GET => Way::Open,
        _ if method == Method::POST && OPEN_CHANGES.contains(&path) => Way::Open,
        _ if !is_read || DATA.iter().any(|start| path.starts_with(start)) => Way::Data,
        _ => Way::Page,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_by_the_table() {
        let cases = [
            (Method::GET, "/livez", Way::Health),
            (Method::POST, "/livez", Way::Data),
            (Method::GET, "/metrics", Way::Metrics),
            (Method::GET, "/wall", Way::Open),
            (Method::GET, "/wall-sw.js", Way::Open),
            (Method::GET, "/wall/", Way::Page),
            (Method::GET, "/WALL", Way::Page),
            (Method::GET, "//wall", Way::Page),
            (Method::GET, "/assets/x.js", Way::Open),
            (Method::GET, "/assets", Way::Page),
            (Method::DELETE, "/api/v1/session", Way::Data),
            (Method::POST, "/api/v1/session", Way::Open),
            (Method::POST, "/api/v1/session/", Way::Data),
            (Method::GET, "/api/v1/pairing/CDFGHJ", Way::Data),
            (Method::POST, "/api/v1/pairing/poll/approve", Way::Data),
            (Method::GET, "/api/v1/live", Way::Data),
            (Method::GET, "/api/v1/oidc/login", Way::Open),
            (Method::GET, "/api/v1/oidc/callback", Way::Open),
            (Method::HEAD, "/api/v1/oidc/callback", Way::Data),
            (Method::POST, "/api/v1/oidc/callback", Way::Data),
            (Method::GET, "/api/v1/oidc/callback/", Way::Data),
            (Method::GET, "/api/v1/oidc", Way::Data),
            (Method::GET, "/tiles/builtin/0/0/0", Way::Data),
            (Method::GET, "/", Way::Page),
            (Method::POST, "/", Way::Data),
            (Method::OPTIONS, "/wall", Way::Data),
        ];
        for (method, path, expected) in cases {
            assert_eq!(way(&method, path), expected, "{method} {path}");
        }
    }
}
