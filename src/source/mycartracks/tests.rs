//! MyCarTracks' behaviour against a small imitation: REST by a mock, sockets by a real server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::SinkExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use wiremock::matchers::{basic_auth, bearer_token, body_json, body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::config::source::SourceSettings;
use crate::domain::{Failure, Mode, Said, Signal};
use crate::source::describe;
use crate::source::trial::{Running, check, settings};

const SECRET: &str = "canary-secret-0123456789";
const STREAM: &str = "/rest/vehicles/livePositions/stream";
const POSITIONS: &str = "/rest/vehicles/lastPositions";

/// What the socket server does with a connection.
#[derive(Clone, Copy)]
enum Act {
    /// Refuses it unless it carries our token.
    WantBearer,
    /// Sends one position of vehicle `n`, then holds it open in silence.
    Hold(u64),
    /// Sends one position of vehicle `n`, then closes.
    Close(u64),
    /// Sends one position of vehicle `n`; of vehicle `n + 1` when the next socket is in use.
    Linger(u64),
    /// Says that the session expired.
    Expire,
}

/// The paths of the sockets that were opened, in order.
type Opened = Arc<Mutex<Vec<String>>>;

struct Vendor {
    rest: MockServer,
    sockets: String,
    opened: Opened,
}

impl Vendor {
    /// Sockets follow `acts`; the last one is repeated.
    async fn start(acts: &'static [Act]) -> Self {
        let rest = MockServer::start().await;
        let token = serde_json::json!({ "access_token": "tok-canary-1", "expires_in": 3592 });
        Mock::given(path("/oauth/token"))
            .and(basic_auth("client-7", SECRET))
            .and(body_string_contains(
                "grant_type=client_credentials&scope=read",
            ))
            .respond_with(ResponseTemplate::new(200).set_body_json(token))
            .mount(&rest)
            .await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sockets = format!("ws://{}", listener.local_addr().unwrap());
        let opened = Opened::default();
        tokio::spawn(accept(listener, acts, Arc::clone(&opened)));
        Self {
            rest,
            sockets,
            opened,
        }
    }

    fn account(&self) -> SourceSettings {
        let given = [
            ("base_url", format!("{}/rest", self.rest.uri())),
            ("token_url", format!("{}/oauth/token", self.rest.uri())),
            ("client_id", "client-7".to_owned()),
            ("client_secret", SECRET.to_owned()),
            ("idle_timeout", "1s".to_owned()),
        ];
        let given = given.each_ref().map(|(key, value)| (*key, value.as_str()));
        settings("mycartracks", &given)
    }

    /// An answer with a limit so high that no test waits for it.
    fn ok(body: &serde_json::Value) -> ResponseTemplate {
        ResponseTemplate::new(200)
            .set_body_json(body)
            .insert_header("X-Rate-Limit-Limit", "1000000")
            .insert_header("X-Rate-Limit-Remaining", "999999")
            .insert_header("X-Rate-Limit-Reset", "900")
    }

    async fn get(&self, at: &str, template: ResponseTemplate) {
        Mock::given(method("GET"))
            .and(path(at))
            .and(bearer_token("tok-canary-1"))
            .respond_with(template)
            .mount(&self.rest)
            .await;
    }

    async fn lists(&self) {
        let positions = serde_json::json!({ "data": [{ "vehicleId": 1, "vehicleName": "Van 1",
            "latitude": 48.1, "longitude": 17.1, "speed": 42.5, "time": 1_780_405_045_000_u64 }] });
        self.get(POSITIONS, Self::ok(&positions)).await;
        let vehicles = serde_json::json!({ "data": [{ "id": 1, "name": "Van 1" }] });
        self.get("/rest/vehicles", Self::ok(&vehicles)).await;
    }

    async fn stream(&self, extra: serde_json::Value) {
        let mut body =
            serde_json::json!({ "websocketUrl": format!("{}/live?canary", self.sockets) });
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        Mock::given(method("POST"))
            .and(path(STREAM))
            .and(body_json(serde_json::json!({})))
            .respond_with(Self::ok(&body))
            .mount(&self.rest)
            .await;
    }

