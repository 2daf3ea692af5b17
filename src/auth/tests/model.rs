//! Sessions over random histories, beside a model that is a list.

use super::*;

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

/// The door, and what the model says of it.
struct World {
    access: Access,
    users: Vec<UserId>,
    disabled: [bool; 3],
    held: Vec<Held>,
    second: i64,
}

async fn play(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let access = in_memory();
    let mut users = Vec::new();
    for who in ["ann", "bob", "cy"] {
        users.push(add(&access, who, Role::Viewer).await);
    }
    let mut told = access.invalidated();
    let mut world = World {
        access,
        users,
        disabled: [false; 3],
        held: Vec::new(),
        second: 0,
    };
    for step in steps {
        let before: Vec<bool> = world.held.iter().map(|one| world.is_good(one)).collect();
        told.mark_unchanged();
        match step {
            Step::Enter { user, instead_of } => world.enter(user, instead_of).await?,
            Step::Use(n) => world.look(n)?,
            step => world.end(step).await,
        }
        let now = at(world.second);
        world.access.look_after(now).unwrap();
        let mut pairs = world.held.iter().zip(before);
        let is_lost = pairs.any(|(one, was)| was && !world.is_good(one));
        prop_assert!(
            !is_lost || told.has_changed().unwrap(),
            "a loss was not told"
        );
        for one in &world.held {
            let current = world.access.current(&one.cookie.viewer.id, now);
            prop_assert_eq!(current.is_some(), world.is_good(one), "{:?}", one);
        }
    }
    Ok(())
}

impl World {
    fn is_good(&self, one: &Held) -> bool {
        let (idle, old) = (self.second - one.seen_at, self.second - one.made_at);
        !one.is_ended && idle < 12 * 3_600 && old < 7 * 24 * 3_600
    }

    async fn enter(&mut self, user: usize, instead_of: Option<usize>) -> Result<(), TestCaseError> {
        let second = self.second;
        let old = instead_of.and_then(|n| self.held.get_mut(n));
        let secret = old.as_ref().map(|old| old.cookie.secret.clone());
        let id = self.users[user];
        let entered = self.access.enter(id, secret, &here(), at(second)).await;
        prop_assert_eq!(entered.is_ok(), !self.disabled[user]);
        if let Ok(cookie) = entered {
            if let Some(old) = old {
                old.is_ended = true;
            }
            self.held.push(Held {
                user,
                cookie,
                made_at: second,
                seen_at: second,
                is_ended: false,
            });
        }
        Ok(())
    }

    fn look(&mut self, n: usize) -> Result<(), TestCaseError> {
        let Some(one) = self.held.get(n) else {
            return Ok(());
        };
        let is_in = holds(&self.access, &one.cookie, at(self.second)).is_some();
        prop_assert_eq!(is_in, self.is_good(one));
        if is_in {
            self.held[n].seen_at = self.second;
        }
        Ok(())
    }

    async fn end(&mut self, step: Step) {
        let (by, now) = (Actor::console(), at(self.second));
        let ended = match step {
            Step::Revoke(n) => {
                if let Some(one) = self.held.get_mut(n) {
                    let id = session_id(&one.cookie);
                    // It may be over already.
                    let _ = self.access.revoke_session(&by, id, now).await;
                    one.is_ended = true;
                }
                None
            }
            Step::RevokeAll(user) => {
                let id = self.users[user];
                let ended = self.access.revoke_sessions_of(&by, id, None, now);
                ended.await.unwrap();
                Some(user)
            }
            Step::Disable(user, is) => {
                let id = self.users[user];
                self.access.set_disabled(&by, id, is, now).await.unwrap();
                self.disabled[user] = is;
                is.then_some(user)
            }
            Step::SetPassword(user) => {
                let id = self.users[user];
                let set = move |db: &Transaction<'_>| enter::set_password(db, id, "x", &by, now);
                self.access.write(set).await.unwrap();
                Some(user)
            }
            Step::Wait(seconds) => {
                self.second += seconds;
                None
            }
            Step::Enter { .. } | Step::Use(_) => None,
        };
        for one in self.held.iter_mut().filter(|one| Some(one.user) == ended) {
            one.is_ended = true;
        }
    }
}
