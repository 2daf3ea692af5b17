//! The watch for alarms: what it is built from, and whom it tells.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::alarm::writer::{self, Commands, Ears, Mouths};
use crate::alarm::{AlarmError, Alarms, Inbox, Kept, Watch};
use crate::clock;
use crate::desk::Desk;
use crate::domain::alarm::{Alarm, AlarmChanges, AlarmEvent};
use crate::domain::order::Orders;
use crate::live::encoder::Encoder;
use crate::webhook::Webhooks;

/// The file of alarms, opened.
#[derive(Debug)]
pub(super) struct Opened {
    alarms: Alarms,
    kept: Kept,
    commands: Commands,
}

impl Opened {
    /// Opens the file in `dir`, or keeps all in memory.
    pub(super) fn open(dir: Option<&Path>) -> Result<Self, AlarmError> {
        let (alarms, kept, commands) = Alarms::open(dir)?;
        Ok(Self {
            alarms,
            kept,
            commands,
        })
    }
}

/// Where the watch meets what the desk orders, and whoever is told elsewhere.
pub(super) struct Seam {
    /// What is to be looked out for; the first value must be the whole of it already, since alarms
    /// of rules that are not there end.
    pub(super) orders: watch::Receiver<Arc<Orders>>,
    /// Who is told what became of each alarm.
    pub(super) events: Option<mpsc::Sender<(AlarmEvent, Arc<Alarm>)>>,
}

impl Seam {
    /// What the desk orders, and the webhooks.
    pub(super) fn of(
        desk: &Desk,
        webhooks: &Webhooks,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        Self {
            orders: desk.orders(),
            events: Some(super::desk::tell(desk, webhooks, tasks, stop)),
        }
    }
}

/// Starts the task; gives what others hold of it, and where it hears of the fleet.
pub(super) fn start(
    opened: Opened,
    seam: Seam,
    encoder: &Arc<Encoder>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> (Alarms, Inbox) {
    let (inbox, alarms) = (Inbox::default(), opened.alarms.clone());
    let Kept { open, next_id } = opened.kept;
    let orders = Arc::clone(&seam.orders.borrow());
    let watch = Watch::new(open, next_id, orders);
    let ears = Ears {
        inbox: inbox.clone(),
        orders: seam.orders,
        commands: opened.commands,
    };
    let encoder = Arc::clone(encoder);
    let mouths = Mouths {
        viewers: move |changes: AlarmChanges, now: Timestamp| encoder.tell_alarms(changes, now),
        events: seam.events,
    };
    let stop = stop.clone();
    tasks.spawn(writer::run(
        watch,
        opened.alarms,
        ears,
        mouths,
        clock::now,
        stop,
    ));
    (alarms, inbox)
}
