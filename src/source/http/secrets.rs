//! Every secret that is known, and the one way in which a vendor's words become safe to show.

use std::collections::VecDeque;
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
/// The token in use, and those before it, which may still be good.
const TOKENS_MAX: usize = 4;
/// Addresses of streams come with each session, and are of no use for long.
const ADDRESSES_MAX: usize = 16;
/// Those that were refused are nobody's secret but perhaps ours: they push out none that is in use.
const REFUSED_MAX: usize = 4;
/// No address that is used is longer, and words are cut long before.
const ADDRESS_MAX_BYTES: usize = 2_048;
const MASK: &str = "***";

/// The secrets of one source; clones share them.
#[derive(Clone, Default)]
pub struct Secrets {
    held: Arc<RwLock<Held>>,
}

#[derive(Default)]
struct Held {
    lasting: Vec<String>,
    tokens: Lapsing<TOKENS_MAX>,
    addresses: Lapsing<ADDRESSES_MAX>,
    refused: Lapsing<REFUSED_MAX>,
}

/// Secrets that lapse by themselves, each with all its forms; the oldest gives way beyond `N`.
#[derive(Default)]
struct Lapsing<const N: usize>(VecDeque<Vec<String>>);

impl<const N: usize> Lapsing<N> {
    fn add(&mut self, forms: Vec<String>) {
        // One that comes again is the newest, and pushes out no other.
        self.0.retain(|known| *known != forms);
        self.0.push_back(forms);
        if N < self.0.len() {
            self.0.pop_front();
        }
    }

    fn forms(&self) -> impl Iterator<Item = &String> {
        self.0.iter().flatten()
    }
}

impl Held {
    /// All forms of all secrets, the longest first: a shorter one would leave the rest of a longer
    /// one standing.
    fn forms(&self) -> Vec<&String> {
        let lapsing = self.tokens.forms().chain(self.addresses.forms());
        let lapsing = lapsing.chain(self.refused.forms());
        let mut forms: Vec<_> = self.lasting.iter().chain(lapsing).collect();
        forms.sort_by_key(|form| usize::MAX - form.len());
        forms
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Remembers a credential, in each form in which it travels.
    pub fn add(&self, secret: &SecretString) {
        self.hold(|held| held.lasting.extend(forms(secret.expose_secret())));
    }

    /// Remembers a token that is granted for some time; it stays known until others have come in
    /// its place, whatever else comes and goes.
    pub fn add_token(&self, token: &str) {
        self.hold(|held| held.tokens.add(forms(token)));
    }

    /// Remembers the address of a stream, with the `query` in it.
    pub fn add_address(&self, address: &str, query: &str) {
        self.hold(|held| held.addresses.add(address_forms(address, query)));
    }

    /// Remembers an address that was refused, of whatever length, and is used for nothing.
    pub fn add_refused_address(&self, address: &str) {
        let (_, query) = address.split_once('?').unwrap_or_default();
        self.hold(|held| held.refused.add(address_forms(address, query)));
    }

    fn hold(&self, note: impl FnOnce(&mut Held)) {
        note(&mut self.held.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// `words` without secrets and control characters, at most 200 characters.
    pub fn clean(&self, words: &str) -> String {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        // First of all: a sign that nobody sees would hide a secret, and then be taken away.
        let visible = words.chars().filter(|c| !c.is_control());
        let mut clean: String = visible.take(READ_MAX_CHARS).collect();
        for secret in held.forms() {
            clean = masked(&clean, secret);
        }
        clean.chars().take(WORDS_MAX_CHARS).collect()
    }
}

/// An address and its query, as far as they can come back in words.
fn address_forms(address: &str, query: &str) -> Vec<String> {
    let beginning = |text: &str| {
        let mut ends = (0..=ADDRESS_MAX_BYTES.min(text.len())).rev();
        let end = ends.find(|end| text.is_char_boundary(*end));
        forms(&text[..end.unwrap_or_default()])
    };
    [address, query].into_iter().flat_map(beginning).collect()
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

/// The alphabets in which it may come back; how single signs are written is `disguise`'s. Each in
/// small letters too, as in the name of a host.
fn forms(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let hex = hex(secret);
    let mut forms = vec![secret.to_owned(), hex.to_ascii_uppercase(), hex];
    for alphabet in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        forms.push(alphabet.encode(secret));
    }
    let small: Vec<_> = forms.iter().map(|form| form.to_ascii_lowercase()).collect();
    forms.extend(small);
    forms.sort();
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
        secrets.add_token("tok-abcdef");
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
    fn a_token_in_use_stays_known_however_many_streams_come_and_go() {
        let secrets = secrets();
        for n in 0..1_000 {
            let query = format!("ticket=ticket-{n}");
            secrets.add_address(&format!("wss://vendor.example/live?{query}"), &query);
            secrets.add_refused_address(&format!("wss://evil-{n}.example/live?{query}"));
        }
        // Granted anew, and the same.
        for _ in 0..10 {
            secrets.add_token("tok-ghijkl");
        }
        assert_eq!(secrets.clean("tok-abcdef is wrong"), "*** is wrong");
        assert_eq!(secrets.clean("no ticket=ticket-999 here"), "no *** here");
        assert_eq!(secrets.clean("no ticket=ticket-990 here"), "no *** here");
        let held = secrets.held.read().unwrap();
        assert!(held.forms().len() < 1_000, "{}", held.forms().len());
        drop(held);
        assert_eq!(secrets.clean("tok-abcdef, tok-ghijkl!"), "***, ***!");
    }

    #[test]
    fn a_refused_address_of_any_length_takes_little_room() {
        let secrets = secrets();
        let long = format!("wss://\u{e9}{}?k=canary-ticket", "\u{e9}".repeat(1_000_000));
        for n in 0..100 {
            secrets.add_refused_address(&format!("{n}{long}"));
        }
        let held = secrets.held.read().unwrap();
        let n_bytes: usize = held.forms().iter().map(|form| form.len()).sum();
        assert!(n_bytes < 500_000, "{n_bytes}");
        drop(held);
        let words = secrets.clean(&format!("{}{long}", 99));
        assert_eq!(words, "***");
        assert_eq!(secrets.clean("k=canary-ticket, no"), "***, no");
    }

    #[test]
    fn a_secret_in_the_name_of_a_host_is_replaced() {
        let secrets = Secrets::default();
        secrets.add(&"Hunter2-Canary".into());
        let base64 = STANDARD_NO_PAD.encode("Hunter2-Canary").to_lowercase();
        for label in ["hunter2-canary", base64.as_str()] {
            let clean = secrets.clean(&format!("names the host `{label}.evil.example`"));
            assert_eq!(clean, "names the host `***.evil.example`", "{label}");
        }
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
