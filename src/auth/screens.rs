//! Pairing, as the two ends see it: the screen that asks, and whoever lets it in.

use std::sync::Arc;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::audit::{self, Subject, What};
use super::pairing::{Approval, Asked, Next, Pairings, Polled, Screen, Waiting};
use super::token::{self, NewToken, TokenKind};
use super::viewer::{Actor, Client};
use super::{Access, AuthError, administer};

impl Access {
    /// A screen asks for a code. At most 5 wait of one address (of a /64), 20 of the /48 around
    /// it, and 200 in all.
    pub fn ask_pairing(&self, client: &Client, now: Timestamp) -> Result<Asked, AuthError> {
        self.0.pairings().ask(client, now)
    }

    /// A screen asks for its token; at least once a minute, or it counts as gone. What it hears
    /// as [`Polled::Paired`] it hears once.
    pub async fn poll_pairing(
        &self,
        secret: SecretString,
        now: Timestamp,
    ) -> Result<Polled, AuthError> {
        let next = self.0.pairings().poll(secret.expose_secret(), now);
        let approval = match next {
            Next::Waiting(expires_at) => return Ok(Polled::Waiting { expires_at }),
            Next::Gone => return Ok(Polled::Gone),
            Next::Make(approval) => approval,
        };
        // In a task of its own: a screen that hangs up meanwhile leaves nothing half done.
        let access = self.clone();
        let fetching = tokio::spawn(async move {
            let made = access.make_display(approval.clone(), now).await;
            let failed = made.is_err().then_some(approval);
            access.0.pairings().fetched(secret.expose_secret(), failed);
            made.map(Polled::Paired)
        });
        fetching.await.unwrap_or(Err(AuthError::Broken))
    }

    async fn make_display(
        &self,
        approval: Approval,
        now: Timestamp,
    ) -> Result<SecretString, AuthError> {
        let Approval { screen, by } = approval;
        let new = NewToken {
            kind: TokenKind::Display,
            name: screen.name,
            sight: screen.sight,
            expires_at: screen.expires_at,
            net: None,
        };
        self.write(move |db| {
            let made = token::insert(db, &new, &by, now)?;
            let subject = Subject::Token(made.id);
            audit::note(db, &Actor::server(), What::TokenMade, &subject, now)?;
            Ok(made.secret)
        })
        .await
    }

    /// The screen that shows `code`, for whoever is about to let it in. For administrators;
    /// guesses are counted.
    pub fn find_pairing(
        &self,
        by: &Actor,
        code: &str,
        now: Timestamp,
    ) -> Result<Waiting, AuthError> {
        administer(by)?;
        self.0.pairings().find(code, by.who(), now)
    }

    /// How many screens wait to be let in.
    pub fn n_pairings(&self, now: Timestamp) -> usize {
        self.0.pairings().n_waiting(now)
    }

    /// Lets the screen that shows `code` in. For administrators.
    pub async fn approve_pairing(
        &self,
        by: &Actor,
        code: &str,
        screen: Screen,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        let approve = move |pairings: &mut Pairings, code: &str, by: &Actor| {
            pairings.approve(code, screen, Arc::clone(by.who()), now)
        };
        self.decide(by, code, What::PairingApproved, now, approve)
            .await
    }

    /// Turns the screen that shows `code` away. For administrators.
    pub async fn refuse_pairing(
        &self,
        by: &Actor,
        code: &str,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        let refuse = move |pairings: &mut Pairings, code: &str, by: &Actor| {
            pairings.refuse(code, by.who(), now)
        };
        self.decide(by, code, What::PairingRefused, now, refuse)
            .await
    }

    /// Decides about the screen that shows `code`, and notes it. Whoever asks is an administrator
    /// when it is done, not only when they asked.
    async fn decide(
        &self,
        by: &Actor,
        code: &str,
        what: What,
        now: Timestamp,
        decision: impl FnOnce(&mut Pairings, &str, &Actor) -> Result<(), AuthError> + Send + 'static,
    ) -> Result<(), AuthError> {
        administer(by)?;
        let (by, code) = (by.clone(), code.to_owned());
        self.blocking(move |inner| {
            inner.store().transact(|db| {
                let by = inner.as_of_now(db, &by, now)?;
                administer(&by)?;
                let mut pairings = inner.pairings();
                pairings.find(&code, by.who(), now)?;
                audit::note(db, &by, what, &Subject::None, now)?;
                // Last: it is in memory, and is not taken back with the rest.
                decision(&mut pairings, &code, &by)
            })
        })
        .await
    }
}
