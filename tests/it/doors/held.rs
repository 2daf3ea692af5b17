//! A request whose body is held back counts as whoever sends it is when it is whole, not as they
//! were when it began: nobody can keep rights in stock.

use fleetglass::auth::{Access, Actor, Name, Role};
use fleetglass::clock;
use fleetglass::domain::Sight;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Doors, store};
use crate::harness::PATIENCE;

/// All of a request but its last byte.
struct Held {
    what: String,
    stream: TcpStream,
    last: Vec<u8>,
}

impl Doors {
    /// Sends it; when this returns, the server knows who it is from and waits for the rest.
    async fn hold(&self, who: &str, method: &str, path: &str, body: &Value) -> Held {
        let body = body.to_string();
        let (most, last) = body.split_at(body.len() - 1);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\n{who}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\n\r\n",
            self.server.address,
            self.server.url(""),
            body.len(),
        );
        let stream = TcpStream::connect(self.server.address).await;
        let mut stream = stream.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        // It is asked for by the handler alone, behind the door.
        let mut asked = [0; 25];
        let read = stream.read_exact(&mut asked);
        let read = tokio::time::timeout(PATIENCE, read).await;
        read.expect("in time").expect("it is asked for");
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(most.as_bytes()).await.expect("it is sent");
        Held {
            what: format!("{method} {path}"),
            stream,
            last: last.as_bytes().to_vec(),
        }
    }
}

impl Held {
    /// Sends the last byte; what was asked, and the answer.
    async fn finish(mut self) -> (String, String) {
        let sent = self.stream.write_all(&self.last).await;
        sent.expect("it is sent");
        self.answer().await
    }

    /// All that comes until the server closes.
    async fn answer(mut self) -> (String, String) {
        let mut answer = Vec::new();
        let read = self.stream.read_to_end(&mut answer);
        let read = tokio::time::timeout(PATIENCE, read).await;
        read.expect("an end").expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (self.what, answer)
    }
}

/// Users with their roles, tokens, and how much was noted, as the store says.
async fn state(console: &Access) -> (Vec<(String, Role)>, usize, usize) {
    let (by, now) = (Actor::console(), clock::now());
    console.look_after(now).expect("it is well");
    let users = console.users(&by).expect("users");
    let users = users.iter().map(|user| (user.name.to_string(), user.role));
    let tokens = console.tokens(&by).expect("tokens").len();
    let noted = console.audited(&by, None, 1_000).await.expect("a log");
    (users.collect(), tokens, noted.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_after_its_sender_was_shut_out_changes_nothing() {
    let doors = Doors::open(|_| {}).await;
    let console = store(doors.dir.path());
    let (by, everything) = (Actor::console(), Sight::everything);
    let name = Name::parse("boss").expect("a name");
    let found = console.user_named(&name).await.expect("a store");
    let id = found.expect("boss").id;
    for (is_disabled, expected) in [(true, "HTTP/1.1 401"), (false, "HTTP/1.1 403")] {
        let boss = doors.enter("boss").await;
        let by_boss = format!("Cookie: {boss}\r\nConnection: close");
        let ann = doors.path_of_ann(&boss).await;
        let asked = doors.ask(Method::POST, "/api/v1/pairing").send().await;
        let asked: Value = asked.expect("an answer").json().await.expect("JSON");
        let code = asked["code"].as_str().expect("a code");
        let sight = json!({ "groups": "all" });
        let eve = json!({ "name": "eve", "role": "administrator", "sight": sight });
        let token = json!({ "kind": "program", "name": "Eve", "sight": sight });
        let screen = json!({ "name": "Hall", "sight": sight });
        let role = json!({ "role": "administrator" });
        let approve = format!("/api/v1/pairing/{code}/approve");
        let mut held = Vec::new();
        for (method, path, body) in [
            ("POST", "/api/v1/users", &eve),
            ("POST", "/api/v1/tokens", &token),
            ("POST", &approve, &screen),
            ("PATCH", &ann, &role),
        ] {
            held.push(doors.hold(&by_boss, method, path, body).await);
        }
        let now = clock::now();
        let lost = if is_disabled {
            console.set_disabled(&by, id, true, now).await
        } else {
            let less = console.set_rights(&by, id, Role::Viewer, everything(), now);
            less.await
        };
        lost.expect("it is done");
        let before = state(&console).await;
        for held in held {
            let (what, answer) = held.finish().await;
            assert!(answer.starts_with(expected), "{what}: {answer}");
        }
        assert_eq!(state(&console).await, before);
        let poll = doors.ask(Method::POST, "/api/v1/pairing/poll");
        let poll = poll
            .json(&json!({ "secret": asked["secret"] }))
            .send()
            .await;
        let poll: Value = poll.expect("an answer").json().await.expect("JSON");
        assert_eq!(poll["state"], "waiting");

        let back = console.set_disabled(&by, id, false, now).await;
        back.expect("it is done");
        let role = Role::Administrator;
        let back = console.set_rights(&by, id, role, everything(), now).await;
        back.expect("it is done");
        let server = &doors.server.access;
        server.look_after(clock::now()).expect("it is well");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_byte_of_who_was_not_shut_out_is_as_good_as_any() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let sight = json!({ "groups": "all" });
    let bob = json!({ "name": "bob", "role": "viewer", "sight": sight });
    let by_boss = format!("Cookie: {boss}\r\nConnection: close");
    let held = doors.hold(&by_boss, "POST", "/api/v1/users", &bob).await;
    let (_, answer) = held.finish().await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

/// Ten seconds of nothing: it costs the machine as little.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_whose_body_does_not_come_loses_the_connection() {
    let doors = Doors::open(|_| {}).await;
    let login = json!({ "name": "ann", "password": "whatever" });
    let kept = "Connection: keep-alive";
    let held = doors.hold(kept, "POST", "/api/v1/session", &login).await;
    let (_, answer) = held.answer().await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"code\":\"too_slow\""), "{answer}");
}
