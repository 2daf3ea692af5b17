//! The composition root: builds everything, owns the tasks, and takes them down again.
//!
//! Known by `main` and the test harness only. The essential tasks are the writer and the HTTP
//! server; if either ends before it is told to, the process ends too, rather than show a picture
//! that no longer moves.

mod alarms;
mod desk;
mod doors;
mod memory;
mod reload;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::doors::Front;
pub use self::doors::{first_link, own_url};
use self::memory::known_until;
pub use self::memory::{Memory, remember};
use self::reload::fleet_settings;
use crate::alarm;
use crate::clock;
use crate::config::{Config, ConfigError};
use crate::domain::{Report, SourceId};
use crate::fleet::memory::Remembered;
use crate::fleet::writer::{self, Inbox, Publish, Pulse};
use crate::fleet::{Changes, Fleet, SourceIntro};
use crate::history::History;
use crate::live::channel::ChannelSettings;
use crate::live::encoder::Encoder;
use crate::live::hub::Hub;
use crate::live::reception::Reception;
use crate::live::stages::Stages;
use crate::live::viewer::ViewerSettings;
use crate::source;
use crate::source::recall::book::Book;
use crate::web::{self, Web};

/// Changes go out this often.
const TICK: Duration = Duration::from_millis(250);
/// Reports that may wait for the writer; a source that is ahead of it waits itself.
const MAX_REPORTS: usize = 256;
/// More threads than this write no faster.
const MAX_SHARDS: usize = 4;
/// Everything must be over this long after the order to go.
const STOP_WITHIN: Duration = Duration::from_secs(12);

/// Runs the server on `listener` until `shutdown`.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let setup = Setup {
        memory: remember(&config)?,
        config,
        // Nobody reads them again.
        reloads: mpsc::channel(1).1,
        renewals: mpsc::channel(1).1,
    };
    run_with(setup, listener, shutdown).await
}

/// What a server runs on.
#[derive(Debug)]
pub struct Setup {
    /// Its configuration.
    pub config: Config,
    /// Its memory, open already: what must not be touched is refused before anybody is told an
    /// address.
    pub memory: Memory,
    /// Roster and thresholds become those of each configuration that comes by here.
    pub reloads: mpsc::Receiver<Config>,
    /// Certificate and key are read again for each of these, whatever the configuration is like.
    pub renewals: mpsc::Receiver<()>,
}

/// As [`run`], with all that it would make for itself.
pub async fn run_with(
    setup: Setup,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let Setup {
        config,
        memory,
        reloads,
        renewals,
    } = setup;
    let Front { address, door, tls } = Front::build(&config, &memory, &listener)?;
    let is_restored = !memory.remembered.is_empty();
    let live = Live::start()?;
    let tasks = TaskTracker::new();
    // Sources and writer outlive the sessions, which are told first.
    let stop_work = CancellationToken::new();
    let seam = alarms::Seam::of(&memory.desk, &memory.webhooks, &tasks, &stop_work);
    let (alarms, heard) = alarms::start(memory.alarms, seam, &live.encoder, &tasks, &stop_work);
    let publisher = Publisher::new(&live, &memory.history, heard);
    let known = Known::new(memory.remembered, memory.book.clone());
    doors::certificates(renewals, tls.clone(), &tasks, &stop_work);
    let mut work = Work::start(&config, known, reloads, publisher, &tasks, &stop_work)?;

    doors::watch(&door, &live.reception, &tasks, &stop_work);
    let web = Web {
        door,
        hub: Arc::clone(live.stages.whole()),
        stages: Arc::clone(&live.stages),
        alarms,
        history: memory.history.clone(),
        desk: memory.desk,
        webhooks: memory.webhooks,
        screens: web::screens::Screens::default(),
        reception: live.reception.clone(),
        encoder: Arc::clone(&live.encoder),
        pulse: work.pulse.clone(),
        started_at: clock::now(),
        is_restored,
        shutdown: shutdown.clone(),
        metrics: metrics_handle()?,
        policy: web::page::policy(&config.map).into(),
        clock: clock::now,
    };
    let router = web::router(web, pages(&config).await?);
    let stop_serving = CancellationToken::new();
    let serving = doors::serve(listener, router, tls, &config, stop_serving.clone());
    let mut server = tasks.spawn(serving);
    tracing::info!(%address, sources = config.sources.len(), "serving");

    tokio::select! {
        () = shutdown.cancelled() => {}
        end = &mut work.writer => return Err(ended("the writer of the fleet", &end)),
        end = &mut server => return Err(ended("the HTTP server", &end)),
        () = live.broken_thread() => return Err(ended("a thread of the live path", &"")),
    }
    let all = Stopping {
        reception: live.reception,
        tasks,
        stop_serving,
        stop_work,
        history: memory.history,
        book: memory.book,
    };
    all.stop().await;
    Ok(())
}

/// What the run before left behind.
struct Known {
    remembered: Vec<Remembered>,
    book: Book,
}

impl Known {
    fn new(remembered: Vec<Remembered>, book: Book) -> Self {
        Self { remembered, book }
    }
}

/// The writer of the fleet and the sources, at work.
struct Work {
    writer: JoinHandle<()>,
    pulse: Pulse,
}

