//! A screen without a keyboard comes in: it shows a code, and somebody who may types that code.
//!
//! The screen also holds a secret that nobody sees, and only that secret fetches the token; who
//! reads the code off the wall gains nothing. All of it is in memory, and bounded.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::address::{AddressKey, shortened, shortened_agent};
use super::code;
use super::error::AuthError;
use super::people::Name;
use super::secret::{self, Digest};
use super::throttle::{Gate, NETWORK_FACTOR};
use super::viewer::Client;
use crate::domain::Sight;

/// How long a code is good.
pub const PAIRING_LASTS: SignedDuration = SignedDuration::from_mins(10);
/// A screen that has not asked for its token for so long is gone, and its code with it.
pub const SCREEN_IS_GONE_AFTER: SignedDuration = SignedDuration::from_secs(60);
const MAX_PER_ADDRESS: usize = 5;
/// Of the /48 around it.
const MAX_PER_NETWORK: usize = MAX_PER_ADDRESS * NETWORK_FACTOR as usize;
const MAX_IN_ALL: usize = 200;

/// What a screen gets when it asks.
#[derive(Clone, Debug)]
pub struct Asked {
    /// To show: six of `CDFGHJKMNPQRTVWXY34679`.
    pub code: String,
    /// To keep, and to ask for the token with; never to show.
    pub secret: SecretString,
    /// Until when the code is good.
    pub expires_at: Timestamp,
}

/// A screen that waits, for whoever is about to let it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The network it asks from.
    pub from: String,
    /// Its browser and system.
    pub agent: String,
    /// When it asked.
    pub asked_at: Timestamp,
}

/// What a screen becomes.
#[derive(Clone, Debug)]
pub struct Screen {
    /// What people call it.
    pub name: Name,
    /// What it may see.
    pub sight: Sight,
    /// When its token ends by itself; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// What a screen hears when it asks for its token.
#[derive(Debug)]
pub enum Polled {
    /// Nobody has typed the code yet.
    Waiting {
        /// Until when it is good.
        expires_at: Timestamp,
    },
    /// Its token, this once.
    Paired(SecretString),
    /// The code is no longer good: refused, too old, used, or never there. Ask for another.
    Gone,
}

/// An approval that has not been fetched yet.
#[derive(Clone, Debug)]
pub(super) struct Approval {
    pub(super) screen: Screen,
    pub(super) by: Arc<str>,
}

/// What the store has to do with a poll.
#[derive(Debug)]
pub(super) enum Next {
    Waiting(Timestamp),
    Make(Approval),
    Gone,
}

#[derive(Debug)]
struct Pairing {
    code: String,
    address: AddressKey,
    waiting: Waiting,
    polled_at: Timestamp,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting,
    Approved(Approval),
    /// The screen fetches its token this very moment.
    Fetching,
}

impl Pairing {
    fn expires_at(&self) -> Timestamp {
        later(self.waiting.asked_at, PAIRING_LASTS)
    }

