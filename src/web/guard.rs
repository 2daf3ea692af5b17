//! Who may ask at all, and what every answer tells the browser.
//!
//! A page of another site must not read the fleet through a dispatcher's browser: neither by a
//! foreign `Origin`, nor by a foreign name that resolves to this machine (DNS rebinding), which
//! shows in `Host`. Both are refused on every route, the upgrade included.

use std::net::{IpAddr, SocketAddr};

use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Web;
use super::door::{Door, Visit};
use super::error::ApiError;

/// What a page of a kiosk's own disk may ask for, to see whether the server is there. It gets to know
/// no more than that: both answers say nothing of anybody.
const OPEN_TO_KIOSKS: [&str; 2] = ["/livez", super::page::WALL_WORKER_PATH];

/// Browsers ask by HTTPS alone for this long: a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Refuses a request for a foreign host or from a foreign page; what is let by knows from where it
/// comes.
pub async fn refuse_foreign(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    match check(&web.door, &request) {
        Ok(visit) => {
            request.extensions_mut().insert(visit);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

/// Puts the policy and its companions on every answer.
pub async fn add_headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    let is_asset =
        request.uri().path().starts_with("/assets/") || request.uri().path().starts_with("/tiles");
    let resource_policy = if OPEN_TO_KIOSKS.contains(&request.uri().path()) {
        "cross-origin"
    } else {
        "same-origin"
    };
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
        ("cross-origin-resource-policy", resource_policy),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in named {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Behind a proxy this is the proxy's to say.
    if web.door.speaks_tls() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    // Positions stay in no cache; assets and tiles say themselves how long they are good.
    if !(is_asset && headers.contains_key(header::CACHE_CONTROL)) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn check(door: &Door, request: &Request) -> Result<Visit, ApiError> {
    // Who does not come by a connection of ours is nobody that we know.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::from([0; 4]), |ConnectInfo(peer)| peer.ip());
    let visit = door.visit(peer, request.headers())?;
    check_names(door, &visit, request.uri(), request.headers())?;
    Ok(visit)
}

fn check_names(door: &Door, visit: &Visit, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
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
    if !door.is_own_host(host) {
        return Err(ApiError::foreign_host(host));
    }
    // Browsers write it in lower case.
    let own = format!("{}://{}", visit.scheme(), host.to_ascii_lowercase());
    let is_own = |origin: &HeaderValue| origin.as_bytes() == own.as_bytes();
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Ok(()),
        (Some(origin), None) if is_own(origin) => Ok(()),
        _ => Err(ApiError::foreign_origin()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_by_the_table() {
        let cases = [
            (&[][..], true),
            (&["http://localhost:80"][..], true),
            (&["http://localhost"][..], false),
            (&["http://localhost:81"][..], false),
            (&["http://localhost:8"][..], false),
            (&["http://localhost:800"][..], false),
            (&["https://localhost:80"][..], false),
            (&["ws://localhost:80"][..], false),
            (&["HTTP://LOCALHOST:80"][..], false),
            (&["http://127.0.0.1:80"][..], false),
            (&["http://[::1]:80"][..], false),
            (&["http://localhost:80/"][..], false),
            (&["http://user@localhost:80"][..], false),
            (&["http://localhost:80@evil.example"][..], false),
            (&["http://evil.localhost:80"][..], false),
            (&["http://xn--lcalhost-2bd:80"][..], false),
            (&["null"][..], false),
            (&["NULL"][..], false),
            (&["file://"][..], false),
            (&[""][..], false),
            (&["http://localhost:80", "http://evil.example"][..], false),
            (&["http://localhost:80", "http://localhost:80"][..], false),
            (&["http://localhost:80 http://evil.example"][..], false),
            (&["http://localhost:80.evil.example"][..], false),
        ];
        let door = Door::unlocked().unwrap();
        for (origins, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("localhost:80"));
            for origin in origins {
                headers.append(header::ORIGIN, HeaderValue::from_static(origin));
            }
            let visit = door.visit([127, 0, 0, 1].into(), &headers).unwrap();
            let verdict = check_names(&door, &visit, &Uri::from_static("/"), &headers);
            assert_eq!(verdict.is_ok(), expected, "{origins:?}");
        }
    }
}
