//! How often somebody may try: nobody finds a password by trying, and a flood costs little.
//!
//! Each gate lets a burst through and then one per interval (GCRA: a key is kept as the one time
//! at which it will have all its tries again). Time is an argument, which is why this is not a
//! library; and a clock that was set back locks nobody out for longer than a whole burst takes.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::address::AddressKey;
use super::secret::Digest;
use super::viewer::ViewerId;

/// Keys that one gate remembers; the least burdened go first.
const MAX_KEYS: usize = 10_000;

/// A burst, then one per interval, for each key.
#[derive(Debug)]
pub(super) struct Gate<K> {
    burst: i64,
    every_ms: i64,
    /// When each key will have its whole burst again.
    full_at_ms: HashMap<K, i64>,
}

impl<K: Eq + Hash + Copy> Gate<K> {
    pub(super) fn new(burst: i64, every: SignedDuration) -> Self {
        Self {
            burst,
            every_ms: i64::try_from(every.as_millis()).unwrap_or(i64::MAX / 1_000),
            full_at_ms: HashMap::new(),
        }
    }

    /// How long until a try is free; zero: now.
    pub(super) fn wait(&self, key: K, now: Timestamp) -> SignedDuration {
        let now_ms = now.as_millisecond();
        let after = self.full_at(key, now_ms) + self.every_ms;
        SignedDuration::from_millis((after - now_ms - self.burst * self.every_ms).max(0))
    }

    /// Takes a try, whether or not one is free: ask [`Self::wait`] before.
    pub(super) fn take(&mut self, key: K, now: Timestamp) {
        let now_ms = now.as_millisecond();
        let full_at_ms = self.full_at(key, now_ms) + self.every_ms;
        if self.full_at_ms.len() >= MAX_KEYS && !self.full_at_ms.contains_key(&key) {
            self.make_room(now_ms);
        }
        self.full_at_ms.insert(key, full_at_ms);
    }

    /// Gives a try back.
    pub(super) fn give_back(&mut self, key: K) {
        if let Some(full_at_ms) = self.full_at_ms.get_mut(&key) {
            *full_at_ms -= self.every_ms;
        }
    }

    fn full_at(&self, key: K, now_ms: i64) -> i64 {
        let full_at_ms = self.full_at_ms.get(&key).copied().unwrap_or(now_ms);
        full_at_ms.clamp(now_ms, now_ms + self.burst * self.every_ms)
    }

    /// Whoever has tried most is remembered longest: a flood of strangers frees nobody else.
    fn make_room(&mut self, now_ms: i64) {
        self.full_at_ms.retain(|_, full_at_ms| *full_at_ms > now_ms);
        if self.full_at_ms.len() >= MAX_KEYS {
            // Many at a time, so that a flood does not pay for a search each.
            let mut times: Vec<i64> = self.full_at_ms.values().copied().collect();
            let (_, limit, _) = times.select_nth_unstable(MAX_KEYS / 4);
            let (limit, mut n_left) = (*limit, MAX_KEYS / 4);
            self.full_at_ms.retain(|_, full_at_ms| {
                let goes = n_left > 0 && *full_at_ms <= limit;
                n_left -= usize::from(goes);
                !goes
            });
        }
    }
}

/// The /48 around an address of IPv6 may do so many times as much: behind one may be several
/// households, and one that has a /48 for itself gains little by changing its address.
pub(super) const NETWORK_FACTOR: u8 = 4;

/// A gate for each address, and a wider one for the network around it.
#[derive(Debug)]
struct AddressGate {
    of_address: Gate<AddressKey>,
    of_network: Gate<AddressKey>,
}

impl AddressGate {
    fn new(burst: i64, every: SignedDuration) -> Self {
        Self {
            of_address: Gate::new(burst, every),
            of_network: Gate::new(
                burst * i64::from(NETWORK_FACTOR),
                every / i32::from(NETWORK_FACTOR),
            ),
        }
    }

    fn wait(&self, address: AddressKey, now: Timestamp) -> SignedDuration {
        let of_address = self.of_address.wait(address, now);
        of_address.max(self.of_network.wait(address.network(), now))
    }

