//! When a vendor says to come back: three spellings of one header, seconds or a date; and what
//! cannot be meant is not believed, so that no header can silence a source for years.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// No vendor's window is longer; a greater number of seconds is no number of seconds.
pub const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// How long the vendor asks us to stay away, by the first header that can be read; at most 24 h.
/// Zero is its word that we may come at once.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    wait(headers, "x-ratelimit-retry-after-seconds", now)
        .or_else(|| until(unix(headers, "x-ratelimit-retry-at")?, now))
        .or_else(|| wait(headers, "retry-after", now))
        .or_else(|| until(date(headers, "retry-after")?, now))
}

/// A header as a wait of at most 24 h: a whole or decimal number of seconds, or the second since
/// 1970 at which it ends.
pub fn wait(headers: &HeaderMap, name: &str, now: Timestamp) -> Option<Duration> {
    let seconds: f64 = text(headers, name)?.parse().ok()?;
    let wait = Duration::try_from_secs_f64(seconds).ok()?;
    if wait <= LONGEST_WAIT {
        return Some(wait);
    }
    let then = Timestamp::from_second(i64::try_from(wait.as_secs()).ok()?);
    until(then.ok()?, now)
}

/// A header as text.
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn unix(headers: &HeaderMap, name: &str) -> Option<Timestamp> {
    Timestamp::from_second(text(headers, name)?.parse().ok()?).ok()
}

fn date(headers: &HeaderMap, name: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new()
        .parse_timestamp(text(headers, name)?)
        .ok()
}

/// From `now` to `then`. A time that is past says nothing: one of the two clocks is wrong.
fn until(then: Timestamp, now: Timestamp) -> Option<Duration> {
    let wait = Duration::try_from(then.duration_since(now)).ok()?;
    (Duration::ZERO < wait && wait <= LONGEST_WAIT).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (&'a [(&'a str, &'a str)], Option<u64>);

    #[test]
    fn headers_by_their_table() {
        let now: Timestamp = "2026-08-05T12:00:00Z".parse().unwrap();
        let at = (now.as_second() + 42).to_string();
        let cases: [Case; 17] = [
            (&[], None),
            (&[("x-ratelimit-retry-after-seconds", "17")], Some(17)),
            (&[("x-ratelimit-retry-at", &at)], Some(42)),
            (&[("x-ratelimit-retry-at", "1000000000")], None),
            (&[("x-ratelimit-retry-at", "9000000000")], None),
            (&[("retry-after", "Wed, 05 Aug 2026 11:59:00 GMT")], None),
            (&[("retry-after", "Wed, 05 Aug 2099 12:00:00 GMT")], None),
            (&[("retry-after", "0")], Some(0)),
            (&[("retry-after", "86400")], Some(86_400)),
            (&[("retry-after", &at)], Some(42)),
            (&[("retry-after", "1000000000")], None),
            (&[("retry-after", "18446744073709551615")], None),
            (&[("retry-after", "30")], Some(30)),
            (
                &[("retry-after", "Wed, 05 Aug 2026 12:01:00 GMT")],
                Some(60),
            ),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "-5")], None),
            (
                &[
                    ("retry-after", "1"),
                    ("x-ratelimit-retry-after-seconds", "9"),
                ],
                Some(9),
            ),
        ];
        for (pairs, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
                headers.insert(name, value.parse().unwrap());
            }
            let told = retry_after(&headers, now);
            assert_eq!(told, expected.map(Duration::from_secs), "{pairs:?}");
        }
    }
}
