//! Whose past was looked at, and by whom, stands in the audit log; where anything was does not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fleetglass::clock;
use jiff::tz::TimeZone;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Doors;
use crate::harness::PATIENCE;

const MEMBERS: [&str; 6] = ["address", "at", "n", "subject", "what", "who"];

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, in its order")]
async fn looks_at_the_past_and_files_and_erasures_are_noted_once_each_and_without_places() {
    let doors = Doors::open(|_| {}).await;
    let (boss, ann) = (doors.enter("boss").await, doors.enter("ann").await);
    let none = Value::Null;
    let vehicles = doors.settled(&boss).await;
    let mut placed = vehicles.iter().filter(|it| it["position"].is_object());
    let placed = placed.next().expect("a vehicle with a place");
    let id = placed["id"].as_str().expect("an id");
    let path = format!("/api/v1/vehicles/{}", id.replace('/', "%2F"));
    let before = newest(&doors, &boss).await;

    let now = clock::now();
    let asked = [
        format!("{path}/trail"),
        format!("{path}/trail?from={now}"),
        format!("{path}/trail?format=gpx"),
        format!("{path}/trail?format=csv"),
        format!("/api/v1/vehicles?at={now}"),
        format!("/api/v1/vehicles?at={now}&limit=1"),
        "/api/v1/vehicles.geojson".to_owned(),
        // What tells of nobody's past is not noted, and neither is what was not given.
        "/api/v1/vehicles".to_owned(),
        path.clone(),
    ];
    for asked in &asked {
        let answer = doors.with(&ann, Method::GET, asked).await;
        assert_eq!(answer.status(), StatusCode::OK, "{asked}");
    }
    for (method, refused) in [
        (Method::GET, "/api/v1/vehicles/nobody/trail".to_owned()),
        (Method::GET, format!("{path}/trail?format=dwg")),
        (
            Method::GET,
            "/api/v1/vehicles?at=1999-01-01T00:00:00Z".to_owned(),
        ),
        (Method::DELETE, format!("{path}/history")),
    ] {
        let answer = doors.with(&ann, method, &refused).await;
        assert!(answer.status().is_client_error(), "{refused}");
    }
    // Another's look is another.
    let trail = format!("{path}/trail");
    doors.well(&boss, Method::GET, &trail, &none).await;
    let history = format!("{path}/history");
    doors.well(&boss, Method::DELETE, &history, &none).await;

    let me = |cookie: String| {
        let doors = &doors;
        async move {
            doors
                .well(&cookie, Method::GET, "/api/v1/me", &Value::Null)
                .await["id"]
                .clone()
        }
    };
    let (boss_id, ann_id) = (me(boss.clone()).await, me(ann).await);
    let (by_boss, by_ann) = (format!("user:{boss_id}"), format!("user:{ann_id}"));
    let vehicle = json!(format!("vehicle:{id}"));
    let expected = [
        (&by_boss, "erased", &vehicle),
        (&by_boss, "trail_opened", &vehicle),
        (&by_ann, "exported", &none),
        (&by_ann, "time_travel", &none),
        (&by_ann, "exported", &vehicle),
        (&by_ann, "trail_opened", &vehicle),
    ];
    let audit = "/api/v1/audit?limit=100";
    let audit = doors.well(&boss, Method::GET, audit, &none).await;
    let entries = audit["entries"].as_array().expect("entries").iter();
    let fresh = entries.filter(|entry| before < entry["n"].as_i64());
    let told: Vec<&Value> = fresh.collect();
    let short = told.iter().map(|entry| {
        let text = |name: &str| entry[name].as_str().expect("text").to_owned();
        (text("who"), text("what"), entry["subject"].clone())
    });
    let short: Vec<_> = short.collect();
    let expected = expected.map(|(who, what, of)| (who.clone(), what.to_owned(), of.clone()));
    assert_eq!(short, expected);
    for entry in told {
        assert_eq!(entry["address"], "127.0.0.1");
        let members = entry.as_object().expect("an entry").keys();
        assert!(
            members.into_iter().all(|name| MEMBERS.contains(&&**name)),
            "{entry}"
        );
    }
}

