//! Whether it is quiet hours: pure, by the clock on the wall of their zone.

use jiff::Timestamp;
use jiff::civil::Weekday;

use crate::domain::order::Quiet;

/// Whether `at` is within. Hours that end as they begin are all of the day.
pub(super) fn covers(quiet: &Quiet, at: Timestamp) -> bool {
    let local = at.to_zoned(quiet.timezone.clone()).datetime();
    let (time, today) = (local.time(), local.date().weekday());
    let begins_on = |day: Weekday| quiet.days.is_empty() || quiet.days.contains(&day);
    if quiet.from < quiet.to {
        return begins_on(today) && quiet.from <= time && time < quiet.to;
    }
    let since_today = quiet.from <= time && begins_on(today);
    let since_yesterday = time < quiet.to && begins_on(today.previous());
    since_today || since_yesterday
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn hours_belong_to_the_day_on_which_they_begin() {
        let zone = TimeZone::get("Africa/Johannesburg").unwrap();
        let over_night = Quiet {
            from: time(22, 0, 0, 0),
            to: time(6, 0, 0, 0),
            days: vec![Weekday::Friday],
            timezone: zone.clone(),
        };
        let at_noon = Quiet {
            from: time(12, 0, 0, 0),
            to: time(13, 0, 0, 0),
            days: Vec::new(),
            timezone: zone.clone(),
        };
        let always = Quiet {
            to: time(22, 0, 0, 0),
            days: Vec::new(),
            ..over_night.clone()
        };
        // 2026-08-07 is a Friday.
        let cases = [
            (&over_night, "2026-08-07T21:59:59+02", false),
            (&over_night, "2026-08-07T22:00:00+02", true),
            (&over_night, "2026-08-08T05:59:59+02", true),
            (&over_night, "2026-08-08T06:00:00+02", false),
            (&over_night, "2026-08-07T05:00:00+02", false),
            (&over_night, "2026-08-08T23:00:00+02", false),
            (&at_noon, "2026-08-05T10:30:00Z", true),
            (&at_noon, "2026-08-05T12:30:00Z", false),
            (&always, "2026-08-05T12:30:00Z", true),
        ];
        for (quiet, at, expected) in cases {
            assert_eq!(covers(quiet, at.parse().unwrap()), expected, "{at}");
        }
    }
}
