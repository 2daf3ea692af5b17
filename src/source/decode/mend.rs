//! Mends what a careless writer makes of JSON, so that one bad value costs that value and not
//! the whole fleet: bare `NaN` and `Infinity`, numbers beyond an f64, halves of surrogate pairs.
//!
//! Runs only over text that strict JSON has already refused.

/// The text with such values replaced by `null`, and half characters by U+FFFD. Everything else
/// stays as it is, so text that is broken in any other way still is.
pub fn mend(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let n_bytes = match first {
            '"' => mend_string(rest, &mut mended),
            '-' | '+' | '0'..='9' | 'A'..='Z' | 'a'..='z' => mend_word(rest, &mut mended),
            other => {
                mended.push(other);
                other.len_utf8()
            }
        };
        rest = rest.get(n_bytes..).unwrap_or_default();
    }
    mended
}

/// A number or a bare word, up to the next separator. Returns how many bytes were taken.
fn mend_word(rest: &str, mended: &mut String) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default();
    let unsigned = word.trim_start_matches(['-', '+']);
    let is_endless = word.parse::<f64>().is_ok_and(|number| !number.is_finite())
        || ["NaN", "Infinity"].contains(&unsigned);
    mended.push_str(if is_endless { "null" } else { word });
    end
}

/// A string with its quotes. Returns how many bytes were taken.
fn mend_string(rest: &str, mended: &mut String) -> usize {
    let mut taken = 1;
    mended.push('"');
    while let Some(c) = rest.get(taken..).and_then(|tail| tail.chars().next()) {
        match c {
            '"' => {
                mended.push('"');
                return taken + 1;
            }
            '\\' => taken += mend_escape(rest.get(taken..).unwrap_or_default(), mended),
            // A line break inside a string is refused by strict JSON, and harmless.
            c if c < ' ' => {
                mended.push(' ');
                taken += c.len_utf8();
            }
            c => {
                mended.push(c);
                taken += c.len_utf8();
            }
        }
    }
    taken
}

/// One escape, or a pair of them. Returns how many bytes were taken.
fn mend_escape(tail: &str, mended: &mut String) -> usize {
    let unit = |from: usize| {
        let digits = tail.get(from..from + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(0) else {
        let n_bytes = 1 + tail.chars().nth(1).map_or(0, char::len_utf8);
        mended.push_str(tail.get(..n_bytes).unwrap_or_default());
        return n_bytes;
    };
    let is_low = |unit: u32| (0xdc00..0xe000).contains(&unit);
    if (0xd800..0xdc00).contains(&first) && unit(6).is_some_and(is_low) {
        mended.push_str(tail.get(..12).unwrap_or_default());
        return 12;
    }
    if (0xd800..0xe000).contains(&first) {
        mended.push('\u{fffd}');
    } else {
        mended.push_str(tail.get(..6).unwrap_or_default());
    }
    6
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_endless_becomes_null() {
        let text = r#"[NaN, -Infinity, 1e999, -1e999, 1e3, true, null, "NaN \" 1e999"]"#;
        let expected = r#"[null, null, null, null, 1e3, true, null, "NaN \" 1e999"]"#;
        assert_eq!(mend(text), expected);
    }

    #[test]
    fn half_a_character_is_replaced_and_a_whole_one_kept() {
        let text = r#"["\ud83d", "\ud83d\ude9a", "\u0041\ude9a\n"]"#;
        let expected = "[\"\u{fffd}\", \"\\ud83d\\ude9a\", \"\\u0041\u{fffd}\\n\"]";
        assert_eq!(mend(text), expected);
    }

    proptest! {
        #[test]
        fn any_text_can_be_mended(text in ".*") {
            mend(&text);
        }

        #[test]
        fn a_strict_string_stays_as_it_is(text in ".*") {
            let strict = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(mend(&strict), strict);
        }
    }
}
