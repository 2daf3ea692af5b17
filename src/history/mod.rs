//! What is remembered: where every vehicle was, and what the map showed of it.
//!
//! [`History::record`] takes what the fleet publishes and never waits; one thread writes it to
//! `SQLite`, a file a day (`keeper`). [`History::trail`] and [`History::at`] read, on connections
//! of their own: call them where blocking does no harm. A record is a fix, or a change of what
//! the map showed, or mostly both at once (`record`, `codec`); the last minutes of each device
//! are in memory and in a log (`memory`), the rest in compressed pieces (`chunk`). The format and
//! its reasons: `docs/decisions/0004-history-in-pieces.md`.

mod card;
mod chunk;
mod codec;
mod day;
mod digest;
mod erase;
mod error;
mod frame;
mod keeper;
mod kept;
mod last;
mod latest;
mod memory;
mod open;
mod past;
mod picture;
mod piece;
mod place;
mod queue;
mod record;
mod renumber;
mod request;
mod schema;
mod seen;
mod shown;
pub mod simplify;
mod status;
pub mod trail;
mod varint;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use jiff::Timestamp;
use jiff::civil::Date;

pub use self::erase::Erased;
pub use self::error::HistoryError;
pub use self::keeper::HistorySettings;
pub use self::status::{State, Status};
pub use self::trail::TrailPoint;

use self::digest::Tick;
use self::keeper::Shared;
use self::past::Whose;
use self::request::Request;
use self::seen::{Question, Seen};
use crate::domain::sight::Groups;
use crate::domain::{DeviceKey, Reading, Vehicle, VehicleId};
use crate::fleet::memory::Remembered;
use crate::fleet::{Changes, Fix};

/// The memory of the server. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct History {
    shared: Arc<Shared>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What vendors told of the past, by device; what has no time has no place there.
fn recalled(
    readings: Vec<(DeviceKey, Reading)>,
    received_at: Timestamp,
) -> HashMap<DeviceKey, Vec<Fix>> {
    let mut by_device: HashMap<DeviceKey, Vec<Fix>> = HashMap::new();
    for (device, reading) in readings {
        let Some(fixed_at) = reading.vendor_at.filter(|at| *at <= received_at) else {
            continue;
        };
        let fix = Fix {
            reading,
            fixed_at,
            received_at,
            clock_ahead: false,
            no_fix_time: false,
            backfill: true,
        };
        by_device.entry(device).or_default().push(fix);
    }
    by_device
}

/// How far back it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first time of which anything is known.
    pub from: Option<Timestamp>,
    /// The last.
    pub to: Option<Timestamp>,
    /// The days that have a file, each with its bytes; the oldest first.
    pub days: Vec<(Date, u64)>,
}

impl History {
    /// Opens the store, with the last known state of each device. A store that cannot be used
    /// just now is no error: it is tried again while the server runs. One that must not be used
    /// (a later release's, another server's) is.
    pub fn open(
        settings: HistorySettings,
        now: Timestamp,
    ) -> Result<(Self, Vec<Remembered>), HistoryError> {
        let (keeper, remembered) = open::open(settings, now)?;
        let shared = Arc::clone(&keeper.shared);
        let thread = std::thread::Builder::new().name("history".into());
        let thread = thread
            .spawn(move || keeper.run())
            .map_err(|cause| HistoryError::Files {
                what: "there is no thread to write history in",
                path: shared.settings.dir.clone().unwrap_or_default(),
                cause,
            })?;
        let history = Self {
            shared,
            thread: Arc::new(Mutex::new(Some(thread))),
        };
        Ok((history, remembered))
    }

    /// Takes in what was published at `now`. Never waits; what there is no room for is counted.
    pub fn record(&self, changes: &mut Changes, now: Timestamp) {
        let tick = Tick {
            vehicles: changes.vehicles.clone(),
            removed: changes.removed.clone(),
            fixes: std::mem::take(&mut changes.fixes),
            remembered: std::mem::take(&mut changes.remembered),
            forgotten: std::mem::take(&mut changes.forgotten),
        };
        for (device, fixes) in recalled(std::mem::take(&mut changes.recalled), now) {
            request::tell(&self.shared, |answer| Request::Fill(device, fixes, answer));
        }
        let n_dropped = self.shared.queue.push(now.as_millisecond(), tick);
        status::count_dropped(n_dropped as u64);
    }

