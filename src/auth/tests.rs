//! The laws of access, through its one door.

use std::fs;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::pairing::{Polled, Screen};
use super::*;
use crate::domain::sight::{Facts, Groups, Sight};

mod entering;
mod model;
mod rights;
mod standing;
mod vouched;

const HORSE: &str = "correct horse battery";
const TRAM: &str = "a red tram in the rain";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn from(address: &str) -> Client {
    Client {
        address: ip(address),
        agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0".into(),
    }
}

fn here() -> Client {
    from("192.0.2.1")
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn in_memory() -> Access {
    Access::open(AccessSettings::default()).unwrap()
}

fn in_dir(dir: &std::path::Path) -> Access {
    let dir = Some(dir.to_owned());
    Access::open(AccessSettings {
        dir,
        ..AccessSettings::default()
    })
    .unwrap()
}

async fn add(access: &Access, who: &str, role: Role) -> UserId {
    let new = NewUser {
        name: name(who),
        role,
        sight: Sight::everything(),
        external: None,
    };
    access
        .add_user(&Actor::console(), new, at(0))
        .await
        .unwrap()
}

async fn add_with(access: &Access, who: &str, password: &str) -> UserId {
    let id = add(access, who, Role::Viewer).await;
    let console = Actor::console();
    access
        .set_password(&console, id, secret(password), at(0))
        .await
        .unwrap();
    id
}

async fn enter(access: &Access, user: UserId, now: Timestamp) -> SessionCookie {
    access.enter(user, None, &here(), now).await.unwrap()
}

fn holds(access: &Access, cookie: &SessionCookie, now: Timestamp) -> Option<Arc<Viewer>> {
    let shown = Credential::Session(cookie.secret.expose_secret());
    access.who(shown, ip("192.0.2.1"), now)
}

fn shows(access: &Access, token: &str, now: Timestamp) -> Option<Arc<Viewer>> {
    access.who(Credential::Token(token), ip("192.0.2.1"), now)
}

fn actor(cookie: &SessionCookie) -> Actor {
    Actor::of(&cookie.viewer, ip("192.0.2.1"))
}

fn session_id(cookie: &SessionCookie) -> SessionId {
    match &cookie.viewer.id {
        ViewerId::Session(id) => id.clone(),
        other => panic!("{other:?}"),
    }
}

async fn words(access: &Access) -> Vec<String> {
    let entries = access
        .audited(&Actor::console(), None, 1_000)
        .await
        .unwrap();
    entries
        .iter()
        .rev()
        .map(|entry| entry.what.to_string())
        .collect()
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_when_it_is_old_and_not_before() {
    let hours = |n: i64| at(n * 3_600);
    let access = in_memory();
    let ann = add(&access, "ann", Role::Viewer).await;
    let idle = enter(&access, ann, hours(0)).await;
    assert!(holds(&access, &idle, hours(12)).is_none());
    let used = enter(&access, ann, hours(0)).await;
    for hour in (0..168).step_by(11) {
        assert!(
            holds(&access, &used, hours(hour)).is_some(),
            "at hour {hour}"
        );
    }
    assert!(holds(&access, &used, at(168 * 3_600 - 1)).is_some());
    assert!(
        holds(&access, &used, hours(168)).is_none(),
        "a week is all, however used"
    );
    assert_eq!(used.expires_at, hours(168));
    // A socket that is open counts as use; and its end is told.
    let open = enter(&access, ann, hours(200)).await;
    for hour in 200..230 {
        access.mark_seen(&open.viewer.id, hours(hour));
    }
    assert!(access.current(&open.viewer.id, hours(230)).is_some());
    let told = access.invalidated();
    access.look_after(hours(241)).unwrap();
    assert!(told.has_changed().unwrap());
    assert!(access.current(&open.viewer.id, hours(241)).is_none());
    assert!(
        access
            .sessions(&Actor::console(), hours(200))
            .unwrap()
            .is_empty(),
        "swept"
    );
}

#[tokio::test]
async fn sessions_are_ended_by_their_owner_and_administrators_and_by_nobody_else() {
    let access = in_memory();
    let (ann, bob) = (
        add(&access, "ann", Role::Dispatcher).await,
        add(&access, "bob", Role::Viewer).await,
    );
    let head = add(&access, "boss", Role::Administrator).await;
    let (anns, other, his) = (
        enter(&access, ann, at(0)).await,
        enter(&access, ann, at(0)).await,
        enter(&access, bob, at(0)).await,
    );
    let head = enter(&access, head, at(0)).await;
    let listed = access.sessions_of(&actor(&anns), ann, at(0)).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&*listed[0].from, &*listed[0].agent),
        ("192.0.2.x", "Firefox on Linux")
    );
    let refused = access.sessions_of(&actor(&his), ann, at(0));
    assert!(matches!(refused, Err(AuthError::NotAllowed)));
    let refused = access
        .revoke_session(&actor(&his), session_id(&anns), at(0))
        .await;
    assert!(
        matches!(refused, Err(AuthError::Unknown(_))),
        "it does not exist for him"
    );
    assert!(holds(&access, &anns, at(0)).is_some());

    let mut told = access.invalidated();
    told.mark_unchanged();
    access
        .revoke_session(&actor(&anns), session_id(&other), at(0))
        .await
        .unwrap();
    assert!(told.has_changed().unwrap() && holds(&access, &other, at(0)).is_none());
    assert!(access.current(&other.viewer.id, at(0)).is_none());
    access
        .revoke_session(&actor(&head), session_id(&his), at(0))
        .await
        .unwrap();
    assert!(holds(&access, &his, at(0)).is_none());
    access.logout(&anns.viewer, &here(), at(0)).await.unwrap();
    assert!(holds(&access, &anns, at(0)).is_none());
    let kept = enter(&access, ann, at(0)).await;
    let ended = enter(&access, ann, at(0)).await;
    let but = Some(session_id(&kept));
    assert_eq!(
        access
            .revoke_sessions_of(&actor(&kept), ann, but, at(0))
            .await
            .unwrap(),
        1
    );
    assert!(holds(&access, &kept, at(0)).is_some() && holds(&access, &ended, at(0)).is_none());
}

