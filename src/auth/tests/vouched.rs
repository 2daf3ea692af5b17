//! People for whom others vouch: what they get, and what is left of them.

use super::*;

#[tokio::test]
async fn who_comes_in_by_others_gets_no_password_and_an_old_one_is_good_for_nothing() {
    let access = in_memory();
    let external = External {
        issuer: "https://id.example".into(),
        subject: "s1".into(),
    };
    let rights = (Role::Administrator, Sight::everything());
    let eve = access.provision(external.clone(), name("eve"), rights.0, rights.1, at(0));
    let eve = eve.await.unwrap();
    let console = Actor::console();
    let refused = access.invite(&console, eve, at(1)).await;
    assert!(matches!(refused, Err(AuthError::External)));
    let refused = access.set_password(&console, eve, secret(HORSE), at(1));
    assert!(matches!(refused.await, Err(AuthError::External)));
    // As an earlier release may have left it: with a password, and with a link.
    let hash = access.hash_new(secret(HORSE), "eve").await.unwrap();
    let made = access.write(move |db| {
        people::set_password(db, eve, &hash)?;
        invitation::insert(db, invitation::Invitation::SetPassword(eve), at(1))
    });
    let link = made.await.unwrap();
    let client = here();
    let login = access.login("eve", secret(HORSE), None, &client, at(2));
    assert!(matches!(login.await, Err(LoginError::Wrong)));
    assert_eq!(access.invited(link.clone(), at(2)).await.unwrap(), None);
    let used = access.redeem(link, None, secret(TRAM), None, &client, at(2));
    assert!(matches!(
        used.await,
        Err(LoginError::Failed(AuthError::Spent))
    ));
    // By the provider it comes in.
    assert!(access.enter(eve, None, &here(), at(3)).await.is_ok());
}

#[tokio::test]
async fn who_has_no_group_behind_a_proxy_any_more_is_left_with_nothing_and_that_is_told_once() {
    let access = in_memory();
    let carol = External {
        issuer: "proxy".into(),
        subject: "carol".into(),
    };
    let provision = |role| {
        let (access, carol) = (access.clone(), carol.clone());
        async move {
            access
                .provision(carol, name("carol"), role, Sight::everything(), at(0))
                .await
                .unwrap()
        }
    };
    assert_eq!(access.take_sight(&carol, at(0)).await.unwrap(), None);
    let user = provision(Role::Administrator).await;
    let id = ViewerId::User(user);
    let before = access.current(&id, at(0)).unwrap();
    let session = enter(&access, user, at(0)).await;
    let mut told = access.invalidated();
    told.mark_unchanged();
    assert_eq!(access.take_sight(&carol, at(1)).await.unwrap(), Some(user));
    assert!(told.has_changed().unwrap(), "sockets are asked for");
    let left = access.current(&id, at(1)).unwrap();
    assert_ne!(left, before, "so they end as changed");
    assert_eq!((left.role, &*left.sight), (Role::Viewer, &Sight::nothing()));
    assert!(holds(&access, &session, at(1)).is_none());
    let noted = words(&access).await;
    assert_eq!(
        noted[noted.len() - 2..],
        ["user_changed", "session_revoked"]
    );
    told.mark_unchanged();
    for second in 2..100 {
        access.take_sight(&carol, at(second)).await.unwrap();
    }
    assert_eq!(words(&access).await.len(), noted.len());
    assert!(!told.has_changed().unwrap());
    // Whoever is let in again has what their groups are worth.
    provision(Role::Dispatcher).await;
    let back = access.current(&id, at(200)).unwrap();
    assert_eq!(
        (back.role, &*back.sight),
        (Role::Dispatcher, &Sight::everything())
    );
}

#[tokio::test]
async fn coming_in_by_a_proxy_is_told_once_an_hour_and_so_is_being_kept_out() {
    let access = in_memory();
    let of = |subject: &str| External {
        issuer: "proxy".into(),
        subject: subject.into(),
    };
    let user = access.provision(
        of("carol"),
        name("carol"),
        Role::Viewer,
        Sight::everything(),
        at(0),
    );
    let user = user.await.unwrap();
    assert_eq!(access.user(user).unwrap().entered_at, None);
    let n_before = words(&access).await.len();
    let address = ip("192.0.2.1");
    for second in [0, 1, 3_599, 3_600, 3_601] {
        access.note_coming(user, address, at(second)).await;
        access.note_refusal(&of("carol"), address, at(second)).await;
        access.note_refusal(&of("dave"), address, at(second)).await;
    }
    let entries = access.audited(&Actor::console(), None, 100).await.unwrap();
    let n_fresh = entries.len() - n_before;
    let fresh = entries[..n_fresh].iter().rev();
    let told: Vec<_> = fresh
        .map(|entry| {
            let subject = entry.subject.as_deref().unwrap_or("nobody");
            let who = (&*entry.who, entry.address);
            assert_eq!(who.1, Some(address));
            format!("{} {} {subject}", who.0, entry.what)
        })
        .collect();
    let carol = user.to_string();
    let hour = [
        format!("{carol} login {carol}"),
        format!("stranger login_failed {carol}"),
        "stranger login_failed nobody".to_owned(),
    ];
    assert_eq!(told, [hour.clone(), hour].concat());
    assert_eq!(access.user(user).unwrap().entered_at, Some(at(3_600)));
}
