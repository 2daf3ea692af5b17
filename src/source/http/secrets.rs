//! Every secret that is known, and the one way in which a vendor's words become safe to show.

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use super::disguise;

/// A vendor's own words are cut here.
const WORDS_MAX_CHARS: usize = 200;
/// Nor is more than this of them read.
const READ_MAX_CHARS: usize = 4 * WORDS_MAX_CHARS;
/// Shorter texts are no secrets; replacing them would only mangle words.
const SHORTEST: usize = 4;
/// Tokens and stream addresses come and go; the oldest are forgotten beyond so many.
const LAPSING_MAX: usize = 128;
const MASK: &str = "***";

/// The secrets of one source; clones share them.
#[derive(Clone, Default)]
pub struct Secrets {
    held: Arc<RwLock<Held>>,
}

#[derive(Default)]
struct Held {
    lasting: Vec<String>,
    lapsing: Vec<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Remembers a credential, in each form in which it travels.
    pub fn add(&self, secret: &SecretString) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.lasting.extend(forms(secret.expose_secret()));
        // The longest first, or a shorter one would leave the rest of it standing.
        held.lasting.sort_by_key(|form| usize::MAX - form.len());
    }

    /// Remembers a token or an address that lapses by itself.
    pub fn add_lapsing(&self, secret: &str) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.lapsing.extend(forms(secret));
        let excess = held.lapsing.len().saturating_sub(LAPSING_MAX);
        held.lapsing.drain(..excess);
    }

    /// `words` without secrets and control characters, at most 200 characters.
    pub fn clean(&self, words: &str) -> String {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        // First of all: a sign that nobody sees would hide a secret, and then be taken away.
        let visible = words.chars().filter(|c| !c.is_control());
        let mut clean: String = visible.take(READ_MAX_CHARS).collect();
        for secret in held.lasting.iter().chain(&held.lapsing) {
            clean = masked(&clean, secret);
        }
        clean.chars().take(WORDS_MAX_CHARS).collect()
    }
}

/// `text` with each `secret` in it replaced.
fn masked(text: &str, secret: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // Words may come to us cut, and the cut may have gone through a secret.
        let hidden = disguise::at_start(rest, secret);
        if hidden.is_some() {
            clean.push_str(MASK);
        } else {
            clean.push(first);
        }
        let n_bytes = hidden.unwrap_or(first.len_utf8());
        rest = rest.get(n_bytes..).unwrap_or_default();
    }
    clean
}

/// The alphabets in which it may come back; how single signs are written is `disguise`'s.
fn forms(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let hex = hex(secret);
    let mut forms = vec![secret.to_owned(), hex.to_ascii_uppercase(), hex];
    for alphabet in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        forms.push(alphabet.encode(secret));
    }
    // The longest first, or a shorter one would leave the rest of it standing.
    forms.sort_by_key(|form| usize::MAX - form.len());
    forms.dedup();
    forms
}

fn hex(secret: &str) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    let bytes = secret.bytes();
    bytes
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let secrets = Secrets::default();
        secrets.add(&"hunter2/canary+1".into());
        secrets.add_lapsing("tok-abcdef");
        secrets
    }

    #[test]
    fn a_secret_is_replaced_in_each_form() {
        let raw = "hunter2/canary+1";
        for form in [
            raw.to_owned(),
            STANDARD.encode(raw),
            URL_SAFE_NO_PAD.encode(raw),
            "hunter2%2Fcanary%2B1".to_owned(),
            "hunter2%2fcanary+1".to_owned(),
            r"hunter2\/canary\u002b1".to_owned(),
            "hunter2&#x2f;canary&#43;1".to_owned(),
            "hun\u{0}ter2/canary+1".to_owned(),
            "68756e746572322f63616e6172792b31".to_owned(),
            "68756E746572322F63616E6172792B31".to_owned(),
            URL_SAFE.encode(raw).replace('=', "%3D"),
            "tok-abcdef".to_owned(),
        ] {
            let clean = secrets().clean(&format!("key {form} is wrong"));
            assert_eq!(clean, "key *** is wrong", "{form}");
        }
    }

    #[test]
    fn a_secret_that_was_cut_off_is_replaced_too() {
        assert_eq!(
            secrets().clean("no such key: hunter2/can"),
            "no such key: ***"
        );
    }

    #[test]
    fn control_characters_go_and_length_is_bounded() {
        let clean = secrets().clean(&format!("a\u{1b}[31m\nb{}", "x".repeat(500)));
        assert!(clean.starts_with("a[31mb"));
        assert_eq!(clean.chars().count(), WORDS_MAX_CHARS);
    }

    #[test]
    fn a_debug_print_shows_nothing() {
        assert_eq!(format!("{:?}", secrets()), "Secrets");
    }
}
