//! Secrets that we hand out, and what is kept of them.
//!
//! Each has 256 bits from the system's generator, so a plain SHA-256 is enough to keep: there is
//! nothing to guess. Whoever reads the store cannot come in with what it says.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// What is kept of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Digest([u8; 32]);

impl Digest {
    /// Of this secret, as it was handed out.
    pub(super) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// As it was stored.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    /// To store it.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Equality that takes the same time whatever differs.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// 43 characters of `A-Z a-z 0-9 - _`.
pub(super) fn fresh() -> String {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A secret with a mark before it, by which people and scanners know what it is.
pub(super) fn fresh_marked(mark: &str) -> SecretString {
    SecretString::from(format!("{mark}{}", fresh()))
}

/// A name for lists and logs that is no secret: 12 characters, never given twice.
pub(super) fn fresh_id() -> Arc<str> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut rng = rand::rng();
    let letters = (0..12).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]));
    letters.collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (fresh(), fresh());
        assert_eq!(URL_SAFE_NO_PAD.decode(&one).unwrap().len(), 32);
        assert_ne!(one, other);
        assert_ne!(fresh_id(), fresh_id());
    }

    #[test]
    fn a_digest_is_that_of_its_secret_and_says_nothing() {
        let digest = Digest::of("abc");
        assert!(digest.is(&Digest::of("abc")) && !digest.is(&Digest::of("abcd")));
        assert_eq!(Digest::from_bytes(digest.as_bytes()), Some(digest));
        assert_eq!(Digest::from_bytes(b"short"), None);
        assert_eq!(format!("{digest:?}"), "Digest(..)");
        // FIPS 180-2: what is stored is SHA-256 and stays so from release to release.
        assert_eq!(digest.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
    }
}
