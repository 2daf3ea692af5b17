//! The live path alone, with settings of the test's own and a fleet that moves when the test says
//! so, behind the same routes as the server's.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::serve::{Listener, ListenerExt};
use axum::{Extension, Router};
use fleetglass::alarm::Alarms;
use fleetglass::clock;
use fleetglass::desk::Desk;
use fleetglass::domain::{
    DeviceKey, Freshness, FreshnessState, Motion, MotionState, Position, SourceId, Vehicle,
    VehicleId,
};
use fleetglass::fleet::Changes;
use fleetglass::fleet::writer::Pulse;
use fleetglass::history::{History, HistorySettings};
use fleetglass::live::channel::ChannelSettings;
use fleetglass::live::encoder::Encoder;
use fleetglass::live::hub::{Hub, View};
use fleetglass::live::reception::Reception;
use fleetglass::live::stages::Stages;
use fleetglass::live::viewer::ViewerSettings;
use fleetglass::web::door::Door;
use fleetglass::web::screens::Screens;
use fleetglass::web::{self, Web};
use fleetglass::webhook::{WebhookSettings, Webhooks};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::BufWriter;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::harness::PATIENCE;

/// What a viewer's connection is to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A bare socket, which a shard owns.
    Bare,
    /// A stream around it, as TLS is one: it keeps what is written until it is flushed.
    Wrapped,
}

pub(crate) const WAYS: [Way; 2] = [Way::Bare, Way::Wrapped];

/// The live path on a port of its own.
pub(crate) struct Stage {
    pub(crate) hub: Arc<Hub>,
    pub(crate) encoder: Arc<Encoder>,
    pub(crate) reception: Reception,
    pub(crate) address: SocketAddr,
    _server: AbortOnDropHandle<()>,
}

impl Stage {
    pub(crate) async fn open(way: Way, viewers: ViewerSettings) -> Self {
        Self::with_buffers(way, viewers, 64 << 10).await
    }

    /// As [`Stage::open`], and the kernel holds this many bytes for who does not read.
    pub(crate) async fn with_buffers(way: Way, viewers: ViewerSettings, buffer: usize) -> Self {
        let tune = move |stream: &mut TcpStream| {
            let socket = socket2::SockRef::from(&*stream);
            socket.set_send_buffer_size(buffer).expect("a buffer");
        };
        let serve = async move |listener: TcpListener, router| {
            let listener = listener.tap_io(tune);
            let served = match way {
                Way::Bare => axum::serve(listener, router).await,
                Way::Wrapped => axum::serve(Wrapping(listener), router).await,
            };
            served.expect("it serves");
        };
        Self::served_by(viewers, serve).await
    }

