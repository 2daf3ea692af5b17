//! The one task that owns the watch.
//!
//! It takes what waits in the inbox by pieces, new orders, and who takes note; it tells viewers,
//! whoever wants events, and the file. None of those holds it up: events that find their way full
//! are counted and dropped, and a file that cannot be written is tried again while the watch goes
//! on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, yield_now};
use tokio_util::sync::CancellationToken;

use super::book::News;
use super::desk::{Alarms, Command};
use super::error::AlarmError;
use super::inbox::{Inbox, Waiting};
use super::watch::Watch;
use crate::domain::alarm::{Alarm, AlarmChanges, AlarmEvent};
use crate::domain::order::Orders;
use crate::domain::{Vehicle, VehicleId};

/// Vehicles looked at before others run.
const PIECE: usize = 250;
/// Without anything due it wakes up this often.
const AT_LEAST_EVERY: Duration = Duration::from_mins(1);
/// A file that could not be written is tried again after this.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// Alarms that wait for the disk; beyond that the oldest that are over are not kept.
const MAX_UNSAVED: usize = 20_000;

/// Who takes note, on their way to the watch.
#[derive(Debug)]
pub struct Commands(pub(super) mpsc::Receiver<Command>);

/// What the task listens to.
#[derive(Debug)]
pub struct Ears {
    /// Changes of the fleet.
    pub inbox: Inbox,
    /// What is to be looked out for.
    pub orders: watch::Receiver<Arc<Orders>>,
    /// Who takes note.
    pub commands: Commands,
}

/// Whom the task tells.
#[derive(Debug)]
pub struct Mouths<T> {
    /// What changed of the open alarms, for viewers. Must not block.
    pub viewers: T,
    /// What became of each alarm, for whoever tells of it elsewhere; full, it gets no more.
    pub events: Option<mpsc::Sender<(AlarmEvent, Arc<Alarm>)>>,
}

/// Watches until `shutdown`.
pub async fn run<T: FnMut(AlarmChanges, Timestamp) + Send>(
    mut watch: Watch,
    alarms: Alarms,
    mut ears: Ears,
    mut mouths: Mouths<T>,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) {
    (mouths.viewers)(all_open(&watch), clock());
    ears.orders.mark_changed();
    let mut file = File::new(alarms);
    let mut are_orders_open = true;
    loop {
        let wait = wait_for(watch.next_at(), clock());
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            changed = ears.orders.changed(), if are_orders_open => {
                are_orders_open = changed.is_ok();
                let orders = Arc::clone(&ears.orders.borrow_and_update());
                watch.order(orders, clock());
            }
            Some(command) = ears.commands.0.recv() => match command {
                Command::Acknowledge { ids, by, answer } => {
                    let note = |id: &u64| watch.acknowledge(*id, &by, clock());
                    // Who asked may have gone.
                    let _ = answer.send(ids.iter().filter_map(note).collect());
                }
                Command::Erase { vehicle, answer } => {
                    let closed = watch.forget(&vehicle);
                    let changes = AlarmChanges { closed, ..AlarmChanges::default() };
                    (mouths.viewers)(changes, clock());
                    let _ = answer.send(file.erase(&vehicle).await);
                }
            },
            () = file.step() => {}
            () = ears.inbox.wait() => take(&mut watch, ears.inbox.take(), clock).await,
            () = tokio::time::sleep(wait) => {}
        }
        watch.tick(clock());
        tell(&mut watch, &mut mouths, &mut file, clock());
        file.begin(clock());
    }
    take(&mut watch, ears.inbox.take(), clock).await;
    tell(&mut watch, &mut mouths, &mut file, clock());
    file.finish(clock()).await;
}

fn all_open(watch: &Watch) -> AlarmChanges {
    let changed: Vec<Arc<Alarm>> = watch.open().cloned().collect();
    gauge(changed.len());
    AlarmChanges {
        changed,
        closed: Vec::new(),
    }
}

async fn take(watch: &mut Watch, waiting: Waiting, clock: fn() -> Timestamp) {
    let Waiting {
        vehicles,
        removed,
        sources,
    } = waiting;
    let sources: Vec<_> = sources.into_values().collect();
    watch.hear(&sources, clock());
    let removed: Vec<_> = removed.into_iter().collect();
    watch.remove(&removed, clock());
    let mut vehicles: Vec<Arc<Vehicle>> = vehicles.into_values().collect();
    // Alarms of one moment are numbered alike, whatever the map's order.
    vehicles.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    for piece in vehicles.chunks(PIECE) {
        watch.observe(piece, clock());
        yield_now().await;
    }
}