#[tokio::test]
async fn what_another_process_does_counts_after_one_round() {
    let dir = tempfile::tempdir().unwrap();
    let (server, console) = (in_dir(dir.path()), in_dir(dir.path()));
    let ann = add(&console, "ann", Role::Viewer).await;
    server.look_after(at(0)).unwrap();
    let cookie = enter(&server, ann, at(0)).await;
    let told = server.invalidated();
    server.look_after(at(1)).unwrap();
    assert!(!told.has_changed().unwrap(), "nothing happened");
    console
        .set_disabled(&Actor::console(), ann, true, at(1))
        .await
        .unwrap();
    server.look_after(at(1)).unwrap();
    assert!(told.has_changed().unwrap());
    assert!(holds(&server, &cookie, at(1)).is_none());
    // Enabled again, the old session does not come back.
    console
        .set_disabled(&Actor::console(), ann, false, at(2))
        .await
        .unwrap();
    server.look_after(at(2)).unwrap();
    assert!(holds(&server, &cookie, at(2)).is_none());
    assert!(server.enter(ann, None, &here(), at(2)).await.is_ok());
}

#[tokio::test]
async fn somebody_looks_after_it_by_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let (server, console) = (in_dir(dir.path()), in_dir(dir.path()));
    let stop = CancellationToken::new();
    let keeping = tokio::spawn(server.clone().keep(crate::clock::now, stop.clone()));
    let mut told = server.invalidated();
    let ann = add(&console, "ann", Role::Viewer).await;
    let now = crate::clock::now();
    let cookie = loop {
        if let Ok(cookie) = server.enter(ann, None, &here(), now).await {
            break cookie;
        }
    };
    told.mark_unchanged();
    console
        .set_disabled(&Actor::console(), ann, true, now)
        .await
        .unwrap();
    told.changed().await.unwrap();
    assert!(server.current(&cookie.viewer.id, now).is_none());
    stop.cancel();
    keeping.await.unwrap();
}

#[tokio::test]
async fn use_is_written_down_once_a_minute_and_not_more() {
    let dir = tempfile::tempdir().unwrap();
    let server = in_dir(dir.path());
    let ann = add(&server, "ann", Role::Viewer).await;
    let cookie = enter(&server, ann, at(0)).await;
    let kept = |now| {
        let sessions = in_dir(dir.path()).sessions(&Actor::console(), now);
        sessions.unwrap()[0].seen_at
    };
    for second in 1..60 {
        assert!(holds(&server, &cookie, at(second)).is_some());
        server.look_after(at(second)).unwrap();
    }
    assert_eq!(kept(at(59)), at(0));
    assert!(holds(&server, &cookie, at(60)).is_some());
    server.look_after(at(60)).unwrap();
    assert_eq!(kept(at(60)), at(60));
}

#[tokio::test]
async fn what_lies_on_the_disk_lets_nobody_in() {
    let dir = tempfile::tempdir().unwrap();
    let access = in_dir(dir.path());
    let ann = add_with(&access, "ann", HORSE).await;
    let cookie = access
        .login("ann", secret(HORSE), None, &here(), at(0))
        .await
        .unwrap();
    let link = access.invite(&Actor::console(), ann, at(0)).await.unwrap();
    let made = access
        .make_token(&Actor::console(), rights::token(TokenKind::Program), at(0))
        .await
        .unwrap();
    let mut files = Vec::new();
    for entry in dir.path().read_dir().unwrap() {
        files.extend(fs::read(entry.unwrap().path()).unwrap());
    }
    let is_there = |text: &str| {
        files
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(
        is_there("Workshop wall") && is_there("$argon2id$"),
        "the files are those"
    );
    let of = |secret: &SecretString| {
        secret.expose_secret()[secret.expose_secret().len() - 40..].to_owned()
    };
    for canary in [
        HORSE.to_owned(),
        of(&cookie.secret),
        of(&link),
        of(&made.secret),
    ] {
        assert!(!is_there(&canary));
    }
    assert!(!is_there("192.0.2.1\u{0}") && is_there("192.0.2.x"));
}
