//! Cartrack as a client meets it: Basic, lists, filters, limits.

use std::collections::HashSet;

use reqwest::{Method, StatusCode as Status};
use serde_json::{Value, json};

use crate::sim::SimSettings;
use crate::sim::testing::{Bench, json as body};

async fn rows(bench: &Bench, path: &str) -> Vec<Value> {
    let answer = body(bench.cartrack(path).await).await;
    answer["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn only_the_account_is_let_in() {
    let bench = Bench::new(SimSettings::default()).await;
    let path = "/cartrack/rest/vehicles/status";
    let nobody = bench.request(Method::GET, path).send().await.unwrap();
    assert_eq!(nobody.status(), Status::UNAUTHORIZED);
    let stranger = bench
        .request(Method::GET, path)
        .basic_auth("SIMU00001", Some("guess"));
    let answer = stranger.send().await.unwrap();
    assert_eq!(answer.status(), Status::UNAUTHORIZED);
    let answer = body(answer).await;
    assert_eq!(answer["error"]["code"], 401);
    assert_eq!(answer["data"], Value::Null);
}

#[tokio::test]
async fn the_whole_fleet_comes_at_once_in_odd_types() {
    let bench = Bench::new(SimSettings::default()).await;
    let rows = rows(&bench, "/vehicles/status").await;
    let meta = body(bench.cartrack("/vehicles").await).await["meta"].clone();
    assert_eq!(rows.len() as u64, meta["total"].as_u64().unwrap());

    let any = |test: fn(&Value) -> bool| rows.iter().any(test);
    assert!(any(|row| row["speed"].is_string()) && any(|row| row["speed"].is_i64()));
    assert!(any(|row| row["ignition"].is_string()) && any(|row| row["ignition"].is_boolean()));
    assert!(any(|row| row["driver"]["first_name"].is_string()));
    assert!(any(
        |row| row["driver"]["driver_id"] == "00000000-0000-0000-0000-000000000000"
    ));
    assert!(any(|row| row["driver"] == json!([])));
    assert!(any(|row| row["registration"]
        .as_str()
        .unwrap()
        .contains(' ')));
    assert!(any(|row| row["registration"]
        .as_str()
        .unwrap()
        .contains('-')));
    assert!(any(|row| row["event_ts"]
        .as_str()
        .unwrap()
        .ends_with("+02")));
    assert!(any(|row| row["event_ts"]
        .as_str()
        .unwrap()
        .ends_with("+02:00")));
    assert!(any(|row| row["location"]["latitude"].is_null()));
    assert!(any(|row| row["electric"].get("charging_status").is_none()));
    assert!(
        rows.iter()
            .all(|row| row["vext"].is_string() && row["vehicle_id"].is_u64())
    );
}

#[tokio::test]
async fn a_row_repeats_until_the_unit_reports() {
    let bench = Bench::new(SimSettings::default()).await;
    let parked = |rows: Vec<Value>| {
        let off = |row: &Value| row["ignition"] == json!(false) && row["speed"] == json!(0);
        rows.into_iter().filter(off).collect::<Vec<_>>()
    };
    let first = parked(rows(&bench, "/vehicles/status").await);
    let second = parked(rows(&bench, "/vehicles/status").await);
    // A unit may report in between, but not many do.
    let same = first.iter().filter(|row| second.contains(row)).count();
    assert!(first.len() < same + 3, "{same} of {}", first.len());
}

#[tokio::test]
async fn filters_and_kilometres() {
    let bench = Bench::new(SimSettings::default()).await;
    let all = rows(&bench, "/vehicles/status").await;
    let one = &all[3];
    let id = one["vehicle_id"].as_u64().unwrap();
    let by_id = rows(
        &bench,
        &format!("/vehicles/status?filter%5Bvehicle_id%5D={id}"),
    )
    .await;
    assert_eq!(by_id.len(), 1);
    let plate = one["registration"].as_str().unwrap().replace(' ', "%20");
    let by_plate = rows(
        &bench,
        &format!("/vehicles/status?filter[registration]={plate}"),
    )
    .await;
    assert_eq!(by_plate[0]["vehicle_id"], id);
    let on = rows(&bench, "/vehicles/status?filter[ignition]=true").await;
    assert!(!on.is_empty() && on.len() < all.len());
    let in_km = format!("/vehicles/status?filter[vehicle_id]={id}&odometer_in_km=true");
    let in_km = rows(&bench, &in_km).await[0]["odometer"].as_f64().unwrap();
    let metres = one["odometer"].as_f64().unwrap();
    assert!((metres / 1_000.0 - in_km).abs() < 1.0);
}

#[tokio::test]
async fn pages_are_fifteen_by_default_and_cover_all() {
    let bench = Bench::new(SimSettings::default()).await;
    let mut ids = HashSet::new();
    let mut page = 1;
    loop {
        let answer = body(bench.cartrack(&format!("/vehicles?page={page}")).await).await;
        assert_eq!(answer["meta"]["per_page"], 15);
        let rows = answer["data"].as_array().unwrap();
        assert!(
            rows.iter()
                .all(|row| ids.insert(row["vehicle_id"].as_u64().unwrap()))
        );
        if answer["meta"]["last_page"] == page {
            assert_eq!(answer["meta"]["total"], ids.len());
            assert_eq!(answer["meta"]["to"], ids.len());
            break;
        }
        page += 1;
    }
    let wide = body(bench.cartrack("/vehicles?limit=5000").await).await;
    assert_eq!(wide["meta"]["per_page"], 100);
    let bad = bench.cartrack("/vehicles?page=0").await;
    assert_eq!(bad.status(), Status::UNPROCESSABLE_ENTITY);
    assert!(body(bad).await["error"]["data"]["page"].is_array());
    assert_eq!(rows(&bench, "/vehicles/groups").await.len(), 5);
}

#[tokio::test]
async fn positions_are_limited_apart_from_the_rest() {
    let bench = Bench::new(SimSettings {
        vehicles: 5,
        ..SimSettings::default()
    })
    .await;
    for _ in 0..60 {
        assert_eq!(
            bench.cartrack("/vehicles/status").await.status(),
            Status::OK
        );
    }
    let refused = bench.cartrack("/vehicles/status").await;
    assert_eq!(refused.status(), Status::TOO_MANY_REQUESTS);
    let number = |name| {
        refused.headers()[name]
            .to_str()
            .unwrap()
            .parse::<i64>()
            .unwrap()
    };
    let wait_s = number("x-ratelimit-retry-after-seconds");
    assert!((1..=60).contains(&wait_s));
    let until_s = number("x-ratelimit-retry-at") - crate::clock::now().as_second();
    assert!((until_s - wait_s).abs() <= 1, "{until_s} {wait_s}");
    assert_eq!(bench.cartrack("/vehicles").await.status(), Status::OK);
}

/// `2026-08-05 14:20:07` in the account's zone, so many seconds from now.
fn local(offset_s: i64) -> String {
    let at = crate::clock::now() + jiff::SignedDuration::from_secs(offset_s);
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
    at.to_zoned(zone)
        .strftime("%Y-%m-%d%%20%H:%M:%S")
        .to_string()
}

fn events_path(from_s: i64, to_s: i64, rest: &str) -> String {
    let (from, to) = (local(from_s), local(to_s));
    format!("/vehicles/events?start_timestamp={from}&end_timestamp={to}{rest}")
}

#[tokio::test]
async fn events_tell_all_that_was_recorded_in_their_window_page_by_page() {
    let bench = Bench::new(SimSettings {
        vehicles: 20,
        past: std::time::Duration::from_mins(20),
        ..SimSettings::default()
    })
    .await;
    let mut events = Vec::new();
    let path = events_path(-900, -300, "&limit=100&page=");
    for page in 1.. {
        let answer = body(bench.cartrack(&format!("{path}{page}")).await).await;
        events.extend(answer["data"].as_array().unwrap().clone());
        if answer["meta"]["last_page"].as_u64().unwrap() <= page {
            break;
        }
    }
    let second = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    let now_s = crate::clock::now().as_second();
    let past = bench.control_get("/past?vendor=cartrack").await;
    let expected: Vec<(String, i64)> = past
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(id, points)| {
            let times = points.as_array().unwrap().iter();
            times.map(|point| (id.clone(), second(point["fixed_at"].as_str().unwrap())))
        })
        // A few seconds at the borders belong to the time that the test itself takes.
        .filter(|(_, at)| (now_s - 890..now_s - 310).contains(at))
        .collect();
    let told: HashSet<(String, i64)> = events
        .iter()
        .map(|event| {
            let at = event["event_ts"].as_str().unwrap().replace(' ', "T");
            let at = if at.ends_with(":00") { at } else { at + ":00" };
            (event["vehicle_id"].to_string(), second(&at))
        })
        .collect();
    assert!(100 < expected.len(), "{}", expected.len());
    assert!(expected.iter().all(|event| told.contains(event)));
    assert_eq!(told.len(), events.len(), "none is told twice");
    let ids: Vec<_> = events
        .iter()
        .map(|event| event["event_id"].as_i64())
        .collect();
    assert!(ids.is_sorted());
    assert!(events.iter().any(|event| event["recieved_ts"].is_string()));
    assert!(events.iter().any(|event| event["received_ts"].is_string()));

    let plate = events[0]["registration"]
        .as_str()
        .unwrap()
        .replace(' ', "%20");
    let (from, to) = (local(-900), local(-300));
    let path = format!("/vehicles/{plate}/events?start_timestamp={from}&end_timestamp={to}");
    let rows = rows(&bench, &path).await;
    assert!(!rows.is_empty());
    assert!(
        rows.iter()
            .all(|row| row["registration"] == events[0]["registration"])
    );
}

