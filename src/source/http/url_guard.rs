//! Which addresses we connect to: those of the configuration, checked at start, and those a vendor
//! hands out for its stream, checked before anything is connected. A server that hands out
//! addresses must not steer our credentials, or us, elsewhere.

use url::{Host, Url};

use crate::config::source::KeyProblem;

/// No address is longer.
const LONGEST: usize = 2_048;

/// The address in `key`: `https:`, or `http:` to this very machine.
pub fn base_url(key: &'static str, text: &str) -> Result<Url, KeyProblem> {
    let refuse = |why: &str| KeyProblem {
        key,
        problem: format!("{why}; give an address such as https://api.example.com/rest"),
    };
    let url = Url::parse(text).map_err(|error| refuse(&format!("it is no address ({error})")))?;
    let Some(host) = url.host() else {
        return Err(refuse("it names no host"));
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => {
            return Err(refuse(&format!(
                "`http:` would send credentials to {host} in the clear; it is allowed to \
                 127.0.0.1, [::1] and localhost only"
            )));
        }
        scheme => return Err(refuse(&format!("scheme `{scheme}` is not https"))),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("credentials do not belong in an address"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("a query or fragment does not belong in it"));
    }
    match strictly(text) {
        Ok(url) => Ok(url),
        Err(_) => Err(refuse(&format!(
            "it is written in a way that could be read otherwise: it leads to {}",
            url.origin().ascii_serialization()
        ))),
    }
}

/// Whether `host` is this very machine.
pub fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

/// Why an address for a stream was refused. Path and query are secrets, so none is shown. The host is
/// the vendor's word: clean it of secrets before it is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It does not parse, or only by a lenient reading.
    #[error("the stream's address is malformed")]
    Malformed,
    /// Not `wss:`, nor `ws:` between two ends on this machine.
    #[error("the stream's address has another scheme than wss")]
    Scheme,
    /// `user@host`, the classic disguise.
    #[error("the stream's address carries credentials")]
    Userinfo,
    /// A host that is not the vendor's.
    #[error(
        "the stream's address names the host `{0}`; if that is right, add it to `stream_hosts`"
    )]
    Host(String),
    /// A port that is neither 443 nor the configured one.
    #[error(
        "the stream's address names port {0}; if that is right, add `host:{0}` to `stream_hosts`"
    )]
    Port(u16),
}

/// An address that may be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where.
    pub url: Url,
    /// The operator named this very host, so it may be on a private network.
    pub is_named: bool,
}

/// Which hosts a stream may be on.
#[derive(Clone, Debug)]
pub struct StreamGuard {
    base: Url,
    further: Vec<String>,
}

impl StreamGuard {
    /// The host of `base` and its subdomains, and the `further` hosts (`host` or `host:port`,
    /// lower case).
    pub fn new(base: Url, further: Vec<String>) -> Self {
        Self { base, further }
    }

    /// The address, if we may connect to it.
    pub fn check(&self, text: &str) -> Result<Target, Refused> {
        let url = strictly(text)?;
        self.is_ours(&url)?;
        let is_named = url.host() == self.base.host() || {
            let named = url.host_str().unwrap_or_default();
            let port = url.port_or_known_default().unwrap_or_default();
            let with_port = format!("{named}:{port}");
            let mut further = self.further.iter();
            further.any(|allowed| *allowed == named || *allowed == with_port)
        };
        let is_named = is_named || url.host().is_some_and(|host| is_loopback(&host));
        Ok(Target { url, is_named })
    }

