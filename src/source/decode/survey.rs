//! What a vendor's real answers hold, told without their values: which field of ours was found
//! under which name, which stayed empty, and what was left over.
//!
//! Half of some vendors' JSON is assumed. With this, who has an account sees what to put under
//! `[source.fields.*]`: every name is printed as the JSON pointer to put there. Values are
//! personal data and never kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use super::envelope::with_list;
use super::fields::{Datum, Mark, RecordKind, RecordSpec};
use super::json::{Json, body_text, read};
use super::lookup::{Found, Pointers, Record};
use super::words::clean;
use super::{BodyError, Dialect};

/// What the bodies of one endpoint hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointSurvey {
    /// Bodies looked at.
    pub n_bodies: u64,
    /// Why bodies could not be read, each reason once.
    pub problems: Vec<BodyError>,
    /// Records in the readable ones.
    pub n_records: u64,
    /// Elements of a list that are no records at all.
    pub n_not_objects: u64,
    /// Our fields, in the order of the vendor's table.
    pub fields: Vec<FieldSurvey>,
    /// Their names that no field of ours reads: JSON pointer to types, each with its count. An
    /// element of an array is `*`.
    pub left_over: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

/// Where one field of ours was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSurvey {
    /// Which.
    pub datum: Datum,
    /// How sure the contract is of its names.
    pub mark: Mark,
    /// JSON pointers with the number of records in which they were it.
    pub found: BTreeMap<String, u64>,
    /// Records in which it was not found, or said nothing.
    pub n_empty: u64,
    /// The operator's own pointer led to it at least once.
    pub by_pointer: bool,
}

/// Surveys the `bodies` of one endpoint, whose records the vendor's table `spec` describes. For
/// [`RecordKind::Event`] a body is a frame.
pub fn survey(spec: &'static RecordSpec, dialect: &Dialect, bodies: &[Vec<u8>]) -> EndpointSurvey {
    let pointers = Pointers::of(spec.kind, &dialect.fields);
    let fields = spec.entries.iter().map(|entry| FieldSurvey {
        datum: entry.datum,
        mark: entry.mark,
        found: BTreeMap::new(),
        n_empty: 0,
        by_pointer: false,
    });
    let mut survey = EndpointSurvey {
        fields: fields.collect(),
        ..EndpointSurvey::default()
    };
    for body in bodies {
        survey.n_bodies += 1;
        let outcome = if spec.kind == RecordKind::Event {
            survey.add_frame(spec, &pointers, body)
        } else {
            survey.add_list(spec, &pointers, body)
        };
        if let Err(problem) = outcome
            && !survey.problems.contains(&problem)
        {
            survey.problems.push(problem);
        }
    }
    survey
}

impl EndpointSurvey {
    fn add_list(
        &mut self,
        spec: &'static RecordSpec,
        pointers: &Pointers,
        body: &[u8],
    ) -> Result<(), BodyError> {
        with_list(body, |rows, _| {
            for row in rows {
                read(row.get(), |record| match record {
                    Json::Object(_) => self.add(&Record::open(spec, pointers, record)),
                    _ => self.n_not_objects += 1,
                });
            }
        })
    }

    fn add_frame(
        &mut self,
        spec: &'static RecordSpec,
        pointers: &Pointers,
        frame: &[u8],
    ) -> Result<(), BodyError> {
        let add_all = |frame: &Json<'_>| {
            let one = std::slice::from_ref(frame);
            let events = match frame {
                Json::List(items) => items,
                _ => one,
            };
            for event in events {
                let record = Record::open(spec, pointers, event);
                match record.elements() {
                    [] => self.add(&record),
                    elements => elements
                        .iter()
                        .for_each(|element| self.add(&record.element(element))),
                }
            }
        };
        read(&body_text(frame), add_all).ok_or(BodyError::NotJson)
    }

    fn add(&mut self, record: &Record<'_>) {
        self.n_records += 1;
        let mut names = HashMap::new();
        name_all(record.root(), String::new(), &mut names);
        let mut read_by_us = HashSet::new();
        for field in &mut self.fields {
            read_by_us.extend(record.known(field.datum).map(std::ptr::from_ref));
            let Some((found, value)) = record.find(field.datum) else {
                field.n_empty += 1;
                continue;
            };
            read_by_us.insert(std::ptr::from_ref(value));
            field.by_pointer |= matches!(found, Found::Pointer(_));
            let name = names.get(&std::ptr::from_ref(value));
            let name = name.cloned().unwrap_or_default();
            *field.found.entry(name).or_default() += 1;
        }
        self.add_left_over(record.root(), &names, &read_by_us);
    }

    fn add_left_over<'r>(
        &mut self,
        value: &'r Json<'r>,
        names: &HashMap<*const Json<'r>, String>,
        read_by_us: &HashSet<*const Json<'r>>,
    ) {
        let place = std::ptr::from_ref(value);
        if read_by_us.contains(&place) {
            return;
        }
        let children = || value.members().iter().map(|(_, child)| child);
        for child in children().chain(value.items()) {
            self.add_left_over(child, names, read_by_us);
        }
        if value.members().is_empty() && value.items().is_empty() {
            let name = names.get(&place).cloned().unwrap_or_default();
            let types = self.left_over.entry(name).or_default();
            *types.entry(value.type_name()).or_default() += 1;
        }
    }
}

