//! Who looks by a socket: a request is asked once who it is from, a socket stays. So each is on
//! this register while it is open, and is closed as soon as its viewer may no longer look, or may
//! see something else. It also bounds how many one viewer has: each costs a file and memory, for as
//! long as it is open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::renewal::Renewals;
use crate::auth::{Access, Viewer, ViewerId};
use crate::web::shares::{Share, Shares};

/// All are asked for at least this often; sessions end by themselves too.
const ROUND_EVERY: Duration = Duration::from_mins(1);

/// Sockets of one person, by all their sessions, or of one token. A person has some tabs, a screen
/// one; a program that needs more than this should tell what it gets to its own.
pub const MAX_OF_VIEWER: usize = 200;

/// Why a socket has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its viewer may no longer look.
    Revoked,
    /// Its viewer may see something else: it comes back, and sees that.
    Changed,
}

/// The register. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    open: Arc<Mutex<Open>>,
    by_viewer: Shares<ViewerId>,
}

#[derive(Debug, Default)]
struct Open {
    last: u64,
    by_pass: HashMap<u64, Arc<Viewer>>,
}

/// A place on the register; whoever holds the socket drops it when that ends.
#[derive(Debug)]
pub struct Pass {
    number: u64,
    sockets: Sockets,
    _share: Option<Share<ViewerId>>,
}

impl Pass {
    /// By which [`Sockets::watch`] names it.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.sockets.open().by_pass.remove(&self.number);
    }
}

impl Sockets {
    /// Puts a socket of `viewer` on the register; `None`: it has [`MAX_OF_VIEWER`] already.
    pub fn admit(&self, viewer: Arc<Viewer>) -> Option<Pass> {
        let share = match whose(&viewer) {
            Some(whose) => Some(self.by_viewer.take(whose, MAX_OF_VIEWER)?),
            None => None,
        };
        let mut open = self.open();
        open.last += 1;
        let number = open.last;
        open.by_pass.insert(number, viewer);
        Some(Pass {
            number,
            sockets: self.clone(),
            _share: share,
        })
    }

    /// How many are open.
    pub fn n_open(&self) -> usize {
        self.open().by_pass.len()
    }

