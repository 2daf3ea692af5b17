//! How people come in: passwords, links, providers elsewhere.

use super::*;

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
                .redeem(link, Some(name("boss")), secret(HORSE), None, &here(), now)
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
            None,
            &here(),
            at(1),
        )
        .await;
    assert_eq!(cookie.unwrap().viewer.user, Some(ann));
    assert!(holds(&access, &before, at(1)).is_none());
    assert!(
        access
            .redeem(link, None, secret(TRAM), None, &here(), at(1))
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
            .redeem(link, None, secret(TRAM), None, &here(), at(2))
            .await
            .is_err()
    );
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
async fn a_link_ends_the_session_that_the_browser_held() {
    let access = in_memory();
    let boss = add(&access, "boss", Role::Administrator).await;
    let ann = add(&access, "ann", Role::Viewer).await;
    // An administrator tries the link before passing it on, and somebody else sits there then.
    let (held, elsewhere) = (
        enter(&access, boss, at(0)).await,
        enter(&access, boss, at(0)).await,
    );
    let link = access.invite(&Actor::console(), ann, at(0)).await.unwrap();
    let client = here();
    let secret_held = Some(held.secret.clone());
    let used = access.redeem(link, None, secret(HORSE), secret_held, &client, at(1));
    assert_eq!(used.await.unwrap().viewer.user, Some(ann));
    assert!(holds(&access, &held, at(1)).is_none());
    assert!(holds(&access, &elsewhere, at(1)).is_some());
}
