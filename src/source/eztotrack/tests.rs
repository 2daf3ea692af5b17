//! EZToTrack's behaviour against a small imitation.

use std::time::Duration;

use tokio::time::Instant;
use wiremock::matchers::{bearer_token, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::config::source::SourceSettings;
use crate::domain::{Failure, Said, Signal};
use crate::source::describe;
use crate::source::trial::{Running, check, settings};

const KEY: &str = "ezt_test_canary0123456789";

fn account(server: &MockServer) -> SourceSettings {
    let given = [("base_url", server.uri()), ("api_key", KEY.to_owned())];
    let given = given.each_ref().map(|(key, value)| (*key, value.as_str()));
    settings("eztotrack", &given)
}

fn row(id: &str) -> serde_json::Value {
    serde_json::json!({ "id": id, "name": format!("Truck {id}"), "location": {
        "latitude": 41.9, "longitude": -87.6, "heading": 245, "speed": 55.2,
        "time": "2026-02-03T08:00:00Z" } })
}

#[tokio::test]
async fn cursors_are_followed_at_one_request_a_second() {
    let server = MockServer::start().await;
    let page = |id, cursor: Option<&str>| {
        serde_json::json!({ "data": [row(id)],
            "pagination": { "endCursor": cursor, "hasNextPage": cursor.is_some() } })
    };
    Mock::given(path("/fleet/vehicles/locations"))
        .and(bearer_token(KEY))
        .and(query_param("limit", "512"))
        .and(query_param_is_missing("after"))
        .respond_with(ResponseTemplate::new(200).set_body_json(page("a", Some("b3 &/+="))))
        .mount(&server)
        .await;
    Mock::given(path("/fleet/vehicles/locations"))
        .and(query_param("after", "b3 &/+="))
        .respond_with(ResponseTemplate::new(200).set_body_json(page("b", None)))
        .mount(&server)
        .await;
    let started_at = Instant::now();
    let mut running = Running::start(account(&server));
    assert_eq!(running.observed().await, ["a"]);
    assert_eq!(running.observed().await, ["b"]);
    assert!(Duration::from_secs(1) <= started_at.elapsed());
}

#[tokio::test]
async fn a_403_names_both_causes_and_the_request() {
    let server = MockServer::start().await;
    let body = serde_json::json!({ "message": "Forbidden", "requestId": "0HN8ABC123" });
    Mock::given(path("/fleet/vehicles/locations"))
        .respond_with(ResponseTemplate::new(403).set_body_json(body))
        .mount(&server)
        .await;
    let mut running = Running::start(account(&server));
    let Said::Signal(Signal::Failure { failure, words }) = running.said().await else {
        panic!("no failure");
    };
    assert_eq!(failure, Failure::Auth);
    for part in ["vehicles:read", "allow-list", "Forbidden", "0HN8ABC123"] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn keys_are_known_by_their_prefix() {
    let with = |key| check(&settings("eztotrack", &[("api_key", key)]));
    assert_eq!(with("ezt_live_abc"), Ok(()));
    assert_eq!(with(KEY), Ok(()));
    let (key, problem) = with("sk_canary").unwrap_err();
    assert_eq!(key, "api_key");
    assert!(
        problem.contains("ezt_live_") && !problem.contains("canary"),
        "{problem}"
    );
    let odd = [("api_key", KEY), ("speed_unit", "furlongs")];
    assert_eq!(
        check(&settings("eztotrack", &odd)).unwrap_err().0,
        "speed_unit"
    );
}

#[test]
fn a_test_key_is_a_sandbox() {
    assert!(describe(&settings("eztotrack", &[("api_key", KEY)])).sandbox);
    assert!(!describe(&settings("eztotrack", &[("api_key", "ezt_live_a")])).sandbox);
}
