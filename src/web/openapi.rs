//! The description of the HTTP interface, derived from the handlers and the frames themselves.

use axum::Json;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

use super::desk::{places, rules, service, views, webhooks};
use super::door::{audit, invitation, oidc, pairing, session, tokens, users};
use super::screens::{displays, report, scenes};
use super::{alarms, api, error, groups, health, history, trail};
use crate::live::frame;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fleetglass",
        description = "One true live map of a fleet, from several vendors. \
        All times are RFC 3339, UTC. Absent members are unknown. The live stream at /api/v1/live \
        is a WebSocket; docs/protocol.md describes it."
    ),
    paths(
        api::vehicles,
        api::vehicle,
        api::geojson,
        api::sources,
        groups::groups,
        alarms::alarms,
        alarms::acknowledge,
        alarms::acknowledge_many,
        trail::trail,
        history::history,
        history::erase,
        places::places,
        places::geojson,
        places::put,
        places::remove,
        places::import,
        rules::rules,
        rules::put,
        rules::remove,
        service::all,
        service::put,
        service::remove,
        views::views,
        views::put,
        views::remove,
        webhooks::webhooks,
        webhooks::webhook,
        webhooks::put,
        webhooks::remove,
        webhooks::test,
        scenes::scenes,
        scenes::put,
        scenes::remove,
        displays::displays,
        displays::put,
        displays::command,
        report::report,
        live,
        openapi,
        health::livez,
        health::readyz,
        health::metrics,
        session::me,
        session::sign_in,
        session::login,
        session::logout,
        session::sessions,
        session::revoke,
        session::revoke_others,
        session::password,
        oidc::login,
        oidc::callback,
        invitation::look,
        invitation::redeem,
        users::users,
        users::add,
        users::change,
        users::invite,
        tokens::tokens,
        tokens::make,
        tokens::change,
        tokens::revoke,
        pairing::ask,
        pairing::poll,
        pairing::find,
        pairing::approve,
        pairing::refuse,
        pairing::display,
        audit::audit
    ),
    components(schemas(
        frame::VehicleFrame,
        frame::PositionFrame,
        frame::MotionFrame,
        frame::FreshnessFrame,
        frame::DeviceFrame,
        frame::SourceFrame,
        frame::AlarmFrame,
        error::ErrorBody
    ))
)]
struct Description;

/// This very description.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200)))]
pub async fn openapi() -> Response {
    Json(Description::openapi()).into_response()
}

/// The live stream: an upgrade to a WebSocket that speaks `fleetglass.v1.json` or
/// `fleetglass.v1.bin`.
#[utoipa::path(get, path = "/api/v1/live",
    params(
        ("epoch" = Option<String>, Query, description = "epoch of the last frame seen"),
        ("seq" = Option<u64>, Query, description = "seq of the last frame seen"),
        ("bounds" = Option<String>, Query, description = "what is looked at, for fleetglass.v1.bin: \
            `west,south,east,north` in degrees"),
        ("zoom" = Option<f64>, Query, description = "and at which zoom"),
    ),
    responses((status = 101), (status = 426, description = "not asked for a WebSocket")))]
#[expect(
    dead_code,
    reason = "it carries the description of web::live, whose extractors say less"
)]
fn live() {}
