//! Logins that were begun and have not come back: few, for a short time, and each for the one
//! browser that began it. Each is good once.

use std::collections::HashMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use openidconnect::{Nonce, PkceCodeVerifier};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::auth::AddressKey;

/// Who takes longer at the provider begins again.
pub(super) const LASTS: SignedDuration = SignedDuration::from_mins(10);
/// From one address; the oldest gives way.
const MAX_FROM: usize = 20;
/// From the /48 around it; the oldest gives way.
const MAX_FROM_NETWORK: usize = 80;
/// In all; the oldest gives way.
const MAX: usize = 2_000;

/// A login under way.
pub(super) struct Flow {
    /// What the browser holds in its cookie.
    pub(super) browser: SecretString,
    /// What must stand in the ID token.
    pub(super) nonce: Nonce,
    /// The secret half of PKCE.
    pub(super) verifier: PkceCodeVerifier,
    /// Where the provider sends the browser back to.
    pub(super) redirect: String,
    /// Where the person wants to go.
    pub(super) next: String,
    /// From where it was begun.
    pub(super) from: AddressKey,
    /// When.
    pub(super) begun_at: Timestamp,
}

/// All of a flow is secret, or leads to a person.
impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flow(..)")
    }
}

/// Why a login does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// Never begun, over, or gone on with before.
    Unknown,
    /// Another browser began it.
    OtherBrowser,
}

/// The logins under way, by their `state`.
#[derive(Debug, Default)]
pub(super) struct Pending {
    flows: HashMap<String, Flow>,
}

impl Pending {
    /// Remembers a login; what is too much or too old goes.
    pub(super) fn add(&mut self, state: String, flow: Flow) {
        let now = flow.begun_at;
        self.flows.retain(|_, flow| is_good(flow, now));
        let n_from = self.flows.values().filter(|old| old.from == flow.from);
        if n_from.count() >= MAX_FROM {
            self.drop_oldest(|old| old.from == flow.from);
        }
        let network = flow.from.network();
        let is_near = |old: &Flow| old.from.network() == network;
        if self.flows.values().filter(|old| is_near(old)).count() >= MAX_FROM_NETWORK {
            self.drop_oldest(is_near);
        }
        if self.flows.len() >= MAX {
            self.drop_oldest(|_| true);
        }
        self.flows.insert(state, flow);
    }

    /// The login of this `state`, for the browser that began it and nobody else. It is gone then.
    pub(super) fn take(
        &mut self,
        state: &str,
        browser: Option<&str>,
        now: Timestamp,
    ) -> Result<Flow, NotTaken> {
        let flow = self.flows.get(state).filter(|flow| is_good(flow, now));
        let flow = flow.ok_or(NotTaken::Unknown)?;
        let own = flow.browser.expose_secret().as_bytes();
        let is_own = browser.is_some_and(|held| held.as_bytes().ct_eq(own).into());
        if !is_own {
            return Err(NotTaken::OtherBrowser);
        }
        self.flows.remove(state).ok_or(NotTaken::Unknown)
    }

    fn drop_oldest(&mut self, is_meant: impl Fn(&Flow) -> bool) {
        let meant = self.flows.iter().filter(|(_, flow)| is_meant(flow));
        let oldest = meant.min_by_key(|(_, flow)| flow.begun_at);
        if let Some(state) = oldest.map(|(state, _)| state.clone()) {
            self.flows.remove(&state);
        }
    }
}

/// A clock that was set back makes none good for longer.
fn is_good(flow: &Flow, now: Timestamp) -> bool {
    now.duration_since(flow.begun_at).abs() < LASTS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn flow(from: u32, second: i64) -> Flow {
        flow_from(std::net::IpAddr::V4(from.into()), second)
    }

    fn flow_from(address: std::net::IpAddr, second: i64) -> Flow {
        Flow {
            browser: SecretString::from("own"),
            nonce: Nonce::new("n".to_owned()),
            verifier: PkceCodeVerifier::new("v".to_owned()),
            redirect: String::new(),
            next: "/".to_owned(),
            from: AddressKey::of(address),
            begun_at: at(second),
        }
    }

    #[test]
    fn a_login_is_for_its_browser_once_and_not_for_long() {
        let mut pending = Pending::default();
        pending.add("s".to_owned(), flow(1, 0));
        let mut take = |state: &str, browser, second| {
            let taken = pending.take(state, browser, at(second));
            taken.map(|flow| flow.next)
        };
        assert_eq!(take("t", Some("own"), 1), Err(NotTaken::Unknown));
        assert_eq!(take("s", None, 1), Err(NotTaken::OtherBrowser));
        assert_eq!(take("s", Some("other"), 1), Err(NotTaken::OtherBrowser));
        assert_eq!(take("s", Some(""), 1), Err(NotTaken::OtherBrowser));
        assert_eq!(take("s", Some("own"), 600), Err(NotTaken::Unknown));
        assert_eq!(take("s", Some("own"), 599), Ok("/".to_owned()));
        assert_eq!(take("s", Some("own"), 599), Err(NotTaken::Unknown));
    }

    #[test]
    fn there_are_never_many_and_one_address_drives_nobody_else_out() {
        let mut pending = Pending::default();
        pending.add("other".to_owned(), flow(2, 0));
        for n in 0..100 {
            pending.add(format!("s{n}"), flow(1, n));
        }
        assert_eq!(pending.flows.len(), MAX_FROM + 1);
        assert!(pending.flows.contains_key("other") && pending.flows.contains_key("s99"));
        for n in 0..3_000 {
            pending.add(format!("t{n}"), flow(10 + n, 200));
        }
        assert_eq!(pending.flows.len(), MAX);
        pending.add("last".to_owned(), flow(1, 5_000));
        assert_eq!(pending.flows.len(), 1, "the old ones are gone");
    }

    #[test]
    fn one_line_with_many_networks_drives_nobody_else_out() {
        let mut pending = Pending::default();
        pending.add("other".to_owned(), flow(1, 0));
        for n in 0..3_000_u16 {
            let address = std::net::IpAddr::from([0x2001, 0xdb8, 1, n, 0, 0, 0, 1]);
            pending.add(format!("s{n}"), flow_from(address, i64::from(n % 100)));
        }
        assert_eq!(pending.flows.len(), MAX_FROM_NETWORK + 1);
        assert!(pending.flows.contains_key("other"));
    }
}