    async fn n_asked(&self, at: &str) -> usize {
        let requests = self.rest.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|request| request.url.path() == at)
            .count()
    }
}

async fn accept(listener: TcpListener, acts: &'static [Act], opened: Opened) {
    for n in 0.. {
        let (socket, _) = listener.accept().await.unwrap();
        let act = *acts.get(n).or(acts.last()).unwrap();
        tokio::spawn(serve(socket, act, Arc::clone(&opened)));
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the callback's type is the library's"
)]
async fn serve(socket: TcpStream, act: Act, opened: Opened) {
    let inspect = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let proof = request.headers().get("authorization");
        if matches!(act, Act::WantBearer)
            && proof.is_none_or(|proof| proof != "Bearer tok-canary-1")
        {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = http::StatusCode::UNAUTHORIZED;
            return Err(refusal);
        }
        opened.lock().unwrap().push(request.uri().to_string());
        Ok(response)
    };
    let Ok(mut stream) = accept_hdr_async(socket, inspect).await else {
        return;
    };
    let event = match act {
        Act::WantBearer => position(99),
        Act::Hold(n) | Act::Close(n) | Act::Linger(n) => position(n),
        Act::Expire => r#"{"type":"error","code":"SESSION_EXPIRED"}"#.to_owned(),
    };
    stream.send(event.into()).await.unwrap();
    if matches!(act, Act::Close(_)) {
        stream.close(None).await.unwrap();
        return;
    }
    if let Act::Linger(n) = act {
        while opened.lock().unwrap().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // What was under way when its successor opened.
        tokio::time::sleep(Duration::from_millis(300)).await;
        stream.send(position(n + 1).into()).await.unwrap();
    }
    std::future::pending::<()>().await;
}

fn position(id: u64) -> String {
    format!(
        r#"{{"type":"position","vehicleId":{id},"latitude":48.15,"longitude":17.11,"time":"2026-06-03T09:15:02Z"}}"#
    )
}

fn failure(said: Said) -> Option<(Failure, String)> {
    match said {
        Said::Signal(Signal::Failure { failure, words }) => Some((failure, words)),
        _ => None,
    }
}

#[tokio::test]
async fn the_stream_opens_then_positions_and_names_are_read() {
    let vendor = Vendor::start(&[Act::Hold(2)]).await;
    vendor.lists().await;
    vendor.stream(serde_json::json!({})).await;
    let mut running = Running::start(vendor.account());
    let mut seen = Vec::new();
    let listed = loop {
        match running.said().await {
            Said::Observed(rows) => {
                seen.extend(rows.iter().map(|row| row.device.device.to_string()));
            }
            Said::Listed(listed) => break listed.unwrap(),
            _ => {}
        }
    };
    seen.sort();
    assert_eq!(seen, ["1", "2"]);
    assert_eq!(listed.len(), 1);
    let asked = vendor.rest.received_requests().await.unwrap();
    let paths: Vec<_> = asked.iter().map(|request| request.url.path()).collect();
    assert_eq!(
        paths[..4],
        ["/oauth/token", STREAM, POSITIONS, "/rest/vehicles"]
    );
    assert_eq!(vendor.n_asked("/oauth/token").await, 1);
    assert!(running.ends().await);
}

#[tokio::test]
async fn a_silent_stream_is_opened_anew_and_its_gap_filled() {
    let vendor = Vendor::start(&[Act::Hold(2), Act::Hold(3)]).await;
    vendor.lists().await;
    vendor.stream(serde_json::json!({})).await;
    let mut running = Running::start(vendor.account());
    while running.observed().await != ["3"] {}
    while running.observed().await != ["1"] {}
    assert!(2 <= vendor.n_asked(POSITIONS).await);
}

