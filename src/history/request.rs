//! What others ask the writing thread for, and wait for.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use super::digest;
use super::erase::{self, Erased};
use super::error::HistoryError;
use super::keeper::{Keeper, Shared};
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
    /// Forget the last state of these devices of a vehicle.
    ForgetLast(VehicleId, Vec<DeviceKey>, Answer<()>),
    /// Forget a vehicle, as far as today's file and the memory have it; the answer says which
    /// day that was.
    Erase(VehicleId, Answer<(Erased, Option<Day>)>),
}

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
            Request::ForgetLast(id, devices, answer) => {
                let forgotten = self.forget_last(&id, devices);
                let _ = answer.send(forgotten);
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

    fn erase(&mut self, id: &VehicleId) -> Result<(Erased, Option<Day>), HistoryError> {
        // Then the files have all of it, and there is one way to erase.
        self.shared.memory().seal_all(&mut self.press);
        if self.shared.settings.dir.is_none() {
            return Ok((self.erase_from_memory(id), None));
        }
        self.write_now()?;
        let Some(today) = &mut self.today else {
            return Ok((Erased::default(), None));
        };
        let erased = erase::from_day(today, id, &mut self.press)?;
        let day = today.day;
        let mut memory = self.shared.memory();
        memory.forget_vehicle(id);
        for key in &erased.devices {
            if let Some(v) = memory.find(key) {
                memory.forget_stream(v);
            }
        }
        drop(memory);
        Ok((erased, Some(day)))
    }

    fn forget_last(
        &mut self,
        id: &VehicleId,
        mut devices: Vec<DeviceKey>,
    ) -> Result<(), HistoryError> {
        let memory = self.shared.memory();
        let is_elsewhere = |key: &DeviceKey| {
            let card = memory.find(key).and_then(|v| memory.card(memory.holder(v)));
            card.is_some_and(|card| card.id != *id)
        };
        devices.retain(|key| !is_elsewhere(key));
        drop(memory);
        self.last_known.erase(&devices)
    }

    /// Without a store all of it is pieces in memory by now.
    fn erase_from_memory(&mut self, id: &VehicleId) -> Erased {
        let mut memory = self.shared.memory();
        let names = memory.names();
        let who = erase::Who::of(&names, id);
        let erased = memory.erase_sealed(&who, &mut self.press);
        memory.forget_vehicle(id);
        for v in &who.own {
            memory.forget_stream(*v);
        }
        erased
    }
}

/// Forgets a vehicle in memory and in the files of all days.
pub(super) fn erase_everywhere(
    shared: &Arc<Shared>,
    id: &VehicleId,
) -> Result<Erased, HistoryError> {
    let (mut all, today) = ask(shared, |answer| Request::Erase(id.clone(), answer))?;
    let Some(dir) = &shared.settings.dir else {
        return Ok(all);
    };
    let done: HashSet<Day> = today.into_iter().collect();
    for (day, _) in place::days(dir) {
        if !done.contains(&day) {
            all.add(&erase::from_closed_day(dir, day, id)?);
        }
    }
    let devices = all.devices.clone();
    ask(shared, |answer| {
        Request::ForgetLast(id.clone(), devices, answer)
    })?;
    Ok(all)
}
