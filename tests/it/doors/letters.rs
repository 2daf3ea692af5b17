//! What a screen is told, by each way to it: the binary protocol, and real TLS, where nobody is woken
//! and a round every 250 ms looks after all. And how much a screen may say.

use fleetglass::auth::Role;
use fleetglass::domain::Sight;
use reqwest::header::{COOKIE, ORIGIN};
use reqwest::{Certificate, Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::crowd::connector;
use super::displays::{Wall, everything};
use super::{Doors, HORSE, add, client, cookie, store};
use crate::harness::PATIENCE;
use crate::publishing::{first_line, pair, start};
use crate::raw::{BINARY, Raw, TEXT};

const LIVE: &str = "/api/v1/live";
const BIN: &str = "Sec-WebSocket-Protocol: fleetglass.v1.bin\r\n";

/// Says a message to the screen and reads it there.
async fn is_told<S: AsyncRead + AsyncWrite + Unpin>(
    screen: &mut Raw<S>,
    opcode: u8,
    say: impl AsyncFnOnce(&Value) -> StatusCode,
) {
    let message = json!({ "do": "message", "text": "Gate 4 is closed", "for_s": 60 });
    assert_eq!(say(&message).await, StatusCode::OK);
    let told = screen.until(|message| message.is_of("display")).await;
    assert_eq!(told.opcode, opcode);
    let expected =
        json!({ "type": "display", "do": "message", "text": "Gate 4 is closed", "for_s": 60 });
    assert_eq!(told.json(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_of_the_binary_protocol_is_told() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let Wall { id, token } = doors.wall(&boss, "Hall", everything()).await;
    let stream = TcpStream::connect(doors.server.address).await;
    let headers = format!("{BIN}Authorization: Bearer {token}\r\n");
    let mut screen = Raw::open(stream.expect("a connection"), LIVE, &headers, &[]).await;
    screen.of_type("hello").await;
    is_told(&mut screen, BINARY, async |message| {
        let path = format!("/api/v1/displays/{id}/command");
        let asked = doors.ask(Method::POST, &path).header(COOKIE, &boss);
        asked
            .json(message)
            .send()
            .await
            .expect("an answer")
            .status()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_behind_tls_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path().join("state");
    std::fs::create_dir(&state).expect("a folder");
    add(
        &store(&state),
        "boss",
        Role::Administrator,
        Sight::everything(),
    )
    .await;
    let root = pair(dir.path());
    let config = "[server]\nlisten = \"0.0.0.0:0\"\nhosts = [\"localhost\", \"127.0.0.1\"]\n\
        [server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"";
    let mut program = start(dir.path(), config);
    let url = first_line(&mut program);
    program.is_heard();
    let port = url.trim_end_matches('/').rsplit(':').next();
    let port: u16 = port.and_then(|port| port.parse().ok()).expect("a port");
    let desk = Desk::enter(port, root).await;
    let body = json!({ "kind": "display", "name": "Hall", "sight": everything() });
    let made = desk.post("/api/v1/tokens", &body).await;
    let made: Value = made.json().await.expect("JSON");
    let (id, token) = (text(&made, "id"), text(&made, "token"));
    let socket = TcpStream::connect(("127.0.0.1", port)).await;
    let host = ServerName::try_from("localhost").expect("a name");
    let connected = connector(dir.path()).connect(host, socket.expect("a connection"));
    let stream = connected.await.expect("a handshake");
    let headers = format!("Authorization: Bearer {token}\r\n");
    let mut screen = Raw::open(stream, LIVE, &headers, &[]).await;
    screen.of_type("hello").await;
    is_told(&mut screen, TEXT, async |message| {
        let path = format!("/api/v1/displays/{id}/command");
        desk.post(&path, message).await.status()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_no_longer_than_it_may_be() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let Wall { token, .. } = doors.wall(&boss, "Hall", everything()).await;
    let say = async |n_bytes: usize| {
        let asked = client().post(doors.server.url("/api/v1/display/report"));
        let asked = asked.bearer_auth(&token).body(" ".repeat(n_bytes));
        let asked = asked.header("content-type", "application/json");
        asked.send().await.expect("an answer").status()
    };
    assert_eq!(
        say(64 << 10).await,
        StatusCode::BAD_REQUEST,
        "it is no report"
    );
    assert_eq!(say((64 << 10) + 1).await, StatusCode::PAYLOAD_TOO_LARGE);
}

/// Somebody at a desk, over HTTPS.
struct Desk {
    client: reqwest::Client,
    base: String,
    cookie: String,
}

impl Desk {
    async fn enter(port: u16, root: Certificate) -> Self {
        let builder = reqwest::Client::builder().timeout(PATIENCE).no_proxy();
        let mut desk = Self {
            client: builder.tls_certs_only([root]).build().expect("a client"),
            base: format!("https://localhost:{port}"),
            cookie: String::new(),
        };
        let body = json!({ "name": "boss", "password": HORSE });
        let entered = desk.post("/api/v1/session", &body).await;
        desk.cookie = cookie(entered.headers());
        desk
    }

    async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        let asked = self.client.post(format!("{}{path}", self.base));
        let asked = asked
            .header(ORIGIN, &self.base)
            .header(COOKIE, &self.cookie);
        asked.json(body).send().await.expect("an answer")
    }
}

fn text(json: &Value, member: &str) -> String {
    json[member].as_str().expect("text").to_owned()
}
