//! The file, and the task around the watch.

use std::time::Duration;

use tokio::sync::{mpsc, watch as orders_channel};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::alarm::writer::{self, Ears, Mouths};
use crate::alarm::{AlarmError, Alarms, Inbox};
use crate::domain::alarm::AlarmChanges;
use crate::fleet::Changes;
use crate::sqlite::OpenError;

fn alarm(id: u64) -> Arc<Alarm> {
    Arc::new(Alarm {
        id,
        rule: ("r".into(), "A rule".into()),
        kind: AlarmKind::Entering,
        severity: Severity::Notice,
        vehicle: Some((VehicleId::new("v"), "V".into())),
        source: Some(SourceId::new("s")),
        place: Some(("p".into(), "P".into())),
        place_groups: ["North".into(), "South".into()].into(),
        began_at: at(1),
        ended_at: Some(at(2)),
        acknowledged_at: (id.is_multiple_of(2)).then(|| at(3)),
        acknowledged_by: (id.is_multiple_of(2)).then(|| "ann".into()),
        is_quiet: true,
        repeat_after: Some(seconds(60)),
        speed: Some((30.0, 25.0)),
        lasted: Some(seconds(10)),
        position: Some((48.0, 17.0, at(1))),
    })
}

#[test]
fn what_was_kept_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (alarms, kept, _) = Alarms::open(Some(dir.path())).unwrap();
    assert!(kept.open.is_empty() && kept.next_id == 1);
    let all: Vec<_> = (1..=5).map(alarm).collect();
    alarms.shared.store().save(&all, at(10)).unwrap();
    drop(alarms);
    let (alarms, kept, _) = Alarms::open(Some(dir.path())).unwrap();
    let open: Vec<u64> = kept.open.iter().map(|it| it.id).collect();
    assert_eq!((open, kept.next_id), (vec![1, 3, 5], 6));
    let page = alarms.page(None, 100).unwrap();
    let expected: Vec<_> = all.into_iter().rev().collect();
    assert_eq!(page.alarms, expected);
    assert_eq!(page.before, None);
    // By pages too.
    let mut ids = Vec::new();
    let mut before = None;
    loop {
        let page = alarms.page(before, 2).unwrap();
        ids.extend(page.alarms.iter().map(|it| it.id));
        before = page.before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(ids, [5, 4, 3, 2, 1]);
}

#[test]
fn nobody_else_may_read_the_file_and_a_newer_one_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    drop(Alarms::open(Some(dir.path())).unwrap());
    let file = dir.path().join("alarms.sqlite");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let db = rusqlite::Connection::open(&file).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let refused = Alarms::open(Some(dir.path()));
    assert!(matches!(
        refused,
        Err(AlarmError::Open(OpenError::Newer { version: 99, .. }))
    ));
}

#[test]
fn what_is_over_and_old_or_too_much_is_dropped() {
    let (alarms, _, _) = Alarms::open(None).unwrap();
    let old: Vec<_> = (1..=4).map(alarm).collect();
    let far = alarm(200_000);
    let mut store = alarms.shared.store();
    let later = at(0) + SignedDuration::from_hours(24 * 91);
    store.save(&old, later).unwrap();
    let ids = |all: Vec<Alarm>| all.iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(store.page(u64::MAX, 10).unwrap()), [3, 1]);
    // Ids that are far behind are too many.
    store
        .save(
            &[alarm(6), far],
            at(20) + SignedDuration::from_hours(24 * 92),
        )
        .unwrap();
    assert_eq!(store.kept().unwrap().next_id, 200_001);
}

/// A task around a watch, as the server has it.
struct Task {
    alarms: Alarms,
    inbox: Inbox,
    orders: orders_channel::Sender<Arc<Orders>>,
    viewers: mpsc::Receiver<AlarmChanges>,
    events: mpsc::Receiver<(AlarmEvent, Arc<Alarm>)>,
    stop: CancellationToken,
    end: tokio::task::JoinHandle<()>,
}

