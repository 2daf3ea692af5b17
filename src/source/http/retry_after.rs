//! When a vendor says to come back: three spellings of one header, seconds or a date.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// How long the vendor asks us to stay away, by the first header that can be read.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    seconds(headers, "x-ratelimit-retry-after-seconds")
        .or_else(|| Some(until(unix(headers, "x-ratelimit-retry-at")?, now)))
        .or_else(|| seconds(headers, "retry-after"))
        .or_else(|| Some(until(date(headers, "retry-after")?, now)))
}

/// A header as a whole or decimal number of seconds.
pub fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    let seconds: f64 = text(headers, name)?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
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

/// From `now` to `then`; zero if that is past.
fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (&'a [(&'a str, &'a str)], Option<u64>);

    #[test]
    fn headers_by_their_table() {
        let now: Timestamp = "2026-08-05T12:00:00Z".parse().unwrap();
        let at = (now.as_second() + 42).to_string();
        let cases: [Case; 9] = [
            (&[], None),
            (&[("x-ratelimit-retry-after-seconds", "17")], Some(17)),
            (&[("x-ratelimit-retry-at", &at)], Some(42)),
            (&[("x-ratelimit-retry-at", "1000000000")], Some(0)),
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