async fn newest(doors: &Doors, boss: &str) -> Option<i64> {
    let path = "/api/v1/audit?limit=1";
    let audit = doors.well(boss, Method::GET, path, &Value::Null).await;
    audit["entries"][0]["n"].as_i64()
}

/// The one act that cannot be taken back does not go unnoted because nobody waits for its answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_noted_though_its_client_hangs_up_or_it_goes_half_way() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let vehicles = doors.settled(&boss).await;
    let id = vehicles[0]["id"].as_str().expect("an id");
    let path = format!("/api/v1/vehicles/{}/history", id.replace('/', "%2F"));
    let file = today(&doors, &boss).await;

    // Whoever hangs up before it began has asked for nothing: so one waits a little longer each time.
    let mut is_noted = false;
    for later in [20, 60, 180, 540].map(Duration::from_millis) {
        let before = newest(&doors, &boss).await;
        if hang_up(&doors, &boss, &path, &file, later).await {
            is_noted = is_noted_since(&doors, &boss, before).await;
        }
        if is_noted {
            break;
        }
    }
    assert!(is_noted, "an erasure whose client hung up is not noted");
    assert_eq!(last(&doors, &boss).await, "erased");

    // One that could not look into all days is answered so, and noted as well.
    let before = newest(&doors, &boss).await;
    let day = clock::now().to_zoned(TimeZone::UTC).date();
    let day = day.yesterday().expect("a day");
    let unreadable = doors.dir.path().join(format!("trail-{day}.sqlite"));
    std::fs::create_dir(unreadable).expect("something that is no store");
    let answer = doors.with(&boss, Method::DELETE, &path).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(before < newest(&doors, &boss).await);
    assert_eq!(last(&doors, &boss).await, "erased");
}

/// Asks for an erasure and hangs up `later`, while somebody reads the `file` and so keeps it waiting;
/// whether it was gone before it was told anything.
async fn hang_up(doors: &Doors, boss: &str, path: &str, file: &Path, later: Duration) -> bool {
    let reader = read(file);
    let socket = TcpStream::connect(doors.server.address).await;
    let mut socket = socket.expect("a connection");
    let head = format!(
        "DELETE {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {boss}\r\n\r\n",
        doors.server.address,
        doors.server.url(""),
    );
    socket.write_all(head.as_bytes()).await.expect("it is sent");
    tokio::time::sleep(later).await;
    // It may have been told by now, and the connection be over.
    let _ = socket.shutdown().await;
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    // By a reset, or without a word.
    let _ = ended.expect("the server drops it");
    drop(reader);
    answer.is_empty()
}

/// Whether anything is noted after `before`, before long.
async fn is_noted_since(doors: &Doors, boss: &str, before: Option<i64>) -> bool {
    let noted = async {
        while newest(doors, boss).await == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let soon = Duration::from_secs(5);
    tokio::time::timeout(soon, noted).await.is_ok()
}

/// Somebody reads a file, and has not finished yet.
fn read(file: &Path) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(file).expect("a store");
    db.execute_batch("BEGIN").expect("a step");
    let count = "SELECT count(*) FROM device";
    let count: i64 = db.query_row(count, [], |row| row.get(0)).expect("a count");
    assert!(0 < count, "nothing is remembered yet");
    db
}

/// The file of today, once there is something in it.
async fn today(doors: &Doors, boss: &str) -> PathBuf {
    let finding = async {
        loop {
            let none = Value::Null;
            let history = doors.well(boss, Method::GET, "/api/v1/history", &none);
            if let Some(day) = history.await["days"][0]["day"].as_str() {
                return doors.dir.path().join(format!("trail-{day}.sqlite"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, finding).await;
    found.expect("it is written in time")
}

async fn last(doors: &Doors, boss: &str) -> Value {
    let path = "/api/v1/audit?limit=1";
    let audit = doors.well(boss, Method::GET, path, &Value::Null).await;
    audit["entries"][0]["what"].clone()
}