impl Work {
    fn start(
        config: &Config,
        known: Known,
        reloads: mpsc::Receiver<Config>,
        publisher: Publisher,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let known_until = known_until(&known.remembered);
        let fleet = fleet(config, known.remembered)?;
        let pulse = Pulse::default();
        let (reports, inbox) = mpsc::channel::<Report>(MAX_REPORTS);
        let settings = reload::settings(config.clone(), reloads, tasks, stop.clone());
        let inbox = Inbox {
            reports: inbox,
            settings,
        };
        let writer = tasks.spawn(writer::run(
            fleet,
            inbox,
            publisher,
            TICK,
            pulse.clone(),
            clock::now,
            stop.clone(),
        ));
        let known_until = |source: &SourceId| known_until.get(source).copied();
        let sources = config.sources.clone();
        let ears = (reports, &known.book);
        source::start(sources, &known_until, ears, stop.clone(), tasks);
        Ok(Self { writer, pulse })
    }
}

/// The live path: what viewers see, who makes their frames, and where they come in.
struct Live {
    stages: Arc<Stages>,
    encoder: Arc<Encoder>,
    reception: Reception,
}

impl Live {
    fn start() -> anyhow::Result<Self> {
        let hub = Arc::new(Hub::new(epoch(), ChannelSettings::default()));
        let stages = Arc::new(Stages::new(Arc::clone(&hub)));
        let encoder = Encoder::start(Arc::clone(&stages), clock::now);
        let viewers = ViewerSettings::default();
        let reception = Reception::open(hub, viewers, n_shards(), clock::now);
        Ok(Self {
            stages,
            encoder: Arc::new(encoder.context("no thread to make frames")?),
            reception: reception.context("no threads to serve viewers")?,
        })
    }

    /// Ends when one of its threads has ended, which none does by itself.
    async fn broken_thread(&self) {
        while self.encoder.is_well() && self.reception.is_well() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// What is taken down, in the order of its members.
struct Stopping {
    reception: Reception,
    tasks: TaskTracker,
    stop_serving: CancellationToken,
    stop_work: CancellationToken,
    history: History,
    book: Book,
}

impl Stopping {
    async fn stop(self) {
        tracing::info!("stopping");
        let stopping = async {
            // Still answering, so that a load balancer sees "draining".
            self.reception.close().await;
            self.stop_serving.cancel();
            self.stop_work.cancel();
            self.tasks.close();
            self.tasks.wait().await;
            // Nobody adds to it any more.
            let (history, book) = (self.history, self.book);
            let close = move || {
                history.close();
                // What was filled is on the disk now, and need not be asked for again.
                book.write();
            };
            let _ = tokio::task::spawn_blocking(close).await;
        };
        if tokio::time::timeout(STOP_WITHIN, stopping).await.is_err() {
            tracing::warn!("some connections did not end in time and are cut");
        }
    }
}

/// Threads that write to viewers: half the cores, since what they write has to be made as well.
fn n_shards() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / 2).clamp(1, MAX_SHARDS)
}

/// Refuses what can only be seen by opening it: certificate and key, and the operator's own map.
pub async fn refuse_unusable(config: &Config) -> Result<(), ConfigError> {
    doors::tls(config)?;
    match web::tiles::routes::<Web>(&config.map).await {
        Ok(_) => Ok(()),
        Err(error) => Err(ConfigError::new(format!("`pmtiles_file`: {error}"))),
    }
}

async fn pages(config: &Config) -> anyhow::Result<Router<Web>> {
    Ok(Router::new()
        .merge(web::page::routes(&config.map)?)
        .merge(web::assets::routes())
        .merge(web::tiles::routes(&config.map).await?))
}

struct Publisher {
    encoder: Arc<Encoder>,
    history: History,
    alarms: alarm::Inbox,
}

impl Publisher {
    fn new(live: &Live, history: &History, alarms: alarm::Inbox) -> Self {
        Self {
            encoder: Arc::clone(&live.encoder),
            history: history.clone(),
            alarms,
        }
    }
}

impl Publish for Publisher {
    fn is_ready(&self) -> bool {
        self.encoder.is_ready()
    }

    fn publish(&mut self, mut changes: Changes, now: Timestamp) {
        self.history.record(&mut changes, now);
        self.alarms.put(&changes);
        self.encoder.publish(changes, now);
    }
}

fn intro(settings: &crate::config::source::SourceSettings) -> SourceIntro {
    let description = source::describe(settings);
    SourceIntro {
        id: description.id,
        kind: description.kind,
        mode: description.mode,
        interval: description.interval,
        sandbox: description.sandbox,
    }
}

/// A fleet that knows what the run before knew.
fn fleet(config: &Config, remembered: Vec<Remembered>) -> anyhow::Result<Fleet> {
    let sources: Vec<SourceIntro> = config.sources.iter().map(intro).collect();
    let mut fleet = Fleet::new(fleet_settings(config)?, sources, clock::now());
    fleet.restore(remembered, clock::now());
    Ok(fleet)
}

/// A name for this run that nobody can have seen before.
fn epoch() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 9]>())
}

/// The process's one recorder of metrics; tests run several servers in one process.
fn metrics_handle() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let bytes = [1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
        let seconds = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_bytes".into()), &bytes)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)
            })
            .and_then(PrometheusBuilder::install_recorder)
            .ok()
    };
    let handle = HANDLE.get_or_init(install).clone();
    handle.ok_or_else(|| anyhow!("the metrics recorder could not be installed"))
}

fn ended(who: &str, end: &dyn std::fmt::Debug) -> anyhow::Error {
    anyhow!("{who} ended by itself ({end:?}); start the server again, and report this")
}
