//! MyCarTracks as a client meets it: tokens, lists, limits, streams.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::Method;
use reqwest::StatusCode as Status;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;

use crate::sim::SimSettings;
use crate::sim::settings::MYCARTRACKS_BASE;
use crate::sim::testing::{Bench, json as body};

fn header(response: &reqwest::Response, name: &str) -> u64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_token_is_issued_once_and_tells_its_remaining_life() {
    let bench = Bench::new(SimSettings {
        token_life: Duration::from_hours(1),
        ..SimSettings::default()
    })
    .await;
    let form = [("grant_type", "client_credentials"), ("scope", "read")];
    let first = body(bench.grant(&form).await).await;
    assert_eq!(first["token_type"], "bearer");
    assert_eq!(first["scope"], "read");
    let second = body(bench.grant(&form).await).await;
    assert_eq!(first["access_token"], second["access_token"]);
    // Whole seconds of what is left: less than the full life by now.
    assert!(second["expires_in"].as_u64().unwrap() < 3_600);
}

#[tokio::test]
async fn a_token_is_refused_for_another_scope_grant_or_client() {
    let bench = Bench::new(SimSettings::default()).await;
    let cases = [
        (
            [
                ("grant_type", "client_credentials"),
                ("scope", "read write"),
            ],
            "invalid_scope",
        ),
        (
            [("grant_type", "password"), ("scope", "read")],
            "unsupported_grant_type",
        ),
    ];
    for (form, expected) in cases {
        let answer = bench.grant(&form).await;
        assert_eq!(answer.status(), Status::BAD_REQUEST);
        assert_eq!(body(answer).await["error"], expected);
    }
    let stranger = bench.request(Method::POST, "/mycartracks/oauth/token");
    let stranger = stranger.basic_auth("sim-client", Some("wrong"));
    let stranger = stranger
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), Status::UNAUTHORIZED);
    assert_eq!(body(stranger).await["error"], "invalid_client");
}

#[tokio::test]
async fn an_expired_or_revoked_token_is_refused_and_a_new_one_heals() {
    let bench = Bench::new(SimSettings {
        token_life: Duration::from_millis(300),
        ..SimSettings::default()
    })
    .await;
    let token = bench.token().await;
    let path = format!("{MYCARTRACKS_BASE}/vehicles");
    let ask = |token: String| bench.request(Method::GET, &path).bearer_auth(token).send();
    assert_eq!(ask(token.clone()).await.unwrap().status(), Status::OK);
    tokio::time::sleep(Duration::from_millis(301)).await;
    assert_eq!(
        ask(token.clone()).await.unwrap().status(),
        Status::UNAUTHORIZED
    );
    let renewed = bench.token().await;
    assert_ne!(renewed, token);
    assert_eq!(ask(renewed.clone()).await.unwrap().status(), Status::OK);
    bench.control("/revoke", json!({})).await;
    assert_eq!(ask(renewed).await.unwrap().status(), Status::UNAUTHORIZED);
    assert_eq!(ask(bench.token().await).await.unwrap().status(), Status::OK);
}

