//! From where a request comes, and how: by its connection, or by what a trusted proxy says.
//!
//! Anybody can send `X-Forwarded-For`. It is believed from the proxies that the operator names,
//! and of the list the last entry that is none of them: what stands before that, the client wrote.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, StatusCode};

use super::Rules;
use crate::web::error::ApiError;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts that the guards ask for"
)]
pub struct Visit {
    /// The client's address; behind a trusted proxy what that says.
    pub address: IpAddr,
    /// The client's end of the line is encrypted.
    pub is_https: bool,
    /// The connection itself is of this machine, and of no proxy.
    pub is_of_this_machine: bool,
    /// The connection itself is of a proxy that may say who asks.
    pub is_by_proxy: bool,
    /// Nobody on the way can read along.
    pub is_safe: bool,
}

impl Visit {
    /// Of a connection from `peer`.
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, rules: &Rules) -> Result<Self, ApiError> {
        let peer = peer.to_canonical();
        let is_trusted = |address: IpAddr| {
            let mut proxies = rules.trusted_proxies.iter();
            proxies.any(|network| network.contains(&address))
        };
        let is_forwarded = headers.keys().any(says_forwarded);
        let is_by_proxy = is_trusted(peer);
        // One on this very machine that nobody named would make strangers look like this machine.
        let is_unnamed = rules.trusted_proxies.is_empty() || (peer.is_loopback() && !is_by_proxy);
        if is_forwarded && is_unnamed {
            return Err(published());
        }
        if let Some(identity) = &rules.identity {
            let groups = identity.groups_header.as_ref();
            let mut names = std::iter::once(&identity.user_header).chain(groups);
            if !is_by_proxy && names.any(|name| headers.contains_key(name)) {
                let message = "only the proxy may say who somebody is, and this is not it";
                return Err(ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "identity_header",
                    message,
                ));
            }
        }
        let (mut address, mut is_https) = (peer, rules.speaks_tls);
        if is_by_proxy && is_forwarded {
            address = client(headers, peer, &is_trusted)?;
            // Our own TLS tells of the way from the proxy to us, and not of the browser's.
            let scheme = last(headers, FORWARDED_PROTO);
            is_https = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        }
        Ok(Self {
            address,
            is_https,
            is_of_this_machine: peer.is_loopback() && !is_by_proxy,
            is_by_proxy,
            is_safe: is_https || (peer.is_loopback() && !(is_by_proxy && is_forwarded)),
        })
    }

    /// `https` or `http`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }
}

fn says_forwarded(name: &HeaderName) -> bool {
    let name = name.as_str();
    name == "forwarded" || name == "x-real-ip" || name.starts_with("x-forwarded-")
}

fn published() -> ApiError {
    let message = "a proxy publishes this server that nobody has named; name its address in \
        `trusted_proxies` of [server], and everybody logs in";
    ApiError::new(StatusCode::FORBIDDEN, "published", message)
}

/// The last entry that is none of the trusted; where all are, the first.
fn client(
    headers: &HeaderMap,
    peer: IpAddr,
    is_trusted: &impl Fn(IpAddr) -> bool,
) -> Result<IpAddr, ApiError> {
    let mut client = peer;
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    for line in lines.into_iter().rev() {
        let text = line.to_str().map_err(|_not_text| unreadable())?;
        for entry in text.rsplit(',') {
            client = address(entry.trim()).ok_or_else(unreadable)?;
            if !is_trusted(client) {
                return Ok(client);
            }
        }
    }
    Ok(client)
}

/// Some proxies add the port.
fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || Some(entry.parse::<SocketAddr>().ok()?.ip());
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(with_port)?;
    Some(address.to_canonical())
}

fn unreadable() -> ApiError {
    ApiError::bad_request("`X-Forwarded-For` must be a list of addresses")
}