    fn take(&mut self, address: AddressKey, now: Timestamp) {
        self.of_address.take(address, now);
        self.of_network.take(address.network(), now);
    }

    fn give_back(&mut self, address: AddressKey) {
        self.of_address.give_back(address);
        self.of_network.give_back(address.network());
    }
}

/// The gates that a login passes.
///
/// Failures: five, then one a minute, of an account and from an address. All logins, those that
/// succeed too, as each costs 19 MiB for a moment: eight, then one per ten seconds, of an account
/// and from an address, and a hundred an hour from an address.
#[derive(Debug)]
pub(super) struct LoginThrottle {
    failures_of_account: Gate<Digest>,
    failures_from_address: AddressGate,
    logins_of_account: Gate<Digest>,
    logins_from_address: AddressGate,
    hourly_from_address: AddressGate,
    /// How often the audit log says of a network that it is held back.
    told: Gate<AddressKey>,
}

/// A try that was taken, to be given back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    account: Digest,
    address: AddressKey,
}

/// Why a try was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// When the next one is free.
    pub(super) wait: SignedDuration,
    /// It is the first time in a while, so that it is worth a line in the audit log.
    pub(super) is_news: bool,
}

impl LoginThrottle {
    pub(super) fn new() -> Self {
        let (minute, ten_seconds) = (SignedDuration::from_mins(1), SignedDuration::from_secs(10));
        Self {
            failures_of_account: Gate::new(5, minute),
            failures_from_address: AddressGate::new(5, minute),
            logins_of_account: Gate::new(8, ten_seconds),
            logins_from_address: AddressGate::new(8, ten_seconds),
            // 50 at once and 50 more within the hour.
            hourly_from_address: AddressGate::new(50, SignedDuration::from_secs(72)),
            told: Gate::new(1, SignedDuration::from_mins(10)),
        }
    }

    /// Takes a try for an account, whether or not there is one of that name.
    pub(super) fn take(
        &mut self,
        account: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Try, Held> {
        // Of fixed size, however long a name somebody sends.
        let (account, address) = (Digest::of(account), AddressKey::of(address));
        let waits = [
            self.failures_of_account.wait(account, now),
            self.failures_from_address.wait(address, now),
            self.logins_of_account.wait(account, now),
            self.logins_from_address.wait(address, now),
            self.hourly_from_address.wait(address, now),
        ];
        let wait = waits.into_iter().max().unwrap_or_default();
        if wait.is_positive() {
            let is_news = self.told.wait(address.network(), now).is_zero();
            if is_news {
                self.told.take(address.network(), now);
            }
            return Err(Held { wait, is_news });
        }
        self.failures_of_account.take(account, now);
        self.failures_from_address.take(address, now);
        self.logins_of_account.take(account, now);
        self.logins_from_address.take(address, now);
        self.hourly_from_address.take(address, now);
        Ok(Try { account, address })
    }

    /// The password was right: this try was no failure.
    pub(super) fn succeeded(&mut self, taken: Try) {
        self.failures_of_account.give_back(taken.account);
        self.failures_from_address.give_back(taken.address);
    }

    /// Nothing was hashed: there was no try.
    pub(super) fn undone(&mut self, taken: Try) {
        self.succeeded(taken);
        self.logins_of_account.give_back(taken.account);
        self.logins_from_address.give_back(taken.address);
        self.hourly_from_address.give_back(taken.address);
    }
}

/// Tries of one address (of a /64, and of the /48 around it), or of somebody who is known.
#[derive(Debug)]
pub struct Knocks(Mutex<KnockGates>);

#[derive(Debug)]
struct KnockGates {
    of_strangers: AddressGate,
    of_viewers: Gate<Digest>,
}

impl Knocks {
    /// Of WebSocket handshakes: ten, then ten a second.
    pub fn new() -> Self {
        Self::with(10, SignedDuration::from_millis(100))
    }

    /// Of logins that lead elsewhere: thirty, as an office begins its day behind one address, then
    /// one in two seconds.
    pub fn of_logins_elsewhere() -> Self {
        Self::with(30, SignedDuration::from_secs(2))
    }

