//! How many connections one address may have while it is not known yet who asks: so that nobody
//! takes the places of all by connecting and saying nothing.
//!
//! A place is given back when a connection ends or is upgraded, so it is held for moments; only
//! those who come in are counted, not those who look. So a site behind one address is as large as
//! it likes. When all of it comes back at once, some are served and the others wait: to close them
//! would do harm, since a page whose script was refused does not ask again. From half of the
//! places on, each answer ends its connection, so that no browser that may have another question
//! keeps a screen waiting that has its first. Who waits too long is closed, and so is at once what
//! comes when a tenth of all places is this one address's; in TLS nothing can be said to it.
//!
//! A trusted proxy speaks for everybody, and has its own limits. So may what comes from this very
//! machine, a tunnel for example; who can start programs here has other ways to do harm.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::auth::AddressKey;

/// The limits for each address (each /64).
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections that are served at once.
    pub(super) served: usize,
    /// Connections that wait for that; further ones are closed.
    pub(super) waiting: usize,
}

/// Who speaks for many, and is not counted.
#[derive(Clone, Debug)]
pub struct Many {
    proxies: Vec<IpNet>,
    this_machine: bool,
}

impl Many {
    /// This machine, and `proxies`.
    pub fn and_this_machine(proxies: Vec<IpNet>) -> Self {
        Self {
            proxies,
            this_machine: true,
        }
    }

    /// Nobody: for tests, which all come from this machine.
    #[cfg(test)]
    pub(super) fn nobody() -> Self {
        Self {
            proxies: Vec::new(),
            this_machine: false,
        }
    }

    fn has(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        (self.this_machine && peer.is_loopback())
            || self.proxies.iter().any(|network| network.contains(&peer))
    }
}

/// The places of all addresses.
#[derive(Debug)]
pub(super) struct Places {
    limits: Limits,
    many: Many,
    by_address: Mutex<HashMap<AddressKey, Address>>,
}

#[derive(Debug)]
struct Address {
    /// Served and waiting.
    n_here: usize,
    seats: Arc<Semaphore>,
}

/// A connection that is here, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    /// `None` where nobody counts.
    counted: Option<(AddressKey, Arc<Semaphore>)>,
}

/// A connection that is served, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    _permit: Option<OwnedSemaphorePermit>,
}

/// How full it is about a connection.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    seats: Option<Arc<Semaphore>>,
    n_free_at_least: usize,
}

impl Places {
    pub(super) fn new(limits: Limits, many: Many) -> Arc<Self> {
        Arc::new(Self {
            limits,
            many,
            by_address: Mutex::default(),
        })
    }

    /// Takes in a connection from `peer`; `None`: there are too many of that address.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut place = Place {
            places: Arc::clone(self),
            counted: None,
        };
        if self.many.has(peer) {
            return Some(place);
        }
        let key = AddressKey::of(peer);
        let Limits { served, waiting } = self.limits;
        let mut all = self.all();
        let address = all.entry(key).or_insert_with(|| Address {
            n_here: 0,
            seats: Arc::new(Semaphore::new(served)),
        });
        if served + waiting <= address.n_here {
            return None;
        }
        address.n_here += 1;
        place.counted = Some((key, Arc::clone(&address.seats)));
        Some(place)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<AddressKey, Address>> {
        self.by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits until it may be served.
    pub(super) async fn seat(&self) -> Seat {
        let permit = match &self.counted {
            // Never closed.
            Some((_, seats)) => Arc::clone(seats).acquire_owned().await.ok(),
            None => None,
        };
        Seat { _permit: permit }
    }

    pub(super) fn crowd(&self) -> Crowd {
        Crowd {
            seats: self.counted.as_ref().map(|(_, seats)| Arc::clone(seats)),
            n_free_at_least: self.places.limits.served.div_ceil(2),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((key, _)) = &self.counted else {
            return;
        };
        let mut all = self.places.all();
        match all.get_mut(key) {
            Some(address) if 1 < address.n_here => address.n_here -= 1,
            _ => drop(all.remove(key)),
        }
    }
}

impl Crowd {
    /// Whether others of this address wait, or soon may.
    pub(super) fn is_dense(&self) -> bool {
        let seats = self.seats.as_ref();
        seats.is_some_and(|seats| seats.available_permits() < self.n_free_at_least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(proxies: &[&str]) -> Arc<Places> {
        let proxies = proxies.iter().map(|net| net.parse().unwrap()).collect();
        let limits = Limits {
            served: 2,
            waiting: 1,
        };
        Places::new(limits, Many::and_this_machine(proxies))
    }

    #[test]
    fn each_address_has_its_places_and_who_speaks_for_many_has_all() {
        let places = places(&["10.0.0.0/8"]);
        let n_in = |peer: &str| {
            let enter = || places.enter(peer.parse().unwrap());
            let here: Vec<Place> = (0..9).map_while(|_| enter()).collect();
            here.len()
        };
        for (peer, expected) in [
            ("192.0.2.1", 3),
            ("2001:db8::1", 3),
            ("10.1.2.3", 9),
            ("::ffff:10.1.2.3", 9),
            ("127.0.0.1", 9),
            ("::1", 9),
        ] {
            assert_eq!(n_in(peer), expected, "{peer}");
        }
        assert!(places.all().is_empty(), "nobody is remembered");
        // Neighbours in a /64 are one address; others come in all the same.
        let [a, b] = ["2001:db8::1", "2001:db8::2"].map(|peer| peer.parse().unwrap());
        let _here: Vec<_> = [a, b, a].map(|peer| places.enter(peer).unwrap()).into();
        assert!(places.enter(b).is_none());
        assert!(places.enter("2001:db8:0:1::1".parse().unwrap()).is_some());
    }

    #[tokio::test]
    async fn some_are_served_the_rest_wait_and_go_on_as_others_leave() {
        let places = places(&[]);
        let peer = "192.0.2.1".parse().unwrap();
        let here = [(); 3].map(|()| places.enter(peer).unwrap());
        let crowd = here[0].crowd();
        assert!(!crowd.is_dense());
        let first = here[0].seat().await;
        assert!(!crowd.is_dense(), "half are free");
        let second = here[1].seat().await;
        assert!(crowd.is_dense());
        let mut third = Box::pin(here[2].seat());
        assert!(futures_util::poll!(&mut third).is_pending());
        drop(first);
        let third = third.await;
        drop((second, third));
        assert!(!crowd.is_dense());
    }
}
