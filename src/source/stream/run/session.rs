//! How a session is had: asked for, read, and its address checked before anything is connected.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use secrecy::ExposeSecret;
use tokio::time::Instant;
use tracing::debug;

use super::Run;
use crate::clock;
use crate::domain::DeviceKey;
use crate::source::http::Body;
use crate::source::http::account::Request;
use crate::source::http::trouble::Trouble;
use crate::source::stream::idle::Idle;
use crate::source::stream::socket::Plug;

/// The next session is opened when so much of this one's life is over.
const RENEW_AT_SHARE: f64 = 0.8;
/// A shorter life than this is no life, but a wrong clock.
const SHORTEST_LIFE: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Creates a session and checks where it leads.
    pub(super) async fn session(&mut self) -> Result<(Plug, Option<Instant>), Trouble> {
        let asked_at = Instant::now();
        let body = self.session_body().await?;
        let now = clock::now();
        let read = (self.habits.session)(&self.lists.dialect, &body, now);
        let account = &mut self.lists.account;
        let session = read.map_err(|error| account.unreadable(self.habits.path, &error))?;
        let secrets = account.http.secrets();
        let address = session.websocket_url.expose_secret();
        let target = self.habits.target(address, secrets)?;
        let renew_at = session
            .expires_at
            .and_then(|at| Duration::try_from(at.duration_since(now)).ok())
            .filter(|life| SHORTEST_LIFE <= *life)
            .map(|life| asked_at + life.mul_f64(RENEW_AT_SHARE));
        let bearer = if self.with_bearer {
            account.auth.header(&account.http, asked_at).await.ok()
        } else {
            None
        };
        let plug = Plug {
            target,
            tls: account.http.tls().clone(),
            bearer,
            dialect: self.lists.dialect.clone(),
            events: self.habits.events,
            idle: Idle::new(self.habits.idle_timeout, self.rhythm.get()),
            rhythm: self.rhythm.clone(),
            outlet: self.outlet.clone(),
            secrets: secrets.clone(),
        };
        Ok((plug, renew_at))
    }

    /// Asks for all that may be seen; where the vendor insists, for each vehicle by its id.
    async fn session_body(&mut self) -> Result<Bytes, Trouble> {
        if !self.with_ids {
            match self.post("{}".to_owned()).await {
                Err(trouble) if matches!(trouble.status, Some(400 | 422)) => {
                    debug!(source.id = %self.outlet.source(), "the stream wants explicit ids");
                }
                result => return result,
            }
        }
        if self.metadata.devices.is_empty() {
            let read = self.lists.all_vehicles(&mut self.metadata, self.outlet);
            read.await?;
        }
        let result = self.post(explicit_body(&self.metadata.devices)).await;
        self.with_ids = result.is_ok();
        result
    }

    async fn post(&mut self, json: String) -> Result<Bytes, Trouble> {
        let request = Request {
            method: Method::POST,
            path: self.habits.path.into(),
            query: Vec::new(),
            body: Body::Json(json),
        };
        self.lists.account.ask(&request).await
    }
}

/// `{"vehicleIds":[...]}`; an id that is a number goes out as one.
fn explicit_body(devices: &[DeviceKey]) -> String {
    let ids: Vec<serde_json::Value> = devices
        .iter()
        .map(|key| match key.device.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => key.device.to_string().into(),
        })
        .collect();
    serde_json::json!({ "vehicleIds": ids }).to_string()
}