/// What the nearest proxy wrote.
fn last<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    Some(line.rsplit(',').next()?.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::config::access::{ProxyIdentity, Rights};

    fn rules(proxies: &[&str]) -> Rules {
        Rules {
            needs_login: true,
            speaks_tls: false,
            hosts: Vec::new(),
            trusted_proxies: proxies.iter().map(|net| net.parse().unwrap()).collect(),
            identity: None,
        }
    }

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_static(name);
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn visit(peer: &str, lines: &[(&'static str, &'static str)]) -> Result<Visit, ApiError> {
        let rules = rules(&["10.0.0.0/8", "127.0.0.1/32"]);
        Visit::of(peer.parse().unwrap(), &headers(lines), &rules)
    }

    type Lines = [(&'static str, &'static str)];

    #[test]
    fn the_client_is_the_last_that_no_proxy_of_ours_is() {
        const FOR: &str = FORWARDED_FOR;
        let cases: [(&str, &Lines, &str); 9] = [
            ("10.0.0.1", &[(FOR, "192.0.2.7")], "192.0.2.7"),
            ("10.0.0.1", &[(FOR, "198.51.100.1, 192.0.2.7")], "192.0.2.7"),
            ("10.0.0.1", &[(FOR, "192.0.2.7, 10.1.1.1")], "192.0.2.7"),
            (
                "10.0.0.1",
                &[(FOR, "198.51.100.1"), (FOR, "192.0.2.7")],
                "192.0.2.7",
            ),
            ("10.0.0.1", &[(FOR, "192.0.2.7:4711")], "192.0.2.7"),
            ("10.0.0.1", &[(FOR, "[2001:db8::1]:4711")], "2001:db8::1"),
            ("::ffff:10.0.0.1", &[(FOR, "10.9.9.9")], "10.9.9.9"),
            // A stranger may write what it likes.
            ("192.0.2.7", &[(FOR, "127.0.0.1")], "192.0.2.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
        ];
        for (peer, lines, expected) in cases {
            let found = visit(peer, lines).unwrap();
            assert_eq!(
                found.address,
                expected.parse::<IpAddr>().unwrap(),
                "{peer} {lines:?}"
            );
        }
        assert!(visit("10.0.0.1", &[(FOR, "unknown")]).is_err());
        assert!(visit("10.0.0.1", &[(FOR, "192.0.2.7, ,")]).is_err());
    }

    #[test]
    fn what_is_read_along_is_not_safe() {
        const PROTO: &str = FORWARDED_PROTO;
        let is_safe = |peer: &str, lines: &[(&'static str, &'static str)]| {
            visit(peer, lines).unwrap().is_safe
        };
        assert!(is_safe("10.0.0.1", &[(PROTO, "https")]));
        assert!(is_safe("127.0.0.1", &[]));
        assert!(!is_safe("127.0.0.1", &[(PROTO, "http")]));
        assert!(!is_safe("10.0.0.1", &[(PROTO, "https, http")]));
        assert!(!is_safe("10.0.0.1", &[]));
        assert!(
            !is_safe("192.0.2.7", &[(PROTO, "https")]),
            "a stranger's word"
        );
        let direct = visit("127.0.0.1", &[]).unwrap();
        assert!(
            !direct.is_of_this_machine,
            "it may be a proxy that says nothing"
        );
    }

    #[test]
    fn tls_of_our_own_says_nothing_of_the_way_to_the_proxy() {
        const PROTO: &str = FORWARDED_PROTO;
        const FOR: (&str, &str) = (FORWARDED_FOR, "192.0.2.7");
        let rules = Rules {
            speaks_tls: true,
            ..rules(&["10.0.0.0/8"])
        };
        let cases: [(&str, &Lines, bool); 5] = [
            ("10.0.0.1", &[FOR, (PROTO, "https")], true),
            ("10.0.0.1", &[FOR, (PROTO, "http")], false),
            ("10.0.0.1", &[FOR], false),
            // Whoever sits there, without the proxy.
            ("10.0.0.1", &[], true),
            ("192.0.2.7", &[], true),
        ];
        for (peer, lines, expected) in cases {
            let visit = Visit::of(peer.parse().unwrap(), &headers(lines), &rules).unwrap();
            let found = (visit.is_https, visit.is_safe);
            assert_eq!(found, (expected, expected), "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_second_proxy_on_this_machine_that_nobody_named_makes_nobody_local() {
        let rules = rules(&["127.0.0.1/32"]);
        let of = |peer: &str, lines: &Lines| {
            let found = Visit::of(peer.parse().unwrap(), &headers(lines), &rules);
            found.map(|visit| (visit.is_of_this_machine, visit.is_safe))
        };
        for line in [(FORWARDED_FOR, "192.0.2.7"), (FORWARDED_PROTO, "https")] {
            assert_eq!(of("::1", &[line]), Err(published()), "{line:?}");
            assert_eq!(of("127.0.0.2", &[line]), Err(published()), "{line:?}");
        }
        assert_eq!(of("::1", &[]), Ok((true, true)));
        assert_eq!(of("127.0.0.1", &[]), Ok((false, true)));
    }

    #[test]
    fn without_a_trusted_proxy_nothing_may_be_forwarded() {
        for name in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-real-ip",
        ] {
            let mut lines = HeaderMap::new();
            lines.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
            let peer = "127.0.0.1".parse().unwrap();
            assert!(Visit::of(peer, &lines, &rules(&[])).is_err(), "{name}");
        }
    }

    #[test]
    fn only_the_proxy_says_who_somebody_is() {
        let mut rules = rules(&["10.0.0.0/8"]);
        rules.identity = Some(ProxyIdentity {
            user_header: "remote-user".to_owned(),
            groups_header: Some("remote-groups".to_owned()),
            rights: Rights::default(),
        });
        for name in ["remote-user", "remote-groups"] {
            let lines = headers(&[(name, "boss")]);
            for (peer, is_fine) in [
                ("10.0.0.1", true),
                ("127.0.0.1", false),
                ("192.0.2.7", false),
            ] {
                let found = Visit::of(peer.parse().unwrap(), &lines, &rules);
                assert_eq!(found.is_ok(), is_fine, "{peer} {name}");
            }
        }
    }
}
