//! HTTP: every route on one page, and the order in which a request passes the guards.

pub mod alarms;
pub mod api;
mod aside;
pub mod assets;
pub mod desk;
pub mod door;
pub mod error;
pub mod groups;
pub mod guard;
pub mod health;
pub mod history;
pub mod latency;
pub mod live;
pub mod openapi;
pub mod page;
mod places;
pub mod pick;
pub mod query;
pub mod screens;
pub mod serve;
mod shares;
pub mod tiles;
pub mod tls;
pub mod trail;
pub mod trail_files;
mod turns;
pub mod viewer;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use self::door::Door;
use self::screens::Screens;
use crate::alarm::Alarms;
use crate::desk::Desk;
use crate::fleet::writer::Pulse;
use crate::history::History;
use crate::live::encoder::Encoder;
use crate::live::hub::Hub;
use crate::live::reception::Reception;
use crate::live::stages::Stages;
use crate::webhook::Webhooks;

/// What handlers can reach: read-only views of the fleet, and what people may change.
#[derive(Clone, Debug)]
pub struct Web {
    /// Who may come in.
    pub door: Arc<Door>,
    /// The live fleet, all of it: for what is the server's own. Viewers get the stage that
    /// [`viewer::Looking`] finds for them.
    pub hub: Arc<Hub>,
    /// The live fleet as each may see it.
    pub stages: Arc<Stages>,
    /// Alarms, those of the past too.
    pub alarms: Alarms,
    /// The past.
    pub history: History,
    /// Places, rules, who is out of service, saved views.
    pub desk: Desk,
    /// Who is told of alarms elsewhere.
    pub webhooks: Webhooks,
    /// The screens that are here, and what they last said.
    pub screens: Screens,
    /// Where viewers come in.
    pub reception: Reception,
    /// The sign of life of the thread that makes frames.
    pub encoder: Arc<Encoder>,
    /// The writer's sign of life.
    pub pulse: Pulse,
    /// When the server started.
    pub started_at: Timestamp,
    /// The picture of the run before was given back.
    pub is_restored: bool,
    /// Cancelled once the server is to go.
    pub shutdown: CancellationToken,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    /// The policy that every answer carries.
    pub policy: Arc<str>,
    /// Reads the clock.
    pub clock: fn() -> Timestamp,
}

/// Every route there is; `pages` are the desk, the wall, assets and tiles.
pub fn router(web: Web, pages: Router<Web>) -> Router {
    Router::new()
        .merge(data())
        .merge(desk::routes())
        .merge(screens::routes())
        .merge(door::routes())
        .merge(pages)
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(axum::middleware::map_response(error::shape))
        // From the outside in: headers on every answer, refusals included; then from where
        // somebody may ask; then who it is.
        .layer(axum::middleware::from_fn_with_state(
            web.clone(),
            door::identify,
        ))
        .layer(axum::middleware::from_fn_with_state(
            web.clone(),
            guard::refuse_foreign,
        ))
        .layer(axum::middleware::from_fn_with_state(
            web.clone(),
            guard::add_headers,
        ))
        .with_state(web)
}

/// The routes that answer by what their viewer may see.
fn data() -> Router<Web> {
    let plain = Router::new()
        .route("/api/v1/vehicles", get(api::vehicles))
        .route("/api/v1/vehicles.geojson", get(api::geojson))
        .route("/api/v1/vehicles/{id}", get(api::vehicle))
        .route("/api/v1/vehicles/{id}/trail", get(trail::trail))
        .route("/api/v1/vehicles/{id}/history", delete(history::erase))
        .route("/api/v1/history", get(history::history))
        .route("/api/v1/sources", get(api::sources))
        .route("/api/v1/groups", get(groups::groups))
        .route("/api/v1/alarms", get(alarms::alarms))
        .route("/api/v1/alarms/acknowledge", post(alarms::acknowledge_many))
        .route("/api/v1/alarms/{id}/acknowledge", post(alarms::acknowledge))
        // A thousand ids.
        .layer(DefaultBodyLimit::max(64 << 10))
        .route("/api/v1/openapi.json", get(openapi::openapi))
        .layer(CompressionLayer::new());
    plain.route("/api/v1/live", get(live::live))
}

#[cfg(test)]
mod tests;
