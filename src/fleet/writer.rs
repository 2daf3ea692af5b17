//! The one task that owns the fleet.
//!
//! It takes reports as they come and publishes what changed at each tick. Coalescing happens
//! here: however often a vehicle was observed within a tick, viewers get it once. All of it is
//! done in pieces: a flood of reports does not hold up the tick, nor a great tick whatever else
//! runs on the same thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;

use super::off_duty::Notice;
use super::{Changes, Fleet, FleetSettings};
use crate::domain::Report;

/// Where changes go. Must not block: a slow reader is the publisher's affair.
pub trait Publish: Send + 'static {
    /// Whether it would take changes now; else the fleet keeps them, and they come as one later.
    fn is_ready(&self) -> bool {
        true
    }

    /// Takes the changes of one tick, which may be empty.
    fn publish(&mut self, changes: Changes, now: Timestamp);
}

/// A sign of life that others can read without asking the writer.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    beat_at_ms: Arc<AtomicI64>,
    have_all_answered: Arc<AtomicBool>,
}

impl Pulse {
    /// When the writer last ticked; `None` before the first tick.
    pub fn last_beat_at(&self) -> Option<Timestamp> {
        match self.beat_at_ms.load(Ordering::Relaxed) {
            0 => None,
            at_ms => Timestamp::from_millisecond(at_ms).ok(),
        }
    }

    /// Whether each source has answered or failed once.
    pub fn have_all_answered(&self) -> bool {
        self.have_all_answered.load(Ordering::Relaxed)
    }

    fn beat(&self, fleet: &Fleet, now: Timestamp) {
        self.beat_at_ms
            .store(now.as_millisecond(), Ordering::Relaxed);
        self.have_all_answered
            .store(fleet.have_all_answered(), Ordering::Relaxed);
    }
}

/// Whom the writer listens to.
#[derive(Debug)]
pub struct Inbox {
    /// What sources say. The fleet ends when nobody can report any more.
    pub reports: mpsc::Receiver<Report>,
    /// New settings for the fleet, as the operator changes them; may be closed.
    pub settings: mpsc::Receiver<FleetSettings>,
}

/// Runs the fleet until `shutdown`, or until nobody can report any more; what was reported by then
/// is published, with all that a store should keep.
///
/// `clock` is asked once per piece of what was heard and once per tick.
pub async fn run(
    mut fleet: Fleet,
    mut inbox: Inbox,
    mut publisher: impl Publish,
    tick: Duration,
    pulse: Pulse,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) {
    let mut ticks = tokio::time::interval(tick);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // What is due comes before what is waiting.
            biased;
            () = shutdown.cancelled() => break,
            _ = ticks.tick() => {
                let now = clock();
                age(&mut fleet, now).await;
                if publisher.is_ready() {
                    let is_due = fleet.is_memory_due(now);
                    let changes = take_changes(&mut fleet, is_due, now).await;
                    publisher.publish(changes, now);
                }
                pulse.beat(&fleet, now);
            }
            // Timers are looked at only when a task lets go of its thread.
            () = yield_now(), if fleet.is_behind() => {
                fleet.work(clock());
            }
            // Once closed it gives nothing any more, and this arm is passed over.
            Some(settings) = inbox.settings.recv() => {
                let mut change = fleet.begin_reconfiguration(settings, clock());
                while fleet.reconfigure_some(&mut change) {
                    yield_now().await;
                }
            }
            report = inbox.reports.recv(), if !fleet.is_behind() => match report {
                Some(report) => {
                    fleet.hear(report);
                    fleet.work(clock());
                }
                None => break,
            }
        }
    }
    // What was said is heard, and remembered, whoever still looks.
    inbox.reports.close();
    while let Some(report) = inbox.reports.recv().await {
        fleet.hear(report);
    }
    let now = clock();
    while fleet.is_behind() {
        fleet.work(now);
        yield_now().await;
    }
    age(&mut fleet, now).await;
    let changes = take_changes(&mut fleet, true, now).await;
    publisher.publish(changes, now);
}

