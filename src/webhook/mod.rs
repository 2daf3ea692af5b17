//! Alarms told elsewhere: each delivery is kept on the disk until somebody takes it, in order, and
//! signed.
//!
//! A webhook that fails holds up nobody but itself: each has a queue of its own, with an end. What
//! was sent and not answered is sent again, under the same id; so a receiver may hear something
//! twice, and nothing out of order.

mod deliver;
pub mod envelope;
pub mod error;
pub mod hook;
mod pace;
mod sender;
mod store;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rusqlite::Connection;
use secrecy::SecretString;
use tokio::sync::Notify;

pub use self::deliver::News;
pub use self::error::WebhookError;
pub use self::hook::{Hook, NewHook};
pub use self::pace::Pace;

use self::sender::{Parcel, Sender};
use crate::domain::VehicleId;
use crate::sqlite;

/// No server has more.
const HOOKS_MAX: usize = 100;

/// What the operator decides about webhooks.
#[derive(Clone, Debug, Default)]
pub struct WebhookSettings {
    /// Where `webhooks.sqlite` is kept; `None`: in memory, gone with the process.
    pub dir: Option<PathBuf>,
    /// Whether private networks may be reached.
    pub private: bool,
    /// When what nobody took is tried again.
    pub pace: Pace,
}

/// How a webhook is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookHealth {
    /// Failures in a row.
    pub failures: u32,
    /// When somebody last took a delivery, in this run.
    pub last_success_at: Option<Timestamp>,
    /// When a delivery last failed, in this run.
    pub last_failure_at: Option<Timestamp>,
    /// Why.
    pub last_error: Option<String>,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries that nobody took, and nobody will.
    pub dropped: u64,
}

/// All webhooks. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Webhooks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Mutex<Connection>,
    health: Mutex<HashMap<String, HookHealth>>,
    /// Something changed that may be due now.
    news: Notify,
    sender: Sender,
    private: bool,
    pace: Pace,
}

impl Webhooks {
    /// Opens the file. Blocks for as long as that takes.
    ///
    /// # Errors
    /// Also where a later release wrote it ([`WebhookError::is_newer`]).
    pub fn open(settings: &WebhookSettings) -> Result<Self, WebhookError> {
        let db = sqlite::open(&store::KIND, settings.dir.as_deref())?;
        Ok(Self(Arc::new(Inner {
            db: Mutex::new(db),
            health: Mutex::default(),
            news: Notify::new(),
            sender: Sender::new(settings.private).map_err(WebhookError::Wrong)?,
            private: settings.private,
            pace: settings.pace,
        })))
    }

    /// All of them, and how they are.
    pub async fn all(&self) -> Result<Vec<(Hook, HookHealth)>, WebhookError> {
        self.blocking(|inner| {
            let hooks = store::hooks(&inner.db())?;
            let health = inner.health();
            let told = hooks.into_iter().map(|(hook, counts)| {
                let mut told = health.get(&hook.id).cloned().unwrap_or_default();
                (told.waiting, told.dropped) = (counts.waiting, counts.dropped);
                (hook, told)
            });
            Ok(told.collect())
        })
        .await
    }

    /// Keeps a webhook; it replaces what had its id. Gives the secret where one was made, for the
    /// one time that it is shown.
    pub async fn put(
        &self,
        id: String,
        new: NewHook,
    ) -> Result<Option<SecretString>, WebhookError> {
        let hook = Hook::read(&id, &new, self.0.private).map_err(WebhookError::Wrong)?;
        let made = self.blocking(move |inner| {
            sqlite::transact(&mut inner.db(), |db| {
                let before = store::find(db, &hook.id)?;
                let n_hooks = store::hooks(db)?.len();
                if before.is_none() && HOOKS_MAX <= n_hooks {
                    return Err(WebhookError::TooMany(n_hooks));
                }
                let (secret, is_made) = match (new.secret, before) {
                    (Some(secret), _) | (None, Some((_, secret))) => (secret, false),
                    (None, None) => (make_secret(), true),
                };
                store::write(db, &hook, &secret)?;
                Ok(is_made.then_some(secret))
            })
        });
        let made = made.await?;
        self.0.news.notify_one();
        Ok(made)
    }

    /// Forgets a webhook, and what waits for it.
    pub async fn remove(&self, id: String) -> Result<(), WebhookError> {
        self.blocking(move |inner| {
            let n_removed = inner
                .db()
                .execute("DELETE FROM hook WHERE id = ?1", [&id])?;
            inner.health().remove(&id);
            (0 < n_removed).then_some(()).ok_or(WebhookError::Unknown)
        })
        .await
    }

    /// Sends something at once, past all that waits; gives the status of who answered.
    ///
    /// # Errors
    /// [`WebhookError::NotTaken`] in words, where nobody did.
    pub async fn test(&self, id: String, now: Timestamp) -> Result<u16, WebhookError> {
        let found = self
            .blocking(move |inner| store::find(&inner.db(), &id))
            .await?;
        let (hook, secret) = found.ok_or(WebhookError::Unknown)?;
        let id = new_delivery_id();
        let body = envelope::of_test(&id, now);
        let parcel = Parcel {
            hook: &hook,
            secret: &secret,
            id: &id,
            body: &body,
        };
        self.0
            .sender
            .send(parcel, now)
            .await
            .map_err(WebhookError::NotTaken)
    }

    /// Forgets what waits to be told of a vehicle.
    pub async fn forget_vehicle(&self, vehicle: VehicleId) -> Result<(), WebhookError> {
        self.blocking(move |inner| store::forget_vehicle(&inner.db(), vehicle.as_str()))
            .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, WebhookError> + Send + 'static,
    ) -> Result<T, WebhookError> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.unwrap_or(Err(WebhookError::Broken))
    }
}

impl Inner {
    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn health(&self) -> MutexGuard<'_, HashMap<String, HookHealth>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that nobody can guess.
fn make_secret() -> SecretString {
    let text = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    format!("fg_hook_{text}").into()
}

fn new_delivery_id() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 12]>())
}

#[cfg(test)]
mod tests;
