//! Hours against a calendar: by tables, and by asking each minute.

use proptest::prelude::*;

use super::*;

const ZONES: [&str; 7] = [
    "Africa/Johannesburg",
    "Europe/Bratislava",
    "America/New_York",
    // Its clock is put forward and back by half an hour, and at midnight it is in Santiago.
    "Australia/Lord_Howe",
    "America/Santiago",
    // Midnight comes twice.
    "America/Havana",
    "Atlantic/Azores",
];
const WEEKDAYS: u8 = 0b001_1111;
const WEEKEND: u8 = 0b110_0000;

fn hours(days: u8, from_min: u16, to_min: u16) -> Hours {
    Hours {
        days,
        from_min,
        to_min,
    }
}

fn timetable(hours: &[Hours], zone: &str) -> Timetable {
    Timetable {
        hours: hours.to_vec(),
        timezone: TimeZone::get(zone).unwrap(),
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Working days from six to six.
fn evenings_and_weekends(zone: &str) -> Timetable {
    let all = [hours(WEEKDAYS, 18 * 60, 6 * 60), hours(WEEKEND, 0, DAY_MIN)];
    timetable(&all, zone)
}

#[test]
fn a_working_week_by_the_table() {
    let week = evenings_and_weekends("Africa/Johannesburg");
    // 2026-11-20 is a Friday. (local time, off duty, when that changes)
    let cases = [
        (
            "2026-11-20T05:59:59.999+02:00",
            true,
            "2026-11-20T06:00:00+02:00",
        ),
        (
            "2026-11-20T06:00:00+02:00",
            false,
            "2026-11-20T18:00:00+02:00",
        ),
        (
            "2026-11-20T17:59:59.999+02:00",
            false,
            "2026-11-20T18:00:00+02:00",
        ),
        (
            "2026-11-20T18:00:00+02:00",
            true,
            "2026-11-23T00:00:00+02:00",
        ),
        (
            "2026-11-21T05:00:00+02:00",
            true,
            "2026-11-23T00:00:00+02:00",
        ),
        (
            "2026-11-21T12:00:00+02:00",
            true,
            "2026-11-23T00:00:00+02:00",
        ),
        // Sunday's whole day ends at midnight, and no Sunday evening reaches into Monday.
        (
            "2026-11-22T23:59:59+02:00",
            true,
            "2026-11-23T00:00:00+02:00",
        ),
        (
            "2026-11-23T00:00:00+02:00",
            false,
            "2026-11-23T18:00:00+02:00",
        ),
    ];
    for (at, is_off, changes_at) in cases {
        assert_eq!(is_off_duty(&week, time(at)), is_off, "{at}");
        assert_eq!(next_change(&week, time(at)), Some(time(changes_at)), "{at}");
    }
}

#[test]
fn the_clock_on_the_wall_decides_when_it_is_put_back_or_forward() {
    let night = |from, to| timetable(&[hours(127, from, to)], "Europe/Bratislava");
    // Two till half past two: on 2026-10-25 it comes twice, on 2026-03-29 not at all.
    let half_past = night(120, 150);
    let cases = [
        ("2026-10-24T23:00:00Z", false, "2026-10-25T00:00:00Z"),
        ("2026-10-25T00:00:00Z", true, "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:30:00Z", false, "2026-10-25T01:00:00Z"),
        ("2026-10-25T01:00:00Z", true, "2026-10-25T01:30:00Z"),
        ("2026-10-25T01:30:00Z", false, "2026-10-26T01:00:00Z"),
        ("2026-03-28T02:00:00Z", false, "2026-03-30T00:00:00Z"),
    ];
    for (at, is_off, changes_at) in cases {
        assert_eq!(is_off_duty(&half_past, time(at)), is_off, "{at}");
        assert_eq!(
            next_change(&half_past, time(at)),
            Some(time(changes_at)),
            "{at}"
        );
    }
    // Begins within the hour that is left out: at the jump.
    let later = night(150, 240);
    assert_eq!(
        next_change(&later, time("2026-03-29T00:00:00Z")),
        Some(time("2026-03-29T01:00:00Z"))
    );
}

#[test]
fn edges_between_two_midnights_are_passed_one_by_one() {
    // On 2026-11-01 in Havana it is midnight twice, an hour apart.
    let all = [
        hours(127, 18 * 60, DAY_MIN),
        hours(127, 0, 15),
        hours(127, 45, 6 * 60),
    ];
    let night = timetable(&all, "America/Havana");
    let cases = [
        ("2026-11-01T03:59:00Z", true, "2026-11-01T04:15:00Z"),
        ("2026-11-01T04:15:00Z", false, "2026-11-01T04:45:00Z"),
        ("2026-11-01T04:20:00Z", false, "2026-11-01T04:45:00Z"),
        ("2026-11-01T04:45:00Z", true, "2026-11-01T05:15:00Z"),
        ("2026-11-01T05:15:00Z", false, "2026-11-01T05:45:00Z"),
        ("2026-11-01T05:45:00Z", true, "2026-11-01T11:00:00Z"),
    ];
    for (at, is_off, changes_at) in cases {
        assert_eq!(is_off_duty(&night, time(at)), is_off, "{at}");
        assert_eq!(
            next_change(&night, time(at)),
            Some(time(changes_at)),
            "{at}"
        );
    }
}

#[test]
fn hours_that_always_hold_are_known_and_never_change() {
    let always = timetable(
        &[hours(127, 0, 12 * 60), hours(127, 11 * 60, DAY_MIN)],
        "UTC",
    );
    assert!(always.is_always());
    assert_eq!(next_change(&always, time("2026-11-20T12:00:00Z")), None);
    assert!(!evenings_and_weekends("UTC").is_always());
    let round_the_clock = timetable(&[hours(1, 60, 60)], "UTC");
    assert!(is_off_duty(&round_the_clock, time("2026-11-24T00:59:00Z")));
    assert!(!is_off_duty(&round_the_clock, time("2026-11-24T01:00:00Z")));
}

#[test]
fn days_run_over_the_end_of_the_week() {
    use Weekday::{Friday, Monday, Saturday, Sunday};
    let cases = [
        (Monday, Friday, WEEKDAYS),
        (Saturday, Sunday, WEEKEND),
        (Saturday, Monday, 0b110_0001),
        (Sunday, Sunday, 0b100_0000),
        (Monday, Sunday, 127),
    ];
    for (first, last, expected) in cases {
        assert_eq!(days(first, last), expected, "{first:?} to {last:?}");
    }
}

/// Off duty by going through the calendar: the local time, day by day, as somebody would read it.
fn by_the_calendar(timetable: &Timetable, at: Timestamp) -> bool {
    let now = timetable.timezone.to_datetime(at);
    let today = now.date();
    [today.yesterday().unwrap(), today].into_iter().any(|day| {
        let begins = |hours: &&Hours| hours.days >> day.weekday().to_monday_zero_offset() & 1 == 1;
        timetable.hours.iter().filter(begins).any(|hours| {
            let midnight = day.at(0, 0, 0, 0);
            let from = midnight + i64::from(hours.from_min).minutes();
            let is_overnight = hours.to_min <= hours.from_min;
            let to_min = hours.to_min + if is_overnight { DAY_MIN } else { 0 };
            from <= now && now < midnight + i64::from(to_min).minutes()
        })
    })
}

fn any_timetable() -> impl Strategy<Value = Timetable> {
    // Mostly on the hour, so that edges meet each other and the jumps of the clock.
    let minute =
        |most: u16| prop_oneof![3 => (0..=most / 60).prop_map(|hour| hour * 60), 1 => 0..=most];
    let one = (0_u8..128, minute(DAY_MIN - 1), minute(DAY_MIN));
    let some = proptest::collection::vec(one, 1..4);
    (some, 0..ZONES.len()).prop_map(|(some, zone)| {
        let all: Vec<_> = some
            .into_iter()
            .map(|(days, from, to)| hours(days, from, to))
            .collect();
        timetable(&all, ZONES[zone])
    })
}

/// Any time of two years, often near a night when some clock is put back or forward.
fn any_time() -> impl Strategy<Value = Timestamp> {
    let jumps = [
        "2026-03-29",
        "2026-10-25",
        "2026-03-08",
        "2026-11-01",
        "2026-04-04",
        "2026-10-03",
        "2026-09-05",
    ];
    let near = (0..jumps.len(), -2_880_i64..2_880).prop_map(move |(day, minutes)| {
        time(&format!("{}T00:00:00Z", jumps[day])) + SignedDuration::from_mins(minutes)
    });
    let any = (0_i64..1_051_200)
        .prop_map(|minutes| time("2026-01-01T00:00:00Z") + SignedDuration::from_mins(minutes));
    prop_oneof![near, any]
}

proptest! {
    #[test]
    fn the_answer_is_that_of_the_calendar(timetable in any_timetable(), at in any_time(), ms in 0_i64..60_000) {
        let at = at + SignedDuration::from_millis(ms);
        prop_assert_eq!(is_off_duty(&timetable, at), by_the_calendar(&timetable, at));
    }

    /// Up to the next change each minute is as the first one, and the change is one.
    #[test]
    fn the_next_change_is_that_of_asking_each_minute(timetable in any_timetable(), at in any_time(), ms in 0_i64..60_000) {
        let is_off = is_off_duty(&timetable, at);
        let next = next_change(&timetable, at + SignedDuration::from_millis(ms));
        let minutes = (1..LOOK_AHEAD_DAYS * 24 * 60).map(|n| at + SignedDuration::from_mins(n));
        let mut minutes = minutes.skip_while(|minute| is_off_duty(&timetable, *minute) == is_off);
        prop_assert_eq!(next, minutes.next());
    }
}