/// Lets time pass, by pieces.
async fn age(fleet: &mut Fleet, now: Timestamp) {
    // Records that waited for their names until now are taken in after the tick, by pieces too.
    fleet.release_overdue(now);
    let mut step = fleet.begin_step(now);
    while fleet.age_some(&mut step) {
        yield_now().await;
    }
    for plate in fleet.take_doubtful_plates() {
        tracing::warn!(
            registration = %plate,
            "a source has this registration twice; it merges nothing. \
             Correct it at the vendor or name the devices in the roster"
        );
    }
    fleet.take_notices().iter().for_each(tell);
}

/// Tells the operator of hours that do less, or more, than they seem to.
fn tell(notice: &Notice) {
    match notice {
        Notice::NobodyIn(group) => tracing::warn!(
            %group,
            "[[off_duty]] names a group that no vehicle is in, so its hours hold for nobody. \
             Compare it with the groups on the map: they are the same to the letter, or not at all"
        ),
        Notice::Unknown { source, n_devices } => tracing::warn!(
            source.id = %source,
            trackers = n_devices,
            "the groups of these trackers are not known, so they are off duty in the hours of all. \
             See why the vendor's list of vehicles does not name them, or give them groups in the \
             roster"
        ),
        Notice::Known(source) => tracing::info!(
            source.id = %source,
            "the groups of all trackers are known again"
        ),
    }
}