    fn is_alive(&self, now: Timestamp) -> bool {
        now < self.expires_at() && now < later(self.polled_at, SCREEN_IS_GONE_AFTER)
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

/// All screens that wait.
#[derive(Debug)]
pub(super) struct Pairings {
    pending: HashMap<Digest, Pairing>,
    /// Codes that somebody typed and that were not there, by who typed.
    misses: Gate<Digest>,
}

impl Pairings {
    pub(super) fn new() -> Self {
        Self {
            pending: HashMap::new(),
            // A person mistypes; a program that guesses gets ten codes a minute of 113 million.
            misses: Gate::new(10, SignedDuration::from_secs(6)),
        }
    }

    /// A screen asks for a code.
    pub(super) fn ask(&mut self, client: &Client, now: Timestamp) -> Result<Asked, AuthError> {
        self.pending.retain(|_, pairing| pairing.is_alive(now));
        let address = AddressKey::of(client.address);
        let waiting = self.pending.values().map(|one| one.address);
        let n_of_address = waiting.clone().filter(|one| *one == address).count();
        let network = address.network();
        let n_of_network = waiting.filter(|one| one.network() == network).count();
        if n_of_address >= MAX_PER_ADDRESS
            || n_of_network >= MAX_PER_NETWORK
            || self.pending.len() >= MAX_IN_ALL
        {
            return Err(AuthError::TooMany(SCREEN_IS_GONE_AFTER));
        }
        let is_taken = |code: &str| self.pending.values().any(|pairing| pairing.code == code);
        let code = code::fresh(is_taken);
        let secret = secret::fresh_marked("fg_pair_");
        let pairing = Pairing {
            code: code.clone(),
            address,
            waiting: Waiting {
                from: shortened(client.address),
                agent: shortened_agent(&client.agent),
                asked_at: now,
            },
            polled_at: now,
            state: State::Waiting,
        };
        let expires_at = pairing.expires_at();
        self.pending
            .insert(Digest::of(secret.expose_secret()), pairing);
        Ok(Asked {
            code,
            secret,
            expires_at,
        })
    }

    /// Who shows `code`? `by` is who asks, as guesses are counted.
    pub(super) fn find(
        &mut self,
        code: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Waiting, AuthError> {
        let digest = self.waiting_with(code, by, now)?;
        let pairing = self.pending.get(&digest).ok_or(AuthError::Spent)?;
        Ok(pairing.waiting.clone())
    }

    /// Lets the screen that shows `code` in.
    pub(super) fn approve(
        &mut self,
        code: &str,
        screen: Screen,
        by: Arc<str>,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        let digest = self.waiting_with(code, &by, now)?;
        let pairing = self.pending.get_mut(&digest).ok_or(AuthError::Spent)?;
        pairing.state = State::Approved(Approval { screen, by });
        Ok(())
    }

    /// Turns the screen that shows `code` away.
    pub(super) fn refuse(&mut self, code: &str, by: &str, now: Timestamp) -> Result<(), AuthError> {
        let digest = self.waiting_with(code, by, now)?;
        self.pending.remove(&digest);
        Ok(())
    }

    /// The screen asks for its token. An approval is handed out once, until what came of it is
    /// said by [`Self::fetched`].
    pub(super) fn poll(&mut self, secret: &str, now: Timestamp) -> Next {
        let digest = Digest::of(secret);
        let Some(pairing) = self.pending.get_mut(&digest) else {
            return Next::Gone;
        };
        if !pairing.is_alive(now) {
            self.pending.remove(&digest);
            return Next::Gone;
        }
        pairing.polled_at = now;
        let expires_at = pairing.expires_at();
        match std::mem::replace(&mut pairing.state, State::Fetching) {
            State::Approved(approval) => Next::Make(approval),
            state => {
                pairing.state = state;
                Next::Waiting(expires_at)
            }
        }
    }

    /// What came of an approval: nothing is left of it, or it can be fetched again.
    pub(super) fn fetched(&mut self, secret: &str, failed: Option<Approval>) {
        let digest = Digest::of(secret);
        match (failed, self.pending.get_mut(&digest)) {
            (Some(approval), Some(pairing)) => pairing.state = State::Approved(approval),
            _ => drop(self.pending.remove(&digest)),
        }
    }

    /// How many wait.
    pub(super) fn n_waiting(&self, now: Timestamp) -> usize {
        let alive = self
            .pending
            .values()
            .filter(|pairing| pairing.is_alive(now));
        alive.count()
    }

    /// The one that waits with this code, not approved yet.
    fn waiting_with(&mut self, code: &str, by: &str, now: Timestamp) -> Result<Digest, AuthError> {
        let by = Digest::of(by);
        let wait = self.misses.wait(by, now);
        if wait.is_positive() {
            return Err(AuthError::TooMany(wait));
        }
        let typed = code::typed(code);
        let found = self.pending.iter().find(|(_, pairing)| {
            pairing.code == typed
                && matches!(pairing.state, State::Waiting)
                && pairing.is_alive(now)
        });
        let Some((digest, _)) = found else {
            self.misses.take(by, now);
            return Err(AuthError::Spent);
        };
        Ok(*digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Sight;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn client(address: &str) -> Client {
        Client {
            address: address.parse().unwrap(),
            agent: String::new(),
        }
    }

    fn screen() -> Screen {
        Screen {
            name: Name::parse("Wall").unwrap(),
            sight: Sight::everything(),
            expires_at: None,
        }
    }

    #[test]
    fn a_code_lets_one_screen_in_once() {
        let mut pairings = Pairings::new();
        let asked = pairings.ask(&client("192.0.2.1"), at(0)).unwrap();
        let secret = asked.secret.expose_secret();
        assert!(matches!(pairings.poll(secret, at(1)), Next::Waiting(end) if end == at(600)));
        let typed = format!(" {}-{} ", asked.code[..3].to_lowercase(), &asked.code[3..]);
        assert_eq!(
            pairings.find(&typed, "user:1", at(2)).unwrap().from,
            "192.0.2.x"
        );
        pairings
            .approve(&typed, screen(), "user:1".into(), at(2))
            .unwrap();
        // Nobody else can take it over meanwhile.
        let again = pairings.approve(&asked.code, screen(), "user:2".into(), at(2));
        assert!(matches!(again, Err(AuthError::Spent)));
        // The code is no secret: it fetches nothing.
        assert!(matches!(pairings.poll(&asked.code, at(3)), Next::Gone));
        let Next::Make(approval) = pairings.poll(secret, at(3)) else {
            panic!("not approved");
        };
        // Two polls at once fetch one token; one that failed is fetched again.
        assert!(matches!(pairings.poll(secret, at(3)), Next::Waiting(_)));
        pairings.fetched(secret, Some(approval));
        assert!(matches!(pairings.poll(secret, at(4)), Next::Make(_)));
        pairings.fetched(secret, None);
        assert!(matches!(pairings.poll(secret, at(4)), Next::Gone));
        assert!(pairings.find(&asked.code, "user:1", at(4)).is_err());
    }

    #[test]
    fn a_code_is_good_for_ten_minutes_and_while_its_screen_is_there() {
        let mut pairings = Pairings::new();
        let kept = pairings.ask(&client("192.0.2.1"), at(0)).unwrap();
        for second in (0..600).step_by(30) {
            let next = pairings.poll(kept.secret.expose_secret(), at(second));
            assert!(matches!(next, Next::Waiting(_)), "at {second}");
        }
        assert!(pairings.find(&kept.code, "a", at(599)).is_ok());
        assert!(pairings.find(&kept.code, "a", at(600)).is_err());
        assert!(matches!(
            pairings.poll(kept.secret.expose_secret(), at(600)),
            Next::Gone
        ));
        let left = pairings.ask(&client("192.0.2.1"), at(1_000)).unwrap();
        assert!(pairings.find(&left.code, "a", at(1_059)).is_ok());
        assert!(pairings.find(&left.code, "a", at(1_060)).is_err());
    }

    #[test]
    fn a_refused_screen_is_gone() {
        let mut pairings = Pairings::new();
        let asked = pairings.ask(&client("192.0.2.1"), at(0)).unwrap();
        pairings.refuse(&asked.code, "user:1", at(1)).unwrap();
        assert!(matches!(
            pairings.poll(asked.secret.expose_secret(), at(1)),
            Next::Gone
        ));
    }

    #[test]
    fn five_of_an_address_and_two_hundred_in_all_wait_and_places_are_free_again() {
        let mut pairings = Pairings::new();
        for _ in 0..5 {
            pairings.ask(&client("2001:db8::1"), at(0)).unwrap();
        }
        // A neighbour in the same /64 is the same client.
        assert!(matches!(
            pairings.ask(&client("2001:db8::2"), at(0)),
            Err(AuthError::TooMany(_))
        ));
        for n in 0..195 {
            pairings
                .ask(&client(&format!("192.0.2.{n}")), at(0))
                .unwrap();
        }
        assert!(matches!(
            pairings.ask(&client("198.51.100.1"), at(0)),
            Err(AuthError::TooMany(_))
        ));
        assert_eq!(pairings.n_waiting(at(0)), 200);
        assert!(pairings.ask(&client("198.51.100.1"), at(60)).is_ok());
        assert_eq!(pairings.n_waiting(at(60)), 1);
    }

    #[test]
    fn one_line_with_many_networks_takes_twenty_places_of_the_two_hundred() {
        let mut pairings = Pairings::new();
        let from = |n: u32| client(&format!("2001:db8:1:{n:x}::1"));
        let n_asked = (0..200).filter(|n| pairings.ask(&from(*n), at(0)).is_ok());
        assert_eq!(n_asked.count(), 20);
        assert!(pairings.ask(&client("2001:db8:2::1"), at(0)).is_ok());
    }

    #[test]
    fn who_guesses_is_held_back_and_who_does_not_is_not() {
        let mut pairings = Pairings::new();
        let asked = pairings.ask(&client("192.0.2.1"), at(0)).unwrap();
        let spent = |found: Result<Waiting, _>| matches!(found, Err(AuthError::Spent));
        for _ in 0..10 {
            assert!(spent(pairings.find("000000", "user:1", at(0))));
        }
        // Now not even the right one.
        let held = pairings.find(&asked.code, "user:1", at(0));
        assert!(matches!(held, Err(AuthError::TooMany(_))));
        assert!(pairings.find(&asked.code, "user:2", at(0)).is_ok());
        assert!(pairings.find(&asked.code, "user:1", at(6)).is_ok());
    }
}