#[tokio::test]
async fn windows_of_events_that_are_too_great_or_too_old_are_refused() {
    let bench = Bench::new(SimSettings::default()).await;
    let day = 24 * 3_600;
    for (path, expected) in [
        (events_path(-day, 0, ""), Status::OK),
        (events_path(-day - 1, 0, ""), Status::UNPROCESSABLE_ENTITY),
        (
            events_path(-2_000 * day, -1_999 * day, ""),
            Status::UNPROCESSABLE_ENTITY,
        ),
        (events_path(0, -10, ""), Status::UNPROCESSABLE_ENTITY),
        ("/vehicles/events".to_owned(), Status::UNPROCESSABLE_ENTITY),
        ("/vehicles/NOBODY/events".to_owned(), Status::NOT_FOUND),
    ] {
        assert_eq!(bench.cartrack(&path).await.status(), expected, "{path}");
    }
}

#[tokio::test]
async fn events_have_a_limit_of_their_own() {
    let bench = Bench::new(SimSettings::default()).await;
    let path = events_path(-60, 0, "");
    let mut n_answered = 0;
    while bench.cartrack(&path).await.status() == Status::OK {
        n_answered += 1;
    }
    assert_eq!(n_answered, 60);
    assert_eq!(
        bench.cartrack("/vehicles/status").await.status(),
        Status::OK
    );
}
