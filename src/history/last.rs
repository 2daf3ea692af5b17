//! The last known state of each device: kept every few seconds, given back at the start.

use std::collections::HashMap;
use std::path::PathBuf;

use rusqlite::{Connection, params};

use super::day;
use super::error::HistoryError;
use super::kept;
use super::place::{self, state_file};
use super::schema;
use crate::domain::DeviceKey;
use crate::fleet::memory::Remembered;

/// What differs is written this often.
const WRITE_EVERY_MS: i64 = 5_000;

/// What is known of each device, as far as it is to be written.
#[derive(Debug)]
pub(super) struct LastKnown {
    dir: Option<PathBuf>,
    db: Option<Connection>,
    /// `None` of a device that is no more.
    changed: HashMap<DeviceKey, Option<Remembered>>,
    written_at_ms: i64,
    /// The last write failed.
    is_ill: bool,
}

impl LastKnown {
    pub(super) fn new(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            db: None,
            changed: HashMap::new(),
            written_at_ms: 0,
            is_ill: false,
        }
    }

    /// Takes what differs; the newest of each device counts.
    pub(super) fn take(&mut self, remembered: Vec<Remembered>) {
        if self.dir.is_some() {
            let by_device = remembered.into_iter();
            let by_device = by_device.map(|one| (one.device.clone(), Some(one)));
            self.changed.extend(by_device);
        }
    }

    /// These devices are no more: with the next write they are not on the disk either.
    pub(super) fn forget(&mut self, devices: &[DeviceKey]) {
        if self.dir.is_some() {
            let gone = devices.iter().map(|key| (key.clone(), None));
            self.changed.extend(gone);
        }
    }

    /// The next write is due at once.
    pub(super) fn make_due(&mut self) {
        self.written_at_ms = i64::MIN;
    }

    /// Whether what differs could not be written the last time.
    pub(super) fn is_ill(&self) -> bool {
        self.is_ill
    }

    /// Writes what differs, if it is time.
    pub(super) fn write_if_due(&mut self, at_ms: i64) -> Result<(), HistoryError> {
        let is_due = WRITE_EVERY_MS <= at_ms.saturating_sub(self.written_at_ms);
        if self.changed.is_empty() || !is_due {
            return Ok(());
        }
        let written = self.healed(Self::write);
        self.written_at_ms = at_ms;
        self.is_ill = written.is_err();
        if written.is_ok() {
            self.changed.clear();
        } else {
            self.db = None;
        }
        written
    }

    /// Does `what` with the file. A damaged one is moved out of the way, and made anew: the state
    /// of a device that speaks again is there again.
    fn healed<T>(
        &mut self,
        what: impl Fn(&mut Self) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let done = what(self);
        let (Err(error), Some(dir)) = (&done, &self.dir) else {
            return done;
        };
        if !day::is_damaged(error) {
            return done;
        }
        self.db = None;
        let aside = place::set_aside(&state_file(dir))?;
        tracing::error!(%error, aside = %aside.display(), "what was known last is set aside");
        what(self)
    }

    fn write(&mut self) -> Result<(), HistoryError> {
        let Some(db) = reach(&mut self.db, self.dir.as_ref())? else {
            return Ok(());
        };
        let write = db.transaction()?;
        {
            let mut row = write.prepare_cached("INSERT OR REPLACE INTO last VALUES (?, ?, ?)")?;
            let mut gone =
                write.prepare_cached("DELETE FROM last WHERE source = ? AND device = ?")?;
            for (key, state) in &self.changed {
                let Some(state) = state else {
                    gone.execute(params![key.source.as_str(), key.device])?;
                    continue;
                };
                row.execute(params![
                    key.source.as_str(),
                    key.device,
                    kept::to_bytes(state)
                ])?;
            }
        }
        write.commit()?;
        Ok(())
    }

    /// Everything that was written. What cannot be read is left out: its device starts anew.
    pub(super) fn read(&mut self) -> Result<Vec<Remembered>, HistoryError> {
        self.healed(Self::read_all)
    }

    fn read_all(&mut self) -> Result<Vec<Remembered>, HistoryError> {
        let Some(db) = reach(&mut self.db, self.dir.as_ref())? else {
            return Ok(Vec::new());
        };
        let mut query = db.prepare("SELECT state FROM last ORDER BY source, device")?;
        let states = query.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        let states: Vec<Vec<u8>> = states.collect::<Result<_, _>>()?;
        let remembered: Vec<_> = states
            .iter()
            .filter_map(|state| kept::of_bytes(state))
            .collect();
        let n_lost = states.len() - remembered.len();
        if 0 < n_lost {
            tracing::warn!(
                n_lost,
                "the last state of some devices is of another release"
            );
        }
        Ok(remembered)
    }

    /// Forgets these devices, on the disk as well.
    pub(super) fn erase(&mut self, devices: &[DeviceKey]) -> Result<(), HistoryError> {
        for key in devices {
            self.changed.remove(key);
        }
        self.healed(|it| it.erase_rows(devices))
    }

    fn erase_rows(&mut self, devices: &[DeviceKey]) -> Result<(), HistoryError> {
        let Some(db) = reach(&mut self.db, self.dir.as_ref())? else {
            return Ok(());
        };
        for key in devices {
            let which = params![key.source.as_str(), key.device];
            db.execute("DELETE FROM last WHERE source = ? AND device = ?", which)?;
        }
        schema::empty_log(db)
    }
}

/// The file, opened if it is not.
fn reach<'a>(
    db: &'a mut Option<Connection>,
    dir: Option<&PathBuf>,
) -> Result<Option<&'a mut Connection>, HistoryError> {
    if let (None, Some(dir)) = (&db, dir) {
        *db = Some(schema::open_to_write(&state_file(dir), schema::STATE)?);
    }
    Ok(db.as_mut())
}
