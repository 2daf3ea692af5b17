//! What others hold of the alarms: the open ones, the past, and the way to take note.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::{mpsc, oneshot};

use super::error::AlarmError;
use super::store::{Kept, Store};
use crate::domain::VehicleId;
use crate::domain::alarm::Alarm;

/// Notes that may wait for the watch; who has another waits itself.
const MAX_COMMANDS: usize = 64;

/// All alarms; clones are the same. Nothing of it waits for the watch but [`Alarms::acknowledge`].
#[derive(Clone, Debug)]
pub struct Alarms {
    pub(super) shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
}

/// What the watch and all others hold.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Mutex<Store>,
    /// Those that are open, and those whose newest state is not in the file yet.
    recent: RwLock<BTreeMap<u64, Arc<Alarm>>>,
}

/// What is asked of the watch.
#[derive(Debug)]
pub(super) enum Command {
    /// Somebody takes note of alarms; the answer has those that are open.
    Acknowledge {
        ids: Vec<u64>,
        by: Arc<str>,
        answer: oneshot::Sender<Vec<Arc<Alarm>>>,
    },
    /// All alarms about a vehicle are to be forgotten.
    Erase {
        vehicle: VehicleId,
        answer: oneshot::Sender<Result<(), AlarmError>>,
    },
}

/// Some alarms of the past, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Them.
    pub alarms: Vec<Arc<Alarm>>,
    /// There may be more, with smaller ids than this.
    pub before: Option<u64>,
}

impl Alarms {
    /// Opens the file in `dir`, or keeps all in memory; with what the run before left, and what the
    /// watch listens to.
    ///
    /// # Errors
    /// The file cannot be opened, or is of a later release.
    pub fn open(dir: Option<&Path>) -> Result<(Self, Kept, super::writer::Commands), AlarmError> {
        let store = Store::open(dir)?;
        let kept = store.kept()?;
        let recent = kept.open.iter().map(|it| (it.id, Arc::new(it.clone())));
        let recent = RwLock::new(recent.collect());
        let (commands, receiver) = mpsc::channel(MAX_COMMANDS);
        let store = Mutex::new(store);
        let alarms = Self {
            shared: Arc::new(Shared { store, recent }),
            commands,
        };
        Ok((alarms, kept, super::writer::Commands(receiver)))
    }

    /// All open alarms, the newest first.
    pub fn all_open(&self) -> Vec<Arc<Alarm>> {
        let recent = self.shared.recent();
        let open = recent.values().rev().filter(|alarm| alarm.is_open());
        open.cloned().collect()
    }

    /// Up to `limit` alarms whose ids are below `before`, the newest first. Reads the disk.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn page(&self, before: Option<u64>, limit: usize) -> Result<Page, AlarmError> {
        let before = before.unwrap_or(u64::MAX);
        let kept = self.shared.store().page(before, limit)?;
        let mut all: BTreeMap<u64, Arc<Alarm>> =
            kept.into_iter().map(|it| (it.id, Arc::new(it))).collect();
        let is_full = all.len() == limit;
        // What is not in the file yet, or is there as it was; nothing older than the page.
        let oldest = all.keys().next().copied().filter(|_| is_full).unwrap_or(0);
        let recent = self.shared.recent();
        let newer = recent.range(oldest..before);
        all.extend(newer.map(|(id, alarm)| (*id, Arc::clone(alarm))));
        drop(recent);
        let mut alarms: Vec<Arc<Alarm>> = all.into_values().rev().collect();
        let is_more = is_full || limit < alarms.len();
        alarms.truncate(limit);
        let last = alarms.last().map(|alarm| alarm.id);
        Ok(Page {
            alarms,
            before: last.filter(|_| is_more),
        })
    }

    /// One alarm. Reads the disk where it is long over.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&self, id: u64) -> Result<Option<Arc<Alarm>>, AlarmError> {
        if let Some(alarm) = self.shared.recent().get(&id) {
            return Ok(Some(Arc::clone(alarm)));
        }
        Ok(self.shared.store().get(id)?.map(Arc::new))
    }

    /// Notes that `by` took note of those that are open; gives them. The first name stays.
    ///
    /// # Errors
    /// The watch has ended.
    pub async fn acknowledge(
        &self,
        ids: Vec<u64>,
        by: Arc<str>,
    ) -> Result<Vec<Arc<Alarm>>, AlarmError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Acknowledge { ids, by, answer }).await?;
        answered.await.map_err(|_gone| AlarmError::Over)
    }

    /// Forgets all alarms about a vehicle, for good. What lasts is raised anew.
    ///
    /// # Errors
    /// The watch has ended, or the file cannot be written.
    pub async fn erase(&self, vehicle: VehicleId) -> Result<(), AlarmError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Erase { vehicle, answer }).await?;
        answered.await.unwrap_or(Err(AlarmError::Over))
    }

    async fn ask(&self, command: Command) -> Result<(), AlarmError> {
        let sent = self.commands.send(command).await;
        sent.map_err(|_gone| AlarmError::Over)
    }
}

impl Shared {
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        // A transaction that was not committed is none.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts what differs; forgets what is over and in the file.
    pub(super) fn change(&self, change: impl FnOnce(&mut BTreeMap<u64, Arc<Alarm>>)) {
        change(&mut self.recent.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn recent(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<u64, Arc<Alarm>>> {
        self.recent.read().unwrap_or_else(PoisonError::into_inner)
    }
}
