//! What people ordered, and who is told of alarms elsewhere.

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::config::Config;
use crate::desk::{Desk, DeskError};
use crate::webhook::{News, Pace, WebhookError, WebhookSettings, Webhooks};

/// What may wait to be taken in by the webhooks; who tells of alarms never waits for them.
const MAX_NEWS: usize = 1_024;

/// What the desk keeps, opened.
pub(super) fn open(config: &Config, now: Timestamp) -> Result<Desk, DeskError> {
    Desk::open(config.server.state_dir.as_deref(), now)
}

/// The webhooks, opened.
pub(super) fn webhooks(config: &Config) -> Result<Webhooks, WebhookError> {
    Webhooks::open(&WebhookSettings {
        dir: config.server.state_dir.clone(),
        private: config.webhooks.private,
        pace: Pace::default(),
    })
}

/// Tells webhooks of what is sent to the end that is given, until `stop`.
pub(super) fn tell(
    desk: &Desk,
    webhooks: &Webhooks,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> mpsc::Sender<News> {
    let (news, told) = mpsc::channel(MAX_NEWS);
    let run = webhooks
        .clone()
        .run(told, desk.orders(), clock::now, stop.clone());
    tasks.spawn(run);
    news
}
