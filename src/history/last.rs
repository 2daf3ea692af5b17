//! The last known state of each device: kept every few seconds, given back at the start.
//!
//! States are packed and written by blocks of devices. A row for each would rewrite every page of
//! the table every few seconds, four times as many bytes, since neighbours are much alike.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use rusqlite::{Connection, Transaction, params};

use super::chunk::{Press, Reader};
use super::day;
use super::error::HistoryError;
use super::kept;
use super::place::{self, state_file};
use super::schema::{self, Durable};
use super::varint;
use crate::domain::DeviceKey;
use crate::fleet::memory::Remembered;

/// What differs is written this often.
const WRITE_EVERY_MS: i64 = 5_000;
/// What is written is on the disk this much later at the latest, whatever happens to the power.
/// The days' files, which are the truth, are there at once; waiting for the disk twice a commit
/// would double what a commit may take on a busy one.
const SECURE_EVERY_MS: i64 = 60_000;
/// Devices of a block.
const BLOCK: usize = 64;

/// The number of a block, and its states.
type Block = (usize, Vec<Vec<u8>>);

/// What is known of each device, as bytes.
pub(super) struct LastKnown {
    dir: Option<PathBuf>,
    db: Option<Connection>,
    /// What an earlier run left behind is among these.
    is_loaded: bool,
    /// Until then: what was forgotten, and may be in the file.
    forgotten: HashSet<DeviceKey>,
    seats: HashMap<DeviceKey, usize>,
    /// By seat; `None` where nobody sits.
    states: Vec<Option<(DeviceKey, Vec<u8>)>>,
    free: Vec<usize>,
    /// Blocks that the file has otherwise.
    changed: BTreeSet<usize>,
    press: Press,
    written_at_ms: i64,
    secured_at_ms: i64,
    /// Commits since then.
    n_unsecured: u64,
    /// The last write failed.
    is_ill: bool,
    /// The file may have more than what is known here.
    is_unsure: bool,
}

impl std::fmt::Debug for LastKnown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastKnown").finish_non_exhaustive()
    }
}

