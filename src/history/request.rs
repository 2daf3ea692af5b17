//! What others ask the writing thread for, and wait for.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use super::digest;
use super::erase::{self, Erased, Whom};
use super::error::HistoryError;
use super::keeper::{Keeper, Shared};
use super::past;
use super::place::{self, Day};
use super::record::{Place, Record};
use crate::domain::{DeviceKey, VehicleId};
use crate::fleet::Fix;

/// Where the answer goes. Whoever asked may be gone by then, which is no error.
type Answer<T> = SyncSender<Result<T, HistoryError>>;

/// A request.
#[derive(Debug)]
pub(super) enum Request {
    /// Write all that came before.
    Flush(Answer<()>),
    /// Remember fixes that come from the vendor's history.
    Fill(DeviceKey, Vec<Fix>, Answer<()>),
    /// Forget a vehicle, as far as today's file, the last known states and the memory have it.
    Erase(VehicleId, Answer<ErasedNow>),
}

/// Who was forgotten, what of it, which day that was, and whether no trace is left.
type ErasedNow = (Whom, Erased, Option<Day>, Result<(), HistoryError>);

/// Asks and waits.
pub(super) fn ask<T>(
    shared: &Arc<Shared>,
    request: impl FnOnce(Answer<T>) -> Request,
) -> Result<T, HistoryError> {
    let (answer, answered) = sync_channel(1);
    let asked = shared.queue.ask(request(answer));
    asked.map_err(|_request| HistoryError::Stopping)?;
    answered.recv().map_err(|_gone| HistoryError::Stopping)?
}

/// Asks, and does not wait.
pub(super) fn tell<T>(shared: &Arc<Shared>, request: impl FnOnce(Answer<T>) -> Request) {
    let (answer, _unheard) = sync_channel(1);
    // Whoever is about to stop remembers no more.
    let _ = shared.queue.ask(request(answer));
}

impl Keeper {
    pub(super) fn see_to(&mut self, request: Request) {
        match request {
            Request::Flush(answer) => {
                let flushed = self.write_now();
                let _ = answer.send(flushed);
            }
            Request::Fill(key, fixes, answer) => {
                self.fill(&key, &fixes);
                let _ = answer.send(Ok(()));
            }
            Request::Erase(id, answer) => {
                let erased = self.erase(&id);
                let _ = answer.send(erased);
            }
        }
    }

    /// Writes what is there, whatever the time.
    fn write_now(&mut self) -> Result<(), HistoryError> {
        if self.committed_at_ms == 0 {
            return Ok(());
        }
        // The next tick is later than this.
        let at_ms = self.shared.memory().at_ms + 1;
        self.last_known.make_due();
        self.commit_to_disk(at_ms, true);
        let status = self.shared.health.now();
        status
            .error
            .map_or(Ok(()), |error| Err(HistoryError::Unwell(error)))
    }

    fn fill(&mut self, key: &DeviceKey, fixes: &[Fix]) {
        let mut memory = self.shared.memory();
        let at_ms = memory.at_ms;
        let v = digest::number(&mut memory, key, &mut self.news);
        let card = memory.holder(v);
        for fix in fixes {
            let record = Record {
                at_ms,
                card,
                place: Some(Place::of_fix(fix)),
                is_fix: true,
                is_filled: true,
                ..Record::default()
            };
            memory.append(v, &record, &mut self.news.frame);
        }
    }

    fn erase(&mut self, id: &VehicleId) -> Result<ErasedNow, HistoryError> {
        // Then the files have all of it, and there is one way to erase.
        self.shared.memory().seal_all(&mut self.press);
        // Before anything is erased that tells of its trackers.
        let devices = past::devices_of(&self.shared, id, i64::MIN)?;
        let whom = Whom::of(&self.shared.memory(), id, devices);
        if self.shared.settings.dir.is_none() {
            let erased = self.erase_from_memory(&whom);
            return Ok((whom, erased, None, Ok(())));
        }
        self.write_now()?;
        // First, as the cards that tell of its trackers go next: asked again, they are there still.
        let last = match self.last_known.erase(&whom.devices) {
            // Only its log is left to be emptied.
            last @ (Ok(()) | Err(HistoryError::Unwell(_))) => last,
            Err(error) => return Err(error),
        };
        let Some(today) = &mut self.today else {
            return Ok((whom, Erased::default(), None, last));
        };
        let erased = erase::from_day(today, &whom, &mut self.press)?;
        // Even where an erasure before this one left nobody to be found.
        let emptied = today.empty_log();
        let day = today.day;
        // What the file does not have, the memory must not count on, whatever became of the log.
        let mut memory = self.shared.memory();
        memory.forget_vehicle(&whom.id);
        for id in &whom.former {
            memory.forget_vehicle(id);
        }
        for key in &erased.devices {
            if let Some(v) = memory.find(key) {
                memory.forget_stream(v);
            }
        }
        drop(memory);
        Ok((whom, erased, Some(day), last.and(emptied)))
    }

    /// Without a store all of it is pieces in memory by now.
    fn erase_from_memory(&mut self, whom: &Whom) -> Erased {
        let mut memory = self.shared.memory();
        let names = memory.names();
        let who = erase::Who::of(&names, whom);
        let erased = memory.erase_sealed(&who, &mut self.press);
        memory.forget_vehicle(&whom.id);
        for v in &who.own {
            memory.forget_stream(*v);
        }
        erased
    }
}

/// Forgets a vehicle in memory and in the files of all days. Where one of them does not let it be
/// done, the others are seen to all the same; it is to be asked again then.
pub(super) fn erase_everywhere(
    shared: &Arc<Shared>,
    id: &VehicleId,
) -> Result<Erased, HistoryError> {
    let asked = ask(shared, |answer| Request::Erase(id.clone(), answer))?;
    let (whom, mut all, today, mut done) = asked;
    let Some(dir) = &shared.settings.dir else {
        return done.map(|()| all);
    };
    let days = place::days(dir).into_iter().map(|(day, _)| day);
    for day in days.filter(|day| Some(*day) != today) {
        match erase::from_closed_day(dir, day, &whom) {
            Ok(erased) => all.add(&erased),
            Err(error) => done = done.and(Err(error)),
        }
    }
    for (day, path) in place::asides(dir) {
        done = done.and(erase::from_aside(&path, day, &whom));
    }
    done.map(|()| all)
}
