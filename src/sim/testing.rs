//! What the tests of the simulator share: a running one, and a client that knows the accounts.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::settings::{
    CARTRACK_PASSWORD, CARTRACK_USERNAME, CLIENT_ID, CLIENT_SECRET, EZTOTRACK_KEY,
    MYCARTRACKS_BASE, MYCARTRACKS_TOKEN,
};
use super::{RunningSim, SimSettings, spawn};

/// No wait in a test may be longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A running simulator and a client.
pub(super) struct Bench {
    pub(super) sim: RunningSim,
    pub(super) client: reqwest::Client,
}

impl Bench {
    pub(super) async fn new(settings: SimSettings) -> Self {
        let client = reqwest::Client::builder().timeout(PATIENCE);
        Self {
            sim: spawn(settings).await.unwrap(),
            client: client.build().unwrap(),
        }
    }

    /// A small world whose streamed devices all report twice a second.
    pub(super) async fn busy() -> Self {
        Self::new(SimSettings {
            vehicles: 20,
            stream_hz: Some(2.0),
            ..SimSettings::default()
        })
        .await
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}{path}", self.sim.address))
    }

    /// `GET` at Cartrack with its account.
    pub(super) async fn cartrack(&self, path: &str) -> Response {
        let request = self.request(Method::GET, &format!("/cartrack/rest{path}"));
        let request = request.basic_auth(CARTRACK_USERNAME, Some(CARTRACK_PASSWORD));
        request.send().await.unwrap()
    }

    /// `GET` at EZToTrack with its key.
    pub(super) async fn eztotrack(&self, path: &str) -> Response {
        let request = self.request(Method::GET, &format!("/eztotrack{path}"));
        request.bearer_auth(EZTOTRACK_KEY).send().await.unwrap()
    }

    /// Asks for a token with these form fields.
    pub(super) async fn grant(&self, form: &[(&str, &str)]) -> Response {
        let request = self.request(Method::POST, MYCARTRACKS_TOKEN);
        let request = request.basic_auth(CLIENT_ID, Some(CLIENT_SECRET));
        request.form(form).send().await.unwrap()
    }

    pub(super) async fn token(&self) -> String {
        let form = [("grant_type", "client_credentials"), ("scope", "read")];
        let grant = json(self.grant(&form).await).await;
        grant["access_token"].as_str().unwrap().to_owned()
    }

    /// `GET` below MyCarTracks's REST base with a good token.
    pub(super) async fn mycartracks(&self, path: &str) -> Response {
        let request = self.request(Method::GET, &format!("{MYCARTRACKS_BASE}{path}"));
        let token = self.token().await;
        request.bearer_auth(token).send().await.unwrap()
    }

    /// Asks for a stream session.
    pub(super) async fn session(&self, body: &Value) -> Response {
        let path = format!("{MYCARTRACKS_BASE}/vehicles/livePositions/stream");
        let token = self.token().await;
        let request = self.request(Method::POST, &path).bearer_auth(token);
        request.json(body).send().await.unwrap()
    }

    /// Makes a session and opens its socket.
    pub(super) async fn stream(&self, body: &Value) -> Socket {
        let session = json(self.session(body).await).await;
        let url = session["websocketUrl"].as_str().unwrap();
        Socket(connect_async(url).await.unwrap().0)
    }

    /// Posts to the control endpoint.
    pub(super) async fn control(&self, path: &str, body: Value) -> Response {
        let request = self.request(Method::POST, &format!("/control{path}"));
        request.json(&body).send().await.unwrap()
    }

    pub(super) async fn set_fault(&self, vendor: &str, fault: &str) {
        let body = json!({ "vendor": vendor, "fault": fault });
        assert_eq!(
            self.control("/faults", body).await.status(),
            StatusCode::NO_CONTENT
        );
    }

    pub(super) async fn clear_faults(&self) {
        let request = self.request(Method::DELETE, "/control/faults");
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::NO_CONTENT
        );
    }

    pub(super) async fn control_get(&self, path: &str) -> Value {
        let request = self.request(Method::GET, &format!("/control{path}"));
        json(request.send().await.unwrap()).await
    }
}

pub(super) async fn json(response: Response) -> Value {
    response.json().await.unwrap()
}

/// An open stream.
pub(super) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// The next frame, or what ended the stream.
    pub(super) async fn frame(
        &mut self,
    ) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
        next.expect("a frame in time")
    }

    /// The next event.
    pub(super) async fn event(&mut self) -> Value {
        let frame = self.frame().await.unwrap().unwrap();
        serde_json::from_slice(&frame.into_data()).unwrap()
    }

    /// Nothing comes for `silence`, not even a close.
    pub(super) async fn is_silent_for(&mut self, silence: Duration) -> bool {
        tokio::time::timeout(silence, self.0.next()).await.is_err()
    }
}
