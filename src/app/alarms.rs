//! The watch for alarms: what it is built from, and whom it tells.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::alarm::writer::{self, Commands, Ears, Mouths};
use crate::alarm::{AlarmError, Alarms, Inbox, Kept, Watch};
use crate::clock;
use crate::domain::alarm::{Alarm, AlarmChanges, AlarmEvent};
use crate::domain::order::{Orders, Rule, RuleKind, Severity, Whom};
use crate::live::encoder::Encoder;

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

    /// What others hold of it.
    pub(super) fn handle(&self) -> Alarms {
        self.alarms.clone()
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
    /// The orders that a new server begins with, and nobody is told elsewhere.
    pub(super) fn usual() -> Self {
        Self {
            // Nobody changes them: the watch goes on with what it has.
            orders: watch::channel(Arc::new(first_orders())).1,
            events: None,
        }
    }
}

/// Starts the task.
pub(super) fn start(
    opened: Opened,
    seam: Seam,
    inbox: &Inbox,
    encoder: &Arc<Encoder>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
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
}

/// What every server looks out for until somebody says otherwise.
fn first_orders() -> Orders {
    let rules = [
        ("panic", "Panic button", RuleKind::Panic, Severity::Alarm),
        (
            "source-down",
            "Feed down",
            RuleKind::SourceDown,
            Severity::Warning,
        ),
    ];
    let rule = |(id, name, kind, severity): (&str, &str, RuleKind, Severity)| {
        let rule = Rule {
            id: id.into(),
            name: name.into(),
            kind,
            severity,
            is_enabled: true,
            whom: Whom::default(),
            quiet: None,
            repeat_after: None,
            webhooks: BTreeSet::new(),
        };
        (Arc::clone(&rule.id), Arc::new(rule))
    };
    Orders {
        places: BTreeMap::new(),
        rules: rules.map(rule).into(),
        out_of_service: BTreeMap::new(),
    }
}
