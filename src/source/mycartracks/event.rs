//! MyCarTracks' live frames to events. Pure.
//!
//! Only the four kinds of events are documented, not their JSON. Hidden here is all that is
//! tolerated until somebody with an account knows better: several names and spellings of the
//! kind, a wrapped payload, many positions in one event, many events in one frame.

use jiff::Timestamp;

use crate::domain::{Origin, Refusal};
use crate::source::decode::fields::Datum;
use crate::source::decode::json::{Json, body_text, read};
use crate::source::decode::live::Event;
use crate::source::decode::lookup::{Pointers, Record};
use crate::source::decode::words::clean;
use crate::source::decode::{BodyError, Dialect};

use super::convert::{observation, reading};
use super::wire::EVENT;

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::source::Field;
    use crate::source::decode::testing::{
        check_print, check_sane, dialect, fixture, print_one, received_at,
    };

    fn print(event: &Event) -> String {
        match event {
            Event::Position(observation) => {
                check_sane(observation);
                print_one(observation)
            }
            Event::Offline { device, since } => {
                let since = since.map(|at| at.to_string());
                format!(
                    "offline {device} since {}\n",
                    since.as_deref().unwrap_or("?")
                )
            }
            other => format!("{other:?}\n"),
        }
    }

    #[test]
    fn each_frame_gives_the_events_of_the_snapshot() {
        let frames = String::from_utf8(fixture("mycartracks/frames.ndjson")).unwrap();
        let prints = frames.lines().map(|frame| {
            let events = events(&dialect("mct"), frame.as_bytes(), received_at());
            let print = match events {
                Ok(events) => events.iter().map(print).collect(),
                Err(error) => format!("error: {error}\n"),
            };
            format!("{frame}\n{print}\n")
        });
        check_print("mycartracks/frames.json", &prints.collect::<String>());
    }

    #[test]
    fn a_kind_is_known_in_every_spelling() {
        for name in [
            "position",
            "VEHICLE_POSITION",
            "vehiclePosition",
            "position.updated",
        ] {
            assert!(matches!(known(name), Some(Kind::Position)), "{name}");
        }
        for name in [
            "offline",
            "vehicle.offline",
            "VEHICLE-OFFLINE",
            "vehicleOffline",
        ] {
            assert!(matches!(known(name), Some(Kind::Offline)), "{name}");
        }
        assert!(matches!(known("HEART-BEAT"), Some(Kind::Heartbeat)));
        assert!(matches!(known("stream.error"), Some(Kind::Error)));
        assert!(known("geofence.entered").is_none());
    }

    #[test]
    fn an_unknown_name_is_cleaned_and_cut() {
        let frame = format!(r#"{{"type": "new\n{}"}}"#, "x".repeat(500));
        let events = events(&dialect("mct"), frame.as_bytes(), received_at()).unwrap();
        let expected = format!("new {}", "x".repeat(60));
        assert_eq!(events, [Event::Unknown(expected)]);
    }

    #[test]
    fn the_operators_pointers_are_tried_on_the_event_and_on_its_payload() {
        let mut dialect = dialect("mct");
        let pointers = &mut dialect.fields.event;
        pointers.insert(Field::Id, "/data/unit/key".to_owned());
        pointers.insert(Field::Latitude, "/wgs/y".to_owned());
        pointers.insert(Field::Longitude, "/wgs/x".to_owned());
        let frame = br#"{"type": "position", "id": 1,
            "data": {"unit": {"key": 4711}, "wgs": {"x": 17.1, "y": 48.1}}}"#;
        let events = events(&dialect, frame, received_at()).unwrap();
        let Event::Position(observation) = &events[0] else {
            panic!("{events:?}");
        };
        assert_eq!(observation.device.to_string(), "mct/4711");
        let reading = observation.reading.clone().unwrap();
        assert_eq!(reading.lat_lng(), (48.1, 17.1));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(frame: Vec<u8>) {
            let _ = events(&dialect("m"), &frame, received_at());
        }

        #[test]
        fn whatever_the_values_what_is_given_is_sane(
            values in proptest::collection::vec(crate::source::decode::testing::any_scalar(), 8),
        ) {
            let frame = serde_json::json!({"type": "position", "data": {
                "id": values[0], "lat": values[1], "lon": values[2], "speed": values[3],
                "heading": values[4], "accuracy": values[5], "time": values[6], "name": values[7],
            }});
            let frame = frame.to_string();
            let events = events(&dialect("m"), frame.as_bytes(), received_at()).unwrap();
            prop_assert_eq!(events.len(), 1);
            if let Event::Position(observation) = &events[0] {
                check_sane(observation);
            }
        }
    }
}
