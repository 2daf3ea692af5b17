//! What a viewer can ask for in its upgrade: the binary protocol, compression, both or neither.

use std::collections::BTreeMap;

use fleetglass::live::bin::{Applied, Picture as Rows, Row, Tile};
use fleetglass::live::viewer::ViewerSettings;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::harness::Rig;
use crate::live::Picture;
use crate::raw::{BINARY, FIN, Message, Raw, TEXT, frame};
use crate::stage::{Stage, WAYS, until, vehicles};

const LIVE: &str = "/api/v1/live";
const DEFLATE: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
/// Few enough that nobody falls behind.
const N_CHANGES: u64 = 10;
const BIN: &str = "Sec-WebSocket-Protocol: fleetglass.v1.bin\r\n";

async fn open(address: std::net::SocketAddr, path: &str, headers: &str) -> Raw<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("it connects");
    Raw::open(stream, path, headers, &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_or_not_the_same_is_told() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        stage.publish(vehicles(40, 1, 300)).await;
        until("something is there", || stage.hub.seq() == 1).await;
        for headers in ["", BIN] {
            let opcode = if headers.is_empty() { TEXT } else { BINARY };
            let mut plain = open(stage.address, LIVE, headers).await;
            let deflate = format!("{DEFLATE}{headers}");
            let mut deflated = open(stage.address, LIVE, &deflate).await;
            assert!(!plain.head.contains("deflate") && deflated.head.contains("deflate"));
            plain.of_type("hello").await;
            deflated.of_type("hello").await;
            let begun = stage.hub.seq();
            for nth in 1..=N_CHANGES {
                stage.publish(vehicles(20, begun + nth, 300)).await;
            }
            let told = changes(&mut plain, opcode).await;
            let told_deflated = changes(&mut deflated, opcode).await;
            assert!(told.iter().all(|message| !message.is_deflated));
            assert!(told_deflated.iter().all(|message| message.is_deflated));
            let pairs = told.iter().zip(&told_deflated);
            let is_same = pairs.into_iter().all(|(a, b)| a.payload == b.payload);
            assert!(is_same, "{headers} {way:?}");
        }
    }
}

