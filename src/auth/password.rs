//! Passwords: which are taken, and how they are kept: Argon2id, 19 MiB and two passes, as OWASP
//! has it.
//!
//! A hash costs memory and time on purpose, so at most two are made at once, some wait, and the
//! rest are told to come back: a flood of logins exhausts nothing. A name that nobody has costs
//! the same as a wrong password.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use icu_normalizer::ComposingNormalizerBorrowed;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::AuthError;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes at once; each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// Those that are made and those that wait.
const ROOM: usize = 32;

const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 128;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// Too short.
    #[error("a password has at least {MIN_CHARS} characters; a few words are easy to keep")]
    Short,
    /// Too long.
    #[error("a password has at most {MAX_CHARS} characters")]
    Long,
    /// Little more than a name.
    #[error("that password is little more than a name; take other words")]
    Name,
    /// The same few characters over and over.
    #[error("that password is the same few characters over and over; take other words")]
    Plain,
}

/// Whether `password` is taken for the user called `name`. There are no rules of composition.
pub fn accept(password: &str, name: &str) -> Result<(), PasswordRefusal> {
    let password = normal(password).to_lowercase();
    let n_chars = password.chars().count();
    if n_chars < MIN_CHARS {
        return Err(PasswordRefusal::Short);
    }
    if n_chars > MAX_CHARS {
        return Err(PasswordRefusal::Long);
    }
    let mut rest = password.replace("fleetglass", "");
    // Of a name of one or two letters hardly any sentence is free.
    if name.chars().count() > 2 {
        rest = rest.replace(&normal(name).to_lowercase(), "");
    }
    if rest.chars().count() < MIN_CHARS / 2 {
        return Err(PasswordRefusal::Name);
    }
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 5 {
        return Err(PasswordRefusal::Plain);
    }
    Ok(())
}

/// The same letters are the same bytes, whichever keyboard they come from.
fn normal(text: &str) -> std::borrow::Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the password; if it was hashed with other parameters, here it is with ours.
    Right(Option<String>),
    /// It is not.
    Wrong,
}

/// Why nothing was hashed.
#[derive(Debug)]
pub(super) enum NotHashed {
    /// Too many wait already.
    Busy,
    Broken,
}

/// How much was hashed, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hashing {
    /// In all.
    pub in_all: u64,
    /// The most that were made at one time.
    pub most_at_once: usize,
}

/// Makes hashes, a few at once.
#[derive(Clone, Debug)]
pub(super) struct Hasher {
    room: Arc<Semaphore>,
    running: Arc<Semaphore>,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    in_all: AtomicU64,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Hasher {
    pub(super) fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(ROOM)),
            running: Arc::new(Semaphore::new(AT_ONCE)),
            tally: Arc::default(),
        }
    }

    /// Hashes a password to be kept.
    pub(super) async fn hash(&self, password: SecretString) -> Result<String, NotHashed> {
        self.run(move || hash(password.expose_secret())).await?
    }

    /// Compares; `kept` is `None` where there is nothing to compare with, which costs the same.
    pub(super) async fn verify(
        &self,
        password: SecretString,
        kept: Option<String>,
    ) -> Result<Verdict, NotHashed> {
        self.run(move || match kept {
            Some(kept) => verify(password.expose_secret(), &kept),
            None => hash(password.expose_secret()).map(|_| Verdict::Wrong),
        })
        .await?
    }

    /// How much was hashed.
    pub(super) fn hashing(&self) -> Hashing {
        Hashing {
            in_all: self.tally.in_all.load(Ordering::Relaxed),
            most_at_once: self.tally.most.load(Ordering::Relaxed),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotHashed> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_full| NotHashed::Busy)?;
        let turn = Arc::clone(&self.running).acquire_owned().await;
        let turn = turn.map_err(|_closed| NotHashed::Broken)?;
        let tally = Arc::clone(&self.tally);
        // The permits go along: whoever hangs up meanwhile makes no room for another hash.
        let work = move || counted(&tally, work, (room, turn));
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_broken| NotHashed::Broken)
    }
}

fn counted<T>(
    tally: &Tally,
    work: impl FnOnce() -> T,
    _permits: (OwnedSemaphorePermit, OwnedSemaphorePermit),
) -> T {
    tally.in_all.fetch_add(1, Ordering::Relaxed);
    let now = tally.now.fetch_add(1, Ordering::Relaxed) + 1;
    tally.most.fetch_max(now, Ordering::Relaxed);
    let outcome = work();
    tally.now.fetch_sub(1, Ordering::Relaxed);
    outcome
}

