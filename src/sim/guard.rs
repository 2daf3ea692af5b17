//! Who may talk to the simulator: programs on this machine, and no web page of another site.
//!
//! The simulator's control endpoint changes things without a password. A page from elsewhere,
//! open in a browser on the same machine, could reach it by a name that resolves to loopback, or
//! directly; both show in the headers.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses foreign hosts and foreign origins on every route.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    if is_ours(request.headers()) {
        return next.run(request).await;
    }
    let words =
        "the simulator answers only to 127.0.0.1, [::1] and localhost, without a foreign Origin";
    (StatusCode::FORBIDDEN, words).into_response()
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let Some(host) = text(HOST) else {
        return false;
    };
    is_loopback(host) && text(ORIGIN).is_none_or(|origin| origin == format!("http://{host}"))
}

fn is_loopback(host: &str) -> bool {
    ["127.0.0.1", "[::1]", "localhost"].iter().any(|name| {
        host.strip_prefix(name)
            .is_some_and(|rest| match rest.strip_prefix(':') {
                Some(port) => port.parse::<u16>().is_ok(),
                None => rest.is_empty(),
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_our_own_origin_pass() {
        let cases = [
            (Some("127.0.0.1:8080"), None, true),
            (Some("localhost"), None, true),
            (Some("[::1]:9"), None, true),
            (Some("127.0.0.1:8080"), Some("http://127.0.0.1:8080"), true),
            (Some("127.0.0.1:8080"), Some("http://127.0.0.1:8081"), false),
            (Some("127.0.0.1:8080"), Some("null"), false),
            (Some("127.0.0.1.evil.example"), None, false),
            (Some("localhost:80.evil.example"), None, false),
            (Some("evil.example:8080"), None, false),
            (None, None, false),
        ];
        for (host, origin, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in [(HOST, host), (ORIGIN, origin)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            assert_eq!(is_ours(&headers), expected, "{host:?} {origin:?}");
        }
    }
}