impl LastKnown {
    pub(super) fn new(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            db: None,
            is_loaded: false,
            forgotten: HashSet::new(),
            seats: HashMap::new(),
            states: Vec::new(),
            free: Vec::new(),
            changed: BTreeSet::new(),
            press: Press::swift(),
            written_at_ms: 0,
            secured_at_ms: 0,
            n_unsecured: 0,
            is_ill: false,
            is_unsure: false,
        }
    }

    /// Takes what differs; the newest of each device counts.
    pub(super) fn take(&mut self, remembered: Vec<Remembered>) {
        if self.dir.is_some() {
            for one in remembered {
                let key = one.device.clone();
                self.seat(key, kept::to_bytes(one));
            }
        }
    }

    fn seat(&mut self, key: DeviceKey, state: Vec<u8>) {
        let known = self.seats.get(&key).copied();
        let seat = known.or_else(|| self.free.pop()).unwrap_or_else(|| {
            self.states.push(None);
            self.states.len() - 1
        });
        if known.is_none() {
            self.seats.insert(key.clone(), seat);
        }
        if let Some(at) = self.states.get_mut(seat) {
            *at = Some((key, state));
        }
        self.changed.insert(seat / BLOCK);
    }

    /// Devices that the fleet has forgotten need no state.
    pub(super) fn forget(&mut self, devices: &[DeviceKey]) {
        if self.dir.is_some() && !self.is_loaded {
            self.forgotten.extend(devices.iter().cloned());
        }
        for key in devices {
            if let Some(seat) = self.seats.remove(key) {
                if let Some(at) = self.states.get_mut(seat) {
                    *at = None;
                }
                self.free.push(seat);
                self.changed.insert(seat / BLOCK);
            }
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

    /// Writes what differs, if it is time; and sees to it that what was written is on the disk, also
    /// where nothing differs any more.
    pub(super) fn write_if_due(&mut self, at_ms: i64) -> Result<(), HistoryError> {
        let is_due = WRITE_EVERY_MS <= at_ms.saturating_sub(self.written_at_ms);
        let differs = !(self.changed.is_empty() && self.forgotten.is_empty());
        let is_insecure = SECURE_EVERY_MS <= at_ms.saturating_sub(self.secured_at_ms);
        if !is_due || !(differs || (0 < self.n_unsecured && is_insecure)) {
            return Ok(());
        }
        let written = self.healed(|it| {
            if differs {
                it.write()?;
            }
            match it.db.as_ref().filter(|_| is_insecure) {
                Some(db) => schema::secure(db),
                None => Ok(()),
            }
        });
        if is_insecure {
            self.secured_at_ms = at_ms;
            if written.is_ok() {
                self.n_unsecured = 0;
            }
        }
        self.written_at_ms = at_ms;
        self.is_ill = written.is_err();
        written
    }

    /// Does `what` with the file. A damaged one is moved out of the way, and made anew from what is
    /// known here.
    fn healed<T>(
        &mut self,
        what: impl Fn(&mut Self) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let done = what(self);
        let (Err(error), Some(dir)) = (&done, &self.dir) else {
            return done;
        };
        self.db = None;
        if !day::is_damaged(error) {
            return done;
        }
        let aside = place::set_aside(&state_file(dir))?;
        tracing::error!(%error, aside = %aside.display(), "what was known last is set aside");
        what(self)
    }

    fn write(&mut self) -> Result<(), HistoryError> {
        self.reach()?;
        let Some(db) = &mut self.db else {
            return Ok(());
        };
        let write = db.transaction()?;
        if self.is_unsure {
            write.execute("DELETE FROM block", [])?;
        }
        write_blocks(&write, &self.states, &self.changed, &mut self.press)?;
        write.commit()?;
        self.changed.clear();
        self.is_unsure = false;
        self.n_unsecured += 1;
        Ok(())
    }

    /// Everything that was written. What cannot be read is left out: its device starts anew.
    pub(super) fn read(&mut self) -> Result<Vec<Remembered>, HistoryError> {
        self.healed(Self::reach)?;
        let states = self.states.iter().flatten();
        Ok(states
            .filter_map(|(_, state)| kept::of_bytes(state))
            .collect())
    }

    /// Forgets these devices, on the disk as well.
    pub(super) fn erase(&mut self, devices: &[DeviceKey]) -> Result<(), HistoryError> {
        self.healed(|it| {
            it.reach()?;
            it.forget(devices);
            it.write()?;
            it.db.as_ref().map_or(Ok(()), schema::empty_log)
        })
    }

    /// Opens the file, if it is not open, or no more there.
    fn reach(&mut self) -> Result<(), HistoryError> {
        let Some(path) = self.dir.as_deref().map(state_file) else {
            return Ok(());
        };
        if self.db.is_some() && path.exists() {
            return Ok(());
        }
        let db = schema::open_to_write(&path, schema::STATE, Durable::Soon)?;
        if self.is_loaded {
            // Nobody knows how much of it is there.
            self.is_unsure = true;
            self.changed.extend(0..self.states.len().div_ceil(BLOCK));
        } else {
            self.load(&read_blocks(&db)?);
        }
        self.db = Some(db);
        Ok(())
    }

    /// Takes over the seats of the file; what was learnt and forgotten meanwhile is newer.
    fn load(&mut self, blocks: &[Block]) {
        let newer = std::mem::take(&mut self.states);
        let forgotten = std::mem::take(&mut self.forgotten);
        self.seats.clear();
        self.free.clear();
        self.changed.clear();
        let mut n_lost = 0;
        for (block, states) in blocks {
            let first = block * BLOCK;
            for (state, seat) in states.iter().take(BLOCK).zip(first..) {
                let Some(one) = kept::of_bytes(state) else {
                    n_lost += 1;
                    self.changed.insert(*block);
                    continue;
                };
                if forgotten.contains(&one.device) {
                    self.changed.insert(*block);
                    continue;
                }
                self.states.resize(self.states.len().max(seat + 1), None);
                self.seats.insert(one.device.clone(), seat);
                self.states[seat] = Some((one.device, state.clone()));
            }
        }
        let seats = self.states.iter().enumerate();
        self.free = seats
            .filter_map(|(seat, state)| state.is_none().then_some(seat))
            .collect();
        for (key, state) in newer.into_iter().flatten() {
            self.seat(key, state);
        }
        self.is_loaded = true;
        if 0 < n_lost {
            tracing::warn!(
                n_lost,
                "the last state of some devices is of another release"
            );
        }
    }
}

/// The states of each block that can be read.
fn read_blocks(db: &Connection) -> Result<Vec<Block>, HistoryError> {
    let mut reader = Reader::default();
    let mut blocks = Vec::new();
    let mut query = db.prepare("SELECT b, states FROM block ORDER BY b")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let packed = row.get_ref(1)?.as_blob().unwrap_or_default();
        // Too high a number is none of ours.
        let (Ok(block), Some(mut rest)) = (row.get::<_, u16>(0), reader.unpack(packed)) else {
            tracing::warn!("the last states of some devices cannot be read");
            continue;
        };
        let mut states = Vec::new();
        while let Some(length) = varint::take(&mut rest) {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let Some((state, tail)) = rest.split_at_checked(length) else {
                break;
            };
            states.push(state.to_vec());
            rest = tail;
        }
        blocks.push((block.into(), states));
    }
    Ok(blocks)
}