    /// Remembers fixes of `device` that come from its vendor's history; they are marked.
    pub fn append_filled(&self, device: &DeviceKey, fixes: Vec<Fix>) -> Result<(), HistoryError> {
        let fill = |answer| Request::Fill(device.clone(), fixes, answer);
        request::ask(&self.shared, fill)
    }

    /// Where these `devices` (highest rank first) were from `from` to `to`, ascending, whichever
    /// vehicle they were in.
    pub fn trail(
        &self,
        devices: &[DeviceKey],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<TrailPoint>, HistoryError> {
        self.put_together(devices, (from, to), None)
    }

    /// Where vehicle `id`, which has `devices` now (highest rank first), was from `from` to `to`,
    /// with the devices that it had then; `None` if it never had any. Only who sees all vehicles
    /// gets all of it; others what is of a time when it is known to have been in one of `groups`.
    pub fn trail_of(
        &self,
        id: &VehicleId,
        devices: &[DeviceKey],
        (from, to): (Timestamp, Timestamp),
        groups: &Groups,
    ) -> Result<Option<Vec<TrailPoint>>, HistoryError> {
        let mut all = devices.to_vec();
        for device in past::devices_of(&self.shared, id, from.as_millisecond())? {
            if !all.contains(&device) {
                all.push(device);
            }
        }
        if all.is_empty() {
            return Ok(None);
        }
        let question = Question {
            id,
            devices: &all,
            groups,
            span_ms: (from.as_millisecond(), to.as_millisecond()),
        };
        // Before any fix is read: one that came since is of a time that it does not know.
        let seen = match groups {
            Groups::All => None,
            Groups::Only(_) => Some(Seen::look(&self.shared, question)?),
        };
        let seen = seen.as_ref();
        let whose = Whose { id, devices, seen };
        self.put_together(&all, (from, to), Some(whose)).map(Some)
    }

    fn put_together(
        &self,
        devices: &[DeviceKey],
        (from, to): (Timestamp, Timestamp),
        whose: Option<Whose<'_>>,
    ) -> Result<Vec<TrailPoint>, HistoryError> {
        let span_ms = (from.as_millisecond(), to.as_millisecond());
        let mut trail = Vec::new();
        for device in devices {
            let fixes = past::fixes(&self.shared, device, span_ms, whose)?;
            trail = trail::filled_up(trail, &fixes, device);
        }
        Ok(trail)
    }

    /// What the map showed at `at`: identity, names, position, motion, freshness and flags of
    /// each vehicle, by id. `None` where nothing is remembered of that time.
    pub fn at(&self, at: Timestamp) -> Result<Option<Vec<Vehicle>>, HistoryError> {
        past::shown_at(&self.shared, at.as_millisecond())
    }

    /// How far back it goes.
    pub fn span(&self) -> Result<Span, HistoryError> {
        past::span(&self.shared)
    }

    /// How it is.
    pub fn status(&self) -> Status {
        if self.is_well() {
            return self.shared.health.now();
        }
        Status {
            state: State::Failing,
            error: Some("its thread has ended; start the server again, and report this".into()),
        }
    }

    /// All devices that a vehicle ever had, also one that is no more; the newest names first.
    pub fn devices_of(&self, id: &VehicleId) -> Result<Vec<DeviceKey>, HistoryError> {
        past::devices_of(&self.shared, id, i64::MIN)
    }

    /// Forgets all of a vehicle's past, in memory and on the disk.
    pub fn erase(&self, id: &VehicleId) -> Result<Erased, HistoryError> {
        request::erase_everywhere(&self.shared, id)
    }

    /// Writes all that was recorded before; what it says well of survives any crash.
    pub fn flush(&self) -> Result<(), HistoryError> {
        request::ask(&self.shared, Request::Flush)
    }

    fn is_well(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Takes nothing more, and writes what there is. Blocks until that is done.
    pub fn close(&self) {
        self.shared.queue.close();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes history broke down; report this");
        }
    }
}
