//! Whoever was shut out since they asked changes nothing: what counts is who they are when it is
//! done, and what another process wrote the moment before counts as well.

use super::rights::token;
use super::*;

/// By what somebody loses the right to ask.
#[derive(Clone, Copy, Debug)]
enum Way {
    Disabled,
    Demoted,
    Revoked,
    Old,
}

/// A store with two administrators, one viewer, a token and a screen that waits; and the one
/// administrator, as their request was let in.
struct Scene {
    access: Access,
    boss: UserId,
    deputy: UserId,
    session: SessionId,
    token: TokenId,
    code: String,
    by: Actor,
    dir: tempfile::TempDir,
}

impl Scene {
    async fn set() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let access = in_dir(dir.path());
        let boss = add(&access, "boss", Role::Administrator).await;
        let deputy = add(&access, "deputy", Role::Administrator).await;
        let console = Actor::console();
        let made = access.make_token(&console, token(TokenKind::Program), at(0));
        let made = made.await.unwrap();
        let cookie = enter(&access, boss, at(0)).await;
        Self {
            token: made.id,
            code: access.ask_pairing(&here(), at(0)).unwrap().code,
            session: session_id(&cookie),
            by: actor(&cookie),
            boss,
            deputy,
            access,
            dir,
        }
    }

    /// As `fleetglass user` does it, beside the server, which has not looked at the store since.
    async fn lose(&self, way: Way) {
        let (by, now, everything) = (Actor::console(), at(1), Sight::everything());
        let other = in_dir(self.dir.path());
        match way {
            Way::Disabled => other.set_disabled(&by, self.boss, true, now).await,
            Way::Demoted => {
                other
                    .set_rights(&by, self.boss, Role::Viewer, everything, now)
                    .await
            }
            Way::Revoked => other.revoke_session(&by, self.session.clone(), now).await,
            Way::Old => Ok(()),
        }
        .unwrap();
    }

    /// Everything that an administrator may do, and how each ends.
    async fn act(&self, now: Timestamp) -> Vec<Option<AuthError>> {
        let (access, by) = (&self.access, &self.by);
        let (deputy, id, all) = (self.deputy, || self.token.clone(), Sight::everything);
        let new = NewUser {
            name: name("mole"),
            role: Role::Administrator,
            sight: all(),
            external: None,
        };
        let screen = Screen {
            name: name("Hall"),
            sight: all(),
            expires_at: None,
        };
        vec![
            access.add_user(by, new, now).await.err(),
            access
                .set_rights(by, deputy, Role::Viewer, all(), now)
                .await
                .err(),
            access.set_disabled(by, deputy, true, now).await.err(),
            access
                .set_password(by, deputy, secret(HORSE), now)
                .await
                .err(),
            access.invite(by, deputy, now).await.err(),
            access.revoke_sessions_of(by, deputy, None, now).await.err(),
            access
                .make_token(by, token(TokenKind::Display), now)
                .await
                .err(),
            access
                .change_token(by, id(), name("Mine"), all(), now)
                .await
                .err(),
            access
                .approve_pairing(by, &self.code, screen, now)
                .await
                .err(),
            access.refuse_pairing(by, &self.code, now).await.err(),
            access.revoke_token(by, id(), now).await.err(),
        ]
    }
}

#[tokio::test]
async fn who_was_shut_out_since_they_asked_changes_nothing() {
    for way in [Way::Disabled, Way::Demoted, Way::Revoked, Way::Old] {
        let scene = Scene::set().await;
        scene.lose(way).await;
        let before = words(&scene.access).await;
        let old = matches!(way, Way::Old);
        let now = at(if old { 8 * 24 * 3_600 } else { 2 });
        for (n, outcome) in scene.act(now).await.into_iter().enumerate() {
            let is_fine = match way {
                Way::Demoted => matches!(outcome, Some(AuthError::NotAllowed)),
                _ => matches!(outcome, Some(AuthError::SignedOut)),
            };
            assert!(is_fine, "{way:?}, act {n}: {outcome:?}");
        }
        assert_eq!(words(&scene.access).await, before, "{way:?}");
        // The screen waits as before.
        let console = Actor::console();
        if !old {
            let found = scene.access.find_pairing(&console, &scene.code, now);
            assert!(found.is_ok(), "{way:?}");
        }
        let names = scene.access.users(&console).unwrap();
        assert_eq!(names.len(), 2, "{way:?}");
    }
}

#[tokio::test]
async fn who_was_not_shut_out_does_it_all() {
    let scene = Scene::set().await;
    let outcomes = scene.act(at(2)).await;
    // A screen that was let in cannot be turned away any more.
    for (n, outcome) in outcomes.into_iter().enumerate().filter(|(n, _)| *n != 9) {
        assert!(outcome.is_none(), "act {n}: {outcome:?}");
    }
}