#[tokio::test]
async fn a_closed_or_expired_stream_is_opened_anew() {
    let vendor = Vendor::start(&[Act::Close(2), Act::Expire, Act::Hold(3)]).await;
    vendor.lists().await;
    vendor.stream(serde_json::json!({})).await;
    let mut running = Running::start(vendor.account());
    while running.observed().await != ["3"] {}
    assert_eq!(vendor.n_asked(STREAM).await, 3);
}

#[tokio::test]
async fn the_next_session_is_opened_before_this_one_ends_and_is_no_gap() {
    let vendor = Vendor::start(&[Act::Hold(2), Act::Hold(3)]).await;
    vendor.lists().await;
    vendor.stream(serde_json::json!({ "expiresIn": 6 })).await;
    let mut account = vendor.account();
    account.texts.insert("idle_timeout", "1min".into());
    let mut running = Running::start(account);
    while running.observed().await != ["3"] {}
    assert_eq!(vendor.opened.lock().unwrap().len(), 2);
    assert_eq!(vendor.n_asked(POSITIONS).await, 1);
}

#[tokio::test]
async fn what_the_old_socket_still_holds_is_heard() {
    let vendor = Vendor::start(&[Act::Linger(4), Act::Hold(3)]).await;
    vendor.lists().await;
    vendor.stream(serde_json::json!({ "expiresIn": 6 })).await;
    let mut account = vendor.account();
    account.texts.insert("idle_timeout", "1min".into());
    let mut running = Running::start(account);
    while running.observed().await != ["3"] {}
    while running.observed().await != ["5"] {}
}

