//! The start: takes hold of the directory, refuses what must not be touched, and takes back what
//! the last run left behind.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::chunk::Press;
use super::day::{self, Batch, DayFile, Names};
use super::error::HistoryError;
use super::keeper::{HistorySettings, Keeper, Shared};
use super::memory::Memory;
use super::piece::{frame_rows, slot_of};
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

/// A file of a later release may mean anything; it is not touched, and neither is the rest.
fn refuse_newer(dir: &Path) -> Result<(), HistoryError> {
    let days = place::days(dir).into_iter();
    let days = days.map(|(day, _)| (day_file(dir, day), schema::DAY));
    for (path, steps) in days.chain([(state_file(dir), schema::STATE)]) {
        if !path.exists() {
            continue;
        }
        // What else is wrong will be met again where it matters.
        if let Err(error @ HistoryError::Newer { .. }) = schema::open_to_write(&path, steps) {
            return Err(error);
        }
    }
    Ok(())
}

/// The memory as the last run left it, and the file of today.
fn take_back(dir: &Path, today: Day) -> Result<(Memory, DayFile), HistoryError> {
    for (day, _) in place::days(dir) {
        if day < today {
            finish_day(dir, day);
        }
    }
    match take_back_day(dir, today) {
        Err(error) if day::is_damaged(&error) => {
            let aside = place::set_aside(&day_file(dir, today))?;
            tracing::error!(%error, aside = %aside.display(), "today's history is set aside");
            take_back_day(dir, today)
        }
        taken => taken,
    }
}

/// A day that is over gets its last pieces, if the run ended before it had them.
fn finish_day(dir: &Path, day: Day) {
    let finished = take_back_day(dir, day).and_then(|(mut memory, mut file)| {
        let batch = {
            memory.seal_all(&mut Press::default());
            Batch {
                n: memory.saved_n + 1,
                at_ms: memory.at_ms,
                run_since_ms: None,
                frame: Vec::new(),
                first_n_needed: memory.saved_n + 1,
                sealed: memory.sealed.iter().cloned().collect(),
                keyframes: Vec::new(),
                names: Names::default(),
            }
        };
        if !batch.sealed.is_empty() {
            file.commit(&batch)?;
            file.finish();
        }
        Ok(())
    });
    if let Err(error) = finished {
        tracing::warn!(%error, day = %day.date(), "a day of history cannot be read");
    }
}

/// The memory as the file of `day` tells it: what no piece has yet is pending again.
fn take_back_day(dir: &Path, day: Day) -> Result<(Memory, DayFile), HistoryError> {
    let file = DayFile::open(dir, day)?;
    let mut memory = Memory::new();
    memory.adopt(file.names()?);
    let (last_n, frames) = file.unsealed()?;
    memory.saved_n = last_n;
    let oldest = file.oldest_frame_at_ms()?;
    let sealed = match oldest {
        Some(at_ms) => file.sealed_up_to(slot_of(at_ms) - 1)?,
        None => HashMap::new(),
    };
    for frame in &frames {
        for (v, row) in frame_rows(&frame.rows) {
            let is_sealed = sealed.get(&v).is_some_and(|n| frame.n <= *n);
            if !is_sealed && !memory.restore_row(v, row, frame.n) {
                return Err(HistoryError::Torn {
                    path: day_file(dir, day),
                });
            }
        }
    }
    Ok((memory, file))
}
