//! The upgrade to the live protocol.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Web;
use super::error::ApiError;
use crate::live::bin::BIN_PROTOCOL;
use crate::live::frame::JSON_PROTOCOL;
use crate::live::viewer::{Dialect, Introduction};
use crate::live::ws::handshake::Handshake;

/// Subprotocols of ours, of whatever version, begin with this.
const OUR_PROTOCOLS: &str = "fleetglass.";

/// Where a viewer says it stopped. Anything malformed is as if it were not there.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ResumeQuery {
    epoch: Option<String>,
    seq: Option<String>,
}

/// `GET /api/v1/live`.
pub async fn live(
    State(web): State<Web>,
    query: Result<Query<ResumeQuery>, QueryRejection>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let handshake = Handshake::check(request.method(), request.version(), request.headers())
        .map_err(|error| ApiError::no_websocket(&error))?;
    let (protocol, dialect) = choose(handshake.offered());
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let seq = query.seq.and_then(|seq| seq.parse().ok());
    let who = Introduction {
        dialect,
        deflates: handshake.deflates(),
        resume: query.epoch.zip(seq),
    };
    web.reception.receive(hyper::upgrade::on(&mut request), who);
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
