//! Every secret that is known, and the one way in which a vendor's words become safe to show.

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// A vendor's own words are cut here.
const WORDS_MAX_CHARS: usize = 200;
/// Shorter texts are no secrets; replacing them would only mangle words.
const SHORTEST: usize = 4;
/// Tokens and stream addresses come and go; the oldest are forgotten beyond so many.
const LAPSING_MAX: usize = 64;
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
        let mut clean = words.to_owned();
        for secret in held.lasting.iter().chain(&held.lapsing) {
            if clean.contains(secret.as_str()) {
                clean = clean.replace(secret.as_str(), MASK);
            }
            // Words may come to us cut, and the cut may have gone through a secret.
            if let Some(start) = begun(&clean, secret) {
                clean.truncate(start);
                clean.push_str(MASK);
            }
        }
        let visible = clean.chars().filter(|c| !c.is_control());
        visible.take(WORDS_MAX_CHARS).collect()
    }
}

/// Where the end of `text` is the beginning of `secret`.
fn begun(text: &str, secret: &str) -> Option<usize> {
    let longest = secret.len().min(text.len());
    (SHORTEST..longest)
        .rev()
        .map(|len| text.len() - len)
        .find(|start| text.is_char_boundary(*start) && secret.starts_with(&text[*start..]))
}

fn forms(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let mut forms = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
    ];
    for alphabet in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        forms.push(alphabet.encode(secret));
    }
    forms.dedup();
    forms
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