impl Task {
    fn start(dir: &std::path::Path, n_events: usize) -> Self {
        let (alarms, kept, commands) = Alarms::open(Some(dir)).unwrap();
        let orders = Arc::new(orders());
        let watch = Watch::new(kept.open, kept.next_id, Arc::clone(&orders));
        let (sender, receiver) = orders_channel::channel(orders);
        let (told, viewers) = mpsc::channel(100);
        let (events, taken) = mpsc::channel(n_events);
        let inbox = Inbox::default();
        let ears = Ears {
            inbox: inbox.clone(),
            orders: receiver,
            commands,
        };
        let mouths = Mouths {
            viewers: move |changes, _now| {
                let _ = told.try_send(changes);
            },
            events: Some(events),
        };
        let stop = CancellationToken::new();
        let run = writer::run(
            watch,
            alarms.clone(),
            ears,
            mouths,
            || at(100),
            stop.clone(),
        );
        Self {
            alarms,
            inbox,
            orders: sender,
            viewers,
            events: taken,
            stop,
            end: tokio::spawn(run),
        }
    }

    fn press(&self, n: usize) {
        let pressed = State::with(Flag::Panic);
        let vehicles = (0..n).map(|nth| pressed.vehicle(&format!("v{nth}"), 90));
        self.inbox.put(&Changes {
            vehicles: vehicles.collect(),
            ..Changes::default()
        });
    }

    async fn until_told(&mut self, n_open: usize) {
        let mut open = BTreeSet::new();
        while open.len() != n_open {
            let changes = self.viewers.recv().await.unwrap();
            open.extend(changes.changed.iter().map(|alarm| alarm.id));
            changes.closed.iter().for_each(|id| {
                open.remove(id);
            });
        }
    }

    async fn end(self) {
        self.stop.cancel();
        self.end.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_found_is_told_kept_and_taken_note_of() {
    let dir = tempfile::tempdir().unwrap();
    let mut task = Task::start(dir.path(), 1);
    // More than fits: the watch does not wait for who is told elsewhere.
    task.press(3);
    task.until_told(3).await;
    assert_eq!(task.events.recv().await.unwrap().0, AlarmEvent::Began);
    let noted = task.alarms.acknowledge(vec![1, 99], "ann".into()).await;
    let noted: Vec<u64> = noted.unwrap().iter().map(|alarm| alarm.id).collect();
    assert_eq!(noted, [1]);
    assert_eq!(task.alarms.all_open().len(), 3);
    task.end().await;
    // The next run goes on from there, and finds nothing new.
    let mut again = Task::start(dir.path(), 100);
    again.until_told(3).await;
    again.press(3);
    again.orders.send(Arc::new(orders_of(Vec::new()))).unwrap();
    let first = again.events.recv().await.unwrap();
    assert_eq!((first.0, first.1.id), (AlarmEvent::Ended, 1));
    again.end().await;
}

#[tokio::test]
async fn what_is_erased_is_nowhere_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut task = Task::start(dir.path(), 100);
    task.press(2);
    task.until_told(2).await;
    let one = |alarm: &Arc<Alarm>| alarm.vehicle.as_ref().unwrap().0.to_string();
    let erased = one(&task.alarms.all_open()[0]);
    task.alarms.erase(VehicleId::new(&*erased)).await.unwrap();
    let changes = task.viewers.recv().await.unwrap();
    assert_eq!(changes.closed.len(), 1);
    let left: Vec<String> = task
        .alarms
        .page(None, 9)
        .unwrap()
        .alarms
        .iter()
        .map(one)
        .collect();
    assert!(left.len() == 1 && left[0] != erased);
    task.end().await;
    let kept = Alarms::open(Some(dir.path())).unwrap().1;
    assert_eq!((kept.open.len(), kept.next_id), (1, 3));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_does_not_stop_the_watch() {
    let dir = tempfile::tempdir().unwrap();
    let mut task = Task::start(dir.path(), 100);
    let db = rusqlite::Connection::open(dir.path().join("alarms.sqlite")).unwrap();
    db.execute_batch("ALTER TABLE alarm RENAME TO elsewhere")
        .unwrap();
    task.press(1);
    task.until_told(1).await;
    let noted = task
        .alarms
        .acknowledge(vec![1], "ann".into())
        .await
        .unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!(task.alarms.all_open().len(), 1);
    db.execute_batch("ALTER TABLE elsewhere RENAME TO alarm")
        .unwrap();
    // What waited is written in the end.
    tokio::time::timeout(Duration::from_secs(30), task.end())
        .await
        .unwrap();
    let kept = Alarms::open(Some(dir.path())).unwrap().1;
    assert_eq!(kept.open.len(), 1);
}
