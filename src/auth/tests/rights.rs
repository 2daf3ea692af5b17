//! What tokens, screens and roles are good for.

use super::*;

pub(super) fn token(kind: TokenKind) -> NewToken {
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
}

#[tokio::test]
async fn a_revoked_token_is_revoked() {
    let access = in_memory();
    let (console, mut told) = (Actor::console(), access.invalidated());
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