#[tokio::test]
async fn pages_cover_every_vehicle_once_and_great_limits_are_refused() {
    let bench = Bench::new(SimSettings::default()).await;
    let mut ids = HashSet::new();
    for offset in (0..).step_by(100) {
        let page = bench
            .mycartracks(&format!("/vehicles?offset={offset}&limit=100"))
            .await;
        let page = body(page).await;
        let rows = page["data"].as_array().unwrap();
        assert!(
            rows.iter()
                .all(|row| ids.insert(row["id"].as_u64().unwrap()))
        );
        if rows.len() < 100 {
            break;
        }
    }
    let world = bench.control_get("/world").await;
    let devices = world["vehicles"].as_array().unwrap().iter();
    let devices = devices.flat_map(|vehicle| vehicle["devices"].as_array().unwrap());
    assert_eq!(
        devices
            .filter(|device| device["vendor"] == "mycartracks")
            .count(),
        ids.len()
    );

    for query in ["limit=101", "limit=0", "limit=many", "offset=-1"] {
        let answer = bench
            .mycartracks(&format!("/vehicles/lastPositions?{query}"))
            .await;
        assert_eq!(answer.status(), Status::BAD_REQUEST, "{query}");
    }
    let unasked = body(bench.mycartracks("/vehicles/lastPositions").await).await;
    assert_eq!(unasked["data"].as_array().unwrap().len(), 50);
    let fields = body(bench.mycartracks("/vehicles?fields=id,name&limit=1").await).await;
    assert_eq!(fields["data"][0].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn every_answer_tells_the_window_and_beyond_it_there_is_403_until_it_resets() {
    let bench = Bench::new(SimSettings {
        window_requests: 3,
        window: Duration::from_millis(1_500),
        ..SimSettings::default()
    })
    .await;
    for remaining in [2, 1, 0] {
        let answer = bench.mycartracks("/vehicles?limit=1").await;
        assert_eq!(answer.status(), Status::OK);
        assert_eq!(header(&answer, "x-rate-limit-limit"), 3);
        assert_eq!(header(&answer, "x-rate-limit-remaining"), remaining);
    }
    let refused = bench.mycartracks("/vehicles?limit=1").await;
    assert_eq!(refused.status(), Status::FORBIDDEN);
    assert_eq!(header(&refused, "x-rate-limit-remaining"), 0);
    let reset_s = header(&refused, "x-rate-limit-reset");
    assert!((1..=2).contains(&reset_s));
    tokio::time::sleep(Duration::from_secs(reset_s)).await;
    assert_eq!(
        bench.mycartracks("/vehicles?limit=1").await.status(),
        Status::OK
    );
}

#[tokio::test]
async fn a_missing_permission_is_a_403_with_requests_left() {
    let bench = Bench::new(SimSettings::default()).await;
    bench.set_fault("mycartracks", "forbidden").await;
    let answer = bench.mycartracks("/vehicles").await;
    assert_eq!(answer.status(), Status::FORBIDDEN);
    assert_eq!(header(&answer, "x-rate-limit-remaining"), 150);
}

#[tokio::test]
async fn a_stream_tells_of_every_vehicle_and_its_url_opens_once() {
    let bench = Bench::busy().await;
    let session = body(bench.session(&json!({})).await).await;
    assert_eq!(session["expiresIn"], 1_800);
    let url = session["websocketUrl"].as_str().unwrap();
    let (socket, _) = connect_async(url).await.unwrap();
    drop(socket);
    let again = connect_async(url).await.unwrap_err();
    assert!(again.to_string().contains("401"), "{again}");

    let last = body(bench.mycartracks("/vehicles/lastPositions?limit=100").await).await;
    let rows = last["data"].as_array().unwrap().iter();
    let mut missing: HashSet<_> = rows.map(|row| row["vehicleId"].as_u64().unwrap()).collect();
    let mut stream = bench.stream(&json!({})).await;
    while !missing.is_empty() {
        let event = stream.event().await;
        assert_eq!(event["type"], "position");
        assert!(event["latitude"].as_f64().is_some() && event["longitude"].as_f64().is_some());
        let at = event["time"].as_str().unwrap();
        assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
        missing.remove(&event["vehicleId"].as_u64().unwrap());
    }
}

#[tokio::test]
async fn a_selection_is_all_that_a_stream_tells_of() {
    let bench = Bench::busy().await;
    let mut stream = bench.stream(&json!({ "vehicleIds": ["4711"] })).await;
    for _ in 0..3 {
        assert_eq!(stream.event().await["vehicleId"], 4711);
    }
    let unknown = bench.session(&json!({ "vehicleIds": [1] })).await;
    assert_eq!(unknown.status(), Status::NOT_FOUND);
}

#[tokio::test]
async fn a_stale_url_is_refused() {
    let bench = Bench::new(SimSettings {
        url_life: Duration::from_millis(100),
        ..SimSettings::default()
    })
    .await;
    let session = body(bench.session(&json!({})).await).await;
    tokio::time::sleep(Duration::from_millis(101)).await;
    let late = connect_async(session["websocketUrl"].as_str().unwrap()).await;
    assert!(late.unwrap_err().to_string().contains("401"));
}

#[tokio::test]
async fn a_session_beats_and_ends_with_a_word() {
    let bench = Bench::new(SimSettings {
        vehicles: 1,
        heartbeat: Duration::from_millis(100),
        session_life: Duration::from_millis(950),
        ..SimSettings::default()
    })
    .await;
    let mut stream = bench.stream(&json!({})).await;
    let mut beats = 0;
    let last = loop {
        let event = stream.event().await;
        match event["type"].as_str() {
            Some("heartbeat") => beats += 1,
            Some("position") => {}
            _ => break event,
        }
    };
    assert!(5 <= beats, "{beats}");
    assert_eq!(last["type"], "error");
    assert_eq!(last["code"], "SESSION_EXPIRED");
    assert!(stream.frame().await.unwrap().unwrap().is_close());
}

#[tokio::test]
async fn an_emitted_report_reaches_the_stream() {
    let bench = Bench::new(SimSettings {
        vehicles: 1,
        ..SimSettings::default()
    })
    .await;
    let mut stream = bench.stream(&json!({})).await;
    let whose = json!({ "vendor": "mycartracks", "id": "4711" });
    let emitted = body(bench.control("/emit", whose).await).await;
    while stream.event().await["time"] != emitted["fixed_at"] {}
    let stranger = json!({ "vendor": "mycartracks", "id": "1" });
    let answer = bench.control("/emit", stranger).await;
    assert_eq!(answer.status(), Status::NOT_FOUND);
}

#[tokio::test]
async fn streams_and_handshakes_are_refused_on_demand() {
    let bench = Bench::busy().await;
    let stubborn = json!({ "vendor": "mycartracks", "fault": "stream-refused", "value": 422 });
    bench.control("/faults", stubborn).await;
    assert_eq!(bench.session(&json!({})).await.status().as_u16(), 422);
    assert_eq!(bench.mycartracks("/vehicles").await.status(), Status::OK);
    bench.clear_faults().await;
    bench.set_fault("mycartracks", "handshake-refused").await;
    let session = body(bench.session(&json!({})).await).await;
    let refused = connect_async(session["websocketUrl"].as_str().unwrap()).await;
    assert!(refused.unwrap_err().to_string().contains("403"));
    bench.clear_faults().await;
    bench.stream(&json!({})).await.event().await;
}

/// Every form must name the vehicle and the place somewhere, under some accepted name.
fn holds(event: &Value, id: &Value, latitude: f64) -> bool {
    match event {
        Value::Array(items) => items.iter().any(|item| holds(item, id, latitude)),
        Value::Object(members) => members.values().any(|member| holds(member, id, latitude)),
        other => other == id || other.as_f64() == Some(latitude),
    }
}

#[tokio::test]
async fn variants_take_turns_and_keep_what_they_say() {
    let bench = Bench::busy().await;
    bench.set_fault("mycartracks", "variants").await;
    let mut stream = bench.stream(&json!({ "vehicleIds": [4711] })).await;
    let (mut shapes, mut binary) = (HashSet::new(), 0);
    for _ in 0..40 {
        let whose = json!({ "vendor": "mycartracks", "id": "4711" });
        let emitted = body(bench.control("/emit", whose).await).await;
        let latitude = emitted["lat_deg"].as_f64().unwrap();
        loop {
            let frame = stream.frame().await.unwrap().unwrap();
            binary += u32::from(frame.is_binary());
            let event: Value = serde_json::from_slice(&frame.into_data()).unwrap();
            if let Value::Object(members) = &event {
                shapes.insert(members.keys().cloned().collect::<Vec<_>>());
            }
            if holds(&event, &json!(null), latitude) {
                assert!(holds(&event, &json!(4711), 99.0) || holds(&event, &json!("4711"), 99.0));
                break;
            }
        }
    }
    assert!(10 < shapes.len(), "{}", shapes.len());
    assert!(0 < binary);
}

#[tokio::test]
async fn garbage_stands_between_good_rows_and_events() {
    let bench = Bench::busy().await;
    let good = body(bench.mycartracks("/vehicles").await).await["data"].clone();
    bench.set_fault("mycartracks", "garbage").await;
    let bad = body(bench.mycartracks("/vehicles").await).await["data"].clone();
    let (good, bad) = (good.as_array().unwrap(), bad.as_array().unwrap());
    assert!(good.len() < bad.len());
    assert!(good.iter().all(|row| bad.contains(row)));

    let mut stream = bench.stream(&json!({})).await;
    let (mut positions, mut unreadable) = (0, 0);
    while positions < 20 || unreadable == 0 {
        let frame = stream.frame().await.unwrap().unwrap();
        match serde_json::from_slice::<Value>(&frame.into_data()) {
            Ok(event) => positions += u32::from(event["latitude"].is_f64()),
            Err(_) => unreadable += 1,
        }
    }
}

#[tokio::test]
async fn a_phone_can_be_taken_off_the_network() {
    let bench = Bench::new(SimSettings {
        vehicles: 1,
        ..SimSettings::default()
    })
    .await;
    let whose = json!({ "vendor": "mycartracks", "id": "4711", "for_s": 20 });
    assert_eq!(
        bench.control("/lose", whose).await.status(),
        Status::NO_CONTENT
    );
    let world = bench.control_get("/world").await;
    assert_eq!(world["vehicles"][0]["devices"][0]["link"], "offline");
}

#[tokio::test]
async fn tracks_and_their_points_add_up_to_what_was_recorded() {
    let bench = Bench::new(SimSettings {
        vehicles: 12,
        past: Duration::from_mins(90),
        window_requests: 10_000,
        ..SimSettings::default()
    })
    .await;
    let before_s = crate::clock::now().as_second();
    let answer = body(
        bench
            .mycartracks("/tracks2?limit=100&includeTotal=true")
            .await,
    )
    .await;
    let tracks = answer["data"].as_array().unwrap();
    assert_eq!(answer["paging"]["total"], tracks.len());
    let mut told: HashSet<(u64, i64)> = HashSet::new();
    for track in tracks {
        let mut offset = 0;
        loop {
            let path = format!("/trackpoints/{}?limit=500&offset={offset}", track["id"]);
            let page = body(bench.mycartracks(&path).await).await;
            let rows = page["data"].as_array().unwrap();
            offset += rows.len();
            for row in rows {
                let at = row["time"].as_i64().unwrap();
                assert!(told.insert((track["vehicleId"].as_u64().unwrap(), at)));
            }
            if rows.len() < 500 {
                break;
            }
        }
    }
    let past = bench.control_get("/past?vendor=mycartracks").await;
    let mut n_compared = 0;
    for (id, points) in past.as_object().unwrap() {
        for point in points.as_array().unwrap() {
            let at: jiff::Timestamp = point["fixed_at"].as_str().unwrap().parse().unwrap();
            if at.as_second() < before_s {
                assert!(told.contains(&(id.parse().unwrap(), at.as_millisecond())));
                n_compared += 1;
            }
        }
    }
    assert!(1_000 < n_compared, "{n_compared}");
}

#[tokio::test]
async fn tracks_are_asked_for_by_their_time_and_strangers_are_not_found() {
    let bench = Bench::new(SimSettings {
        vehicles: 30,
        past: Duration::from_mins(150),
        ..SimSettings::default()
    })
    .await;
    let hour_ago_s = crate::clock::now().as_second() - 3_600;
    let all = body(bench.mycartracks("/tracks2?limit=100").await).await;
    let path = format!("/tracks2?limit=100&endTime={hour_ago_s}");
    let early = body(bench.mycartracks(&path).await).await;
    let n = |answer: &Value| answer["data"].as_array().unwrap().len();
    assert!(0 < n(&early) && n(&early) < n(&all));
    let starts = early["data"].as_array().unwrap().iter();
    assert!(
        starts
            .map(|track| track["startTime"].as_i64().unwrap())
            .all(|at| at < (hour_ago_s + 1) * 1_000)
    );

    let first = &all["data"][0];
    let one = body(bench.mycartracks(&format!("/tracks/{}", first["id"])).await).await;
    assert_eq!(one["id"], first["id"]);
    for path in ["/tracks/7", "/trackpoints/7"] {
        assert_eq!(bench.mycartracks(path).await.status(), Status::NOT_FOUND);
    }
    let path = format!("/trackpoints/{}?limit=501", first["id"]);
    assert_eq!(bench.mycartracks(&path).await.status(), Status::BAD_REQUEST);
}