#[tokio::test]
async fn a_handshake_that_wants_the_token_gets_it_with_a_new_session() {
    let vendor = Vendor::start(&[Act::WantBearer]).await;
    vendor.lists().await;
    vendor.stream(serde_json::json!({})).await;
    let mut running = Running::start(vendor.account());
    while running.observed().await != ["99"] {}
    assert_eq!(vendor.n_asked(STREAM).await, 2);
    assert_eq!(vendor.opened.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_address_elsewhere_is_refused_and_never_shown() {
    let vendor = Vendor::start(&[Act::Hold(2)]).await;
    vendor.lists().await;
    let elsewhere = serde_json::json!({ "websocketUrl": "wss://evil.example/canary?token=canary" });
    vendor.stream(elsewhere).await;
    let mut running = Running::start(vendor.account());
    let (failure, words) = running.until(failure).await;
    assert_eq!(failure, Failure::Other);
    assert!(
        words.contains("evil.example") && !words.contains("canary"),
        "{words}"
    );
    assert_eq!(running.observed().await, ["1"]);
    assert!(vendor.opened.lock().unwrap().is_empty());
}

#[tokio::test]
async fn positions_are_polled_while_no_stream_can_be_had() {
    let vendor = Vendor::start(&[Act::Hold(2)]).await;
    vendor.lists().await;
    Mock::given(path(STREAM))
        .respond_with(ResponseTemplate::new(503))
        .mount(&vendor.rest)
        .await;
    let mut running = Running::start(vendor.account());
    assert_eq!(running.observed().await, ["1"]);
    let mode = running
        .until(|said| match said {
            Said::Signal(Signal::Mode { mode, fallback, .. }) => Some((mode, fallback)),
            _ => None,
        })
        .await;
    assert_eq!(mode, (Mode::Poll, true));
}

#[tokio::test]
async fn a_revoked_token_is_renewed_once_and_the_request_repeated_once() {
    let vendor = Vendor::start(&[Act::Hold(2)]).await;
    vendor.lists().await;
    Mock::given(path(STREAM))
        .respond_with(ResponseTemplate::new(401))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&vendor.rest)
        .await;
    vendor.stream(serde_json::json!({})).await;
    let mut running = Running::start(vendor.account());
    assert_eq!(running.observed().await.len(), 1);
    assert_eq!(vendor.n_asked("/oauth/token").await, 2);
    assert_eq!(vendor.n_asked(STREAM).await, 2);
}

#[tokio::test]
async fn a_refused_client_pauses_everything_and_shows_no_secret() {
    let vendor = Vendor::start(&[Act::Hold(2)]).await;
    let words = serde_json::json!({ "error": "invalid_client", "error_description": SECRET });
    Mock::given(path("/oauth/token"))
        .respond_with(ResponseTemplate::new(401).set_body_json(words))
        .with_priority(1)
        .mount(&vendor.rest)
        .await;
    let mut running = Running::start(vendor.account());
    let (failure, words) = running.until(failure).await;
    assert_eq!(failure, Failure::Auth);
    assert!(
        words.contains("client_secret") && words.contains("invalid_client"),
        "{words}"
    );
    assert!(!words.contains(SECRET), "{words}");
    let mut account = vendor.account();
    account.texts.insert("client_id", "client-8".into());
    assert_eq!(vendor.n_asked("/oauth/token").await, 1);
}

#[tokio::test]
async fn a_403_is_told_apart_by_its_headers() {
    for (remaining, is_limit) in [(Some("0"), true), (Some("77"), false), (None, false)] {
        let vendor = Vendor::start(&[Act::Hold(2)]).await;
        let mut template = ResponseTemplate::new(403);
        if let Some(remaining) = remaining {
            template = template
                .insert_header("X-Rate-Limit-Limit", "150")
                .insert_header("X-Rate-Limit-Remaining", remaining)
                .insert_header("X-Rate-Limit-Reset", "100");
        }
        Mock::given(path(STREAM))
            .respond_with(template)
            .mount(&vendor.rest)
            .await;
        let mut running = Running::start(vendor.account());
        let (failure, _) = running.until(failure).await;
        match failure {
            Failure::Limited { until } => {
                assert!(is_limit, "{remaining:?}");
                let wait = until.duration_since(crate::clock::now()).as_secs();
                assert!((95..=102).contains(&wait), "{wait}");
            }
            failure => assert!(!is_limit && failure == Failure::Auth, "{failure:?}"),
        }
    }
}

#[tokio::test]
async fn a_session_that_wants_ids_gets_them() {
    let vendor = Vendor::start(&[Act::Hold(2)]).await;
    vendor.lists().await;
    let body = serde_json::json!({ "websocketUrl": format!("{}/live", vendor.sockets) });
    Mock::given(path(STREAM))
        .and(body_json(serde_json::json!({ "vehicleIds": [1] })))
        .respond_with(Vendor::ok(&body))
        .mount(&vendor.rest)
        .await;
    Mock::given(path(STREAM))
        .and(body_json(serde_json::json!({})))
        .respond_with(ResponseTemplate::new(422))
        .mount(&vendor.rest)
        .await;
    let mut running = Running::start(vendor.account());
    while running.observed().await != ["2"] {}
}

#[test]
fn settings_are_checked() {
    let with = |given: &[(&'static str, &str)]| {
        let proof = [("client_id", "client-7"), ("client_secret", SECRET)];
        check(&settings("mycartracks", &[&proof, given].concat()))
    };
    assert_eq!(with(&[]), Ok(()));
    assert_eq!(with(&[("idle_timeout", "90s")]), Ok(()));
    assert_eq!(
        with(&[("idle_timeout", "soon")]).unwrap_err().0,
        "idle_timeout"
    );
    for timeout in ["0s", "999999999999h"] {
        assert!(with(&[("idle_timeout", timeout)]).is_err(), "{timeout}");
    }
    let clear = [("base_url", "http://mycartracks.com")];
    assert_eq!(with(&clear).unwrap_err().0, "base_url");
    let clear = [("token_url", "http://mycartracks.com")];
    assert_eq!(with(&clear).unwrap_err().0, "token_url");
}

#[test]
fn it_is_described_as_a_stream() {
    let description = describe(&settings("mycartracks", &[]));
    assert_eq!(description.mode, Mode::Stream);
    assert_eq!(description.interval.as_secs(), 90);
}
