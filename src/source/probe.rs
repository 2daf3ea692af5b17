//! What `fleetglass check` learns by asking each endpoint once.

use bytes::Bytes;
use http::Method;

use super::account::Request;
use super::http::Body;
use super::listing::{Pager, Row, Walk};
use super::lists::Lists;
use super::trouble::Trouble;

/// One endpoint, asked once.
#[derive(Debug)]
pub struct Probe {
    /// As people know it: `GET /vehicles/status`.
    pub endpoint: String,
    /// The kind of the records in it.
    pub holds: Holds,
    /// The body, or what went wrong.
    pub result: Result<Bytes, Trouble>,
}

/// The kind of the records that an endpoint sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Rows of positions.
    Positions,
    /// Rows of the metadata.
    Vehicles,
    /// Events of a stream, each probe one frame.
    Events,
    /// No records: a token, a stream's session. Such a body is never kept.
    Nothing,
}

/// Asks for the first page of both lists.
pub async fn lists(lists: &mut Lists) -> Vec<Probe> {
    let positions = request(&lists.positions);
    let vehicles = request(&lists.vehicles);
    let mut probes = Vec::new();
    for (request, holds) in [(positions, Holds::Positions), (vehicles, Holds::Vehicles)] {
        probes.push(Probe {
            endpoint: format!("GET {}", request.path),
            holds,
            result: lists.account.ask(&request).await,
        });
    }
    probes
}

fn request<T: Row>(pager: &Pager<T>) -> Request {
    Request {
        method: Method::GET,
        path: pager.listing.path,
        query: pager.query(&Walk::default()),
        body: Body::None,
    }
}
