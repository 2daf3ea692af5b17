//! `[[off_duty]]`: hours in which the positions of some groups are neither shown nor stored.
//!
//! Hours are written as people say them: `"Mon-Fri 18:00-06:00"`, `"Sat-Sun"`, `"22:00-05:00"`. What
//! cannot be meant is refused rather than guessed: a wrong guess shows where somebody lives.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::document::{ConfigError, Section};
use crate::domain::off_duty::{DAY_MIN, Hours, OffDuty, Timetable, days};

const EVERY_DAY: u8 = 127;
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Reads all `[[off_duty]]` tables.
pub fn off_duty(sections: Vec<Section<'_>>) -> Result<Vec<OffDuty>, ConfigError> {
    sections.into_iter().map(one).collect()
}

fn one(mut section: Section<'_>) -> Result<OffDuty, ConfigError> {
    let mut groups = Vec::new();
    for (group, span) in section.strings("groups")? {
        // As vendors' names are.
        let group = group.trim();
        if group.is_empty() {
            return Err(section.error_at(&span, "a group has no name; leave it out"));
        }
        groups.push(group.into());
    }
    if groups.is_empty() {
        return Err(
            section.error("`groups` is missing; name at least one, as groups = [\"North\"]")
        );
    }
    let mut hours = Vec::new();
    for (text, span) in section.strings("hours")? {
        let read = parse(&text).map_err(|problem| section.error_at(&span, problem))?;
        hours.push(read);
    }
    if hours.is_empty() {
        return Err(section.error(
            "`hours` is missing; write hours = [\"18:00-06:00\", \"Sat-Sun\"], for instance",
        ));
    }
    let wanted = "an IANA name such as Africa/Johannesburg or UTC";
    let timezone = section.parsed("timezone", wanted, |text| TimeZone::get(text).ok())?;
    let Some(timezone) = timezone else {
        return Err(section.error(format!(
            "`timezone` is missing; it says whose clock the hours are read from: {wanted}"
        )));
    };
    let timetable = Timetable { hours, timezone };
    if timetable.is_always() {
        return Err(section.error(
            "these hours always hold, so nothing would ever be shown; leave some out, or give the \
             vehicles `ignore = true`",
        ));
    }
    section.finish()?;
    Ok(OffDuty { groups, timetable })
}

/// Hours as people write them: days, hours, or both.
fn parse(text: &str) -> Result<Hours, String> {
    let malformed = || {
        format!(
            "\"{text}\" are no hours; write \"Mon-Fri 18:00-06:00\", \"18:00-06:00\" for every day, or \
             \"Sat-Sun\" for whole days"
        )
    };
    let mut words = text.split_whitespace();
    let first = words.next().ok_or_else(malformed)?;
    let (days_word, hours_word) = if first.contains(':') {
        (None, Some(first))
    } else {
        (Some(first), words.next())
    };
    if words.next().is_some() {
        return Err(malformed());
    }
    let days = days_word.map_or(Ok(EVERY_DAY), |word| parse_days(word, text))?;
    let Some(hours) = hours_word else {
        let (from_min, to_min) = (0, DAY_MIN);
        return Ok(Hours {
            days,
            from_min,
            to_min,
        });
    };
    let (from, to) = hours.split_once('-').ok_or_else(malformed)?;
    let (from_min, to_min) = (parse_minute(from, text)?, parse_minute(to, text)?);
    if from_min == DAY_MIN {
        return Err(format!(
            "\"{text}\" begins at 24:00; write 00:00 of the next day"
        ));
    }
    if from_min == to_min {
        return Err(format!(
            "\"{text}\" ends when it begins, which could be never or always; for a whole day write \
             the day alone, or 00:00-24:00"
        ));
    }
    Ok(Hours {
        days,
        from_min,
        to_min,
    })
}

/// `Mon`, `Mon-Fri`, `Mon,Wed,Fri-Sat`.
fn parse_days(word: &str, text: &str) -> Result<u8, String> {
    let mut all = 0;
    for part in word.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        all |= days(parse_day(first, text)?, parse_day(last, text)?);
    }
    Ok(all)
}

/// A day by its name or the first three letters of it.
fn parse_day(word: &str, text: &str) -> Result<Weekday, String> {
    let said = word.to_lowercase();
    let is_it = |(name, _): &&(&str, Weekday)| *name == said || name[..3] == said;
    let found = WEEKDAYS.iter().find(is_it).map(|(_, day)| *day);
    found.ok_or_else(|| {
        format!(
            "\"{text}\" has an unknown day \"{word}\"; known are Mon, Tue, Wed, Thu, Fri, Sat, Sun"
        )
    })
}

/// The minute of the day: `06:00`, or `24:00` for its end.
fn parse_minute(word: &str, text: &str) -> Result<u16, String> {
    let number = |digits: &str| {
        let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| is_plain)
    };
    let read = word.split_once(':').and_then(|(hour, minute)| {
        let minute = number(minute).filter(|it| *it < 60 && minute.len() == 2)?;
        let hour = number(hour).filter(|it| *it <= 24 && hour.len() <= 2)?;
        Some(hour * 60 + minute).filter(|it| *it <= DAY_MIN)
    });
    read.ok_or_else(|| {
        format!("\"{text}\" has \"{word}\", which is no time of day; write 06:00 or 18:30")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_as_people_write_them() {
        let evening = (18 * 60, 6 * 60);
        let whole = (0, DAY_MIN);
        let cases = [
            ("Mon-Fri 18:00-06:00", 0b001_1111, evening),
            ("18:00-6:00", 127, evening),
            ("Sat-Sun", 0b110_0000, whole),
            ("sunday", 0b100_0000, whole),
            ("Fri-Mon", 0b111_0001, whole),
            ("mon,WED,Fri-sat 00:00-24:00", 0b011_0101, whole),
            ("Tue 12:30-13:15", 0b000_0010, (750, 795)),
            ("18:00-24:00", 127, (18 * 60, DAY_MIN)),
        ];
        for (text, days, (from_min, to_min)) in cases {
            let expected = Hours {
                days,
                from_min,
                to_min,
            };
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let cases = [
            ("", "are no hours"),
            ("Mon-Fri 18:00", "are no hours"),
            ("Mon - Fri 18:00-06:00", "are no hours"),
            ("Mon-Fri 18:00-06:00 CET", "are no hours"),
            ("Mo-Fr 18:00-06:00", "unknown day \"Mo\""),
            ("weekend", "unknown day \"weekend\""),
            ("18:00-18:00", "never or always"),
            ("24:00-06:00", "begins at 24:00"),
            ("18:00-24:01", "no time of day"),
            ("18:60-06:00", "no time of day"),
            ("6:5-7:00", "no time of day"),
            ("+6:00-7:00", "no time of day"),
        ];
        for (text, expected) in cases {
            let problem = parse(text).expect_err(text);
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
