//! Bad rows, to stand between good ones.
//!
//! None of them may cost the good rows, and none may make a vehicle appear that is not there: bad
//! rows that name a device name one that exists.

use serde_json::{Value, json};

/// Spoils a list: a bad row before each of the first good ones.
pub(super) fn spoil(rows: Vec<Value>) -> Vec<Value> {
    let mut bad = bad_rows(rows.last()).into_iter();
    let mut spoiled = Vec::with_capacity(rows.len() + bad.len());
    for row in rows {
        spoiled.extend(bad.next());
        spoiled.push(row);
    }
    spoiled
}

/// Bad rows; those with a position are made of `good`.
pub(super) fn bad_rows(good: Option<&Value>) -> Vec<Value> {
    let mut bad = vec![
        Value::Null,
        json!(42),
        json!("maintenance"),
        json!([]),
        json!({}),
        json!({ "id": null, "vehicleId": null, "vehicle_id": null, "latitude": 1.5, "longitude": 2.5 }),
    ];
    let Some(good) = good else {
        return bad;
    };
    for (latitude, longitude) in [
        (json!(0), json!(0.0)),
        (json!(91.2), json!(17.0)),
        (json!("north"), json!("west")),
        (json!("NaN"), json!(17.0)),
    ] {
        let mut row = good.clone();
        if set(&mut row, &["latitude"], &latitude) && set(&mut row, &["longitude"], &longitude) {
            bad.push(row);
        }
    }
    let mut row = good.clone();
    if set(&mut row, &["time", "updated"], &json!("yesterday")) {
        bad.push(row);
    }
    bad
}

/// Sets every member of one of these names, however deep; false if there is none.
fn set(value: &mut Value, names: &[&str], to: &Value) -> bool {
    let Value::Object(members) = value else {
        return false;
    };
    let mut found = false;
    for (name, member) in members {
        if names.contains(&name.as_str()) {
            *member = to.clone();
            found = true;
        } else if name == "location" || name == "position" {
            found |= set(member, names, to);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_good_row_survives_spoiling() {
        let good: Vec<_> = (0..20)
            .map(|id| json!({ "id": id, "location": { "latitude": 1.0, "longitude": 2.0, "time": 3 } }))
            .collect();
        let spoiled = spoil(good.clone());
        assert_eq!(spoiled.len(), good.len() + 11);
        assert!(good.iter().all(|row| spoiled.contains(row)));
    }

    #[test]
    fn rows_without_a_position_are_not_repeated() {
        let bad = bad_rows(Some(&json!({ "id": 7, "name": "Van" })));
        assert!(
            bad.iter()
                .all(|row| row.get("id").is_none_or(Value::is_null))
        );
    }
}