impl From<NotHashed> for AuthError {
    fn from(error: NotHashed) -> Self {
        match error {
            NotHashed::Busy => Self::TooMany(jiff::SignedDuration::from_secs(1)),
            NotHashed::Broken => Self::Broken,
        }
    }
}

fn hash(password: &str) -> Result<String, NotHashed> {
    let made = ours().hash_password(normal(password).as_bytes());
    let made: PasswordHash = made.map_err(|_error| NotHashed::Broken)?;
    Ok(made.to_string())
}

fn verify(password: &str, kept: &str) -> Result<Verdict, NotHashed> {
    let kept = PasswordHash::new(kept).map_err(|_error| NotHashed::Broken)?;
    // The parameters are those of the hash.
    let same = ours().verify_password(normal(password).as_bytes(), &kept);
    if same.is_err() {
        return Ok(Verdict::Wrong);
    }
    let is_ours = Params::try_from(&kept).is_ok_and(|params| {
        (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
    });
    let again = if is_ours { None } else { Some(hash(password)?) };
    Ok(Verdict::Right(again))
}

fn ours() -> Argon2<'static> {
    // The default is the same today; it is the library's to change.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn passwords_by_the_table() {
        use PasswordRefusal::{Long, Name, Plain, Short};
        let long = "correct horse ".repeat(10);
        let cases = [
            ("correct horse battery", Ok(())),
            ("nur-Kleinbuchstaben", Ok(())),
            ("пароль без правил", Ok(())),
            ("elevenchars", Err(Short)),
            ("", Err(Short)),
            (&long[..128], Ok(())),
            (&long[..129], Err(Long)),
            ("annabelle123", Err(Name)),
            ("AnnabelleAnnabelle", Err(Name)),
            ("fleetglass12", Err(Name)),
            ("annabelle drives a red tram", Ok(())),
            ("aaaaaaaaaaaaaaaa", Err(Plain)),
            ("121212121212", Err(Plain)),
        ];
        for (password, expected) in cases {
            assert_eq!(accept(password, "Annabelle"), expected, "{password:?}");
        }
        assert_eq!(accept("a cat and a hat", "a"), Ok(()));
    }

    #[tokio::test]
    async fn only_the_password_is_right_however_it_was_typed() {
        let hasher = Hasher::new();
        let kept = hasher.hash(secret("Tür und Tor, Tag")).await.unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        let verify = |text: &str| hasher.verify(secret(text), Some(kept.clone()));
        assert_eq!(
            verify("Tür und Tor, Tag").await.unwrap(),
            Verdict::Right(None)
        );
        // The same letters, decomposed.
        assert_eq!(
            verify("Tu\u{308}r und Tor, Tag").await.unwrap(),
            Verdict::Right(None)
        );
        assert_eq!(verify("tür und Tor, Tag").await.unwrap(), Verdict::Wrong);
        assert_eq!(verify("").await.unwrap(), Verdict::Wrong);
        assert!(hasher.hash(secret("Tür und Tor, Tag")).await.unwrap() != kept);
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_made_again() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(64, 1, 1, None).unwrap(),
        );
        let kept: PasswordHash = weak.hash_password(b"correct horse battery").unwrap();
        let hasher = Hasher::new();
        let right = secret("correct horse battery");
        let verdict = hasher.verify(right.clone(), Some(kept.to_string())).await;
        let Verdict::Right(Some(again)) = verdict.unwrap() else {
            panic!("not hashed again");
        };
        assert_eq!(
            hasher.verify(right, Some(again)).await.unwrap(),
            Verdict::Right(None)
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn two_at_once_some_wait_the_rest_come_back_and_nobody_costs_nothing() {
        let hasher = Hasher::new();
        let tries: Vec<_> = (0..100)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.verify(secret("whatever it is"), None).await })
            })
            .collect();
        let mut n_wrong = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(verdict) => {
                    assert_eq!(verdict, Verdict::Wrong);
                    n_wrong += 1;
                }
                Err(error) => assert!(matches!(error, NotHashed::Busy)),
            }
        }
        let hashing = hasher.hashing();
        assert_eq!(hashing.in_all, n_wrong);
        assert!(
            n_wrong >= ROOM as u64 && hashing.most_at_once <= 2,
            "{hashing:?}"
        );
    }
}
