//! Sockets of people for whom a proxy vouches: it does so with a request, and an open socket makes
//! none. So each is ended now and then as if its rights had changed; the page comes back at once,
//! through the proxy, and goes on where it was, if the proxy still lets it.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Of those that came at once the first go after this. With what follows, the round in which a
/// socket is first seen and the one in which it ends, none goes on for a quarter of an hour.
const AFTER: SignedDuration = SignedDuration::from_mins(8);
/// They go over so many minutes: an office that began its day together does not come back as one.
const SPREAD_MINS: u64 = 5;

/// When each of them was first seen, by the number of its pass.
#[derive(Debug, Default)]
pub(super) struct Renewals {
    seen_at: HashMap<u64, Timestamp>,
}

impl Renewals {
    /// Those of the `open` ones, all of people behind a proxy, whose time is over.
    pub(super) fn round(&mut self, open: &[u64], now: Timestamp) -> Vec<u64> {
        let before = std::mem::take(&mut self.seen_at);
        let mut over = Vec::new();
        for pass in open {
            let seen_at = before.get(pass).copied().unwrap_or(now);
            // A clock that was set back begins anew.
            let seen_at = seen_at.min(now);
            if now.duration_since(seen_at) < lasts(*pass) {
                self.seen_at.insert(*pass, seen_at);
            } else {
                over.push(*pass);
            }
        }
        over
    }
}

fn lasts(pass: u64) -> SignedDuration {
    let more = i64::try_from(pass % SPREAD_MINS).unwrap_or(0);
    AFTER + SignedDuration::from_mins(more)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;

    use tokio::sync::mpsc;
    use tokio::time::Instant;
    use tokio_util::sync::CancellationToken;

    use super::super::sockets::{Ending, Sockets};
    use super::*;
    use crate::auth::{Access, AccessSettings, External, Name, Role, Viewer, ViewerId};
    use crate::domain::Sight;

    const AT_MOST: SignedDuration = SignedDuration::from_mins(15);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    #[test]
    fn each_ends_within_a_quarter_of_an_hour_and_they_do_not_end_together() {
        let mut renewals = Renewals::default();
        let mut open: Vec<u64> = (0..100).collect();
        let mut most_at_once = 0;
        // The last minute is the one in which the first round comes.
        for minute in 0..AT_MOST.as_mins() {
            let over = renewals.round(&open, at(minute));
            assert!(minute >= 8 || over.is_empty(), "{minute}");
            most_at_once = most_at_once.max(over.len());
            open.retain(|pass| !over.contains(pass));
        }
        assert!(open.is_empty(), "{open:?}");
        assert_eq!(most_at_once, 20);
        assert!(
            renewals.seen_at.is_empty(),
            "nothing is left of who is gone"
        );
    }

    /// As the runtime's clock has it, which this test pauses.
    fn clock() -> Timestamp {
        static START: OnceLock<Instant> = OnceLock::new();
        let gone = START.get_or_init(Instant::now).elapsed();
        at(0) + SignedDuration::try_from(gone).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn sockets_of_people_behind_a_proxy_end_by_themselves_and_no_others() {
        let begun = clock();
        let access = Access::open(AccessSettings::default()).unwrap();
        let carol = External {
            issuer: "proxy".into(),
            subject: "carol".into(),
        };
        let name = Name::parse("carol").unwrap();
        let rights = (Role::Viewer, Sight::everything());
        let user = access.provision(carol, name, rights.0, rights.1, begun);
        let user = ViewerId::User(user.await.unwrap());
        let sockets = Sockets::default();
        let stays = sockets.admit(Arc::new(Viewer::local())).unwrap();
        let ends = sockets
            .admit(access.current(&user, begun).unwrap())
            .unwrap();
        let (tell, mut told) = mpsc::channel(8);
        let dismiss = move |pass, ending| tell.try_send((pass, ending)).unwrap();
        let stop = CancellationToken::new();
        let watching = sockets.clone().watch(access, clock, dismiss, stop.clone());
        let watching = tokio::spawn(watching);
        let first = told.recv().await;
        assert_eq!(first, Some((ends.number(), Ending::Changed)));
        let after = clock().duration_since(begun);
        assert!(AFTER <= after && after <= AT_MOST, "after {after}");
        drop(ends);
        tokio::time::sleep(Duration::from_hours(2)).await;
        assert!(told.try_recv().is_err(), "nobody else has to go");
        stop.cancel();
        watching.await.unwrap();
        drop(stays);
    }

    #[test]
    fn who_comes_back_begins_anew_and_a_clock_that_jumps_ends_nobody_for_ever() {
        let mut renewals = Renewals::default();
        assert!(renewals.round(&[1], at(0)).is_empty());
        assert!(renewals.round(&[], at(1)).is_empty(), "it went by itself");
        assert!(renewals.round(&[1], at(10)).is_empty(), "another one");
        assert!(renewals.round(&[1], at(-600)).is_empty());
        assert_eq!(renewals.round(&[1], at(-591)), [1]);
    }
}
