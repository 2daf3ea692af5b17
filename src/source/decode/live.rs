//! What a streaming vendor's answers come to: a token, a session, events. Plain data that the
//! decoders give and the loops take.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;

use crate::domain::{DeviceKey, Observation, Refusal};

/// An access token.
#[derive(Clone, Debug)]
pub struct Token {
    /// For the `Authorization` header.
    pub access_token: SecretString,
    /// Its remaining life: it may have been issued long ago.
    pub expires_in: Duration,
}

/// A session of a live stream, to be used once.
#[derive(Clone, Debug)]
pub struct Session {
    /// Where to connect; it carries the authorisation, and its host is not yet checked.
    pub websocket_url: SecretString,
    /// The end of its life, where the vendor says.
    pub expires_at: Option<Timestamp>,
}

/// What one live event says.
#[expect(clippy::large_enum_variant, reason = "nearly all events are positions")]
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Where a device is.
    Position(Observation),
    /// A device went offline.
    Offline {
        /// Which.
        device: DeviceKey,
        /// Since when, by the vendor's word.
        since: Option<Timestamp>,
    },
    /// The stream lives.
    Heartbeat,
    /// The vendor reports an error; both texts are cleaned, at most 200 characters, secrets not
    /// yet replaced.
    Error {
        /// The vendor's code.
        code: Option<String>,
        /// The vendor's words.
        message: Option<String>,
    },
    /// An event of no known kind: its name, cleaned, at most 64 characters; `unnamed` if it has
    /// none.
    Unknown(String),
    /// A record that cannot be true.
    Refused(Refusal),
}
