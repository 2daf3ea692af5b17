//! The frames that are sent, and lines for people.

use std::io::Write;

use jiff::Timestamp;

/// What goes wrong in a bench is told as it is.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Prints a line at once, also into a pipe.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe ends the run by its own way.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// What a changes frame begins with; the clients read `seq` and `at` from it.
pub(crate) fn head(seq: u64, at: Timestamp) -> String {
    format!(r#"{{"type":"changes","seq":{seq},"at":"{at:.6}","#)
}

/// A frame's `seq`, and when it was made.
pub(crate) fn read_head(payload: &[u8]) -> Option<(u64, Timestamp)> {
    let text = std::str::from_utf8(payload).ok()?;
    let rest = text.strip_prefix(r#"{"type":"changes","seq":"#)?;
    let (seq, rest) = rest.split_once(r#","at":""#)?;
    let (at, _) = rest.split_once('"')?;
    Some((seq.parse().ok()?, at.parse().ok()?))
}
