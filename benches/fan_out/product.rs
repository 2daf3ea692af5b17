//! Our live path behind a plain listener: hub, encoder, reception, shards.
//!
//! What is injected is a change of one vehicle whose name makes the frame as large as wanted; from
//! there on everything is as in the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use fleetglass::clock;
use fleetglass::domain::sight::Facts;
use fleetglass::domain::{Groups, Sight, Vehicle, VehicleId};
use fleetglass::fleet::Changes;
use fleetglass::live::bin::BIN_PROTOCOL;
use fleetglass::live::channel::ChannelSettings;
use fleetglass::live::encoder::Encoder;
use fleetglass::live::hub::Hub;
use fleetglass::live::reception::{Admission, Reception};
use fleetglass::live::stages::Stages;
use fleetglass::live::viewer::{Dialect, Introduction, ViewerSettings};
use fleetglass::live::ws::handshake::Handshake;
use fleetglass::web::serve::{Many, serve_over};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::child::{self, Server};
use crate::text::Result;

/// As the server sets it.
const SEND_BUFFER_BYTES: usize = 128 << 10;

/// The live path behind a port.
pub(crate) struct Live {
    pub(crate) runtime: Runtime,
    /// That of the first viewer, the second and so on, from the front again.
    hubs: Vec<Arc<Hub>>,
    pub(crate) encoder: Encoder,
    pub(crate) port: u16,
}

impl Live {
    /// With viewers of `n_sights` sets of rights; of none, all see everything.
    pub(crate) fn open(tls: Option<TlsAcceptor>, n_sights: usize) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let hub = Arc::new(Hub::new("bench", ChannelSettings::default()));
        let stages = Arc::new(Stages::new(Arc::clone(&hub)));
        let parts = sights(n_sights).map(|sight| stages.find_or_make(&sight, clock::now()));
        let mut hubs: Vec<_> = parts.map(|stage| Arc::clone(stage.hub())).collect();
        if hubs.is_empty() {
            hubs.push(Arc::clone(&hub));
        }
        let encoder = Encoder::start(stages, clock::now)?;
        let viewers = ViewerSettings::default();
        let reception = Reception::open(Arc::clone(&hub), viewers, 1, clock::now)?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let port = listener.local_addr()?.port();
        let (its_hubs, n_come) = (hubs.clone(), Arc::new(AtomicUsize::new(0)));
        let route = get(move |request: Request| {
            let nth = n_come.fetch_add(1, Ordering::Relaxed);
            let hub = Arc::clone(&its_hubs[nth % its_hubs.len()]);
            std::future::ready(upgrade(&reception, hub, request))
        });
        let app = Router::new().route("/api/v1/live", route);
        runtime.spawn(async move {
            let Some(acceptor) = tls else {
                // It ends with the process.
                let _ = axum::serve(listener.tap_io(tune), app).await;
                return;
            };
            let wrap = |socket| acceptor.accept(socket);
            let many = Many::and_this_machine(Vec::new());
            serve_over(listener, app, wrap, many, CancellationToken::new()).await;
        });
        Ok(Self {
            runtime,
            hubs,
            encoder,
            port,
        })
    }
}

/// Each sees a group of its own, and not who drives.
fn sights(n: usize) -> impl Iterator<Item = Arc<Sight>> {
    (0..n).map(|nth| {
        Arc::new(Sight {
            groups: Groups::only([group(nth)]),
            facts: Facts {
                driver: false,
                ..Facts::ALL
            },
        })
    })
}

fn group(nth: usize) -> String {
    format!("G{nth:03}")
}

struct Product {
    encoder: Encoder,
    /// Everybody sees the vehicle, each with some rights of theirs.
    groups: Vec<Arc<str>>,
    /// What a frame has beside the name.
    around_name: usize,
    n_published: u64,
}

pub(crate) fn serve(tls: Option<TlsAcceptor>, n_sights: usize) -> Result<()> {
    let live = Live::open(tls, n_sights)?;
    let mut product = Product {
        encoder: live.encoder,
        groups: (0..n_sights).map(|nth| group(nth).into()).collect(),
        around_name: 0,
        n_published: 0,
    };
    product.publish(0)?;
    product.around_name = loop {
        let current = live.hubs[0].current();
        if let Some(entry) = current.vehicles.iter().next() {
            let head = crate::text::head(100, clock::now());
            break entry.json().get().len() + head.len() + r#""vehicles":[]}"#.len();
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    child::obey(live.port, &mut product)
}

fn upgrade(reception: &Reception, hub: Arc<Hub>, mut request: Request) -> Response {
    let checked = Handshake::check(request.method(), request.version(), request.headers());
    let Ok(handshake) = checked else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let is_bin = |name: &&String| *name == BIN_PROTOCOL;
    let protocol = handshake.offered().iter().find(is_bin).map(String::as_str);
    let query = request.uri().query().unwrap_or_default();
    let resume = query
        .strip_prefix("epoch=bench&seq=")
        .and_then(|seq| seq.parse().ok());
    let dialect = match protocol {
        Some(_) => Dialect::Bin,
        None => Dialect::Json,
    };
    let who = Introduction {
        dialect: Some(dialect),
        deflates: handshake.deflates(),
        resume: resume.map(|seq| ("bench".to_owned(), seq)),
        sight: None,
    };
    let admission = Admission {
        hub,
        pass: 1,
        held: None,
        letters: None,
    };
    reception.receive(hyper::upgrade::on(&mut request), who, admission);
    let mut answer = StatusCode::SWITCHING_PROTOCOLS.into_response();
    answer.headers_mut().extend(handshake.answer(protocol));
    answer
}

fn tune(stream: &mut TcpStream) {
    let socket = socket2::SockRef::from(&*stream);
    // As good as it gets; a bench on a strange kernel measures that kernel.
    let _ = stream.set_nodelay(true);
    let _ = socket.set_send_buffer_size(SEND_BUFFER_BYTES);
    let _ = socket.set_tcp_user_timeout(Some(Duration::from_secs(15)));
}

impl Server for Product {
    fn publish(&mut self, bytes: usize) -> Result<()> {
        self.n_published += 1;
        let digit = self.n_published % 10;
        let name = digit
            .to_string()
            .repeat(bytes.saturating_sub(self.around_name).max(1));
        let now = clock::now();
        let vehicle = Vehicle {
            groups: self.groups.clone(),
            ..Vehicle::new(VehicleId::new("v"), name, now)
        };
        let changes = Changes {
            vehicles: vec![Arc::new(vehicle)],
            ..Changes::default()
        };
        self.encoder.publish(changes, now);
        Ok(())
    }

    fn idle(&mut self) -> Result<()> {
        Ok(())
    }
}
