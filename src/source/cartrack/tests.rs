//! Cartrack's behaviour against a small imitation.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{basic_auth, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::config::source::SourceSettings;
use crate::domain::{Failure, Said, Signal};
use crate::source::describe;
use crate::source::trial::{Running, check, settings};

const PASSWORD: &str = "canary-password-0123456789";

fn account(server: &MockServer) -> SourceSettings {
    let base_url = format!("{}/rest", server.uri());
    let given = [
        ("base_url", base_url.as_str()),
        ("username", "ACME00001"),
        ("password", PASSWORD),
    ];
    settings("cartrack", &given)
}

fn status_row(id: u64) -> serde_json::Value {
    serde_json::json!({
        "vehicle_id": id, "registration": format!("ABC{id}GP"), "speed": 63, "bearing": 182,
        "location": { "updated": "2026-08-05 14:20:07+02", "latitude": -26.2, "longitude": 28.0 }
    })
}

async fn answers(server: &MockServer, at: &str, template: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(at))
        .and(basic_auth("ACME00001", PASSWORD))
        .and(header("accept", "application/json"))
        .respond_with(template)
        .mount(server)
        .await;
}

async fn vehicles_page(server: &MockServer, page: u64, id: u64) {
    let body = serde_json::json!({
        "data": [{ "vehicle_id": id, "vehicle_name": format!("Truck {id}") }],
        "meta": { "current_page": page, "last_page": 2 }
    });
    Mock::given(path("/rest/vehicles"))
        .and(query_param("page", page.to_string()))
        .and(query_param("limit", "100"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

#[tokio::test]
async fn positions_come_first_then_all_pages_of_names() {
    let server = MockServer::start().await;
    let body = serde_json::json!({ "data": [status_row(1), status_row(2)] });
    Mock::given(path("/rest/vehicles/status"))
        .and(query_param_is_missing("page"))
        .and(basic_auth("ACME00001", PASSWORD))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    vehicles_page(&server, 1, 1).await;
    vehicles_page(&server, 2, 2).await;
    let mut running = Running::start(account(&server));
    assert_eq!(running.observed().await, ["1", "2"]);
    assert!(matches!(
        running.said().await,
        Said::Signal(Signal::Success)
    ));
    let Said::Listed(Some(listed)) = running.said().await else {
        panic!("no names");
    };
    let names: Vec<_> = listed
        .iter()
        .map(|(_, label)| label.name.as_deref())
        .collect();
    assert_eq!(names, [Some("Truck 1"), Some("Truck 2")]);
    assert!(running.ends().await);
}

#[tokio::test]
async fn a_rate_limit_is_obeyed_to_its_end() {
    let server = MockServer::start().await;
    let limited = ResponseTemplate::new(429)
        .insert_header("X-RateLimit-Retry-After-Seconds", "2")
        .set_body_json(serde_json::json!({ "error": { "code": 429, "message": "Too many" } }));
    Mock::given(path("/rest/vehicles/status"))
        .respond_with(limited)
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    let ok = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "data": [] }));
    answers(&server, "/rest/vehicles/status", ok).await;
    let mut running = Running::start(account(&server));
    let started_at = tokio::time::Instant::now();
    let Said::Signal(Signal::Failure { failure, words }) = running.said().await else {
        panic!("no failure");
    };
    assert!(matches!(failure, Failure::Limited { .. }), "{failure:?}");
    assert!(words.contains("Too many"), "{words}");
    running
        .until(|said| matches!(said, Said::Signal(Signal::Success)).then_some(()))
        .await;
    assert!(Duration::from_secs(2) < started_at.elapsed());
}

#[tokio::test]
async fn a_401_names_both_causes_and_no_secret() {
    let server = MockServer::start().await;
    let words = format!("wrong password {PASSWORD}");
    let denied = ResponseTemplate::new(401)
        .set_body_json(serde_json::json!({ "error": { "code": 401, "message": words } }));
    answers(&server, "/rest/vehicles/status", denied).await;
    let mut running = Running::start(account(&server));
    let Said::Signal(Signal::Failure { failure, words }) = running.said().await else {
        panic!("no failure");
    };
    assert_eq!(failure, Failure::Auth);
    assert!(
        words.contains("password is wrong") && words.contains("another region"),
        "{words}"
    );
    assert!(words.contains("wrong password ***"), "{words}");
}

