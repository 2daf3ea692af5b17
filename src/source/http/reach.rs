//! Where a name leads: to the public internet, or into somebody's own network. A vendor that names
//! a host must not make us knock at doors that only we can reach.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpStream, lookup_host};
use url::Host;

use super::url_guard::Target;

/// A connection to `target`; to an address that is not public only if the operator named its host.
/// What was looked at is what is connected to.
///
/// # Errors
/// No address, none that may be connected to, or no connection.
pub async fn connect(target: &Target) -> io::Result<TcpStream> {
    let port = target.url.port_or_known_default().unwrap_or(443);
    let addresses: Vec<SocketAddr> = match target.url.host() {
        Some(Host::Domain(name)) => lookup_host((name, port)).await?.collect(),
        Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
        Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
        None => Vec::new(),
    };
    let socket = TcpStream::connect(&allowed(addresses, target.is_named)?[..]).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

fn allowed(mut addresses: Vec<SocketAddr>, is_named: bool) -> io::Result<Vec<SocketAddr>> {
    let n_found = addresses.len();
    addresses.retain(|address| is_named || is_public(address.ip()));
    if addresses.is_empty() && 0 < n_found {
        let words = "its address is one of a private network; if that is right, add the host to \
                     `stream_hosts`";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
    }
    Ok(addresses)
}

/// Whether `ip` is one that anybody could reach.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded(ip) {
            Some(ip) => is_public_v4(ip),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_for_protocols = (a, b, c) == (192, 0, 0);
    let is_for_benchmarks = a == 198 && (18..20).contains(&b);
    let is_reserved = a == 0 || 240 <= a;
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || is_shared
        || is_for_protocols
        || is_for_benchmarks
        || is_reserved)
}

/// Unicast that is routed is within `2000::/3`.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    let is_teredo = (first, second) == (0x2001, 0);
    first & 0xe000 == 0x2000 && !is_teredo
}

/// The IPv4 address that `ip` leads to, where it is mapped, translated or 6to4.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(v4(high, low))
        }
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_for_hosts_that_the_operator_named() {
        for (ip, expected) in [
            ("8.8.8.8", true),
            ("100.63.255.255", true),
            ("2606:4700::1111", true),
            ("64:ff9b::808:808", true),
            ("127.0.0.1", false),
            ("10.0.0.1", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("192.0.0.170", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("ff02::1", false),
            ("2001::1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:127.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
        ] {
            let address: IpAddr = ip.parse().unwrap();
            assert_eq!(is_public(address), expected, "{ip}");
            let addresses = || vec![SocketAddr::new(address, 443)];
            assert_eq!(allowed(addresses(), false).is_ok(), expected, "{ip}");
            assert!(allowed(addresses(), true).is_ok(), "{ip}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_connected_to_unless_it_was_named() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = |is_named| Target {
            url: format!("wss://localhost:{port}/").parse().unwrap(),
            is_named,
        };
        let refused = connect(&target(false)).await.unwrap_err().to_string();
        assert!(refused.contains("stream_hosts"), "{refused}");
        assert!(connect(&target(true)).await.is_ok());
    }
}
