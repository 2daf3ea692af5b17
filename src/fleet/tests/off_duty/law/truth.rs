//! What is so, by the hours and by the calendar alone.

use super::*;

/// Whether one of `rules` holds at `at`.
pub(super) fn is_off(rules: &[&OffDuty], at: Timestamp) -> bool {
    rules.iter().any(|rule| is_off_duty(&rule.timetable, at))
}

/// Whether it was on duty at `time`, and has been since then.
pub(super) fn is_of_now(rules: &[&OffDuty], time: Timestamp, now: Timestamp) -> bool {
    let changes_at = |rule: &&OffDuty| next_change(&rule.timetable, time);
    let mut changes = rules.iter().filter_map(changes_at);
    !is_off(rules, time) && changes.all(|at| now < at)
}

/// Of when a record is, by its driver.
pub(super) fn true_time(driver: &str) -> Timestamp {
    at(driver.parse().unwrap())
}