    /// Of links that are good once: twenty, then one in two seconds.
    pub fn of_links() -> Self {
        Self::with(20, SignedDuration::from_secs(2))
    }

    fn with(burst: i64, every: SignedDuration) -> Self {
        Self(Mutex::new(KnockGates {
            of_strangers: AddressGate::new(burst, every),
            of_viewers: Gate::new(burst, every),
        }))
    }

    /// Takes a try of whoever asks from `address`; the error is how long until there is one.
    pub fn take(&self, address: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let key = AddressKey::of(address);
        let gate = &mut self.gates().of_strangers;
        let wait = gate.wait(key, now);
        if wait.is_positive() {
            return Err(wait);
        }
        gate.take(key, now);
        Ok(())
    }

    /// Takes a try of this viewer, whatever others behind its address do; the error is how long
    /// until there is one.
    pub fn take_of(&self, viewer: &ViewerId, now: Timestamp) -> Result<(), SignedDuration> {
        let key = Digest::of(&viewer.text());
        let gate = &mut self.gates().of_viewers;
        let wait = gate.wait(key, now);
        if wait.is_positive() {
            return Err(wait);
        }
        gate.take(key, now);
        Ok(())
    }

    fn gates(&self) -> MutexGuard<'_, KnockGates> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Knocks {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn address(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    /// How many of `tries` within ten seconds are let through.
    fn let_through(tries: i64, succeed: bool, of: impl Fn(i64) -> (String, IpAddr)) -> usize {
        let mut throttle = LoginThrottle::new();
        let passes = (0..tries).filter(|n| {
            let (account, address) = of(*n);
            let taken = throttle.take(&account, address, at(n * 10_000 / tries));
            if let (Ok(taken), true) = (taken, succeed) {
                throttle.succeeded(taken);
            }
            taken.is_ok()
        });
        passes.count()
    }

    #[test]
    fn a_thousand_logins_in_ten_seconds_cost_at_most_ten_hashes() {
        for succeed in [false, true] {
            let of_account = |n| ("ann".to_owned(), address(u32::try_from(n).unwrap()));
            let from_address = |n: i64| (format!("user{n}"), address(7));
            for passes in [
                let_through(1_000, succeed, of_account),
                let_through(1_000, succeed, from_address),
            ] {
                let least = if succeed { 8 } else { 5 };
                assert!((least..=10).contains(&passes), "{passes} passes");
            }
        }
    }

    #[test]
    fn five_failures_then_one_a_minute_then_a_hundred_an_hour() {
        let mut throttle = LoginThrottle::new();
        for _ in 0..5 {
            assert!(throttle.take("ann", address(1), at(0)).is_ok());
        }
        let held = throttle.take("ann", address(2), at(0)).unwrap_err();
        assert_eq!(held.wait, SignedDuration::from_mins(1));
        assert!(throttle.take("ann", address(2), at(59_999)).is_err());
        assert!(throttle.take("ann", address(2), at(60_000)).is_ok());
        // Successes are no failures, but not without end: a try a second for an hour.
        let mut throttle = LoginThrottle::new();
        let passes = (0..3_600).filter(|second| {
            let taken = throttle.take(&format!("u{second}"), address(1), at(second * 1_000));
            taken.map(|taken| throttle.succeeded(taken)).is_ok()
        });
        assert!((90..=100).contains(&passes.count()));
    }

    #[test]
    fn a_success_gives_back_its_own_try_and_no_other() {
        let mut throttle = LoginThrottle::new();
        for _ in 0..4 {
            throttle.take("victim", address(1), at(0)).unwrap();
            let own = throttle.take("mine", address(2), at(0)).unwrap();
            throttle.succeeded(own);
        }
        // The attacker's own good password does not buy tries on another's.
        throttle.take("victim", address(1), at(0)).unwrap();
        assert!(throttle.take("victim", address(3), at(0)).is_err());
        assert!(throttle.take("other", address(1), at(0)).is_err());
    }

