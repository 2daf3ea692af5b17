//! MyCarTracks' live frames to events. Pure.
//!
//! Only the four kinds of events are documented, not their JSON. Hidden here is all that is
//! tolerated until somebody with an account knows better: several names and spellings of the
//! kind, a wrapped payload, many positions in one event, many events in one frame.

use jiff::Timestamp;

use crate::domain::{DeviceKey, Observation, Origin, Refusal};
use crate::source::decode::{BodyError, Dialect};
use crate::source::fields::{Datum, Pointers, Record};
use crate::source::json::{Json, body_text, read};
use crate::source::words::clean;

use super::convert::{observation, reading};
use super::wire::EVENT;

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

/// Decodes one frame, text or binary, of one event or many.
///
/// # Errors
/// The frame is no JSON.
pub fn events(
    dialect: &Dialect,
    frame: &[u8],
    received_at: Timestamp,
) -> Result<Vec<Event>, BodyError> {
    let pointers = Pointers::of(EVENT.kind, &dialect.fields);
    let reader = Reader {
        dialect,
        pointers: &pointers,
        received_at,
    };
    let read_all = |frame: &Json<'_>| {
        let mut events = Vec::new();
        match frame {
            Json::List(items) => items
                .iter()
                .for_each(|item| reader.read(item, 0, &mut events)),
            one => reader.read(one, 0, &mut events),
        }
        events
    };
    read(&body_text(frame), read_all).ok_or(BodyError::NotJson)
}

/// The documented kinds.
#[derive(Clone, Copy)]
enum Kind {
    Position,
    Offline,
    Heartbeat,
    Error,
}

struct Reader<'d> {
    dialect: &'d Dialect,
    pointers: &'d Pointers,
    received_at: Timestamp,
}

impl Reader<'_> {
    fn read(&self, item: &Json<'_>, depth: usize, events: &mut Vec<Event>) {
        const MAX_DEPTH: usize = 2;
        if !matches!(item, Json::Object(_)) {
            events.push(Event::Refused(Refusal::NotAnObject));
            return;
        }
        let record = Record::open(&EVENT, self.pointers, item);
        let elements = record.elements();
        match kind(&record) {
            Ok(Kind::Heartbeat) => events.push(Event::Heartbeat),
            Ok(Kind::Error) => events.push(error(&record)),
            Ok(kind) if elements.is_empty() => events.push(self.about_device(kind, &record)),
            Ok(kind) => events.extend(elements.iter().map(|element| match element {
                Json::Object(_) => self.about_device(kind, &record.element(element)),
                _ => Event::Refused(Refusal::NotAnObject),
            })),
            Err(None) if !elements.is_empty() && depth < MAX_DEPTH => {
                for element in elements {
                    self.read(element, depth + 1, events);
                }
            }
            Err(name) => events.push(Event::Unknown(name.unwrap_or_else(|| "unnamed".to_owned()))),
        }
    }

    fn about_device(&self, kind: Kind, record: &Record<'_>) -> Event {
        let event = match kind {
            Kind::Offline => self.offline(record),
            _ => self.position(record),
        };
        event.unwrap_or_else(Event::Refused)
    }

    fn position(&self, record: &Record<'_>) -> Result<Event, Refusal> {
        let reading = reading(self.dialect, record)?.ok_or(Refusal::EmptyEvent)?;
        let device = record.device(&self.dialect.source)?;
        Ok(Event::Position(observation(
            record,
            device,
            Some(reading),
            self.received_at,
            Origin::Stream,
        )))
    }

    fn offline(&self, record: &Record<'_>) -> Result<Event, Refusal> {
        let at = |datum| record.time(datum, &self.dialect.timezone).ok().flatten();
        Ok(Event::Offline {
            device: record.device(&self.dialect.source)?,
            // The event's own time may only say when it was sent.
            since: at(Datum::OfflineSince).or_else(|| at(Datum::Time)),
        })
    }
}

/// The kind of an event; else its unknown name, if it has one.
///
/// The first name that is a known kind decides: an envelope's own `type` (`message`, `Feature`)
/// must not hide the `event` beside it.
fn kind(record: &Record<'_>) -> Result<Kind, Option<String>> {
    let (root, body) = (record.root(), record.body());
    let names = |scope| {
        let paths = EVENT.paths(Datum::Kind).iter();
        paths.filter_map(move |path| Json::at(scope, path)?.text())
    };
    if let Some(kind) = names(root).chain(names(body)).find_map(|name| known(&name)) {
        return Ok(kind);
    }
    let own_name = names(root).next();
    if own_name.is_none() {
        if !matches!(record.lat_lng_deg(), Ok(None)) {
            return Ok(Kind::Position);
        }
        if root.get("error").is_some_and(|error| !error.is_blank()) {
            return Ok(Kind::Error);
        }
    }
    let name = own_name.or_else(|| names(body).next());
    Err(name.map(|name| clean(&name).chars().take(64).collect()))
}

/// The kind that `name` means, in whatever case and with whatever between its words:
/// `VEHICLE_POSITION`, `position.updated`.
fn known(name: &str) -> Option<Kind> {
    const KINDS: [(&str, Kind); 4] = [
        ("error", Kind::Error),
        ("offline", Kind::Offline),
        ("heartbeat", Kind::Heartbeat),
        ("position", Kind::Position),
    ];
    let letters: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    KINDS
        .iter()
        .find_map(|(word, kind)| letters.contains(word).then_some(*kind))
}

fn error(record: &Record<'_>) -> Event {
    let text = |datum| Some(clean(&record.value(datum)?.text()?));
    Event::Error {
        code: text(Datum::ErrorCode),
        message: text(Datum::ErrorMessage),
    }
}
