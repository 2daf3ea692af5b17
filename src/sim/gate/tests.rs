//! Each fault as a client meets it, and its end.

use std::time::Duration;

use reqwest::{Method, StatusCode as Status};
use serde_json::json;
use tokio::time::Instant;

use crate::sim::SimSettings;
use crate::sim::testing::Bench;

/// Asks Cartrack and waits at most `patience`.
async fn ask(bench: &Bench, patience: Duration) -> Result<reqwest::Response, reqwest::Error> {
    let request = bench.request(Method::GET, "/cartrack/rest/vehicles");
    let request = request.basic_auth(
        crate::sim::settings::CARTRACK_USERNAME,
        Some(crate::sim::settings::CARTRACK_PASSWORD),
    );
    request.timeout(patience).send().await
}

const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_cut_resets_requests_and_streams_and_spares_the_others() {
    let bench = Bench::busy().await;
    let mut stream = bench.stream(&json!({})).await;
    stream.event().await;
    bench.set_fault("all", "cut").await;
    let error = loop {
        match stream.frame().await {
            Some(Ok(frame)) => assert!(!frame.is_close(), "a cut says no farewell"),
            Some(Err(error)) => break error.to_string(),
            None => panic!("a cut is no orderly end"),
        }
    };
    assert!(error.contains("reset"), "{error}");
    assert!(!ask(&bench, LONG).await.unwrap_err().is_timeout());
    let back = bench.request(Method::DELETE, "/control/faults?vendor=cartrack");
    back.send().await.unwrap();
    assert_eq!(ask(&bench, LONG).await.unwrap().status(), Status::OK);
    let token = bench
        .request(Method::POST, "/mycartracks/oauth/token")
        .send()
        .await;
    assert!(token.is_err());
    bench.clear_faults().await;
    bench.stream(&json!({})).await.event().await;
}

#[tokio::test]
async fn half_open_hangs_requests_and_silences_streams_for_good() {
    let bench = Bench::busy().await;
    let mut stream = bench.stream(&json!({})).await;
    stream.event().await;
    bench.set_fault("all", "half-open").await;
    let short = Duration::from_millis(300);
    assert!(ask(&bench, short).await.unwrap_err().is_timeout());
    // What was under way before may still arrive; then nothing does.
    while !stream.is_silent_for(Duration::from_millis(1_200)).await {}
    bench.clear_faults().await;
    assert!(stream.is_silent_for(Duration::from_millis(1_200)).await);
    assert_eq!(ask(&bench, LONG).await.unwrap().status(), Status::OK);
    bench.stream(&json!({})).await.event().await;
}

#[tokio::test]
async fn slow_answers_come_late_and_whole() {
    let bench = Bench::new(SimSettings::default()).await;
    let slow = json!({ "vendor": "cartrack", "fault": "slow", "value": 400 });
    bench.control("/faults", slow).await;
    let began = Instant::now();
    assert_eq!(ask(&bench, LONG).await.unwrap().status(), Status::OK);
    assert!(Duration::from_millis(400) <= began.elapsed());
}