/// The JSON pointer of each value under `value`; array elements that hold more share the name
/// `*`, because a position in a list is no name.
fn name_all<'r>(value: &'r Json<'r>, name: String, names: &mut HashMap<*const Json<'r>, String>) {
    for (key, child) in value.members() {
        let key = clean(key).replace('~', "~0").replace('/', "~1");
        name_all(child, format!("{name}/{key}"), names);
    }
    let is_tuple = value
        .items()
        .iter()
        .all(|item| matches!(item, Json::Number(_)));
    for (n, item) in value.items().iter().enumerate() {
        let step = if is_tuple {
            n.to_string()
        } else {
            "*".to_owned()
        };
        name_all(item, format!("{name}/{step}"), names);
    }
    names.insert(std::ptr::from_ref(value), name);
}

impl fmt::Display for EndpointSurvey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_LEFT_OVER: usize = 80;
        for problem in &self.problems {
            writeln!(f, "  problem: {problem}")?;
        }
        if 0 < self.n_not_objects {
            writeln!(
                f,
                "  problem: {} elements are no objects",
                self.n_not_objects
            )?;
        }
        writeln!(
            f,
            "  {:<17} {:<9} {:>7}  found under",
            "field", "contract", "records"
        )?;
        for field in &self.fields {
            write_field(f, field)?;
        }
        if self.left_over.is_empty() {
            return writeln!(f, "  left over: nothing");
        }
        writeln!(f, "  left over:")?;
        for (name, types) in self.left_over.iter().take(MAX_LEFT_OVER) {
            let types = types.iter().map(|(name, n)| format!("{name} {n}"));
            let types = types.collect::<Vec<_>>().join(", ");
            writeln!(f, "    {name}  ({types})")?;
        }
        match self.left_over.len().saturating_sub(MAX_LEFT_OVER) {
            0 => Ok(()),
            n_more => writeln!(f, "    and {n_more} more"),
        }
    }
}

fn write_field(f: &mut fmt::Formatter<'_>, field: &FieldSurvey) -> fmt::Result {
    let mark = match (field.by_pointer, field.mark) {
        (true, _) => "yours",
        (_, Mark::Doc) => "doc",
        (_, Mark::Seen) => "seen",
        (_, Mark::Assumed) => "assumed",
    };
    let name = field.datum.name();
    if field.found.is_empty() {
        return writeln!(f, "  {name:<17} {mark:<9} {:>7}  -", 0);
    }
    for (pointer, n) in &field.found {
        writeln!(f, "  {name:<17} {mark:<9} {n:>7}  {pointer}")?;
    }
    if 0 < field.n_empty {
        writeln!(f, "  {name:<17} {mark:<9} {:>7}  (empty)", field.n_empty)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::Field;
    use crate::source::decode::testing::{check_print, dialect};
    use crate::source::eztotrack::wire::{LOCATION, VEHICLE};
    use crate::source::mycartracks::wire::EVENT;

    #[test]
    fn a_table_tells_names_and_no_values() {
        let body = br#"{"data": [
            {"id": "veh_1", "location": {"latitude": 41.9, "longitude": -87.6, "velocity": 3.5,
             "time": "2026-02-03T08:00:00Z"}, "driver": {"id": "drv_1", "name": "Anna"}},
            {"id": "veh_2", "location": null, "cargo": [{"kind": "milk"}]},
            7]}"#
            .to_vec();
        let mut dialect = dialect("ezt");
        let pointer = "/location/velocity".to_owned();
        dialect.fields.position.insert(Field::Speed, pointer);
        let survey = survey(&LOCATION, &dialect, &[body, b"<html>".to_vec()]);
        check_print("eztotrack/survey", &survey.to_string());
    }

    #[test]
    fn what_is_not_read_is_not_promised() {
        let body = br#"[{"id": "veh_1", "driver": {"name": "Anna"}}]"#;
        let survey = survey(&VEHICLE, &dialect("ezt"), &[body.to_vec()]);
        assert!(
            !survey
                .fields
                .iter()
                .any(|field| field.datum == Datum::Driver)
        );
        assert!(survey.left_over.contains_key("/driver/name"));
    }

    #[test]
    fn the_elements_of_a_frame_are_records() {
        let frame = br#"{"type": "position", "data": [{"vehicleId": 1, "lat": 1.0, "lng": 2.0},
            {"vehicleId": 2, "lat": 1.0, "lng": 2.0, "hdop": 3}]}"#;
        let survey = survey(&EVENT, &dialect("mct"), &[frame.to_vec()]);
        assert_eq!(survey.n_records, 2);
        let id = survey.fields.iter().find(|field| field.datum == Datum::Id);
        let found = BTreeMap::from([("/data/*/vehicleId".to_owned(), 2)]);
        assert_eq!(id.unwrap().found, found);
        assert!(survey.left_over.contains_key("/data/*/hdop"));
    }
}