    #[test]
    fn it_is_told_once_in_ten_minutes_that_an_address_is_held_back() {
        let mut throttle = LoginThrottle::new();
        let held = (0..500).filter_map(|_| throttle.take("ann", address(1), at(0)).err());
        assert_eq!(held.filter(|held| held.is_news).count(), 1);
    }

    #[test]
    fn who_has_a_whole_network_tries_four_times_as_often_and_not_once_for_each_address() {
        let from = |network: u16, n: u16| {
            let parts = [0x2001, 0xdb8, network, n, 0, 0, 0, 1];
            IpAddr::from(parts)
        };
        let mut throttle = LoginThrottle::new();
        let mut n_told = 0;
        let passes = (0..1_000).filter(|n| {
            let taken = throttle.take(&format!("user{n}"), from(1, *n), at(0));
            n_told += usize::from(taken.is_err_and(|held| held.is_news));
            taken.is_ok()
        });
        assert_eq!((passes.count(), n_told), (20, 1));
        // Whoever else is let through, and what was no failure is given back to the network too.
        let other = throttle.take("user", from(2, 0), at(0)).unwrap();
        throttle.succeeded(other);
        let others = (0..100).filter(|n| {
            let account = format!("other{n}");
            throttle.take(&account, from(2, n + 1), at(0)).is_ok()
        });
        assert_eq!(others.count(), 20);
        let links = Knocks::of_links();
        let passes = (0..1_000).filter(|n| links.take(from(1, *n), at(0)).is_ok());
        assert_eq!(passes.count(), 80);
    }

    #[test]
    fn strangers_hold_up_nobody_who_is_known() {
        let handshakes = Knocks::new();
        let stranger = address(7);
        while handshakes.take(stranger, at(0)).is_ok() {}
        let screen = ViewerId::Token(super::super::TokenId("a".into()));
        let session = ViewerId::Session(super::super::SessionId("a".into()));
        for viewer in [&screen, &session] {
            let passes = (0..100).filter(|_| handshakes.take_of(viewer, at(0)).is_ok());
            assert_eq!(passes.count(), 10, "{viewer:?} has a burst of its own");
        }
        assert!(handshakes.take_of(&screen, at(100)).is_ok());
    }

    #[test]
    fn a_flood_of_strangers_neither_grows_a_gate_nor_frees_who_is_held() {
        let mut gate = Gate::new(5, SignedDuration::from_mins(1));
        for _ in 0..5 {
            gate.take(u64::MAX, at(0));
        }
        for stranger in 0..30_000 {
            gate.take(stranger, at(0));
        }
        assert!(gate.full_at_ms.len() <= MAX_KEYS);
        assert!(gate.wait(u64::MAX, at(0)).is_positive());
    }

    proptest! {
        /// Whatever the order, in any span no more pass than the burst and what the span adds.
        #[test]
        fn no_more_pass_than_burst_and_span(steps in proptest::collection::vec(0_i64..30_000, 1..200)) {
            let mut gate = Gate::new(5, SignedDuration::from_secs(10));
            let mut now_ms = 0;
            let mut passed = Vec::new();
            for step in steps {
                now_ms += step;
                if gate.wait(1_u8, at(now_ms)).is_zero() {
                    gate.take(1, at(now_ms));
                    passed.push(now_ms);
                }
            }
            for (first, start) in passed.iter().enumerate() {
                for (last, end) in passed.iter().enumerate().skip(first) {
                    let most = 5 + (end - start) / 10_000;
                    prop_assert!(i64::try_from(last - first + 1).unwrap() <= most);
                }
            }
        }

        /// A clock that jumps, back too, never locks out for longer than a whole burst takes.
        #[test]
        fn a_clock_that_jumps_locks_nobody_out(times in proptest::collection::vec(-10_000_000_i64..10_000_000, 1..50)) {
            let mut gate = Gate::new(5, SignedDuration::from_secs(10));
            for now_ms in times {
                let wait = gate.wait(1_u8, at(now_ms));
                prop_assert!(wait <= SignedDuration::from_secs(10));
                if wait.is_zero() {
                    gate.take(1, at(now_ms));
                }
            }
        }
    }
}
