//! Passwords: which are taken, and how they are kept: Argon2id, 19 MiB and two passes, as OWASP
//! has it.
//!
//! A hash costs memory and time on purpose, so at most two are made at once, some wait, and the
//! rest are told to come back: a flood of logins exhausts nothing. What they are made in is kept for
//! the next ones: the allocator would keep a piece of each thread that ever made one, gigabytes in
//! the end. A name that nobody has costs the same as a wrong password.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
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
    memory: Arc<Memory>,
}

/// What hashes are made in; as many as were ever made at once.
#[derive(Debug, Default)]
struct Memory(Mutex<Vec<Box<[Block]>>>);

impl Memory {
    fn take(&self) -> Box<[Block]> {
        let kept = self.kept().pop();
        kept.unwrap_or_else(|| blocks(ours().params()).into_boxed_slice())
    }

    fn put_back(&self, blocks: Box<[Block]>) {
        self.kept().push(blocks);
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Box<[Block]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a hash of these parameters is made in.
fn blocks(params: &Params) -> Vec<Block> {
    vec![Block::default(); params.block_count()]
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
            memory: Arc::default(),
        }
    }

    /// Hashes a password to be kept.
    pub(super) async fn hash(&self, password: SecretString) -> Result<String, NotHashed> {
        self.run(move |memory| hash(password.expose_secret(), memory))
            .await?
    }

    /// Compares; `kept` is `None` where there is nothing to compare with, which costs the same.
    pub(super) async fn verify(
        &self,
        password: SecretString,
        kept: Option<String>,
    ) -> Result<Verdict, NotHashed> {
        self.run(move |memory| match kept {
            Some(kept) => verify(password.expose_secret(), &kept, memory),
            None => hash(password.expose_secret(), memory).map(|_| Verdict::Wrong),
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
        work: impl FnOnce(&mut [Block]) -> T + Send + 'static,
    ) -> Result<T, NotHashed> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_full| NotHashed::Busy)?;
        let turn = Arc::clone(&self.running).acquire_owned().await;
        let turn = turn.map_err(|_closed| NotHashed::Broken)?;
        let (tally, memory) = (Arc::clone(&self.tally), Arc::clone(&self.memory));
        let work = move || {
            let mut blocks = memory.take();
            let outcome = work(&mut blocks);
            memory.put_back(blocks);
            outcome
        };
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

fn hash(password: &str, memory: &mut [Block]) -> Result<String, NotHashed> {
    let (argon, salt) = (ours(), Salt::generate());
    let made = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon.params()).map_err(|_error| NotHashed::Broken)?,
        salt: Some(salt),
        hash: Some(output(
            &argon,
            password,
            &salt,
            Params::DEFAULT_OUTPUT_LEN,
            memory,
        )?),
    };
    Ok(made.to_string())
}

fn verify(password: &str, kept: &str, memory: &mut [Block]) -> Result<Verdict, NotHashed> {
    let kept = PasswordHash::new(kept).map_err(|_error| NotHashed::Broken)?;
    // Kind and parameters are those of the hash.
    let (argon, salt, expected) = parts(&kept).ok_or(NotHashed::Broken)?;
    let found = output(&argon, password, &salt, expected.len(), memory)?;
    // Compared in a time that tells nothing.
    if found != expected {
        return Ok(Verdict::Wrong);
    }
    let params = argon.params();
    let is_ours =
        (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
    let again = if is_ours {
        None
    } else {
        Some(hash(password, memory)?)
    };
    Ok(Verdict::Right(again))
}

/// How a hash was made, with which salt, and what came out.
fn parts(kept: &PasswordHash) -> Option<(Argon2<'static>, Salt, Output)> {
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).ok()?;
    let version = kept.version.and_then(|n| Version::try_from(n).ok())?;
    let params = Params::try_from(kept).ok()?;
    Some((
        Argon2::new(algorithm, version, params),
        kept.salt?,
        kept.hash?,
    ))
}

/// What `password` comes to, in so many bytes.
fn output(
    argon: &Argon2<'_>,
    password: &str,
    salt: &Salt,
    n_bytes: usize,
    memory: &mut [Block],
) -> Result<Output, NotHashed> {
    let mut out = [0; Output::MAX_LENGTH];
    let out = out.get_mut(..n_bytes).ok_or(NotHashed::Broken)?;
    let password = normal(password);
    let mut larger;
    let memory = if argon.params().block_count() <= memory.len() {
        memory
    } else {
        // Of another release, once: it is hashed again with ours.
        larger = blocks(argon.params());
        &mut larger
    };
    let made =
        argon.hash_password_into_with_memory(password.as_bytes(), salt.as_ref(), out, memory);
    made.map_err(|_error| NotHashed::Broken)?;
    Output::new(out).map_err(|_error| NotHashed::Broken)
}

fn ours() -> Argon2<'static> {
    // The default is the same today; it is the library's to change.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

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
        let hasher = Hasher::new();
        let right = secret("correct horse battery");
        for (kind, memory_kib) in [
            (Algorithm::Argon2id, 64),
            (Algorithm::Argon2id, 2 * MEMORY_KIB),
            (Algorithm::Argon2i, 64),
        ] {
            let params = Params::new(memory_kib, 1, 1, None).unwrap();
            let other = Argon2::new(kind, Version::V0x13, params);
            let kept: PasswordHash = other.hash_password(b"correct horse battery").unwrap();
            let kept = kept.to_string();
            let wrong = hasher.verify(secret("incorrect horse"), Some(kept.clone()));
            assert_eq!(wrong.await.unwrap(), Verdict::Wrong);
            let verdict = hasher.verify(right.clone(), Some(kept)).await;
            let Verdict::Right(Some(again)) = verdict.unwrap() else {
                panic!("not hashed again");
            };
            assert!(again.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
            let verdict = hasher.verify(right.clone(), Some(again)).await;
            assert_eq!(verdict.unwrap(), Verdict::Right(None));
        }
    }

    #[tokio::test]
    async fn ours_is_what_the_library_makes_and_takes() {
        let made = hash("correct horse battery", &mut blocks(ours().params())).unwrap();
        let kept = PasswordHash::new(&made).unwrap();
        let salt = kept.salt.unwrap();
        let theirs = ours().hash_password_with_salt(b"correct horse battery", &salt);
        assert_eq!(theirs.unwrap().to_string(), made);
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
        assert!(hasher.memory.kept().len() <= AT_ONCE, "it is used again");
    }
}