    /// The live path alone, behind a server of the test's own.
    pub(crate) async fn served_by<F: Future<Output = ()> + Send + 'static>(
        viewers: ViewerSettings,
        serve: impl FnOnce(TcpListener, Router) -> F,
    ) -> Self {
        let hub = Arc::new(Hub::new("epoch", ChannelSettings::default()));
        let stages = Arc::new(Stages::new(Arc::clone(&hub)));
        let encoder = Encoder::start(Arc::clone(&stages), clock::now).expect("a thread");
        let encoder = Arc::new(encoder);
        let reception = Reception::open(Arc::clone(&hub), viewers, 2, clock::now);
        let reception = reception.expect("threads");
        let history = History::open(HistorySettings::default(), clock::now());
        let (history, _) = history.expect("a memory");
        let web = Web {
            door: Arc::new(Door::unlocked().expect("a store in memory")),
            hub: Arc::clone(&hub),
            stages,
            alarms: Alarms::open(None).expect("a store in memory").0,
            history,
            desk: Desk::open(None, clock::now()).expect("a store in memory"),
            webhooks: Webhooks::open(&WebhookSettings::default()).expect("a store in memory"),
            screens: Screens::default(),
            reception: reception.clone(),
            encoder: Arc::clone(&encoder),
            pulse: Pulse::default(),
            started_at: clock::now(),
            is_restored: false,
            shutdown: CancellationToken::new(),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            policy: "default-src 'none'".into(),
            clock: clock::now,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        // Whatever serves it, the others are of this machine.
        let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1)));
        let router = web::router(web, Router::new()).layer(Extension(peer));
        let server = tokio::spawn(serve(listener, router));
        Self {
            hub,
            encoder,
            reception,
            address,
            _server: AbortOnDropHandle::new(server),
        }
    }

    /// Publishes as the writer does.
    pub(crate) async fn publish(&self, changes: Changes) {
        let is_ready = || self.encoder.is_ready();
        until("the encoder takes changes", is_ready).await;
        self.encoder.publish(changes, clock::now());
    }

    /// Waits until nobody looks at anything any more: neither a view is wanted by anybody, nor
    /// has the server an end of a connection.
    pub(crate) async fn is_deserted(&self) {
        let mut hours = 1;
        let is_deserted = || {
            // So late that nothing is kept up for those who left; asking keeps it up for others.
            hours += 1;
            let later = clock::now() + SignedDuration::from_hours(hours);
            !self.is_anything_wanted(later) && n_sockets(self.address) == 0
        };
        until("all viewers are gone", is_deserted).await;
    }

    fn is_anything_wanted(&self, at: Timestamp) -> bool {
        let root = fleetglass::live::bin::Tile::ROOT;
        let views = [
            View::Json,
            View::Sources,
            View::Alarms,
            View::Cells,
            View::Tile(root),
        ];
        views.into_iter().any(|view| {
            let channel = self.hub.join(view, false);
            channel.leave(false);
            !channel.wanted(at).is_none()
        })
    }
}

/// Waits for what is sure to come.
pub(crate) async fn until(what: &str, mut is_met: impl FnMut() -> bool) {
    let waiting = async {
        while !is_met() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "never: {what}");
}

/// Connections of this listener that this process holds open. The whole process has other tests'
/// as well, so its file descriptors cannot be counted.
fn n_sockets(address: SocketAddr) -> usize {
    const LISTENING: &str = "0A";
    const NOBODYS: &str = "0";
    let table = std::fs::read_to_string("/proc/net/tcp").expect("a table of sockets");
    let local = format!(":{:04X}", address.port());
    let is_held = |line: &&str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        columns[1].ends_with(&local) && columns[3] != LISTENING && columns[9] != NOBODYS
    };
    table.lines().skip(1).filter(is_held).count()
}

/// Gives each connection as something that is no bare socket.
struct Wrapping<L>(L);

impl<L: Listener<Io = TcpStream>> Listener for Wrapping<L> {
    type Io = BufWriter<TcpStream>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = self.0.accept().await;
        (BufWriter::new(stream), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// `n` vehicles of the `version`th publication, each of about `n_bytes` in JSON.
pub(crate) fn vehicles(n: u64, version: u64, n_bytes: usize) -> Changes {
    let vehicle = |id| Arc::new(vehicle(id, version, n_bytes));
    Changes {
        vehicles: (0..n).map(vehicle).collect(),
        ..Changes::default()
    }
}

fn vehicle(id: u64, version: u64, n_bytes: usize) -> Vehicle {
    let at = clock::now();
    let device = DeviceKey {
        source: SourceId::new("s"),
        device: id.to_string().into(),
    };
    let nth = f64::from(u32::try_from(version % 1_000).unwrap_or_default());
    let name = format!("{version} {}", "van".repeat(n_bytes / 3));
    Vehicle {
        position: Some(Position {
            lat_deg: -26.0 + nth * 1e-4,
            lng_deg: 28.0 + nth * 1e-4,
            heading_deg: Some(nth % 360.0),
            speed_mps: Some(nth % 30.0),
            altitude_m: None,
            accuracy_m: None,
            fixed_at: at,
            received_at: at,
            device,
        }),
        motion: Motion {
            state: MotionState::Moving,
            since: at,
            since_at_least: true,
        },
        freshness: Freshness {
            state: FreshnessState::Live,
            since: at,
        },
        ..Vehicle::new(VehicleId::new(format!("v{id}")), name, at)
    }
}