/// What changed, gathered by pieces; with what a store should keep, if that is due.
async fn take_changes(fleet: &mut Fleet, is_memory_due: bool, now: Timestamp) -> Changes {
    let mut changes = Changes::default();
    while fleet.gather(&mut changes) {
        yield_now().await;
    }
    if is_memory_due {
        while fleet.remember(&mut changes, now) {
            yield_now().await;
        }
    }
    fleet.complete(&mut changes, now);
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        DeviceKey, Facts, Label, Mode, Observation, Origin, Reading, Said, SourceId,
    };
    use crate::fleet::intake::PIECE;
    use crate::fleet::{SourceIntro, ageing};

    const TICK: Duration = Duration::from_millis(250);

    /// Tells how many vehicles each tick changed.
    struct Counter(mpsc::Sender<usize>);

    impl Publish for Counter {
        fn publish(&mut self, changes: Changes, _now: Timestamp) {
            let _ = self.0.try_send(changes.vehicles.len());
        }
    }

    fn inbox(reports: mpsc::Receiver<Report>) -> Inbox {
        // Nobody changes the settings.
        let (_, settings) = mpsc::channel(1);
        Inbox { reports, settings }
    }

    fn source() -> SourceId {
        SourceId::new("a")
    }

    fn fleet() -> Fleet {
        fleet_with(FleetSettings::default())
    }

    fn fleet_with(settings: FleetSettings) -> Fleet {
        let intro = SourceIntro {
            id: source(),
            kind: "test",
            mode: Mode::Poll,
            interval: jiff::SignedDuration::from_secs(15),
            sandbox: false,
        };
        Fleet::new(settings, vec![intro], crate::clock::now())
    }

    fn report(said: Said) -> Report {
        Report {
            source: source(),
            at: crate::clock::now(),
            said,
        }
    }

    fn records(n: usize) -> Said {
        let record = |n: usize| Observation {
            device: DeviceKey::new(source(), n.to_string()),
            received_at: crate::clock::now(),
            origin: Origin::Poll,
            reading: Some(Reading::at(48.0, 17.0)),
            contact_at: None,
            label: Label::default(),
            facts: Facts::default(),
        };
        Said::Observed((0..n).map(record).collect())
    }

    /// Tells what each tick would have kept.
    struct Keeper(mpsc::Sender<Changes>);

    impl Publish for Keeper {
        fn publish(&mut self, changes: Changes, _now: Timestamp) {
            let _ = self.0.try_send(changes);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_said_before_the_end_is_remembered() {
        const N_VEHICLES: usize = 3 * PIECE;
        let (sender, reports) = mpsc::channel(4);
        let (keeper, mut kept) = mpsc::channel(1_000);
        sender.send(report(Said::Listed(None))).await.unwrap();
        sender.send(report(records(N_VEHICLES))).await.unwrap();
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        // A store is told every hour, and there never was a tick.
        let settings = FleetSettings {
            remember_every: Some(jiff::SignedDuration::from_hours(1)),
            ..FleetSettings::default()
        };
        run(
            fleet_with(settings),
            inbox(reports),
            Keeper(keeper),
            TICK,
            Pulse::default(),
            crate::clock::now,
            shutdown,
        )
        .await;
        let mut n_fixes = 0;
        let mut devices = std::collections::HashSet::new();
        while let Some(changes) = kept.recv().await {
            n_fixes += changes.fixes.len();
            let fixed = changes.remembered.iter().filter(|one| one.fix.is_some());
            devices.extend(fixed.map(|one| one.device.clone()));
        }
        assert_eq!((n_fixes, devices.len()), (N_VEHICLES, N_VEHICLES));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_does_not_hold_up_the_tick() {
        const N_VEHICLES: usize = 20 * PIECE;
        let (sender, reports) = mpsc::channel(4);
        let (counter, mut counts) = mpsc::channel(1_000);
        sender.send(report(Said::Listed(None))).await.unwrap();
        sender.send(report(records(N_VEHICLES))).await.unwrap();
        tokio::spawn(run(
            fleet(),
            inbox(reports),
            Counter(counter),
            TICK,
            Pulse::default(),
            crate::clock::now,
            CancellationToken::new(),
        ));
        // A tick falls due whenever the writer lets go of the thread.
        let mut told = 0;
        while told < N_VEHICLES {
            tokio::time::advance(TICK).await;
            while let Ok(n_vehicles) = counts.try_recv() {
                assert!(n_vehicles <= 2 * PIECE, "{n_vehicles} between two ticks");
                told += n_vehicles;
            }
        }
        assert_eq!(told, N_VEHICLES);
        drop(sender);
    }

    /// Takes changes only while it is awake.
    struct Sleeper(Arc<AtomicBool>, mpsc::Sender<usize>);

    impl Publish for Sleeper {
        fn is_ready(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }

        fn publish(&mut self, changes: Changes, _now: Timestamp) {
            let _ = self.1.try_send(changes.vehicles.len());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_fleet_that_changes_by_time_alone_lets_others_run_meanwhile() {
        const N_VEHICLES: usize = 20 * ageing::PIECE;
        static AHEAD_S: AtomicI64 = AtomicI64::new(0);
        let clock = || {
            let ahead = jiff::SignedDuration::from_secs(AHEAD_S.load(Ordering::Relaxed));
            crate::clock::now() + ahead
        };
        let (sender, reports) = mpsc::channel(4);
        let (counter, mut counts) = mpsc::channel(1_000);
        let is_awake = Arc::new(AtomicBool::new(true));
        let pulse = Pulse::default();
        let mut fleet = fleet();
        fleet.observe(report(Said::Listed(None)), clock());
        fleet.observe(report(records(N_VEHICLES)), clock());
        tokio::spawn(run(
            fleet,
            inbox(reports),
            Sleeper(Arc::clone(&is_awake), counter),
            TICK,
            pulse.clone(),
            clock,
            CancellationToken::new(),
        ));
        assert_eq!(counts.recv().await, Some(N_VEHICLES));
        // All deadlines are past, and as nobody takes anything the tick is nothing but ageing.
        is_awake.store(false, Ordering::Relaxed);
        AHEAD_S.store(1_000_000, Ordering::Relaxed);
        let past = clock() - jiff::SignedDuration::from_secs(1_000);
        tokio::time::advance(TICK).await;
        let mut n_turns = 0;
        while pulse.last_beat_at().is_none_or(|beat_at| beat_at < past) {
            n_turns += 1;
            yield_now().await;
        }
        assert!(N_VEHICLES / ageing::PIECE <= n_turns, "{n_turns} turns");
        is_awake.store(true, Ordering::Relaxed);
        tokio::time::advance(TICK).await;
        assert_eq!(counts.recv().await, Some(N_VEHICLES));
        drop(sender);
    }
}
