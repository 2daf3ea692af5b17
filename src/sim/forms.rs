//! Chance in the forms of what is sent, while variants are on.
//!
//! Much of the vendors' JSON has never been seen, so a reader must take all the forms that are
//! likely. A form is drawn by a running number: the same sequence in every run.

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

/// The members of a JSON object under construction.
pub(super) type Members = Map<String, Value>;

/// Draws the parts of a form.
#[derive(Debug)]
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// The form with the number `turn`.
    pub(super) fn new(turn: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(turn))
    }

    pub(super) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())]
    }

    pub(super) fn one_in(&mut self, count: u32) -> bool {
        self.0.random_ratio(1, count)
    }

    /// Puts a value under one of its accepted names.
    pub(super) fn put(&mut self, members: &mut Members, names: &[&str], value: Value) {
        members.insert(self.one_of(names).to_owned(), value);
    }

    /// A time in one of the accepted formats; none loses its milliseconds.
    pub(super) fn time(&mut self, at: Timestamp) -> Value {
        match self.one_of(&[0, 0, 1, 1, 2, 3, 4]) {
            0 => json!(at.to_string()),
            1 => json!(at.as_millisecond()),
            2 => json!(at.as_millisecond().to_string()),
            3 => json!(at.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()),
            _ => json!(at.strftime("%Y-%m-%d %H:%M:%S%.3f+0000").to_string()),
        }
    }

    /// A list under one of its accepted names, beside the members of `rest`.
    pub(super) fn envelope(&mut self, rows: Vec<Value>, mut rest: Members) -> Value {
        let names = [
            "data",
            "vehicles",
            "positions",
            "locations",
            "items",
            "results",
            "content",
        ];
        self.put(&mut rest, &names, Value::Array(rows));
        Value::Object(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_the_same_instant() {
        let at: Timestamp = "2026-08-05T12:20:07.250Z".parse().unwrap();
        for turn in 0..50 {
            let time = Draw::new(turn).time(at);
            let read = match &time {
                Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Timestamp::from_millisecond(text.parse().unwrap())
                }
                Value::String(text) => text.parse(),
                number => Timestamp::from_millisecond(number.as_i64().unwrap()),
            };
            assert_eq!(read.unwrap(), at, "{time}");
        }
    }
}