    fn is_ours(&self, url: &Url) -> Result<(), Refused> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Refused::Malformed);
        };
        let base_is_loopback = self.base.host().is_some_and(|base| is_loopback(&base));
        match url.scheme() {
            "wss" => {}
            "ws" if base_is_loopback && is_loopback(&host) => {}
            _ => return Err(Refused::Scheme),
        }
        let named = host.to_string();
        if self.further.contains(&format!("{named}:{port}")) {
            return Ok(());
        }
        if base_is_loopback && is_loopback(&host) {
            return Ok(());
        }
        if !self.is_allowed(&host, &named) {
            return Err(Refused::Host(named));
        }
        if port != 443 && Some(port) != self.base.port_or_known_default() {
            return Err(Refused::Port(port));
        }
        Ok(())
    }

    fn is_allowed(&self, host: &Host<&str>, named: &str) -> bool {
        if self.further.iter().any(|allowed| allowed == named) {
            return true;
        }
        match (host, self.base.host()) {
            (Host::Domain(name), Some(Host::Domain(base))) => {
                *name == base
                    || name
                        .strip_suffix(base)
                        .is_some_and(|sub| sub.ends_with('.'))
            }
            (host, base) => Some(host) == base.as_ref(),
        }
    }
}

/// `host` or `host:port` as it is written in `stream_hosts`, if it can be the host of a stream.
pub fn stream_host(text: &str) -> Option<String> {
    let url = strictly(&format!("wss://{text}")).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && !text.contains('/');
    is_bare.then(|| text.to_ascii_lowercase())
}

