//! The composition root: builds everything, owns the tasks, and takes them down again.
//!
//! Known by `main` and the test harness only. The essential tasks are the writer and the HTTP
//! server; if either ends before it is told to, the process ends too, rather than show a picture
//! that no longer moves.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::Router;
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::config::server::refuse_exposure;
use crate::config::{Config, ConfigError};
use crate::domain::Report;
use crate::fleet::memory::Remembered;
use crate::fleet::writer::{self, Publish, Pulse};
use crate::fleet::{Changes, Fleet, FleetSettings, SourceIntro};
use crate::history::{History, HistoryError, HistorySettings};
use crate::live::channel::ChannelSettings;
use crate::live::encoder::Encoder;
use crate::live::hub::Hub;
use crate::live::reception::Reception;
use crate::live::viewer::ViewerSettings;
use crate::source;
use crate::web::{self, Web};

/// Changes go out this often.
const TICK: Duration = Duration::from_millis(250);
/// Reports that may wait for the writer; a source that is ahead of it waits itself.
const MAX_REPORTS: usize = 256;
/// What the kernel may hold for a viewer that does not read; it doubles the figure.
const SEND_BUFFER_BYTES: usize = 128 << 10;
/// More threads than this write no faster.
const MAX_SHARDS: usize = 4;
/// What a restart gives back is kept this often.
const REMEMBER_EVERY: SignedDuration = SignedDuration::from_secs(5);
/// Everything must be over this long after the order to go.
const STOP_WITHIN: Duration = Duration::from_secs(12);

/// Runs the server on `listener` until `shutdown`.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let memory = remember(&config)?;
    run_with(memory, config, listener, shutdown).await
}

/// The memory of the server, opened: what must not be touched is refused before anybody is told
/// an address.
#[derive(Debug)]
pub struct Memory {
    history: History,
    remembered: Vec<Remembered>,
}

/// Opens the memory, as `config` wants it.
pub fn remember(config: &Config) -> Result<Memory, HistoryError> {
    let rules = &config.history;
    let dir = config.server.state_dir.clone().filter(|_| rules.record);
    match &dir {
        Some(dir) => tracing::info!(dir = %dir.display(), "history is kept here"),
        None if rules.record => tracing::warn!(
            "no HOME and no --state-dir: the last hour is kept in memory, and nothing on the disk"
        ),
        None => tracing::info!("no history is kept; the last hour is in memory"),
    }
    let settings = HistorySettings {
        dir,
        keep_days: rules.keep_days,
        max_bytes: rules.max_bytes,
    };
    let (history, remembered) = History::open(settings, clock::now())?;
    Ok(Memory {
        history,
        remembered,
    })
}

/// As [`run`], with a memory that is open already.
pub async fn run_with(
    memory: Memory,
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    // Also refused when it is configured; whoever brings a listener of their own is not exempt.
    let address = listener
        .local_addr()
        .context("the listener has no address")?;
    refuse_exposure("listen", address)?;
    let is_restored = !memory.remembered.is_empty();
    let fleet = fleet(&config, memory.remembered)?;
    let live = Live::start()?;
    let pulse = Pulse::default();
    let tasks = TaskTracker::new();
    // Sources and writer outlive the sessions, which are told first.
    let stop_work = CancellationToken::new();

    let (reports, inbox) = mpsc::channel::<Report>(MAX_REPORTS);
    let publisher = Publisher {
        encoder: Arc::clone(&live.encoder),
        history: memory.history.clone(),
    };
    let mut writer = tasks.spawn(writer::run(
        fleet,
        inbox,
        publisher,
        TICK,
        pulse.clone(),
        clock::now,
        stop_work.clone(),
    ));
    source::start(config.sources.clone(), reports, stop_work.clone(), &tasks);

    let web = Web {
        hub: Arc::clone(&live.hub),
        history: memory.history.clone(),
        reception: live.reception.clone(),
        encoder: Arc::clone(&live.encoder),
        pulse,
        started_at: clock::now(),
        is_restored,
        shutdown: shutdown.clone(),
        metrics: metrics_handle()?,
        policy: web::page::policy(&config.map).into(),
        clock: clock::now,
    };
    let pages = pages(&config).await?;
    let router = web::router(web, pages);
    let stop_serving = CancellationToken::new();
    let mut server = tasks.spawn(serve(listener, router, stop_serving.clone()));
    tracing::info!(%address, sources = config.sources.len(), "serving");

    tokio::select! {
        () = shutdown.cancelled() => {}
        end = &mut writer => return Err(ended("the writer of the fleet", &end)),
        end = &mut server => return Err(ended("the HTTP server", &end)),
        () = live.broken_thread() => return Err(ended("a thread of the live path", &"")),
    }
    let all = Stopping {
        reception: live.reception,
        tasks,
        stop_serving,
        stop_work,
        history: memory.history,
    };
    all.stop().await;
    Ok(())
}

/// The live path: what viewers see, who makes their frames, and where they come in.
struct Live {
    hub: Arc<Hub>,
    encoder: Arc<Encoder>,
    reception: Reception,
}

impl Live {
    fn start() -> anyhow::Result<Self> {
        let hub = Arc::new(Hub::new(epoch(), ChannelSettings::default()));
        let encoder = Encoder::start(Arc::clone(&hub), clock::now);
        let viewers = ViewerSettings::default();
        let reception = Reception::open(Arc::clone(&hub), viewers, n_shards(), clock::now);
        Ok(Self {
            hub,
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
            let history = self.history;
            let _ = tokio::task::spawn_blocking(move || history.close()).await;
        };
        if tokio::time::timeout(STOP_WITHIN, stopping).await.is_err() {
            tracing::warn!("some connections did not end in time and are cut");
        }
    }
}

async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let listener = listener.tap_io(tune);
    axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

/// Threads that write to viewers: half the cores, since what they write has to be made as well.
fn n_shards() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / 2).clamp(1, MAX_SHARDS)
}

/// A small send buffer keeps what is in flight for a slow viewer small; frames are written whole,
/// so waiting for more (Nagle) would only delay them.
fn tune(stream: &mut TcpStream) {
    let socket = socket2::SockRef::from(&*stream);
    let tuned = stream
        .set_nodelay(true)
        .and_then(|()| socket.set_send_buffer_size(SEND_BUFFER_BYTES))
        .and_then(|()| socket.set_tcp_user_timeout(Some(Duration::from_secs(15))));
    if let Err(error) = tuned {
        tracing::debug!(%error, "a connection could not be tuned");
    }
}

/// Refuses what can only be seen by opening it: the operator's own map.
pub async fn refuse_unusable(config: &Config) -> Result<(), ConfigError> {
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
}

impl Publish for Publisher {
    fn is_ready(&self) -> bool {
        self.encoder.is_ready()
    }

    fn publish(&mut self, mut changes: Changes, now: Timestamp) {
        self.history.record(&mut changes, now);
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

fn fleet_settings(config: &Config) -> anyhow::Result<FleetSettings> {
    let forget_after =
        SignedDuration::try_from(config.fleet.forget_after).context("forget_after is too long")?;
    let quiet = SignedDuration::try_from(ViewerSettings::default().heartbeat)?;
    let keeps_files = config.history.record && config.server.state_dir.is_some();
    Ok(FleetSettings {
        roster: config.roster.clone(),
        thresholds: config.thresholds.clone(),
        forget_after,
        quiet,
        remember_every: keeps_files.then_some(REMEMBER_EVERY),
    })
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