fn write_blocks(
    write: &Transaction<'_>,
    states: &[Option<(DeviceKey, Vec<u8>)>],
    changed: &BTreeSet<usize>,
    press: &mut Press,
) -> rusqlite::Result<()> {
    let mut put = write.prepare_cached("INSERT OR REPLACE INTO block VALUES (?, ?)")?;
    for block in changed {
        let seats = states.iter().skip(block * BLOCK).take(BLOCK);
        let mut plain = Vec::new();
        for (_, state) in seats.flatten() {
            varint::put(&mut plain, state.len() as u64);
            plain.extend_from_slice(state);
        }
        let number = i64::try_from(*block).unwrap_or(i64::MAX);
        put.execute(params![number, press.pack(&plain)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SourceId;

    fn key(n: usize) -> DeviceKey {
        DeviceKey::new(SourceId::new("a"), n.to_string())
    }

    fn state(n: usize, name: &str) -> Remembered {
        kept::tests::named(key(n), name)
    }

    fn kept(dir: &std::path::Path) -> Vec<Remembered> {
        let mut all = LastKnown::new(Some(dir.to_owned())).read().unwrap();
        all.sort_by_key(|one| one.device.device.parse::<usize>().unwrap());
        all
    }

    #[test]
    fn the_newest_of_each_comes_back_and_who_is_forgotten_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.take((0..200).map(|n| state(n, "old")).collect());
        last.write_if_due(10_000).unwrap();
        last.take(vec![state(70, "new")]);
        last.forget(&[key(3), key(199)]);
        last.write_if_due(20_000).unwrap();
        last.erase(&[key(5)]).unwrap();
        let expected: Vec<_> = (0..199)
            .filter(|n| ![3, 5].contains(n))
            .map(|n| state(n, if n == 70 { "new" } else { "old" }))
            .collect();
        assert_eq!(kept(dir.path()), expected);
        // A later run goes on with the same blocks.
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.read().unwrap();
        last.take(vec![state(3, "back"), state(300, "old")]);
        last.write_if_due(30_000).unwrap();
        assert_eq!(kept(dir.path()).len(), expected.len() + 2);
    }

    /// The devices that are in the file alone, without the log beside it: what a failing power leaves
    /// for sure.
    fn on_the_disk(dir: &std::path::Path) -> Vec<String> {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(state_file(dir), state_file(copy.path())).unwrap();
        let devices = kept(copy.path()).into_iter();
        devices.map(|one| one.device.device.to_string()).collect()
    }

    #[test]
    fn what_was_written_is_on_the_disk_within_a_minute_though_nothing_comes_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.take(vec![state(1, "a")]);
        last.write_if_due(100_000).unwrap();
        assert_eq!(on_the_disk(dir.path()), ["1"]);
        last.take(vec![state(2, "a")]);
        last.write_if_due(120_000).unwrap();
        for at_ms in [120_000, 125_000, 159_999] {
            last.write_if_due(at_ms).unwrap();
            assert_eq!(on_the_disk(dir.path()), ["1"], "{at_ms}");
        }
        last.write_if_due(160_000).unwrap();
        assert_eq!(on_the_disk(dir.path()), ["1", "2"]);
        // Nor do the bytes before stand in the log for longer.
        let log = state_file(dir.path()).with_extension("sqlite-wal");
        assert_eq!(std::fs::metadata(log).unwrap().len(), 0);
        // Nothing is to be done any more.
        last.write_if_due(300_000).unwrap();
        assert_eq!(last.secured_at_ms, 160_000);
    }

    #[test]
    fn what_was_learnt_before_the_file_was_within_reach_is_newer() {
        let dir = tempfile::tempdir().unwrap();
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.take((0..100).map(|n| state(n, "old")).collect());
        last.write_if_due(10_000).unwrap();
        drop(last);
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.take(vec![state(90, "new"), state(500, "new")]);
        last.write_if_due(20_000).unwrap();
        let all = kept(dir.path());
        let new = all
            .iter()
            .filter(|one| one.seen.name.as_deref() == Some("new"));
        assert_eq!((all.len(), new.count()), (101, 2));
    }

    #[test]
    fn who_was_forgotten_before_the_file_was_within_reach_stays_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.take((0..100).map(|n| state(n, "old")).collect());
        last.write_if_due(10_000).unwrap();
        drop(last);
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.forget(&[key(7)]);
        last.write_if_due(20_000).unwrap();
        assert_eq!(kept(dir.path()).len(), 99);
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.forget(&[key(70), key(80)]);
        // Who comes back afterwards is as it came back.
        last.take(vec![state(80, "back")]);
        last.write_if_due(30_000).unwrap();
        let left = |n: &usize| ![7, 70].contains(n);
        let expected = (0..100).filter(left);
        let expected = expected.map(|n| state(n, if n == 80 { "back" } else { "old" }));
        assert_eq!(kept(dir.path()), expected.collect::<Vec<_>>());
        // Once the file is there, nothing more is noted for it.
        last.forget(&[key(8)]);
        assert!(last.forgotten.is_empty());
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_one_that_is_removed_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = state_file(dir.path());
        std::fs::write(&path, vec![7; 8_192]).unwrap();
        let mut last = LastKnown::new(Some(dir.path().to_owned()));
        last.take(vec![state(1, "a")]);
        last.write_if_due(10_000).unwrap();
        assert!(dir.path().join("state.sqlite.aside-1").exists());
        for entry in dir.path().read_dir().unwrap().flatten() {
            std::fs::remove_file(entry.path()).unwrap();
        }
        last.take(vec![state(2, "a")]);
        last.write_if_due(20_000).unwrap();
        assert_eq!(kept(dir.path()).len(), 2);
    }
}