/// Parses without the leniency of browsers: what looks different to two parsers is refused.
///
/// # Errors
/// What makes it look different.
pub fn strictly(text: &str) -> Result<Url, Refused> {
    if LONGEST < text.len() {
        return Err(Refused::Malformed);
    }
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.contains(odd) || text.contains('#') {
        return Err(Refused::Malformed);
    }
    let (_, rest) = text.split_once("://").ok_or(Refused::Malformed)?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Refused::Userinfo);
    }
    // A trailing dot names the same host to DNS, but not to a comparison.
    let name = authority
        .rsplit_once(':')
        .map_or(authority, |(name, _)| name);
    if authority.is_empty() || name.ends_with('.') || authority.contains('%') {
        return Err(Refused::Malformed);
    }
    let url = Url::parse(text).ok().ok_or(Refused::Malformed)?;
    // A host that is another one once it is read: 0x7f.1, a letter that only looks like one.
    let host = url.host_str().ok_or(Refused::Malformed)?;
    let is_as_written = authority
        .to_ascii_lowercase()
        .strip_prefix(host)
        .is_some_and(|port| port.is_empty() || port.starts_with(':'));
    if !is_as_written || url.port() == Some(0) {
        return Err(Refused::Malformed);
    }
    if url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        Err(Refused::Userinfo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &[&str] = &[
        "",
        "mycartracks.com/x",
        "//mycartracks.com/x",
        "wss:mycartracks.com/x",
        "wss:///x",
        "ws://mycartracks.com/x",
        "http://mycartracks.com/x",
        "https://mycartracks.com/x",
        "file:///etc/passwd",
        "javascript://mycartracks.com/%0aalert(1)",
        "gopher://mycartracks.com/",
        "wss://evil.com/mycartracks.com",
        "wss://evil.com/?mycartracks.com",
        "wss://evil.com/#mycartracks.com",
        "wss://evil.com#.mycartracks.com",
        "wss://evil.com?.mycartracks.com",
        "wss://mycartracks.com.evil.com/",
        "wss://evilmycartracks.com/",
        "wss://evil-mycartracks.com/",
        "wss://com/",
        "wss://mycartracks.com./",
        "wss://mycartracks.com.:443/",
        "wss://.mycartracks.com@evil.com/",
        "wss://mycartracks.com@evil.com/",
        "wss://mycartracks.com:443@evil.com/",
        "wss://@mycartracks.com/",
        "wss://user:pw@mycartracks.com/",
        "wss://evil.com\\@mycartracks.com/",
        "wss://evil.com\\.mycartracks.com/",
        "wss://evil.com%2f.mycartracks.com/",
        "wss://evil.com%00.mycartracks.com/",
        "wss://mycartracks.com%2eevil.com/",
        "wss://mycartracks.com\n.evil.com/",
        "wss://mycartracks.com\t/",
        " wss://mycartracks.com/",
        "wss://mycartracks.com/ x",
        "wss://mycartracks.com:8080/",
        "wss://mycartracks.com:22/",
        "wss://mycartracks.com:0/",
        "wss://mycartracks.com:99999/",
        "wss://myc\u{430}rtracks.com/",
        "wss://mycartracks.com\u{3002}evil.com/",
        "wss://mycartracks\u{2024}com/",
        "wss://127.0.0.1/",
        "wss://127.1/",
        "wss://2130706433/",
        "wss://0x7f000001/",
        "wss://0177.0.0.1/",
        "wss://localhost/",
        "wss://169.254.169.254/latest/meta-data",
        "wss://10.0.0.1/",
        "wss://0.0.0.0/",
        "wss://[::1]/",
        "wss://[::]/",
        "wss://[::ffff:127.0.0.1]/",
        "wss://[fe80::1]/",
        "wss://[fe80::1%25eth0]/",
        "wss://[::1",
        "wss://live.partner.net:8443/",
        "wss://odd.partner.net/",
        "wss://x.live.partner.net/",
    ];

    fn check(base: &str, text: &str) -> Result<(), Refused> {
        let further = vec!["live.partner.net".into(), "odd.partner.net:8443".into()];
        let guard = StreamGuard::new(base.parse().unwrap(), further);
        guard.check(text).map(|_| ())
    }

    #[test]
    fn the_vendors_own_addresses_pass() {
        for text in [
            "wss://mycartracks.com/live/abc?t=1",
            "wss://mycartracks.com:443/live",
            "WSS://LIVE.MyCarTracks.COM/x",
            "wss://a.b.mycartracks.com/x",
            "wss://mycartracks.com/@user",
            "wss://live.partner.net/x",
            "wss://odd.partner.net:8443/x",
        ] {
            assert_eq!(
                check("https://mycartracks.com/rest", text),
                Ok(()),
                "{text}"
            );
        }
    }

    #[test]
    fn hostile_addresses_are_refused() {
        for text in HOSTILE {
            let verdict = check("https://mycartracks.com/rest", text);
            assert!(verdict.is_err(), "{text:?} passed");
        }
    }

    #[test]
    fn a_base_on_loopback_allows_loopback_alone() {
        let base = "http://127.0.0.1:4000/rest";
        for text in [
            "ws://127.0.0.1:5000/live",
            "ws://[::1]:5000/live",
            "ws://localhost:1/live",
            "wss://127.0.0.1:5000/live",
        ] {
            assert_eq!(check(base, text), Ok(()), "{text}");
        }
        for text in [
            "ws://10.0.0.1:5000/live",
            "ws://0.0.0.0:5000/live",
            "ws://[::ffff:127.0.0.1]:5000/",
            "ws://localhost.evil.com:5000/",
            "ws://127.0.0.1.nip.io/",
            "wss://mycartracks.com/",
            "ws://live.partner.net/",
        ] {
            assert!(check(base, text).is_err(), "{text} passed");
        }
    }

    #[test]
    fn a_refusal_shows_neither_path_nor_query() {
        let refused = check(
            "https://mycartracks.com",
            "wss://evil.com/canary?token=canary",
        );
        assert!(!refused.unwrap_err().to_string().contains("canary"));
    }

    #[test]
    fn only_https_or_this_machine_is_a_base() {
        for text in [
            "https://fleetapi-za.cartrack.com/rest",
            "http://127.0.0.1:8000",
            "http://localhost:8000/rest",
            "http://[::1]:8000/rest",
        ] {
            assert!(base_url("base_url", text).is_ok(), "{text}");
        }
        for text in [
            "http://fleetapi-za.cartrack.com/rest",
            "http://10.0.0.1/rest",
            "http://localhost.evil.com/",
            "ftp://127.0.0.1/",
            "https://user:pw@example.com/",
            "https://example.com/?key=1",
            "example.com",
            "",
        ] {
            assert!(base_url("base_url", text).is_err(), "{text}");
        }
    }
}
