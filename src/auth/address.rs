//! Addresses of clients: what counts as one, and how much of one a list shows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is throttled as one client: an IPv4 address, or the /64 of IPv6, which one household has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressKey {
    /// All of it.
    V4(Ipv4Addr),
    /// The first four parts.
    V6([u16; 4]),
}

impl AddressKey {
    /// That of `address`.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(prefix(address)),
        }
    }

    /// The network around it: the /48 of IPv6, of which one line has up to 65,536 keys. An IPv4
    /// address stays what it is.
    #[must_use]
    pub fn network(self) -> Self {
        match self {
            Self::V4(_) => self,
            Self::V6([a, b, c, _]) => Self::V6([a, b, c, 0]),
        }
    }
}

/// Enough to tell networks apart, and no more: `192.0.2.x`, `2001:db8:1:2::x`.
pub(super) fn shortened(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.x")
        }
        IpAddr::V6(address) => {
            let [a, b, c, d] = prefix(address);
            format!("{a:x}:{b:x}:{c:x}:{d:x}::x")
        }
    }
}

fn prefix(address: Ipv6Addr) -> [u16; 4] {
    let [a, b, c, d, ..] = address.segments();
    [a, b, c, d]
}

/// The browser and the system, as far as a list needs them: `Firefox on Linux`.
pub(super) fn shortened_agent(agent: &str) -> String {
    // The order matters: browsers name the ones that they imitate.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |table: &[(&str, &'static str)]| {
        let known = table.iter().find(|(mark, _)| agent.contains(mark));
        known.map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => {
            let word = agent.split(['/', ' ', '(']).next().unwrap_or_default();
            let word: String = word
                .chars()
                .filter(char::is_ascii_graphic)
                .take(24)
                .collect();
            if word.is_empty() {
                "unknown".into()
            } else {
                word
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_one_client() {
        let key = |text: &str| AddressKey::of(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::3"), key("2001:db8:1:3::3"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        let network = |text: &str| key(text).network();
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:ff::9"));
        assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:2:2::3"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn lists_show_no_whole_address_and_no_whole_agent() {
        let short = |text: &str| shortened(text.parse().unwrap());
        assert_eq!(short("192.0.2.77"), "192.0.2.x");
        assert_eq!(short("::ffff:192.0.2.77"), "192.0.2.x");
        assert_eq!(short("2001:db8:1:2::77"), "2001:db8:1:2::x");
        let cases = [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.14.1", "curl"),
            ("", "unknown"),
            ("\u{202e}\n", "unknown"),
        ];
        for (agent, expected) in cases {
            assert_eq!(shortened_agent(agent), expected);
        }
    }
}
