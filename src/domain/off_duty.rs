//! Off duty: hours in which nobody is to know where a vehicle is.
//!
//! A tracker may be somebody's own phone, so a group can have hours in which its positions are
//! neither shown nor stored. Here stands what such hours are: pure questions to a timetable. What
//! follows from the answers is the fleet's affair (`fleet/off_duty.rs`).
//!
//! Hours are read from the clock on the wall of their zone. On the night when the clock is put back
//! the hour that comes twice is off duty twice; one that is left out does not come at all.

use std::sync::Arc;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Minutes of a day.
pub const DAY_MIN: u16 = 24 * 60;
/// A week and the longest hours, and once more, since a clock put forward may leave hours out.
const LOOK_AHEAD_DAYS: i64 = 16;

/// Hours that begin on some days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The days on which they begin: Monday is bit 0.
    pub days: u8,
    /// When they begin, in minutes of the day, below [`DAY_MIN`]; included.
    pub from_min: u16,
    /// When they end, not included; [`DAY_MIN`] is midnight. Not after `from_min`: on the next day.
    pub to_min: u16,
}

/// When it is so, by which clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timetable {
    /// The hours; they may overlap.
    pub hours: Vec<Hours>,
    /// Whose clock they are read from.
    pub timezone: TimeZone,
}

/// One `[[off_duty]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffDuty {
    /// Vehicles in any of these groups are off duty.
    pub groups: Vec<Arc<str>>,
    /// At these times.
    pub timetable: Timetable,
}

impl Hours {
    /// Whether they hold on `day` (Monday is 0) at `minute` of that day.
    fn hold(self, day: i8, minute: u16) -> bool {
        let begins_on = |day: i8| self.days & 1 << day.rem_euclid(7) != 0;
        if self.from_min < self.to_min {
            return begins_on(day) && (self.from_min..self.to_min).contains(&minute);
        }
        (begins_on(day) && self.from_min <= minute) || (begins_on(day - 1) && minute < self.to_min)
    }
}

impl Timetable {
    /// Whether there is no minute of the week that is not off duty.
    pub fn is_always(&self) -> bool {
        let mut minutes = (0..7).flat_map(|day| (0..DAY_MIN).map(move |minute| (day, minute)));
        minutes.all(|(day, minute)| self.hours.iter().any(|hours| hours.hold(day, minute)))
    }

    /// The instants about `day` at which the clock on the wall reads an edge of the hours.
    fn edges(&self, day: Date) -> impl Iterator<Item = Timestamp> {
        let minutes = self.hours.iter().flat_map(|it| [it.from_min, it.to_min]);
        minutes.flat_map(move |minute| {
            let edge = day.to_datetime(Time::midnight()) + i64::from(minute).minutes();
            instants(&self.timezone, edge).into_iter().flatten()
        })
    }
}

/// When a clock in `timezone` reads `reading`: once, twice or never.
fn instants(timezone: &TimeZone, reading: DateTime) -> [Option<Timestamp>; 2] {
    let at = |offset: Offset| offset.to_timestamp(reading).ok();
    match timezone.to_ambiguous_timestamp(reading).offset() {
        AmbiguousOffset::Unambiguous { offset } => [at(offset), None],
        AmbiguousOffset::Fold { before, after } => [at(before), at(after)],
        AmbiguousOffset::Gap { .. } => [None, None],
    }
}

/// Whether `at` is off duty.
pub fn is_off_duty(timetable: &Timetable, at: Timestamp) -> bool {
    let on_the_wall = timetable.timezone.to_datetime(at);
    let time = on_the_wall.time();
    let minute =
        u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
    let day = on_the_wall.weekday().to_monday_zero_offset();
    timetable.hours.iter().any(|hours| hours.hold(day, minute))
}

/// The first instant after `at` from which the answer of [`is_off_duty`] is another; `None` where
/// there is none within two weeks, and so none ever.
///
/// The answer can only change where the clock on the wall passes an edge of the hours, or is put
/// forward or back.
pub fn next_change(timetable: &Timetable, at: Timestamp) -> Option<Timestamp> {
    let is_off = is_off_duty(timetable, at);
    let until = at
        .checked_add(SignedDuration::from_hours(24 * LOOK_AHEAD_DAYS))
        .ok()?;
    let jumps = timetable.timezone.following(at).map(|it| it.timestamp());
    // What is yet to be asked. A midnight that comes twice is an edge of the day before it too, and
    // that day's last one lies behind edges of the next.
    let mut pool = jumps.take_while(|jump| *jump <= until).collect::<Vec<_>>();
    let today = timetable.timezone.to_datetime(at).date();
    // From the day before: its midnight may be an edge of today.
    let mut days = (-1..=LOOK_AHEAD_DAYS).filter_map(|n| today.checked_add(n.days()).ok());
    days.find_map(|day| {
        let next_day = day.checked_add(1.day()).ok()?;
        // The first of two midnights: no edge of a later day comes before it.
        let next_begins_at = timetable
            .timezone
            .to_timestamp(next_day.at(0, 0, 0, 0))
            .ok()?;
        pool.extend(timetable.edges(day));
        let is_due = |candidate: &mut Timestamp| *candidate < next_begins_at;
        let mut candidates: Vec<Timestamp> = pool.extract_if(.., is_due).collect();
        candidates.sort_unstable();
        let mut candidates = candidates.into_iter().filter(|candidate| at < *candidate);
        candidates.find(|candidate| is_off_duty(timetable, *candidate) != is_off)
    })
}

/// The days from `first` to `last`, both included, over the end of the week where need be.
pub fn days(first: Weekday, last: Weekday) -> u8 {
    let last_day = last.to_monday_zero_offset();
    let mut day = first.to_monday_zero_offset();
    let mut days = 1 << day;
    while day != last_day {
        day = (day + 1) % 7;
        days |= 1 << day;
    }
    days
}

#[cfg(test)]
mod tests;