#[tokio::test]
async fn errors_pages_and_refusals_are_given_and_taken_back() {
    let bench = Bench::new(SimSettings::default()).await;
    for (fault, status) in [
        ("5xx", Status::SERVICE_UNAVAILABLE),
        ("html", Status::OK),
        ("429", Status::TOO_MANY_REQUESTS),
        ("revoked-token", Status::UNAUTHORIZED),
        ("forbidden", Status::FORBIDDEN),
    ] {
        bench.set_fault("cartrack", fault).await;
        let answer = ask(&bench, LONG).await.unwrap();
        assert_eq!(answer.status(), status, "{fault}");
        let is_page = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html");
        assert_eq!(is_page, fault == "html");
        assert_eq!(
            bench.eztotrack("/fleet/vehicles").await.status(),
            Status::OK
        );
        bench.clear_faults().await;
        let healed = ask(&bench, LONG).await.unwrap().bytes().await.unwrap();
        assert!(healed.starts_with(b"{"), "{fault}");
        // Within EZToTrack's limit.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn each_vendor_says_rate_limited_in_its_own_way() {
    let bench = Bench::new(SimSettings::default()).await;
    let limited = json!({ "vendor": "all", "fault": "429", "for_s": 20 });
    bench.control("/faults", limited).await;
    let ours = bench.mycartracks("/vehicles").await;
    assert_eq!(ours.status(), Status::FORBIDDEN);
    assert_eq!(ours.headers()["x-rate-limit-remaining"], "0");
    assert_eq!(ours.headers()["x-rate-limit-reset"], "20");
    let theirs = bench.cartrack("/vehicles").await;
    assert_eq!(theirs.headers()["x-ratelimit-retry-after-seconds"], "20");
    let third = bench.eztotrack("/fleet/vehicles").await;
    assert_eq!(third.headers()["retry-after"], "20");
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused_everywhere() {
    let bench = Bench::new(SimSettings::default()).await;
    for path in [
        "/control/state",
        "/cartrack/rest/vehicles",
        "/mycartracks/live/positions",
        "/x",
    ] {
        for (name, value) in [("host", "evil.example"), ("origin", "http://evil.example")] {
            let request = bench.request(Method::GET, path).header(name, value);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), Status::FORBIDDEN, "{path} {name}");
        }
    }
    let origin = format!("http://{}", bench.sim.address);
    let own = bench
        .request(Method::GET, "/control/state")
        .header("origin", origin);
    assert_eq!(own.send().await.unwrap().status(), Status::OK);
}

#[tokio::test]
async fn the_shutdown_ends_every_connection_and_frees_the_port() {
    let mut bench = Bench::busy().await;
    let mut stream = bench.stream(&json!({})).await;
    bench.set_fault("cartrack", "half-open").await;
    let (hung, ()) = tokio::join!(ask(&bench, LONG), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        bench.sim.shutdown.cancel();
    });
    assert!(!hung.unwrap_err().is_timeout());
    while let Some(Ok(_)) = stream.frame().await {}
    (&mut bench.sim.task).await.unwrap().unwrap();
    let rebound = tokio::net::TcpListener::bind(bench.sim.address);
    assert!(rebound.await.is_ok());
}

#[tokio::test]
async fn clocks_run_ahead_on_some_devices_only() {
    let bench = Bench::new(SimSettings::default()).await;
    bench.set_fault("eztotrack", "clock-ahead").await;
    let page = bench.eztotrack("/fleet/vehicles/locations?limit=512").await;
    let page = crate::sim::testing::json(page).await;
    let now = crate::clock::now();
    let (mut ahead, mut right) = (0, 0);
    for row in page["data"].as_array().unwrap() {
        if let Some(time) = row["location"]["time"].as_str() {
            let is_ahead = now < time.parse::<jiff::Timestamp>().unwrap();
            ahead += u32::from(is_ahead);
            right += u32::from(!is_ahead);
        }
    }
    assert!(10 < ahead && ahead < right, "{ahead} {right}");
}

#[tokio::test]
async fn lists_vary_and_lose_nothing() {
    let bench = Bench::new(SimSettings::default()).await;
    let plain = bench.cartrack("/vehicles/status").await;
    let plain = crate::sim::testing::json(plain).await["data"]
        .as_array()
        .unwrap()
        .len();
    bench.set_fault("all", "variants").await;
    let mut names = std::collections::HashSet::new();
    for _ in 0..20 {
        let answer = crate::sim::testing::json(bench.cartrack("/vehicles/status").await).await;
        let members = answer.as_object().unwrap();
        let (name, rows) = members.iter().next().unwrap();
        names.insert(name.clone());
        assert_eq!(rows.as_array().unwrap().len(), plain);
    }
    assert!(3 < names.len(), "{names:?}");
    let last = bench.mycartracks("/vehicles/lastPositions?limit=100").await;
    let last = crate::sim::testing::json(last).await;
    let rows = last
        .as_object()
        .unwrap()
        .values()
        .find_map(serde_json::Value::as_array);
    assert!(50 < rows.unwrap().len());
}
