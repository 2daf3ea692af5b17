//! The laws of access, through its one door.

use std::fs;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use super::pairing::{Polled, Screen};
use super::*;
use crate::domain::sight::{Facts, Groups, Sight};

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
async fn who_knows_the_password_comes_in_and_nobody_learns_why_others_do_not() {
    let access = in_memory();
    let ann = add_with(&access, "Ann", HORSE).await;
    let gone = add_with(&access, "Gone", HORSE).await;
    access
        .set_disabled(&Actor::console(), gone, true, at(0))
        .await
        .unwrap();
    add(&access, "Linkless", Role::Viewer).await;
    let cookie = access
        .login("  ANN ", secret(HORSE), None, &here(), at(1))
        .await
        .unwrap();
    let viewer = holds(&access, &cookie, at(1)).unwrap();
    assert_eq!(
        (viewer.user, &*viewer.name, viewer.kind),
        (Some(ann), "Ann", ViewerKind::Person)
    );
    assert_eq!(access.user(ann).unwrap().entered_at, Some(at(1)));
    let before = access.hashing().in_all;
    let wrong = [
        ("ann", TRAM),
        ("ann", ""),
        ("gone", HORSE),
        ("linkless", HORSE),
        ("hunter2-is-my-password", HORSE),
        ("", HORSE),
        ("a\nb", HORSE),
    ];
    for (n, (who, password)) in wrong.iter().enumerate() {
        let client = from(&format!("198.51.100.{n}"));
        let refused = access
            .login(who, secret(password), None, &client, at(1))
            .await;
        assert!(
            matches!(refused, Err(LoginError::Wrong)),
            "{who:?}: {refused:?}"
        );
    }
    // A name that nobody has costs what a wrong password costs.
    assert_eq!(access.hashing().in_all - before, wrong.len() as u64);
    let entries = access.audited(&Actor::console(), None, 100).await.unwrap();
    let n_failed = entries
        .iter()
        .filter(|entry| &*entry.what == "login_failed")
        .count();
    assert_eq!(n_failed, wrong.len());
    // What was typed as a name may be a password.
    assert!(!format!("{entries:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_login_makes_a_new_session_and_ends_the_one_that_was_held() {
    let access = in_memory();
    add_with(&access, "ann", HORSE).await;
    let login = |held: Option<&str>| {
        let held = held.map(secret);
        let access = access.clone();
        async move {
            access
                .login("ann", secret(HORSE), held, &here(), at(1))
                .await
                .unwrap()
        }
    };
    // A secret that somebody planted beforehand is never given a session.
    let planted = "A".repeat(43);
    let first = login(Some(&planted)).await;
    assert!(
        access
            .who(Credential::Session(&planted), ip("192.0.2.1"), at(1))
            .is_none()
    );
    assert_ne!(first.secret.expose_secret(), planted);
    let second = login(Some(first.secret.expose_secret())).await;
    assert!(holds(&access, &first, at(1)).is_none(), "the old one ended");
    assert!(holds(&access, &second, at(1)).is_some());
    // Another browser's goes on.
    let third = login(None).await;
    assert!(holds(&access, &second, at(1)).is_some() && holds(&access, &third, at(1)).is_some());
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
    let boss = add(&access, "boss", Role::Administrator).await;
    let (anns, other, bobs) = (
        enter(&access, ann, at(0)).await,
        enter(&access, ann, at(0)).await,
        enter(&access, bob, at(0)).await,
    );
    let boss = enter(&access, boss, at(0)).await;
    let listed = access.sessions_of(&actor(&anns), ann, at(0)).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&*listed[0].from, &*listed[0].agent),
        ("192.0.2.x", "Firefox on Linux")
    );
    let refused = access.sessions_of(&actor(&bobs), ann, at(0));
    assert!(matches!(refused, Err(AuthError::NotAllowed)));
    let refused = access
        .revoke_session(&actor(&bobs), session_id(&anns), at(0))
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
        .revoke_session(&actor(&boss), session_id(&bobs), at(0))
        .await
        .unwrap();
    assert!(holds(&access, &bobs, at(0)).is_none());
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_logins_hashes_at_most_ten_times_and_two_at_once() {
    let access = in_memory();
    add_with(&access, "ann", HORSE).await;
    let before = access.hashing().in_all;
    let tries: Vec<_> = (0..1_000_u64)
        .map(|n| {
            let access = access.clone();
            let password = if n % 3 == 0 { HORSE } else { TRAM };
            let now = at(0) + SignedDuration::from_millis(i64::try_from(n).unwrap() * 10);
            let client = from("192.0.2.9");
            let login = async move {
                access
                    .login("ann", secret(password), None, &client, now)
                    .await
            };
            tokio::spawn(login)
        })
        .collect();
    let mut n_throttled = 0;
    for one in tries {
        n_throttled += u32::from(matches!(one.await.unwrap(), Err(LoginError::Throttled(_))));
    }
    let hashing = access.hashing();
    assert!((5..=10).contains(&(hashing.in_all - before)), "{hashing:?}");
    assert!(hashing.most_at_once <= 2 && n_throttled >= 990);
    let throttled = words(&access)
        .await
        .into_iter()
        .filter(|what| what == "login_throttled");
    assert_eq!(throttled.count(), 1, "a flood is one line");
}

#[tokio::test]
async fn a_changed_password_ends_what_the_old_one_began() {
    let access = in_memory();
    add_with(&access, "ann", HORSE).await;
    let login = |password| access.login("ann", secret(password), None, here_ref(), at(1));
    let (one, other) = (login(HORSE).await.unwrap(), login(HORSE).await.unwrap());
    let change = |old, new| {
        let viewer = Arc::clone(&one.viewer);
        let access = access.clone();
        async move {
            access
                .change_password(&viewer, secret(old), secret(new), &here(), at(2))
                .await
        }
    };
    assert!(matches!(change(TRAM, TRAM).await, Err(LoginError::Wrong)));
    let short = change(HORSE, "short").await;
    assert!(matches!(
        short,
        Err(LoginError::Failed(AuthError::Password(_)))
    ));
    assert!(
        holds(&access, &other, at(2)).is_some(),
        "nothing was changed yet"
    );
    let next = change(HORSE, TRAM).await.unwrap();
    assert!(holds(&access, &one, at(2)).is_none() && holds(&access, &other, at(2)).is_none());
    assert!(holds(&access, &next, at(2)).is_some());
    assert!(matches!(login(HORSE).await, Err(LoginError::Wrong)));
    assert!(login(TRAM).await.is_ok());
}

fn here_ref() -> &'static Client {
    static HERE: std::sync::OnceLock<Client> = std::sync::OnceLock::new();
    HERE.get_or_init(here)
}