fn tell<T: FnMut(AlarmChanges, Timestamp)>(
    watch: &mut Watch,
    mouths: &mut Mouths<T>,
    file: &mut File,
    now: Timestamp,
) {
    let News { alarms, events } = watch.take_news();
    if alarms.is_empty() {
        return;
    }
    let mut changes = AlarmChanges::default();
    for alarm in alarms.values() {
        if alarm.is_open() {
            changes.changed.push(Arc::clone(alarm));
        } else {
            changes.closed.push(alarm.id);
        }
    }
    file.add(alarms);
    (mouths.viewers)(changes, now);
    gauge(watch.open().count());
    for event in events {
        if let Some(sink) = &mouths.events
            && sink.try_send(event).is_err()
        {
            metrics::counter!("fleetglass_alarm_events_dropped_total").increment(1);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of alarms")]
fn gauge(n_open: usize) {
    metrics::gauge!("fleetglass_alarms_open").set(n_open as f64);
}

fn wait_for(next_at: Option<Timestamp>, now: Timestamp) -> Duration {
    let wait = next_at.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
    wait.map_or(AT_LEAST_EVERY, |wait| wait.min(AT_LEAST_EVERY))
}

/// What is not in the file yet, and the writing of it.
struct File {
    alarms: Alarms,
    unsaved: BTreeMap<u64, Arc<Alarm>>,
    writing: Option<JoinHandle<Result<(), AlarmError>>>,
    being_written: BTreeMap<u64, Arc<Alarm>>,
    again_at: Option<tokio::time::Instant>,
    is_failing: bool,
}

impl File {
    fn new(alarms: Alarms) -> Self {
        Self {
            alarms,
            unsaved: BTreeMap::new(),
            writing: None,
            being_written: BTreeMap::new(),
            again_at: None,
            is_failing: false,
        }
    }

    fn add(&mut self, alarms: BTreeMap<u64, Arc<Alarm>>) {
        let put = alarms.iter().map(|(id, alarm)| (*id, Arc::clone(alarm)));
        self.alarms.shared.change(|recent| recent.extend(put));
        self.unsaved.extend(alarms);
        while MAX_UNSAVED < self.unsaved.len() {
            let over = self.unsaved.values().find(|alarm| !alarm.is_open());
            let Some(id) = over.map(|alarm| alarm.id) else {
                break;
            };
            self.unsaved.remove(&id);
            self.alarms.shared.change(|recent| {
                recent.remove(&id);
            });
        }
    }

    /// Begins to write what waits, if it is time.
    fn begin(&mut self, now: Timestamp) {
        if self.unsaved.is_empty() || self.writing.is_some() || self.again_at.is_some() {
            return;
        }
        self.being_written = std::mem::take(&mut self.unsaved);
        let batch: Vec<Arc<Alarm>> = self.being_written.values().cloned().collect();
        let shared = Arc::clone(&self.alarms.shared);
        let write = move || shared.store().save(&batch, now);
        self.writing = Some(tokio::task::spawn_blocking(write));
    }

    /// Waits until something is written, or to be tried again.
    async fn step(&mut self) {
        if let Some(writing) = &mut self.writing {
            let outcome = writing.await;
            self.writing = None;
            self.written(outcome.unwrap_or(Err(AlarmError::Over)));
        } else if let Some(at) = self.again_at {
            tokio::time::sleep_until(at).await;
            self.again_at = None;
        } else {
            std::future::pending::<()>().await;
        }
    }

    fn written(&mut self, outcome: Result<(), AlarmError>) {
        let batch = std::mem::take(&mut self.being_written);
        match outcome {
            Ok(()) => {
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("alarms are written to the disk again");
                }
                let unsaved = &self.unsaved;
                let is_done =
                    |alarm: &Arc<Alarm>| !alarm.is_open() && !unsaved.contains_key(&alarm.id);
                let done: Vec<u64> = batch
                    .values()
                    .filter(|it| is_done(it))
                    .map(|it| it.id)
                    .collect();
                self.alarms.shared.change(|recent| {
                    for id in done {
                        recent.remove(&id);
                    }
                });
            }
            Err(error) => {
                metrics::counter!("fleetglass_alarm_write_failures_total").increment(1);
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::error!(%error, "alarms cannot be written to the disk; they are watched for all the same, and writing is tried again");
                }
                for (id, alarm) in batch {
                    self.unsaved.entry(id).or_insert(alarm);
                }
                self.again_at = Some(tokio::time::Instant::now() + AGAIN_AFTER);
            }
        }
    }

    /// Forgets all alarms about a vehicle, also those that wait or are just being written.
    async fn erase(&mut self, vehicle: &VehicleId) -> Result<(), AlarmError> {
        if self.writing.is_some() {
            self.step().await;
        }
        let is_other =
            |alarm: &Arc<Alarm>| alarm.vehicle.as_ref().is_none_or(|(id, _)| id != vehicle);
        self.unsaved.retain(|_, alarm| is_other(alarm));
        let shared = Arc::clone(&self.alarms.shared);
        shared.change(|recent| recent.retain(|_, alarm| is_other(alarm)));
        let vehicle = vehicle.clone();
        let erase = move || shared.store().erase(vehicle.as_str());
        let erased = tokio::task::spawn_blocking(erase).await;
        erased.unwrap_or(Err(AlarmError::Over))
    }

    /// Writes what is left, once.
    async fn finish(mut self, now: Timestamp) {
        if self.writing.is_some() {
            self.step().await;
        }
        self.again_at = None;
        self.begin(now);
        if self.writing.is_some() {
            self.step().await;
        }
    }
}
