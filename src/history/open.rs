//! The start: takes hold of the directory, refuses what must not be touched, and takes back what
//! the last run left behind.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::chunk::Press;
use super::day::{self, Batch, DayFile, Names, Rows};
use super::error::HistoryError;
use super::frame::{self, Frame};
use super::keeper::{HistorySettings, Keeper, Shared};
use super::memory::Memory;
use super::piece::slot_of;
use super::place::{self, Day, Place, day_file, state_file};
use super::schema;
use super::status::Health;
use crate::fleet::memory::Remembered;

/// A keeper that is ready to run, and the last known state of each device.
pub(super) fn open(
    settings: HistorySettings,
    now: Timestamp,
) -> Result<(Keeper, Vec<Remembered>), HistoryError> {
    let today = Day::of(now.as_millisecond());
    let Some(dir) = settings.dir.clone() else {
        let shared = Arc::new(Shared::new(settings, Memory::new()));
        return Ok((Keeper::new(shared, None, None), Vec::new()));
    };
    let ill = Health::default();
    let place = tolerate(Place::take(&dir), &ill)?;
    refuse_newer(&dir)?;
    let taken_back = tolerate(take_back(&dir, today), &ill)?;
    let (memory, file) =
        taken_back.map_or((Memory::new(), None), |(memory, file)| (memory, Some(file)));
    let mut shared = Shared::new(settings, memory);
    shared.health = ill;
    let mut keeper = Keeper::new(Arc::new(shared), place, file);
    let remembered = tolerate(keeper.last_known.read(), &keeper.shared.health)?;
    if keeper.today.is_some() {
        keeper.shared.health.is_well();
    }
    Ok((keeper, remembered.unwrap_or_default()))
}

/// Most of what fails may heal while the server runs; what must be refused is given back.
fn tolerate<T>(outcome: Result<T, HistoryError>, ill: &Health) -> Result<Option<T>, HistoryError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error @ (HistoryError::Newer { .. } | HistoryError::Locked { .. })) => Err(error),
        Err(error) => {
            ill.is_ill(&error);
            Ok(None)
        }
    }
}

/// A file of a later release may mean anything; it is not touched, and neither is the rest. Where
/// there is none, those of earlier ones are brought up to date.
fn refuse_newer(dir: &Path) -> Result<(), HistoryError> {
    let days = place::days(dir).into_iter();
    let days = days.map(|(day, _)| (day_file(dir, day), schema::DAY));
    let files = days.chain([(state_file(dir), schema::STATE)]);
    let files: Vec<_> = files.filter(|(path, _)| path.exists()).collect();
    for step in [schema::refuse_if_newer, schema::bring_up_to_date] {
        for (path, steps) in &files {
            // What else is wrong will be met again where it matters.
            if let Err(error @ HistoryError::Newer { .. }) = step(path, steps) {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// The memory as the last run left it, and the file of today.
fn take_back(dir: &Path, today: Day) -> Result<(Memory, DayFile), HistoryError> {
    finish_days(dir, today);
    match take_back_day(dir, today) {
        Err(error) if day::is_damaged(&error) => {
            let aside = place::set_aside(&day_file(dir, today))?;
            tracing::error!(%error, aside = %aside.display(), "today's history is set aside");
            take_back_day(dir, today)
        }
        taken => taken,
    }
}

/// The file of `today`, and those before it, with all that earlier runs left out of pieces.
pub(super) fn settled(dir: &Path, today: Day) -> Result<DayFile, HistoryError> {
    finish_days(dir, today);
    let (memory, mut file) = take_back_day(dir, today)?;
    write_rest(memory, &mut file)?;
    Ok(file)
}

/// Days that are over get their last pieces, once: a start is as quick however many are kept.
fn finish_days(dir: &Path, today: Day) {
    for (day, _) in place::days(dir) {
        if today <= day || day::is_finished(&day_file(dir, day)) {
            continue;
        }
        let finished = take_back_day(dir, day).and_then(|(memory, mut file)| {
            write_rest(memory, &mut file)?;
            file.finish();
            Ok(())
        });
        if let Err(error) = finished {
            tracing::warn!(%error, day = %day.date(), "a day of history cannot be read");
        }
    }
}

/// Writes as pieces what a run that is over left in its log.
fn write_rest(mut memory: Memory, file: &mut DayFile) -> Result<(), HistoryError> {
    memory.seal_all(&mut Press::default());
    if memory.sealed.is_empty() {
        return Ok(());
    }
    file.commit(&Batch {
        n: memory.saved_n + 1,
        at_ms: memory.at_ms,
        run_since_ms: None,
        frame: Frame::default(),
        first_n_needed: memory.saved_n + 1,
        sealed: memory.sealed.iter().cloned().collect(),
        keyframes: Vec::new(),
        names: Names::default(),
    })
}

/// The memory as the file of `day` tells it: what no piece has yet is pending again.
fn take_back_day(dir: &Path, day: Day) -> Result<(Memory, DayFile), HistoryError> {
    let file = DayFile::open(dir, day)?;
    let mut memory = Memory::new();
    memory.adopt(file.names()?);
    let (last_n, frames) = file.unsealed()?;
    memory.saved_n = last_n;
    memory.counted_since = Some(day);
    let oldest = file.oldest_frame_at_ms()?;
    let sealed = match oldest {
        Some(at_ms) => file.sealed_up_to(slot_of(at_ms) - 1)?,
        None => HashMap::new(),
    };
    let lost = take_back_rows(&mut memory, &frames, &sealed);
    if !lost.is_empty() {
        let n_devices = lost.len();
        tracing::error!(n_devices, day = %day.date(), "the last minutes of some devices are lost");
    }
    Ok((memory, file))
}

/// Makes the rows of frames that are in no piece pending again; which devices have some that
/// nobody can read.
fn take_back_rows(
    memory: &mut Memory,
    frames: &[Rows],
    sealed: &HashMap<u32, u64>,
) -> HashSet<u32> {
    let mut lost = HashSet::new();
    for rows in frames {
        for (v, row) in frame::rows(&rows.rows) {
            let is_sealed = sealed.get(&v).is_some_and(|n| rows.n <= *n);
            if !is_sealed && !lost.contains(&v) && !memory.restore_row(v, row, rows.n) {
                lost.insert(v);
            }
        }
    }
    lost
}

#[cfg(test)]
mod tests;