#[tokio::test]
async fn a_weak_hash_is_made_anew_at_the_next_login() {
    let access = in_memory();
    let ann = add(&access, "ann", Role::Viewer).await;
    let weak = {
        use argon2::password_hash::{PasswordHasher, phc::PasswordHash};
        let argon = argon2::Argon2::from(argon2::Params::new(64, 1, 1, None).unwrap());
        let hash: PasswordHash = argon.hash_password(HORSE.as_bytes()).unwrap();
        hash.to_string()
    };
    access
        .write(move |db| people::set_password(db, ann, &weak))
        .await
        .unwrap();
    for _ in 0..2 {
        access
            .login("ann", secret(HORSE), None, &here(), at(1))
            .await
            .unwrap();
        let kept = access
            .read(move |db| people::password(db, ann))
            .await
            .unwrap()
            .unwrap();
        assert!(kept.contains("m=19456,t=2,p=1"), "{kept}");
    }
}

#[tokio::test]
async fn the_first_administrator_comes_by_a_link_that_is_good_once_and_a_day() {
    let access = in_memory();
    let old = access.invite_first(at(0)).await.unwrap().unwrap();
    let link = access.invite_first(at(1)).await.unwrap().unwrap();
    let use_it = |link: &SecretString, now| {
        let (link, access) = (link.clone(), access.clone());
        async move {
            access
                .redeem(link, Some(name("boss")), secret(HORSE), &here(), now)
                .await
        }
    };
    let spent = |outcome: Result<SessionCookie, LoginError>| {
        matches!(outcome, Err(LoginError::Failed(AuthError::Spent)))
    };
    assert!(spent(use_it(&old, at(2)).await), "a newer link replaces it");
    assert!(spent(use_it(&link, at(1 + 24 * 3_600)).await));
    let invited = access.invited(link.clone(), at(2)).await.unwrap();
    assert_eq!(invited, Some(Invited::FirstAdministrator));
    // Two at once: one wins.
    let (one, other) = tokio::join!(use_it(&link, at(2)), use_it(&link, at(2)));
    assert_eq!(u32::from(one.is_ok()) + u32::from(other.is_ok()), 1);
    let boss = one.or(other).unwrap();
    assert_eq!(boss.viewer.role, Role::Administrator);
    assert!(spent(use_it(&link, at(3)).await));
    assert!(access.invite_first(at(4)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_link_sets_the_password_of_its_user_and_of_nobody_else() {
    let access = in_memory();
    let ann = add_with(&access, "ann", HORSE).await;
    let before = enter(&access, ann, at(0)).await;
    let console = Actor::console();
    let link = access.invite(&console, ann, at(0)).await.unwrap();
    assert!(link.expose_secret().starts_with("fg_invite_"));
    assert!(!format!("{link:?}").contains("fg_invite_"));
    let invited = access.invited(link.clone(), at(1)).await.unwrap();
    assert_eq!(invited, Some(Invited::SetPassword("ann".into())));
    let cookie = access
        .redeem(
            link.clone(),
            Some(name("bob")),
            secret(TRAM),
            &here(),
            at(1),
        )
        .await;
    assert_eq!(cookie.unwrap().viewer.user, Some(ann));
    assert!(holds(&access, &before, at(1)).is_none());
    assert!(
        access
            .redeem(link, None, secret(TRAM), &here(), at(1))
            .await
            .is_err()
    );
    // Who is shut out does not come in by a link.
    let link = access.invite(&console, ann, at(2)).await.unwrap();
    access
        .set_disabled(&console, ann, true, at(2))
        .await
        .unwrap();
    assert_eq!(access.invited(link.clone(), at(2)).await.unwrap(), None);
    assert!(
        access
            .redeem(link, None, secret(TRAM), &here(), at(2))
            .await
            .is_err()
    );
}

fn token(kind: TokenKind) -> NewToken {
    NewToken {
        kind,
        name: name("Workshop wall"),
        sight: Sight {
            groups: Groups::only(["North"]),
            facts: Facts {
                driver: false,
                ..Facts::ALL
            },
        },
        expires_at: Some(at(100)),
        net: None,
    }
}

#[tokio::test]
async fn a_token_is_good_for_what_it_says_until_it_is_over_or_revoked() {
    let access = in_memory();
    let console = Actor::console();
    let made = access
        .make_token(&console, token(TokenKind::Display), at(0))
        .await
        .unwrap();
    let text = made.secret.expose_secret();
    assert!(text.starts_with(&format!("fg_view_{}_", made.id)));
    let viewer = shows(&access, text, at(1)).unwrap();
    assert_eq!(
        (viewer.kind, viewer.role),
        (ViewerKind::Display, Role::Viewer)
    );
    assert_eq!(*viewer.sight, token(TokenKind::Display).sight);
    for wrong in [
        text.replace("fg_view_", "fg_api_"),
        text[..text.len() - 1].to_owned(),
        format!("{text}A"),
        format!("fg_view_{}_", made.id),
        text.to_uppercase(),
    ] {
        assert!(shows(&access, &wrong, at(1)).is_none());
    }
    assert!(
        access
            .who(Credential::Session(text), ip("192.0.2.1"), at(1))
            .is_none()
    );
    // It changes name and sight, which is told; then it is over, which is told too.
    let mut told = access.invalidated();
    let all = Sight::everything();
    access
        .change_token(&console, made.id.clone(), name("Hall"), all, at(2))
        .await
        .unwrap();
    assert!(told.has_changed().unwrap());
    assert_ne!(access.current(&viewer.id, at(2)).unwrap(), viewer);
    access.look_after(at(99)).unwrap();
    told.mark_unchanged();
    assert!(shows(&access, text, at(99)).is_some());
    assert!(shows(&access, text, at(100)).is_none());
    access.look_after(at(100)).unwrap();
    assert!(told.has_changed().unwrap() && access.current(&viewer.id, at(100)).is_none());
    assert_eq!(access.tokens(&console).unwrap()[0].seen_at, Some(at(99)));
    // Revoked is revoked.
    let other = access
        .make_token(&console, token(TokenKind::Program), at(0))
        .await
        .unwrap();
    let viewer = shows(&access, other.secret.expose_secret(), at(1)).unwrap();
    told.mark_unchanged();
    access
        .revoke_token(&console, other.id.clone(), at(1))
        .await
        .unwrap();
    assert!(told.has_changed().unwrap() && access.current(&viewer.id, at(1)).is_none());
    assert!(shows(&access, other.secret.expose_secret(), at(1)).is_none());
    assert!(
        access
            .revoke_token(&console, other.id, at(1))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_token_may_be_bound_to_a_network_and_one_for_metrics_sees_nothing() {
    let access = in_memory();
    let new = NewToken {
        net: Some("192.0.2.77/24".parse().unwrap()),
        ..token(TokenKind::Metrics)
    };
    let made = access
        .make_token(&Actor::console(), new, at(0))
        .await
        .unwrap();
    let text = made.secret.expose_secret();
    let who = |address| access.who(Credential::Token(text), ip(address), at(1));
    assert_eq!(*who("192.0.2.200").unwrap().sight, Sight::nothing());
    assert!(who("::ffff:192.0.2.200").is_some());
    assert!(who("192.0.3.1").is_none() && who("2001:db8::1").is_none());
    let console = Actor::console();
    let change = access.change_token(&console, made.id, name("m"), Sight::everything(), at(1));
    assert!(change.await.is_err());
}

#[tokio::test]
async fn a_screen_gets_its_token_once() {
    let access = in_memory();
    let boss = add(&access, "boss", Role::Administrator).await;
    let boss = enter(&access, boss, at(0)).await;
    let asked = access.ask_pairing(&here(), at(0)).unwrap();
    let screen = Screen {
        name: name("Hall"),
        sight: Sight::everything(),
        expires_at: None,
    };
    access
        .approve_pairing(&actor(&boss), &asked.code, screen, at(1))
        .await
        .unwrap();
    let Ok(Polled::Paired(text)) = access.poll_pairing(asked.secret.clone(), at(2)).await else {
        panic!("not paired");
    };
    let viewer = shows(&access, text.expose_secret(), at(2)).unwrap();
    assert_eq!((viewer.kind, &*viewer.name), (ViewerKind::Display, "Hall"));
    assert!(matches!(
        access.poll_pairing(asked.secret, at(2)).await,
        Ok(Polled::Gone)
    ));
    let tokens = access.tokens(&actor(&boss)).unwrap();
    assert_eq!((tokens.len(), &*tokens[0].made_by), (1, "user:1"));
    assert_eq!(
        words(&access).await[2..],
        ["pairing_approved", "token_made"]
    );
}

#[tokio::test]
async fn who_is_no_administrator_changes_nothing() {
    let access = in_memory();
    let ann = add(&access, "ann", Role::Dispatcher).await;
    let cookie = enter(&access, ann, at(0)).await;
    let by = actor(&cookie);
    let screen = || Screen {
        name: name("x"),
        sight: Sight::everything(),
        expires_at: None,
    };
    let new = NewUser {
        name: name("x"),
        role: Role::Administrator,
        sight: Sight::everything(),
        external: None,
    };
    let all = Sight::everything;
    let (boss, id) = (Role::Administrator, TokenId("x".into()));
    let outcomes = [
        access.users(&by).err(),
        access.sessions(&by, at(0)).err(),
        access.tokens(&by).err(),
        access.audited(&by, None, 1).await.err(),
        access.add_user(&by, new, at(0)).await.err(),
        access.set_rights(&by, ann, boss, all(), at(0)).await.err(),
        access.set_disabled(&by, ann, false, at(0)).await.err(),
        access
            .set_password(&by, ann, secret(HORSE), at(0))
            .await
            .err(),
        access.invite(&by, ann, at(0)).await.err(),
        access
            .make_token(&by, token(TokenKind::Program), at(0))
            .await
            .err(),
        access
            .change_token(&by, id.clone(), name("x"), all(), at(0))
            .await
            .err(),
        access.revoke_token(&by, id, at(0)).await.err(),
        access.find_pairing(&by, "CCCCCC", at(0)).err(),
        access
            .approve_pairing(&by, "CCCCCC", screen(), at(0))
            .await
            .err(),
        access.refuse_pairing(&by, "CCCCCC", at(0)).await.err(),
    ];
    for (n, outcome) in outcomes.iter().enumerate() {
        assert!(
            matches!(outcome, Some(AuthError::NotAllowed)),
            "{n}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn the_last_administrator_stays_unless_the_operator_at_the_machine_says_so() {
    let access = in_memory();
    let boss = add(&access, "boss", Role::Administrator).await;
    let by = actor(&enter(&access, boss, at(0)).await);
    let last = |outcome| matches!(outcome, Err(AuthError::LastAdministrator));
    let demote = |by: Actor| {
        let access = access.clone();
        async move {
            access
                .set_rights(&by, boss, Role::Viewer, Sight::everything(), at(1))
                .await
        }
    };
    assert!(last(access.set_disabled(&by, boss, true, at(1)).await));
    assert!(last(demote(by.clone()).await));
    add(&access, "deputy", Role::Administrator).await;
    demote(by).await.unwrap();
    assert!(demote(Actor::console()).await.is_ok());
}

#[tokio::test]
async fn new_rights_are_told_and_hold_at_once() {
    let access = in_memory();
    let ann = add(&access, "ann", Role::Viewer).await;
    let cookie = enter(&access, ann, at(0)).await;
    let by_proxy = access.current(&ViewerId::User(ann), at(0)).unwrap();
    let told = access.invalidated();
    let sight = Sight {
        groups: Groups::only(["North"]),
        facts: Facts::NONE,
    };
    let console = Actor::console();
    access
        .set_rights(&console, ann, Role::Dispatcher, sight.clone(), at(1))
        .await
        .unwrap();
    assert!(told.has_changed().unwrap());
    let now = holds(&access, &cookie, at(1)).unwrap();
    assert_eq!((now.role, &*now.sight), (Role::Dispatcher, &sight));
    assert_ne!(access.current(&by_proxy.id, at(1)).unwrap(), by_proxy);
}

#[tokio::test]
async fn who_comes_from_elsewhere_is_the_same_user_again_and_takes_no_name_over() {
    let access = in_memory();
    add_with(&access, "ann", HORSE).await;
    let provision = |subject: &str, who: &str, role| {
        let external = External {
            issuer: "https://id.example".into(),
            subject: subject.into(),
        };
        let (who, access) = (name(who), access.clone());
        async move {
            access
                .provision(external, who, role, Sight::everything(), at(1))
                .await
        }
    };
    let taken = provision("s1", "ANN", Role::Administrator).await;
    assert!(matches!(taken, Err(AuthError::NameTaken)));
    let eve = provision("s1", "eve", Role::Viewer).await.unwrap();
    let noted = words(&access).await.len();
    assert_eq!(provision("s1", "renamed", Role::Viewer).await.unwrap(), eve);
    assert_eq!(
        words(&access).await.len(),
        noted,
        "nothing changed, nothing is written"
    );
    assert_eq!(provision("s1", "eve", Role::Dispatcher).await.unwrap(), eve);
    assert_eq!(access.user(eve).unwrap().role, Role::Dispatcher);
    // No password lets that user in.
    let login = access.login("eve", secret(""), None, &here(), at(1)).await;
    assert!(matches!(login, Err(LoginError::Wrong)));
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
        .make_token(&Actor::console(), token(TokenKind::Program), at(0))
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

#[derive(Clone, Copy, Debug)]
enum Step {
    Enter {
        user: usize,
        instead_of: Option<usize>,
    },
    Use(usize),
    Revoke(usize),
    RevokeAll(usize),
    Disable(usize, bool),
    SetPassword(usize),
    Wait(i64),
}

#[derive(Debug)]
struct Held {
    user: usize,
    cookie: SessionCookie,
    made_at: i64,
    seen_at: i64,
    is_ended: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3_usize, proptest::option::of(0..8_usize))
            .prop_map(|(user, instead_of)| Step::Enter { user, instead_of }),
        4 => (0..8_usize).prop_map(Step::Use),
        2 => (0..8_usize).prop_map(Step::Revoke),
        1 => (0..3_usize).prop_map(Step::RevokeAll),
        1 => (0..3_usize, any::<bool>()).prop_map(|(user, is)| Step::Disable(user, is)),
        1 => (0..3_usize).prop_map(Step::SetPassword),
        3 => (1..10 * 3_600_i64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever happens, exactly those sessions let somebody in that began, were not ended, and
    /// are neither idle nor old; and when one is lost, that is told.
    #[test]
    fn a_session_lets_in_exactly_while_nothing_ended_it(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(steps))?;
    }
}

async fn play(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let access = in_memory();
    let console = Actor::console();
    let mut users = Vec::new();
    for who in ["ann", "bob", "cy"] {
        users.push(add(&access, who, Role::Viewer).await);
    }
    let (mut held, mut disabled, mut second) = (Vec::<Held>::new(), [false; 3], 0);
    let mut told = access.invalidated();
    for step in steps {
        let before: Vec<bool> = held.iter().map(|one| is_good(one, second)).collect();
        told.mark_unchanged();
        match step {
            Step::Enter { user, instead_of } => {
                let old = instead_of.and_then(|n| held.get_mut(n));
                let secret = old.as_ref().map(|old| old.cookie.secret.clone());
                let entered = access.enter(users[user], secret, &here(), at(second)).await;
                prop_assert_eq!(entered.is_ok(), !disabled[user]);
                if let Ok(cookie) = entered {
                    if let Some(old) = old {
                        old.is_ended = true;
                    }
                    held.push(Held {
                        user,
                        cookie,
                        made_at: second,
                        seen_at: second,
                        is_ended: false,
                    });
                }
            }
            Step::Use(n) => {
                if let Some(one) = held.get_mut(n) {
                    let is_in = holds(&access, &one.cookie, at(second)).is_some();
                    prop_assert_eq!(is_in, is_good(one, second));
                    if is_in {
                        one.seen_at = second;
                    }
                }
            }
            Step::Revoke(n) => {
                if let Some(one) = held.get_mut(n) {
                    // It may be over already.
                    let _ = access
                        .revoke_session(&console, session_id(&one.cookie), at(second))
                        .await;
                    one.is_ended = true;
                }
            }
            Step::RevokeAll(user) => {
                access
                    .revoke_sessions_of(&console, users[user], None, at(second))
                    .await
                    .unwrap();
                end_all(&mut held, user);
            }
            Step::Disable(user, is) => {
                access
                    .set_disabled(&console, users[user], is, at(second))
                    .await
                    .unwrap();
                disabled[user] = is;
                if is {
                    end_all(&mut held, user);
                }
            }
            Step::SetPassword(user) => {
                let (id, by) = (users[user], console.clone());
                let set = access.write(move |db| enter::set_password(db, id, "x", &by, at(0)));
                set.await.unwrap();
                end_all(&mut held, user);
            }
            Step::Wait(seconds) => second += seconds,
        }
        access.look_after(at(second)).unwrap();
        let is_lost = held
            .iter()
            .zip(before)
            .any(|(one, was)| was && !is_good(one, second));
        prop_assert!(
            !is_lost || told.has_changed().unwrap(),
            "a loss was not told"
        );
        for one in &held {
            let current = access.current(&one.cookie.viewer.id, at(second));
            prop_assert_eq!(current.is_some(), is_good(one, second), "{:?}", one);
        }
    }
    Ok(())
}

fn is_good(one: &Held, second: i64) -> bool {
    !one.is_ended && second - one.seen_at < 12 * 3_600 && second - one.made_at < 7 * 24 * 3_600
}

fn end_all(held: &mut [Held], user: usize) {
    for one in held.iter_mut().filter(|one| one.user == user) {
        one.is_ended = true;
    }
}
