//! Who may ask at all, and what every answer tells the browser.
//!
//! A page of another site must not read the fleet through a dispatcher's browser: neither by a
//! foreign `Origin`, nor by a foreign name that resolves to this machine (DNS rebinding), which
//! shows in `Host`. Both are refused on every route, the upgrade included.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Web;
use super::error::ApiError;

/// Refuses a request for a foreign host or from a foreign page.
pub async fn refuse_foreign(request: Request, next: Next) -> Response {
    match check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Puts the policy and its companions on every answer.
pub async fn add_headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    let is_asset =
        request.uri().path().starts_with("/assets/") || request.uri().path().starts_with("/tiles");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&web.policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let named = [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in named {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Positions stay in no cache; assets and tiles say themselves how long they are good.
    if !(is_asset && headers.contains_key(header::CACHE_CONTROL)) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    // HTTP/2 names the host in the URI; a request that names two is nobody's honest one.
    let in_header = headers.get_all(header::HOST);
    let mut hosts = in_header
        .iter()
        .map(|host| host.to_str().unwrap_or_default());
    let host = match (uri.authority(), hosts.next(), hosts.next()) {
        (Some(authority), None, _) => authority.as_str(),
        (Some(authority), Some(host), None) if authority.as_str() == host => host,
        (None, Some(host), None) => host,
        _ => return Err(ApiError::foreign_host("")),
    };
    if !is_own_host(host) {
        return Err(ApiError::foreign_host(host));
    }
    let own = format!("http://{host}");
    let is_own = |origin: &HeaderValue| origin.to_str().is_ok_and(|o| o.eq_ignore_ascii_case(&own));
    if !headers.get_all(header::ORIGIN).iter().all(is_own) {
        return Err(ApiError::foreign_origin());
    }
    Ok(())
}

/// Whether `host`, with or without a port, is this very machine.
fn is_own_host(host: &str) -> bool {
    let without_port = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = without_port.to_ascii_lowercase();
    matches!(name.as_str(), "127.0.0.1" | "[::1]" | "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_by_the_table() {
        let cases = [
            ("127.0.0.1", true),
            ("127.0.0.1:8080", true),
            ("localhost:1", true),
            ("LOCALHOST", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("::1", false),
            ("", false),
            ("127.0.0.1:", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:80", false),
            ("evil.example:80", false),
            ("localhost:80:80", false),
            ("user@localhost", false),
            ("127.0.0.2", false),
        ];
        for (host, expected) in cases {
            assert_eq!(is_own_host(host), expected, "{host:?}");
        }
    }

    #[test]
    fn origins_by_the_table() {
        let cases = [
            (&[][..], true),
            (&["http://localhost:80"][..], true),
            (&["http://localhost"][..], false),
            (&["http://localhost:81"][..], false),
            (&["https://localhost:80"][..], false),
            (&["http://127.0.0.1:80"][..], false),
            (&["null"][..], false),
            (&[""][..], false),
            (&["http://localhost:80", "http://evil.example"][..], false),
            (&["http://localhost:80.evil.example"][..], false),
        ];
        for (origins, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("localhost:80"));
            for origin in origins {
                headers.append(header::ORIGIN, HeaderValue::from_static(origin));
            }
            let verdict = check(&Uri::from_static("/"), &headers).is_ok();
            assert_eq!(verdict, expected, "{origins:?}");
        }
    }
}