#[tokio::test]
async fn html_in_place_of_json_is_no_empty_fleet_and_heals() {
    let server = MockServer::start().await;
    Mock::given(path("/rest/vehicles/status"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>Bad Gateway</html>"))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    let body = serde_json::json!({ "data": [status_row(7)] });
    let ok = ResponseTemplate::new(200).set_body_json(body);
    answers(&server, "/rest/vehicles/status", ok).await;
    let mut running = Running::start(account(&server));
    let Said::Signal(Signal::Failure { failure, words }) = running.said().await else {
        panic!("no failure");
    };
    assert_eq!(failure, Failure::Other);
    assert_eq!(words, "/vehicles/status: the answer is not JSON");
    assert_eq!(running.observed().await, ["7"]);
}

/// Tears two connections, then answers with one vehicle.
async fn torn_twice(listener: TcpListener) {
    let body = serde_json::json!({ "data": [status_row(7)] }).to_string();
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
    let answer = format!("{head} {}\r\n\r\n{body}", body.len());
    for n in 0.. {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = socket.read(&mut request).await.unwrap();
        if 2 <= n {
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_torn_connection_is_tried_again_long_before_the_next_poll() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/rest", listener.local_addr().unwrap());
    tokio::spawn(torn_twice(listener));
    let given = [
        ("base_url", base_url.as_str()),
        ("username", "ACME00001"),
        ("password", PASSWORD),
    ];
    let mut account = settings("cartrack", &given);
    account.poll_interval = Some(Duration::from_mins(5));
    let mut running = Running::start(account);
    let Said::Signal(Signal::Failure { failure, .. }) = running.said().await else {
        panic!("no failure");
    };
    assert_eq!(failure, Failure::Other);
    assert_eq!(running.observed().await, ["7"]);
}

#[tokio::test]
async fn names_that_cannot_be_read_keep_nobody_waiting() {
    let server = MockServer::start().await;
    let body = serde_json::json!({ "data": [status_row(7)] });
    let ok = ResponseTemplate::new(200).set_body_json(body);
    answers(&server, "/rest/vehicles/status", ok).await;
    answers(&server, "/rest/vehicles", ResponseTemplate::new(403)).await;
    let mut running = Running::start(account(&server));
    running
        .until(|said| matches!(said, Said::Listed(None)).then_some(()))
        .await;
}

#[tokio::test]
async fn a_list_of_vehicles_that_fails_is_told_with_each_attempt() {
    let server = MockServer::start().await;
    let body = serde_json::json!({ "data": [status_row(7)] });
    let ok = ResponseTemplate::new(200).set_body_json(body);
    answers(&server, "/rest/vehicles/status", ok).await;
    answers(&server, "/rest/vehicles", ResponseTemplate::new(500)).await;
    let mut account = account(&server);
    account.poll_interval = Some(Duration::from_millis(50));
    let mut running = Running::start(account);
    for n_told in 1..=3 {
        running
            .until(|said| matches!(said, Said::Listed(None)).then_some(()))
            .await;
        let asked = server.received_requests().await.unwrap();
        let asked = asked.iter().filter(|it| it.url.path() == "/rest/vehicles");
        assert!(n_told <= asked.count(), "told {n_told} times");
    }
}

#[tokio::test]
async fn bad_rows_are_counted_and_the_rest_kept() {
    let server = MockServer::start().await;
    let body = serde_json::json!({ "data": ["garbage", status_row(7), { "speed": 1 }] });
    let ok = ResponseTemplate::new(200).set_body_json(body);
    answers(&server, "/rest/vehicles/status", ok).await;
    let mut running = Running::start(account(&server));
    let Said::Refused(refusals) = running.said().await else {
        panic!("nothing refused");
    };
    assert_eq!(refusals.values().sum::<u64>(), 2);
    assert_eq!(running.observed().await, ["7"]);
}

#[test]
fn the_account_is_somewhere_exactly_once() {
    let with = |given: &[(&'static str, &str)]| {
        let proof = [("username", "ACME00001"), ("password", PASSWORD)];
        check(&settings("cartrack", &[&proof, given].concat()))
    };
    assert_eq!(with(&[("region", "za")]), Ok(()));
    assert_eq!(with(&[("region", "KE")]), Ok(()));
    assert_eq!(
        with(&[("base_url", "https://fleet.example.com/rest")]),
        Ok(())
    );
    let (key, problem) = with(&[("region", "xx")]).unwrap_err();
    assert_eq!(key, "region");
    assert!(
        problem.contains("`xx`") && problem.contains("au, bw"),
        "{problem}"
    );
    assert_eq!(with(&[]).unwrap_err().0, "region");
    let both = [("region", "za"), ("base_url", "https://fleet.example.com")];
    assert_eq!(with(&both).unwrap_err().0, "region");
    let clear = [("base_url", "http://fleet.example.com")];
    assert_eq!(with(&clear).unwrap_err().0, "base_url");
}

#[test]
fn it_is_described_as_polled() {
    let description = describe(&settings("cartrack", &[("region", "za")]));
    assert_eq!(description.interval.as_secs(), 15);
    assert!(!description.sandbox);
}