/// The messages of the changes, which come after the first keyframes.
async fn changes(raw: &mut Raw<TcpStream>, opcode: u8) -> Vec<Message> {
    const DIFFERENCES: u8 = 2;
    let mut all = Vec::new();
    while (all.len() as u64) < N_CHANGES {
        let message = raw.next().await.expect("it goes on");
        assert_eq!(message.opcode, opcode);
        if message.is_of("changes") || message.payload.first() == Some(&DIFFERENCES) {
            all.push(message);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_release_is_told_to_reload() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        let header = "Sec-WebSocket-Protocol: fleetglass.v0.bin\r\n";
        let mut raw = open(stage.address, LIVE, header).await;
        assert!(
            raw.head
                .contains("sec-websocket-protocol: fleetglass.v0.bin")
        );
        let first = raw.next().await.expect("a close");
        let (code, reason) = first.close().expect("nothing before it");
        assert_eq!(code, 4001, "{reason}");
        raw.say(&frame(FIN | crate::raw::CLOSE, &[0x0f, 0xa1]))
            .await;
        assert!(raw.next().await.is_err());
        stage.is_deserted().await;
    }
}

/// Takes the binary protocol's messages until the state `seq`.
async fn follow(raw: &mut Raw<TcpStream>, rows: &mut Rows, seq: u64) -> Vec<Applied> {
    let mut applied = Vec::new();
    while rows.tile(Tile::ROOT).is_none_or(|held| held.seq < seq) {
        let message = raw.next().await.expect("it goes on");
        assert_eq!(message.opcode, BINARY);
        if message.payload.first() != Some(&b'{') {
            applied.push(rows.apply(&message.payload).expect("a sound message"));
        }
    }
    applied
}

/// Whether the row tells what the JSON does, as finely as rows are.
fn assert_same(row: &Row, vehicle: &Value) {
    const MOTIONS: [&str; 5] = ["moving", "idling", "stopped", "parked", "unknown"];
    const FRESHNESSES: [&str; 5] = ["live", "late", "stale", "offline", "never"];
    const FLAGS: [&str; 5] = [
        "diverging",
        "clock_ahead",
        "no_fix_time",
        "feed_down",
        "panic",
    ];
    assert_eq!(
        vehicle["motion"]["state"],
        MOTIONS[usize::from(row.motion())]
    );
    assert_eq!(
        vehicle["freshness"]["state"],
        FRESHNESSES[usize::from(row.freshness())]
    );
    for (bit, flag) in FLAGS.iter().enumerate() {
        let flags = vehicle["flags"].as_array();
        let is_set = flags.is_some_and(|flags| flags.contains(&Value::from(*flag)));
        assert_eq!(row.flags & (1 << bit) != 0, is_set, "{flag} {vehicle}");
    }
    let position = &vehicle["position"];
    assert_eq!(row.has_position(), position.is_object(), "{vehicle}");
    let Some((lat_deg, lng_deg)) = row.lat_lng() else {
        return;
    };
    let number = |name: &str| position[name].as_f64();
    let lat = number("lat_deg").expect("a latitude");
    let north_m = (lat - lat_deg) * 111_320.0;
    let east_m = (number("lng_deg").expect("a longitude") - lng_deg) * 111_320.0;
    let away_m = north_m.hypot(east_m * lat.to_radians().cos());
    assert!(away_m < 0.3, "{away_m} m {vehicle}");
    let heading = (row.heading < 255).then(|| f64::from(row.heading) * 2.0);
    let turned = |deg: f64, told: f64| ((deg - told + 540.0) % 360.0 - 180.0).abs();
    let speed = (row.speed < 255).then(|| f64::from(row.speed) / 2.0);
    let near = |said: Option<f64>, told: Option<f64>, most: f64, away: &dyn Fn(f64, f64) -> f64| {
        let is_near = said
            .zip(told)
            .is_some_and(|(said, told)| away(said, told) <= most);
        assert!(
            is_near || said.is_none() && told.is_none(),
            "{said:?} {told:?}"
        );
    };
    // A hundredth more, for the rounding of the JSON.
    near(number("heading_deg"), heading, 1.06, &turned);
    near(number("speed_mps"), speed, 0.26, &|a, b| (a - b).abs());
    let fixed_at: jiff::Timestamp = position["fixed_at"]
        .as_str()
        .and_then(|at| at.parse().ok())
        .expect("a time");
    let behind_ms = fixed_at.as_millisecond() - i64::from(row.fixed_s) * 1_000;
    assert!((0..1_000).contains(&behind_ms), "{behind_ms}");
}

/// The rows against the JSON of the same state.
fn assert_same_picture(rows: &Rows, json: &BTreeMap<String, Value>) {
    let held = rows.tile(Tile::ROOT).expect("the fleet");
    let ids: BTreeMap<&str, &Row> = held
        .rows
        .iter()
        .map(|(index, row)| (&*rows.entry(*index).expect("names").id, row))
        .collect();
    assert!(ids.keys().copied().eq(json.keys().map(String::as_str)));
    for (id, row) in ids {
        assert_same(row, &json[id]);
    }
    for index in held.rows.keys() {
        let entry = rows.entry(*index).expect("names");
        assert_eq!(json[&*entry.id]["name"], &*entry.name);
    }
}

/// What JSON viewers hold, for each state since the first.
struct Record {
    raw: Raw<TcpStream>,
    picture: Picture,
    by_seq: BTreeMap<u64, BTreeMap<String, Value>>,
}

impl Record {
    async fn until(&mut self, seq: u64) -> &BTreeMap<String, Value> {
        while self.picture.seq < seq {
            let message = self.raw.next().await.expect("it goes on");
            self.picture.apply(&message.json().expect("JSON"));
            let held = self.picture.vehicles.clone();
            self.by_seq.insert(self.picture.seq, held);
        }
        &self.by_seq[&seq]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_binary_protocol_shows_what_the_json_does_also_when_resumed() {
    let rig = Rig::of_vehicles(80).await;
    let address = rig.server.address;
    let is_there = |list: &Value| list["vehicles"].as_array().map_or(0, Vec::len) == 80;
    rig.server.until("/api/v1/vehicles", is_there).await;
    let mut record = Record {
        raw: open(address, LIVE, DEFLATE).await,
        picture: Picture::default(),
        by_seq: BTreeMap::new(),
    };
    let mut raw = open(address, LIVE, &format!("{DEFLATE}{BIN}")).await;
    let hello = raw.of_type("hello").await;
    assert_eq!(hello["resumed"], false);
    let mut rows = Rows::default();
    follow(&mut raw, &mut rows, 1).await;
    let mut held = 0;
    for _ in 0..8 {
        held = rows.tile(Tile::ROOT).expect("the fleet").seq;
        let told = record.until(held).await;
        assert_same_picture(&rows, told);
        follow(&mut raw, &mut rows, held + 1).await;
    }
    assert!(held > 0);
    // A look at a part of a small fleet shows all of it.
    let look = br#"{"type":"view","bounds":[27.5,-26.5,28.5,-25.5],"zoom":10.5}"#;
    raw.say(&frame(FIN | TEXT, look)).await;
    let view = loop {
        let message = raw.next().await.expect("it goes on");
        if message.is_of("view") {
            break message.json().expect("JSON");
        }
        if message.payload.first() != Some(&b'{') {
            rows.apply(&message.payload).expect("a sound message");
        }
    };
    assert_eq!(
        (&view["whole"], &view["tiles"]),
        (&true.into(), &serde_json::json!([[0, 0, 0]]))
    );
    drop(raw);
    // It is away for some changes, and goes on where it stopped.
    held = rows.tile(Tile::ROOT).expect("the fleet").seq;
    record.until(held + 4).await;
    let epoch = hello["epoch"].as_str().expect("an epoch");
    let path = format!("{LIVE}?epoch={epoch}&seq={held}");
    // In the same form as before: frames are kept in those that were wanted.
    let mut raw = open(address, &path, &format!("{DEFLATE}{BIN}")).await;
    let hello = raw.of_type("hello").await;
    assert_eq!(
        (&hello["resumed"], &hello["seq"]),
        (&true.into(), &held.into())
    );
    let applied = follow(&mut raw, &mut rows, held + 6).await;
    assert!(
        applied.iter().all(|one| *one == Applied::Differences),
        "{applied:?}"
    );
    held = rows.tile(Tile::ROOT).expect("the fleet").seq;
    assert_same_picture(&rows, record.until(held).await);
}