    /// Tells `dismiss` which sockets have to end, as soon as that is so, until `stop`.
    pub async fn watch(
        self,
        access: Access,
        clock: fn() -> Timestamp,
        dismiss: impl Fn(u64, Ending) + Send,
        stop: CancellationToken,
    ) {
        let mut changes = access.invalidated();
        let first = tokio::time::Instant::now() + ROUND_EVERY;
        let mut rounds = tokio::time::interval_at(first, ROUND_EVERY);
        let mut renewals = Renewals::default();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                told = changes.changed() => if told.is_err() { return },
                _ = rounds.tick() => {}
            }
            let now = clock();
            for (pass, ending) in self.round(&access, now) {
                dismiss(pass, ending);
            }
            for pass in renewals.round(&self.of_proxies(), now) {
                dismiss(pass, Ending::Changed);
            }
        }
    }

    /// Those that have to end; the others are seen to be in use.
    fn round(&self, access: &Access, now: Timestamp) -> Vec<(u64, Ending)> {
        let open = self.open();
        let mut ending = Vec::new();
        for (pass, viewer) in &open.by_pass {
            match access.current(&viewer.id, now) {
                Some(current) if current == *viewer => access.mark_seen(&viewer.id, now),
                Some(_) => ending.push((*pass, Ending::Changed)),
                None => ending.push((*pass, Ending::Revoked)),
            }
        }
        ending
    }

    /// Those of people for whom a proxy vouches with each request.
    fn of_proxies(&self) -> Vec<u64> {
        let open = self.open();
        let theirs = open.by_pass.iter();
        let theirs = theirs.filter(|(_, viewer)| matches!(viewer.id, ViewerId::User(_)));
        theirs.map(|(pass, _)| *pass).collect()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose share it takes; whoever is let in without a login is nobody in particular.
fn whose(viewer: &Viewer) -> Option<ViewerId> {
    match (viewer.user, &viewer.id) {
        (Some(user), _) => Some(ViewerId::User(user)),
        (None, ViewerId::Local) => None,
        (None, id) => Some(id.clone()),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use tokio::sync::mpsc;

    use super::*;
    use crate::auth::{
        AccessSettings, Actor, Credential, Name, NewToken, SessionId, TokenId, TokenKind, UserId,
        ViewerKind,
    };
    use crate::domain::Sight;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    async fn screen(access: &Access) -> (TokenId, Arc<Viewer>) {
        let new = NewToken {
            kind: TokenKind::Display,
            name: Name::parse("Wall").unwrap(),
            sight: Sight::everything(),
            expires_at: None,
            net: None,
        };
        let made = access
            .make_token(&Actor::console(), new, now())
            .await
            .unwrap();
        let shown = Credential::Token(made.secret.expose_secret());
        let viewer = access.who(shown, [192, 0, 2, 1].into(), now()).unwrap();
        (made.id, viewer)
    }

    #[tokio::test]
    async fn a_socket_ends_when_its_viewer_is_revoked_or_changed_and_no_other() {
        let access = Access::open(AccessSettings::default()).unwrap();
        let sockets = Sockets::default();
        let (revoked, first) = screen(&access).await;
        let (changed, second) = screen(&access).await;
        let (_, third) = screen(&access).await;
        let passes =
            [first, second, third, Arc::new(Viewer::local())].map(|v| sockets.admit(v).unwrap());
        let (tell, mut told) = mpsc::channel(8);
        let stop = CancellationToken::new();
        let dismiss = move |pass, ending| tell.try_send((pass, ending)).unwrap();
        let watching = sockets
            .clone()
            .watch(access.clone(), now, dismiss, stop.clone());
        let watching = tokio::spawn(watching);
        let by = Actor::console();
        access.revoke_token(&by, revoked, now()).await.unwrap();
        assert_eq!(
            told.recv().await,
            Some((passes[0].number(), Ending::Revoked))
        );
        let [first, rest @ ..] = passes;
        drop(first);
        assert_eq!(sockets.n_open(), 3);
        let name = Name::parse("Wall").unwrap();
        access
            .change_token(&by, changed, name, Sight::nothing(), now())
            .await
            .unwrap();
        assert_eq!(told.recv().await, Some((rest[0].number(), Ending::Changed)));
        assert!(told.try_recv().is_err(), "nobody else has to go");
        stop.cancel();
        watching.await.unwrap();
        drop(rest);
        assert_eq!(sockets.n_open(), 0);
    }

    fn person(user: i64, session: &str) -> Arc<Viewer> {
        Arc::new(Viewer {
            id: ViewerId::Session(SessionId(session.into())),
            user: Some(UserId(user)),
            kind: ViewerKind::Person,
            ..Viewer::local()
        })
    }

    #[tokio::test]
    async fn a_person_and_a_token_have_so_many_and_others_have_theirs() {
        let access = Access::open(AccessSettings::default()).unwrap();
        let sockets = Sockets::default();
        let (_, screen) = screen(&access).await;
        let admit = |viewer: &Arc<Viewer>| sockets.admit(Arc::clone(viewer));
        let mut of_screen: Vec<Pass> = (0..999).map_while(|_| admit(&screen)).collect();
        assert_eq!(of_screen.len(), MAX_OF_VIEWER);
        let sessions = [person(1, "one"), person(1, "two")];
        let both = sessions.iter().cycle().take(999);
        let of_ann: Vec<Pass> = both.map_while(admit).collect();
        assert_eq!(of_ann.len(), MAX_OF_VIEWER, "of all sessions together");
        assert!(admit(&person(2, "three")).is_some());
        let local = Arc::new(Viewer::local());
        let here: Vec<Pass> = (0..999).map_while(|_| admit(&local)).collect();
        assert_eq!(
            here.len(),
            999,
            "without a login there is nobody to tell apart"
        );
        of_screen.pop();
        assert!(admit(&screen).is_some(), "one that ended makes room");
        drop((of_screen, of_ann, here));
        assert_eq!(sockets.n_open(), 0);
    }
}
