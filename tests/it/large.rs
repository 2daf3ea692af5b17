//! A large fleet from a client's side: it says what it looks at, and gets that and counts of the
//! rest. The sizes beyond which this is so are lowered, so the server here is the live path alone.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fleetglass::clock;
use fleetglass::domain::{
    DeviceKey, Freshness, FreshnessState, Motion, MotionState, Position, SourceId, Vehicle,
    VehicleId,
};
use fleetglass::fleet::Changes;
use fleetglass::live::bin::{BIN_PROTOCOL, Picture, Tile};
use fleetglass::live::channel::ChannelSettings;
use fleetglass::live::encoder::Encoder;
use fleetglass::live::hub::Hub;
use fleetglass::live::reception::{Admission, Reception};
use fleetglass::live::stages::Stages;
use fleetglass::live::viewer::sight::Sight;
use fleetglass::live::viewer::{Dialect, Introduction, ViewerSettings};
use fleetglass::live::ws::handshake::Handshake;
use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{PATIENCE, Rig};

const TOWNS: usize = 4;
const VEHICLES_OF_A_TOWN: usize = 10;

/// A hub whose fleet is large, behind a socket.
struct Country {
    hub: Arc<Hub>,
    encoder: Encoder,
    address: SocketAddr,
}

impl Country {
    async fn start() -> Self {
        let hub = Arc::new(Hub::new("country", ChannelSettings::default()));
        let stages = Arc::new(Stages::new(Arc::clone(&hub)));
        let encoder = Encoder::start(stages, clock::now).expect("a thread");
        let settings = ViewerSettings {
            large_fleet: 20,
            max_inside: 15,
            ..ViewerSettings::default()
        };
        let reception = Reception::open(Arc::clone(&hub), settings, 1, clock::now);
        let reception = reception.expect("a thread");
        let app = Router::new()
            .route("/", get(upgrade))
            .with_state((reception, Arc::clone(&hub)));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("a bound port");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            hub,
            encoder,
            address,
        }
    }

    async fn publish(&self, vehicles: Vec<Vehicle>) {
        let seq = self.hub.told_seq();
        let changes = Changes {
            vehicles: vehicles.into_iter().map(Arc::new).collect(),
            ..Changes::default()
        };
        self.encoder.publish(changes, clock::now());
        while self.hub.told_seq() == seq {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// The middle of a town is what its viewers look at first.
async fn upgrade(
    State((reception, hub)): State<(Reception, Arc<Hub>)>,
    mut request: Request,
) -> Response {
    let checked = Handshake::check(request.method(), request.version(), request.headers());
    let handshake = checked.expect("an upgrade");
    let who = Introduction {
        dialect: Some(Dialect::Bin),
        deflates: handshake.deflates(),
        resume: None,
        sight: Some(around(0)),
    };
    let admission = Admission {
        hub,
        pass: 1,
        held: None,
        letters: None,
    };
    reception.receive(hyper::upgrade::on(&mut request), who, admission);
    let mut answer = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = answer.headers_mut();
    headers.extend(handshake.answer(Some(BIN_PROTOCOL)));
    answer
}

fn lng(town: usize) -> f64 {
    [18.4, 22.1, 26.3, 30.9][town]
}

fn around(town: usize) -> Sight {
    Sight {
        bounds: [lng(town) - 0.1, -30.1, lng(town) + 0.1, -29.9],
        zoom: 11.0,
    }
}

fn view(sight: Sight) -> String {
    let (bounds, zoom) = (sight.bounds, sight.zoom);
    format!(r#"{{"type":"view","bounds":{bounds:?},"zoom":{zoom}}}"#)
}

fn vehicle(town: usize, nth: usize, off_deg: f64) -> Vehicle {
    let at = Timestamp::from_second(1_800_000_000).expect("a time");
    let number = town * VEHICLES_OF_A_TOWN + nth;
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let aside_deg = nth as f64 * 0.005;
    let id = VehicleId::new(format!("v{number}"));
    Vehicle {
        position: Some(Position {
            lat_deg: -30.0 + off_deg,
            lng_deg: lng(town) + aside_deg,
            heading_deg: None,
            speed_mps: None,
            altitude_m: None,
            accuracy_m: None,
            fixed_at: at,
            received_at: at,
            device: DeviceKey::new(SourceId::new("s"), number.to_string()),
        }),
        motion: Motion {
            state: MotionState::Moving,
            since: at,
            since_at_least: false,
        },
        freshness: Freshness {
            state: FreshnessState::Live,
            since: at,
        },
        ..Vehicle::new(id, format!("Truck {number}"), at)
    }
}

fn town(town: usize) -> impl Iterator<Item = Vehicle> {
    (0..VEHICLES_OF_A_TOWN).map(move |nth| vehicle(town, nth, 0.0))
}

/// A page of the binary protocol.
struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    picture: Picture,
    view: Value,
    cells: Value,
}

impl Page {
    async fn open(url: String) -> Self {
        let mut request = url.into_client_request().expect("a URL");
        let protocol = BIN_PROTOCOL.parse().expect("a header");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (socket, _) = connect_async(request).await.expect("the upgrade");
        Self {
            socket,
            picture: Picture::default(),
            view: Value::Null,
            cells: Value::Null,
        }
    }

    /// Applies messages until `is_met` after one of them; how many there were of the fleet.
    async fn until(&mut self, is_met: impl Fn(&Self, &Value) -> bool) -> usize {
        let mut n_told = 0;
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            let message = next.expect("a message in time").expect("no end");
            let Message::Binary(bytes) = message.expect("no error") else {
                continue;
            };
            let frame = if bytes[0] == b'{' {
                serde_json::from_slice(&bytes).expect("JSON")
            } else {
                self.picture.apply(&bytes).expect("a fleet message");
                n_told += 1;
                Value::Null
            };
            match frame["type"].as_str() {
                Some("view") => self.view = frame.clone(),
                Some("cells") if frame["all"] == true => self.cells = frame.clone(),
                _ => {}
            }
            if is_met(self, &frame) {
                return n_told;
            }
        }
    }

    fn tiles(&self) -> Vec<Tile> {
        let part = |part: &Value| u16::try_from(part.as_u64().expect("a number")).expect("small");
        let tile = |tile: &Value| Tile {
            z: u8::try_from(part(&tile[0])).expect("a level"),
            x: part(&tile[1]),
            y: part(&tile[2]),
        };
        let tiles = self.view["tiles"].as_array();
        tiles.into_iter().flatten().map(tile).collect()
    }

    /// The names of what is in the tiles it was told it gets, once all of them are there.
    fn shown(&self) -> Option<BTreeSet<String>> {
        let mut shown = BTreeSet::new();
        for tile in self.tiles() {
            for index in self.picture.tile(tile)?.rows.keys() {
                shown.insert(self.picture.entry(*index)?.name.to_string());
            }
        }
        Some(shown)
    }
}

fn names(town: usize) -> BTreeSet<String> {
    self::town(town).map(|v| v.name.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_over_a_town_gets_that_town_and_counts_of_the_country() {
    let country = Country::start().await;
    country.publish((0..TOWNS).flat_map(town).collect()).await;
    let mut page = Page::open(format!("ws://{}/", country.address)).await;
    let is_heartbeat = |_: &Page, frame: &Value| frame["type"] == "heartbeat";
    page.until(is_heartbeat).await;
    assert_eq!(page.view["whole"], false);
    assert_eq!(page.shown(), Some(names(0)));
    assert_eq!(page.cells["vehicles"], TOWNS * VEHICLES_OF_A_TOWN);
    let counts = page.cells["cells"].as_array().expect("cells").iter();
    let moving: u64 = counts.map(|cell| cell[4].as_u64().expect("a count")).sum();
    assert_eq!(moving, 40);

    // What moves elsewhere is not told; what moves here is.
    country.publish(vec![vehicle(1, 3, 0.01)]).await;
    country.publish(vec![vehicle(0, 3, 0.01)]).await;
    assert_eq!(page.until(|_, frame| frame.is_null()).await, 1);
    let seqs = page
        .tiles()
        .into_iter()
        .filter_map(|tile| page.picture.tile(tile));
    let newest = seqs.map(|held| held.seq).max();
    assert_eq!(newest, Some(country.hub.seq()));

    for place in [1, 3, 0] {
        let said = Message::text(view(around(place)));
        page.socket.send(said).await.expect("sent");
        page.until(|page, _| page.shown() == Some(names(place)))
            .await;
    }

    // A country is more than a map can show: counts alone.
    let all = Sight {
        bounds: [10.0, -36.0, 40.0, -20.0],
        zoom: 4.0,
    };
    let said = Message::text(view(all));
    page.socket.send(said).await.expect("sent");
    page.until(|page, frame| frame["type"] == "view" && page.tiles().is_empty())
        .await;
    assert_eq!(page.view["whole"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_small_fleet_is_told_that_it_gets_all_of_it() {
    let rig = Rig::of_vehicles(20).await;
    let address = rig.server.address;
    let query = "bounds=27.9,-26.4,28.3,-26.0&zoom=11.5";
    let mut page = Page::open(format!("ws://{address}/api/v1/live?{query}")).await;
    page.until(|page, _| page.view.is_object()).await;
    assert_eq!(page.view["whole"], true);
    assert_eq!(page.tiles(), [Tile::ROOT]);
}
