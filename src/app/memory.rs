//! Opens what the server remembers, or refuses to touch it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::desk;
use crate::auth::{Access, AccessSettings};
use crate::config::Config;
use crate::desk::Desk;
use crate::domain::SourceId;
use crate::fleet::memory::Remembered;
use crate::history::{History, HistorySettings};
use crate::source::recall::book::Book;
use crate::webhook::Webhooks;

/// The memory of the server, opened: what must not be touched is refused before anybody is told
/// an address.
#[derive(Debug)]
pub struct Memory {
    pub(super) history: History,
    pub(super) remembered: Vec<Remembered>,
    /// What is still to be asked of the vendors' histories.
    pub(super) book: Book,
    /// Who may come in.
    pub(super) access: Access,
    /// The alarms that were.
    pub(super) alarms: super::alarms::Opened,
    /// What people ordered.
    pub(super) desk: Desk,
    /// Who is told of alarms elsewhere.
    pub(super) webhooks: Webhooks,
}

impl Memory {
    /// Who may come in, and how much was hashed to find out.
    pub fn access(&self) -> &Access {
        &self.access
    }
}

/// Opens the memory, as `config` wants it.
///
/// # Errors
/// A `HistoryError`, an `AuthError`, a `DeskError`, a `WebhookError` or an `AlarmError`; what a later
/// release wrote is a refused configuration.
pub fn remember(config: &Config) -> anyhow::Result<Memory> {
    let rules = &config.history;
    let dir = config.server.state_dir.clone().filter(|_| rules.record);
    match &dir {
        Some(dir) => tracing::info!(dir = %dir.display(), "history is kept here"),
        None if rules.record => tracing::warn!(
            "no HOME and no --state-dir: the last hour is kept in memory, and nothing on the disk"
        ),
        None => tracing::info!("no history is kept; the last hour is in memory"),
    }
    let settings = HistorySettings {
        dir,
        keep_days: rules.keep_days,
        max_bytes: rules.max_bytes,
    };
    let now = crate::clock::now();
    let book_dir = settings.dir.clone();
    let (history, remembered) = History::open(settings, now)?;
    let access = Access::open(AccessSettings {
        dir: config.server.state_dir.clone(),
        session_idle: config.access.session_idle,
        session_absolute: config.access.session_absolute,
        audit_days: config.access.audit_days,
    })?;
    let alarms = super::alarms::Opened::open(config.server.state_dir.as_deref())?;
    Ok(Memory {
        access,
        alarms,
        desk: desk::open(config, now)?,
        webhooks: desk::webhooks(config)?,
        history,
        remembered,
        // Not before the directory is known to be ours.
        book: Book::open(book_dir.as_deref(), now),
    })
}

/// Up to when each source's positions are remembered: what came after that was missed. Of a device
/// whose places were forgotten, as its duty was over, when it last spoke: what was said off duty is
/// dropped when it is told, and what was missed of the duty after it is not.
pub(super) fn known_until(remembered: &[Remembered]) -> BTreeMap<SourceId, Timestamp> {
    let mut known_until = BTreeMap::new();
    for state in remembered {
        let received_at = state.fix.as_ref().map(|fix| fix.received_at);
        if let Some(heard_at) = received_at.or(state.contact_at) {
            let newest = known_until.entry(state.device.source.clone());
            let newest = newest.or_insert(heard_at);
            *newest = heard_at.max(*newest);
        }
    }
    known_until
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{DeviceKey, Reading};
    use crate::fleet::Fix;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn device(source: &str, received: Option<i64>, contact: Option<i64>) -> Remembered {
        let key = DeviceKey::new(SourceId::new(source), "1");
        let fix = received.map(|second| Fix {
            reading: Reading::at(48.0, 17.0),
            fixed_at: at(second - 5),
            received_at: at(second),
            clock_ahead: false,
            no_fix_time: false,
            backfill: false,
        });
        Remembered {
            fix,
            contact_at: contact.map(at),
            ..Remembered::nothing_of(key)
        }
    }

    #[test]
    fn positions_are_known_up_to_the_newest_and_those_forgotten_off_duty_up_to_the_last_word() {
        let remembered = [
            device("a", Some(10), Some(99)),
            device("a", Some(30), Some(30)),
            device("a", Some(20), None),
            // All of its devices were off duty as the run before ended.
            device("b", None, Some(40)),
            device("b", None, Some(50)),
            device("c", None, None),
        ];
        let expected = [("a", 30), ("b", 50)];
        let expected = expected.map(|(source, second)| (SourceId::new(source), at(second)));
        assert_eq!(known_until(&remembered), expected.into());
    }
}
