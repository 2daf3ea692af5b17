//! A server and a simulator in this process, on ports of their own, and a client for each door.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use fleetglass::auth::Access;
use fleetglass::config::source::VendorSpec;
use fleetglass::config::{Config, Flags};
use fleetglass::sim::{self, RunningSim, SimSettings};
use fleetglass::{app, source};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};
use tokio_util::sync::CancellationToken;

/// Nothing that a test waits for takes longer, on however slow a machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<anyhow::Result<()>>,
    /// Its very own way to the store.
    pub(crate) access: Access,
}

/// A server on a simulator of its own.
pub(crate) struct Rig {
    pub(crate) sim: RunningSim,
    pub(crate) server: Server,
}

impl Rig {
    pub(crate) async fn start(settings: SimSettings) -> Self {
        let sim = sim::spawn(settings).await.expect("the simulator starts");
        let server = Server::start(&sim.environment).await;
        Self { sim, server }
    }

    pub(crate) async fn of_vehicles(vehicles: usize) -> Self {
        Self::start(SimSettings {
            vehicles,
            ..SimSettings::default()
        })
        .await
    }

    /// Puts a fault on, or with `DELETE` takes all off.
    pub(crate) async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let url = format!("http://{}/control/{path}", self.sim.address);
        let answer = client().request(method, url).json(&body).send().await;
        let answer = answer.expect("the simulator answers");
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
        answer.json().await.unwrap_or(Value::Null)
    }
}

impl Server {
    pub(crate) async fn start(environment: &[(&'static str, String)]) -> Self {
        Self::of(config(environment)).await
    }

    pub(crate) async fn of(config: Config) -> Self {
        let (_, nobody) = mpsc::channel(1);
        Self::reloading(config, nobody).await
    }

    pub(crate) async fn reloading(config: Config, reloads: mpsc::Receiver<Config>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("a bound port");
        let shutdown = CancellationToken::new();
        let setup = app::Setup {
            memory: app::remember(&config).expect("a memory"),
            config,
            reloads,
            renewals: mpsc::channel(1).1,
        };
        let access = setup.memory.access().clone();
        let task = tokio::spawn(app::run_with(setup, listener, shutdown.clone()));
        Self {
            address,
            shutdown,
            task,
            access,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = client()
            .get(self.url(path))
            .send()
            .await
            .expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Asks `path` until `is_met`, and gives what met it.
    pub(crate) async fn until(&self, path: &str, is_met: impl Fn(&Value) -> bool) -> Value {
        let asking = async {
            loop {
                let answer = self.json(path).await;
                if is_met(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, asking).await.ok() {
            Some(answer) => answer,
            None => panic!("never met; last was {}", self.json(path).await),
        }
    }

    /// A viewer on a thin line: its own kernel holds next to nothing for it.
    pub(crate) async fn thin_viewer(&self) -> Viewer {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("a small buffer");
        let stream = socket.connect(self.address).await.expect("a connection");
        let url = format!("ws://{}/api/v1/live", self.address);
        let upgrade = client_async(url, MaybeTlsStream::Plain(stream)).await;
        let (socket, _) = upgrade.expect("the upgrade");
        Viewer { socket }
    }

    pub(crate) async fn viewer(&self, query: &str) -> Viewer {
        let url = format!("ws://{}/api/v1/live{query}", self.address);
        let (socket, _) = connect_async(url).await.expect("the upgrade");
        Viewer { socket }
    }
}

/// A client of the live protocol.
pub(crate) struct Viewer {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Viewer {
    /// The next frame, or the close code and reason.
    pub(crate) async fn next(&mut self) -> Result<Value, (u16, String)> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match message.expect("a frame in time") {
                Some(Ok(Message::Text(text))) => {
                    return Ok(serde_json::from_str(&text).expect("a frame is JSON"));
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    return Err((close.code.into(), close.reason.to_string()));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err((0, error.to_string())),
                None => return Err((0, "ended".into())),
            }
        }
    }

    /// The next frame of this type.
    pub(crate) async fn of_type(&mut self, kind: &str) -> Value {
        let wanted = async {
            loop {
                let frame = self.next().await.expect("the stream goes on");
                if frame["type"] == kind {
                    return frame;
                }
            }
        };
        // Heartbeats alone would go on for ever.
        let wanted = tokio::time::timeout(PATIENCE, wanted).await;
        wanted.unwrap_or_else(|_| panic!("no frame of type {kind} came"))
    }

    pub(crate) async fn say(&mut self, text: &str) {
        let _ = self.socket.send(Message::text(text.to_owned())).await;
    }
}

/// What the `environment` that a simulator tells means.
pub(crate) fn config(environment: &[(&'static str, String)]) -> Config {
    let env: HashMap<String, String> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let vendors: Vec<&'static VendorSpec> = source::VENDORS.iter().map(|v| &v.spec).collect();
    Config::load(None, &env, &Flags::default(), &vendors).expect("good settings")
}

/// A client with limits, as the house wants them.
pub(crate) fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().timeout(PATIENCE);
    builder.build().expect("a client")
}
