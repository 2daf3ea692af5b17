//! A vendor's own words, made fit to be shown: from any of the error shapes that vendors use, at
//! most 200 characters, no control characters. Known secrets are replaced by the caller, who has
//! them.

use super::json::{Json, body_text, read};

const MAX_CHARS: usize = 200;

/// The vendor's own error text in an error body; `None` if it is not JSON or says nothing.
pub fn vendor_words(body: &[u8]) -> Option<String> {
    read(&body_text(body), words_of)?
}

/// The error text in an object that is already read.
pub(in crate::source) fn words_of(body: &Json<'_>) -> Option<String> {
    let error = body.get("error").filter(|error| !error.is_blank());
    let words = match error {
        Some(Json::Object(_)) => error_object(error?),
        Some(error) if error.is_scalar() => {
            let description = scalar(body, "error_description").or_else(|| scalar(body, "message"));
            joined(error.text().map(String::from), description)
        }
        _ => None,
    };
    let words = words.or_else(|| scalar(body, "message"))?;
    // A long message must not push out the number that the vendor's support asks for.
    let request = scalar(body, "requestId").map(|id| cut(&clean(&id), MAX_CHARS / 4));
    let suffix = request.map_or_else(String::new, |id| format!(" (request {id})"));
    let room = MAX_CHARS.saturating_sub(suffix.chars().count());
    let words = cut(&clean(&words), room);
    (!words.is_empty()).then(|| words + &suffix)
}

/// `{"code", "message", "data": {"field": ["..."]}}`.
fn error_object(error: &Json<'_>) -> Option<String> {
    let mut words = joined(scalar(error, "code"), scalar(error, "message"))?;
    for (field, problems) in error.get("data").map_or(&[][..], Json::members) {
        let texts: Vec<_> = match problems.items() {
            [] => problems.text().into_iter().collect(),
            items => items.iter().filter_map(Json::text).collect(),
        };
        words.push_str("; ");
        words.push_str(field);
        words.push_str(": ");
        words.push_str(&texts.join(", "));
    }
    Some(words)
}

fn joined(code: Option<String>, message: Option<String>) -> Option<String> {
    match (code, message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.or(message),
    }
}

fn scalar(object: &Json<'_>, name: &str) -> Option<String> {
    object.get(name)?.text().map(String::from)
}

/// `text` on one line, without control characters, at most 200 characters.
pub(in crate::source) fn clean(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if is_hidden(c) { ' ' } else { c })
        .collect();
    let one_line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&one_line, MAX_CHARS)
}

fn cut(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}

/// Control characters, and those that turn the direction of writing: both can make a log or a
/// page show something else than what was said.
fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_vendors_error_is_read() {
        let cases = [
            (
                r#"{"error":{"code":422,"message":"Invalid","data":{"limit":["too large","odd"],"page":"x"}}}"#,
                Some("422: Invalid; limit: too large, odd; page: x"),
            ),
            (
                r#"{"data":null,"error":{"code":"429","message":"Too many","data":null}}"#,
                Some("429: Too many"),
            ),
            (
                r#"{"message":"Key expired","requestId":"0HN8ABC123"}"#,
                Some("Key expired (request 0HN8ABC123)"),
            ),
            (
                r#"{"error":"invalid_scope","error_description":"Not allowed"}"#,
                Some("invalid_scope: Not allowed"),
            ),
            (r#"{"error":"invalid_client"}"#, Some("invalid_client")),
            (r#"{"message":" two\r\nlines\u0000 "}"#, Some("two lines")),
            (r#"{"error":{},"message":"x"}"#, Some("x")),
            (r#"{"status":500}"#, None),
            (r#"{"message":""}"#, None),
            ("<html>Bad Gateway</html>", None),
            ("", None),
            ("[]", None),
        ];
        for (body, expected) in cases {
            assert_eq!(vendor_words(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn words_end_after_200_characters() {
        let body = format!(r#"{{"message":"{}"}}"#, "ä".repeat(500));
        let words = vendor_words(body.as_bytes()).unwrap();
        assert_eq!(words.chars().count(), 200);
        let body = format!(r#"{{"message":"{}","requestId":"R1"}}"#, "x".repeat(500));
        let words = vendor_words(body.as_bytes()).unwrap();
        assert_eq!(words.chars().count(), 200);
        assert!(words.ends_with(" (request R1)"));
    }

    proptest! {
        #[test]
        fn words_are_short_and_hold_no_control_character(message in any::<String>()) {
            let body = serde_json::json!({ "message": message }).to_string();
            let words = vendor_words(body.as_bytes()).unwrap_or_default();
            prop_assert!(words.chars().count() <= 200);
            prop_assert!(!words.chars().any(char::is_control));
        }

        #[test]
        fn any_bytes_are_taken(body: Vec<u8>) {
            vendor_words(&body);
        }
    }
}
