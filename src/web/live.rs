//! The upgrade to the live protocol.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Web;
use super::error::ApiError;
use super::viewer::Looking;
use crate::live::bin::BIN_PROTOCOL;
use crate::live::frame::JSON_PROTOCOL;
use crate::live::pass::Dismissal;
use crate::live::reception::Admission;
use crate::live::viewer::sight::Sight;
use crate::live::viewer::{Dialect, Introduction};
use crate::live::ws::handshake::Handshake;

/// Subprotocols of ours, of whatever version, begin with this.
const OUR_PROTOCOLS: &str = "fleetglass.";

/// Where a viewer says it stopped, and what it looks at. Anything malformed is as if it were not there.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LiveQuery {
    epoch: Option<String>,
    seq: Option<String>,
    /// `west,south,east,north` in degrees.
    bounds: Option<String>,
    zoom: Option<String>,
}

impl LiveQuery {
    fn resume(&self) -> Option<(String, u64)> {
        let seq = self.seq.as_ref()?.parse().ok()?;
        Some((self.epoch.clone()?, seq))
    }

    fn sight(&self) -> Option<Sight> {
        let parts: Result<Vec<f64>, _> = self.bounds.as_ref()?.split(',').map(str::parse).collect();
        let sight = Sight {
            bounds: parts.ok()?.try_into().ok()?,
            zoom: self.zoom.as_ref()?.parse().ok()?,
        };
        sight.is_sane().then_some(sight)
    }
}

/// `GET /api/v1/live`.
pub async fn live(
    State(web): State<Web>,
    looking: Looking,
    query: Result<Query<LiveQuery>, QueryRejection>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let handshake = Handshake::check(request.method(), request.version(), request.headers())
        .map_err(|error| ApiError::no_websocket(&error))?;
    let (protocol, dialect) = choose(handshake.offered());
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let who = Introduction {
        dialect,
        deflates: handshake.deflates(),
        resume: query.resume(),
        sight: query.sight(),
    };
    let pass = web.door.sockets.admit(Arc::clone(&looking.0));
    let pass = pass.ok_or_else(ApiError::too_many_sockets)?;
    let admission = Admission {
        hub: Arc::clone(looking.stage(&web).await?.hub()),
        pass: pass.number(),
        held: Some(Arc::new(pass)),
        letters: web.screens.join(&looking.0, &web.desk),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let pass = admission.pass;
    web.reception.receive(upgrade, who, admission);
    // Who lost the right to look since the door was passed is on no list but this one.
    if web.door.access.current(&looking.0.id, (web.clock)()) != Some(Arc::clone(&looking.0)) {
        web.reception.dismiss(pass, Dismissal::Changed);
    }
    let mut answer = StatusCode::SWITCHING_PROTOCOLS.into_response();
    answer.headers_mut().extend(handshake.answer(protocol));
    Ok(answer)
}

/// The first offer that we know. One of ours that we do not know is of another version: it is
/// taken, so that the viewer can be told. Who offers nothing of ours gets JSON.
fn choose(offered: &[String]) -> (Option<&str>, Option<Dialect>) {
    let known = |name: &str| match name {
        JSON_PROTOCOL => Some(Dialect::Json),
        BIN_PROTOCOL => Some(Dialect::Bin),
        _ => None,
    };
    let first = offered.iter().find(|name| known(name).is_some());
    if let Some(name) = first {
        return (Some(name), known(name));
    }
    match offered.iter().find(|name| name.starts_with(OUR_PROTOCOLS)) {
        Some(name) => (Some(name), None),
        None => (None, Some(Dialect::Json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subprotocols_by_the_table() {
        let (json, bin) = (Some(Dialect::Json), Some(Dialect::Bin));
        let cases: [(&[&str], Option<&str>, Option<Dialect>); 7] = [
            (&[], None, json),
            (&["other"], None, json),
            (&[JSON_PROTOCOL], Some(JSON_PROTOCOL), json),
            (&[BIN_PROTOCOL], Some(BIN_PROTOCOL), bin),
            (
                &["other", BIN_PROTOCOL, JSON_PROTOCOL],
                Some(BIN_PROTOCOL),
                bin,
            ),
            (&["fleetglass.v0.bin"], Some("fleetglass.v0.bin"), None),
            (
                &["fleetglass.v2.bin", BIN_PROTOCOL],
                Some(BIN_PROTOCOL),
                bin,
            ),
        ];
        for (offered, protocol, dialect) in cases {
            let offered: Vec<String> = offered.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(choose(&offered), (protocol, dialect), "{offered:?}");
        }
    }
}
