//! The agreement on permessage-deflate (RFC 7692 5 and 7.1): of a client's offers, the first that
//! can be kept.
//!
//! One compressed message is sent to all viewers, so only what all can decode is agreed: no
//! context from one message to the next, and the whole window of 32 KiB. An offer that is
//! malformed or wants more costs that offer, never the connection.

use http::HeaderMap;
use http::header::SEC_WEBSOCKET_EXTENSIONS;

/// The answer to an accepted offer.
const AGREED: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
/// The answer to an offer that names the server's window: it must be named in return.
const AGREED_WITH_WINDOW: &str = "permessage-deflate; server_no_context_takeover; \
    client_no_context_takeover; server_max_window_bits=15";

/// The extensions to answer with; none if no offer can be kept.
pub(super) fn agree(headers: &HeaderMap) -> Option<&'static str> {
    let lines = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| split(line, ','))
        .find_map(accept)
}

/// The answer to one offer.
fn accept(offer: &str) -> Option<&'static str> {
    let mut parts = split(offer, ';');
    if parts.next() != Some("permessage-deflate") {
        return None;
    }
    let mut seen = Vec::new();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(unquoted(value.trim_start()))),
            None => (part, None),
        };
        let can_be_kept = match name {
            "server_no_context_takeover" | "client_no_context_takeover" => value.is_none(),
            "server_max_window_bits" => value == Some("15"),
            // A hint on the client's own compressor; ours decodes every window.
            "client_max_window_bits" => value.is_none_or(is_window_bits),
            _ => false,
        };
        if !can_be_kept || seen.contains(&name) {
            return None;
        }
        seen.push(name);
    }
    let names_window = seen.contains(&"server_max_window_bits");
    Some(if names_window {
        AGREED_WITH_WINDOW
    } else {
        AGREED
    })
}

fn is_window_bits(value: &str) -> bool {
    let is_plain = !value.starts_with(['0', '+']);
    is_plain && value.parse().is_ok_and(|bits: u8| (8..=15).contains(&bits))
}

/// The inside of a quoted string; else the value itself.
fn unquoted(value: &str) -> &str {
    let inside = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.unwrap_or(value)
}

/// The pieces between those separators that do not stand in a quoted string.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let pieces = text.split(move |c| {
        if is_escaped {
            is_escaped = false;
        } else if c == '"' {
            is_quoted = !is_quoted;
        } else {
            is_escaped = is_quoted && c == '\\';
        }
        c == separator && !is_quoted
    });
    pieces.map(str::trim)
}

/// Whether this is a token of HTTP (RFC 9110 5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn answer(lines: &[&str]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for line in lines {
            let value = HeaderValue::from_str(line).unwrap();
            headers.append(SEC_WEBSOCKET_EXTENSIONS, value);
        }
        agree(&headers)
    }

    #[test]
    fn what_browsers_offer_is_accepted() {
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate;client_max_window_bits=9",
            "permessage-deflate; client_max_window_bits=\"15\"",
            "x-webkit-deflate-frame, permessage-deflate",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        ] {
            assert_eq!(answer(&[offer]), Some(AGREED), "{offer}");
        }
    }

    #[test]
    fn an_offer_that_cannot_be_kept_is_declined() {
        for offer in [
            "",
            "Permessage Deflate",
            "permessage-deflate; server_max_window_bits=14",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=09",
            "permessage-deflate; client_max_window_bits=+9",
            "permessage-deflate; client_max_window_bits=",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; unheard_of",
            "permessage-deflate;",
            "permessage-deflate; ; client_max_window_bits",
            "other; note=\"a, permessage-deflate, b\"",
            "other; note=\"a \\\", permessage-deflate, b\"",
        ] {
            assert_eq!(answer(&[offer]), None, "{offer}");
        }
    }

    #[test]
    fn the_first_offer_that_can_be_kept_wins_over_all_lines() {
        let narrow = "permessage-deflate; server_max_window_bits=10";
        let wide = "permessage-deflate; server_max_window_bits=15, permessage-deflate";
        assert_eq!(answer(&[narrow, wide]), Some(AGREED_WITH_WINDOW));
        assert_eq!(answer(&[narrow, "permessage-deflate", wide]), Some(AGREED));
    }

    #[test]
    fn a_line_that_is_no_text_is_passed_over() {
        let mut headers = HeaderMap::new();
        let garbage = HeaderValue::from_bytes(b"permessage-deflate; \xff").unwrap();
        headers.append(SEC_WEBSOCKET_EXTENSIONS, garbage);
        assert_eq!(agree(&headers), None);
        let offer = HeaderValue::from_static("permessage-deflate");
        headers.append(SEC_WEBSOCKET_EXTENSIONS, offer);
        assert_eq!(agree(&headers), Some(AGREED));
    }
}
