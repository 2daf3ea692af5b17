//! Finds a secret in a text however its signs are written: plainly, percent-encoded, escaped as in
//! JSON (once or many times over), as entities of HTML, or in any mixture of these.

/// A shorter beginning of a secret at the end of a text is taken for chance.
const SHORTEST_CHARS: usize = 4;
/// No way of writing one sign is longer.
const LONGEST_SIGN: usize = 12;

/// The length of `secret` at the start of `text`; if the text ends within the secret, the length
/// of that beginning. `None` where there is no secret.
pub(super) fn at_start(text: &str, secret: &str) -> Option<usize> {
    // Nearly nowhere is a secret, and there are many of them.
    let first = secret.chars().next()?;
    if !text.starts_with([first, '%', '\\', '&', '+']) {
        return None;
    }
    // A sign can be read in several ways: `&amp;` is itself, or `&`. All are followed.
    let mut rests = vec![text];
    for (n, wanted) in secret.chars().enumerate() {
        if SHORTEST_CHARS <= n && rests.iter().any(|rest| is_cut(rest)) {
            return Some(text.len());
        }
        let mut after: Vec<&str> = Vec::new();
        for rest in rests {
            push_after(rest, wanted, &mut after);
        }
        after.sort_by_key(|rest| rest.len());
        after.dedup_by_key(|rest| rest.len());
        rests = after;
    }
    let shortest = rests.first()?;
    Some(text.len() - shortest.len())
}

/// Nothing is left, or the mere beginning of an encoded sign.
fn is_cut(rest: &str) -> bool {
    rest.is_empty()
        || (rest.len() < LONGEST_SIGN
            && rest.starts_with(['%', '\\', '&'])
            && !rest.contains(char::is_whitespace))
}

/// Adds what comes after the sign `wanted` at the start of `text`, in each reading.
fn push_after<'a>(text: &'a str, wanted: char, after: &mut Vec<&'a str>) {
    after.extend(text.strip_prefix(wanted));
    match text.as_bytes().first() {
        Some(b'%') => after.extend(percent(text, wanted)),
        Some(b'\\') => {
            after.extend(escape(text, wanted));
            // It is doubled by each escaping.
            let runs = [r"\\", r"\\\\", r"\\\\\\\\"].into_iter();
            after.extend(runs.filter_map(|run| text.strip_prefix(run).filter(|_| wanted == '\\')));
        }
        Some(b'&') => after.extend(entity(text, wanted)),
        Some(b'+') if wanted == ' ' => after.extend(text.get(1..)),
        _ => {}
    }
}

fn percent(text: &str, wanted: char) -> Option<&str> {
    let mut rest = text;
    for byte in wanted.encode_utf8(&mut [0; 4]).bytes() {
        let digits = rest.strip_prefix('%')?;
        (hex(digits.get(..2)?)? == u32::from(byte)).then_some(())?;
        rest = digits.get(2..)?;
    }
    Some(rest)
}

fn escape(text: &str, wanted: char) -> Option<&str> {
    let bare = text.trim_start_matches('\\');
    if let Some(rest) = bare.strip_prefix(wanted) {
        return Some(rest);
    }
    let mut rest = text;
    for unit in wanted.encode_utf16(&mut [0; 2]) {
        let digits = rest.trim_start_matches('\\').strip_prefix('u')?;
        (hex(digits.get(..4)?)? == u32::from(*unit)).then_some(())?;
        rest = digits.get(4..)?;
    }
    Some(rest)
}

fn entity(text: &str, wanted: char) -> Option<&str> {
    let (name, rest) = text.strip_prefix('&')?.split_once(';')?;
    let number = name.strip_prefix('#');
    let found = match (name, number) {
        ("quot", _) => '"',
        ("amp", _) => '&',
        ("lt", _) => '<',
        ("gt", _) => '>',
        ("apos", _) => '\'',
        (_, Some(number)) => {
            let digits = number.strip_prefix(['x', 'X']);
            let code = digits.map_or_else(|| number.parse().ok(), hex)?;
            char::from_u32(code)?
        }
        _ => return None,
    };
    (found == wanted).then_some(rest)
}

fn hex(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a\"b/c\\d é<+";

    #[test]
    fn a_secret_is_known_in_any_writing() {
        for text in [
            SECRET,
            r#"a\"b\/c\\d é<+"#,
            r#"a\\\"b\\/c\\\\d é<+"#,
            r"a\u0022b\u002fc\\d\u0020\u00E9\u003C\u002B",
            r"a\\u0022b/c\u005Cd é\u003c+",
            "a%22b%2Fc%5Cd%20%C3%A9%3C%2B",
            "a%22b%2fc%5cd+%c3%a9%3c%2b",
            "a&quot;b/c\\d &#233;&lt;+",
            "a&#34;b&#x2F;c&#92;d &#xe9;&lt;&#43;",
        ] {
            let whole = format!("{text} and more");
            assert_eq!(at_start(&whole, SECRET), Some(text.len()), "{text}");
        }
    }

    #[test]
    fn a_secret_that_looks_encoded_itself_is_known_both_ways() {
        for (secret, text) in [
            ("ab&amp;c%41\\u0042", "ab&amp;c%41\\u0042"),
            ("ab&amp;c%41\\u0042", "ab&amp;amp;c%2541\\\\u0042"),
            ("ab&c%d", "ab&amp;c%25d"),
            (r"a\\b\c", r"a\\\\b\\c"),
        ] {
            let whole = format!("{text} and more");
            assert_eq!(at_start(&whole, secret), Some(text.len()), "{text}");
        }
    }

    #[test]
    fn another_text_is_no_secret() {
        for text in ["a\"b/c\\d e<+", "a\"b/c", "a%22b%2Gc", "", "&;", "%", "b"] {
            let whole = format!("{text} and more");
            assert_eq!(at_start(&whole, SECRET), None, "{text}");
        }
    }

    #[test]
    fn a_beginning_counts_at_the_end_only() {
        assert_eq!(at_start("hunter2/ca", "hunter2/canary"), Some(10));
        assert_eq!(at_start("hunter2%2", "hunter2/canary"), Some(9));
        assert_eq!(at_start("hun", "hunter2/canary"), None);
        assert_eq!(at_start("hunter2 is", "hunter2/canary"), None);
    }
}
