//! What is known of the provider: its addresses and keys. Asked for when somebody wants in, kept
//! for an hour, and for a day where the provider does not answer.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::{DiscoveryError, IssuerUrl, TokenUrl, UserInfoUrl};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::OidcError;
use super::http::{Http, NoAnswer};

/// After this it is asked for again.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Where there is no new answer, the old one counts for so long.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24);
/// After a failure nobody asks for so long, then for twice as long, up to a minute.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// For a key that is not known the provider is asked once in so long.
const NEW_KEYS_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// What is known; one asks at a time.
#[derive(Debug)]
pub(super) struct Known {
    issuer: IssuerUrl,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    metadata: Option<(Arc<CoreProviderMetadata>, Timestamp)>,
    failed: Option<Failed>,
    new_keys_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Failed {
    at: Timestamp,
    pause: SignedDuration,
    why: String,
}

impl Known {
    /// Nothing is known yet.
    pub(super) fn new(issuer: IssuerUrl) -> Self {
        Self {
            issuer,
            held: Mutex::default(),
        }
    }

    /// What the provider says of itself.
    pub(super) async fn metadata(
        &self,
        http: &Http,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        self.metadata_by(now, || discover(&self.issuer, http)).await
    }

    /// The same; `ask` asks the provider. `now` is when somebody wants to know: whoever waited for
    /// another, who asked in vain, does not ask again at once.
    async fn metadata_by<A>(
        &self,
        now: Timestamp,
        ask: impl FnOnce() -> A,
    ) -> Result<Arc<CoreProviderMetadata>, OidcError>
    where
        A: Future<Output = Result<CoreProviderMetadata, String>>,
    {
        let begun = Instant::now();
        let mut held = self.held.lock().await;
        let mut now = later(now, begun);
        let age = |at: Timestamp, now: Timestamp| now.duration_since(at).abs();
        if let Some((metadata, at)) = &held.metadata
            && age(*at, now) < FRESH_FOR
        {
            return Ok(Arc::clone(metadata));
        }
        let why = match &held.failed {
            Some(failed) if age(failed.at, now) < failed.pause => failed.why.clone(),
            _ => {
                let asked_at = Instant::now();
                let asked = ask().await;
                now = later(now, asked_at);
                match asked {
                    Ok(metadata) => {
                        let metadata = Arc::new(metadata);
                        held.metadata = Some((Arc::clone(&metadata), now));
                        held.failed = None;
                        return Ok(metadata);
                    }
                    Err(why) => held.fail(why, now),
                }
            }
        };
        match &held.metadata {
            Some((metadata, at)) if age(*at, now) < GOOD_FOR => Ok(Arc::clone(metadata)),
            _ => Err(OidcError::Down(why)),
        }
    }

    /// The same with new keys, since `old` lack one that the provider used: it has changed them.
    pub(super) async fn with_new_keys(
        &self,
        old: &Arc<CoreProviderMetadata>,
        http: &Http,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        let mut held = self.held.lock().await;
        if let Some((newer, _)) = &held.metadata
            && !Arc::ptr_eq(newer, old)
        {
            return Ok(Arc::clone(newer));
        }
        let is_early = |at: Timestamp| now.duration_since(at).abs() < NEW_KEYS_EVERY;
        if held.new_keys_at.is_some_and(is_early) {
            return Err(OidcError::Untrusted("its key is not among the provider's"));
        }
        held.new_keys_at = Some(now);
        let keys = CoreJsonWebKeySet::fetch_async(old.jwks_uri(), http).await;
        let keys = keys.map_err(|error| OidcError::Down(words(&error)))?;
        let renewed = Arc::new(CoreProviderMetadata::clone(old).set_jwks(keys));
        let at = held.metadata.as_ref().map_or(now, |(_, at)| *at);
        held.metadata = Some((Arc::clone(&renewed), at));
        Ok(renewed)
    }
}

impl Held {
    fn fail(&mut self, why: String, now: Timestamp) -> String {
        let pause = self
            .failed
            .as_ref()
            .map_or(FIRST_PAUSE, |failed| (failed.pause * 2).min(LONGEST_PAUSE));
        self.failed = Some(Failed {
            at: now,
            pause,
            why: why.clone(),
        });
        why
    }
}

/// What `now` has become since `begun`.
fn later(now: Timestamp, begun: Instant) -> Timestamp {
    let gone = SignedDuration::try_from(begun.elapsed()).unwrap_or(SignedDuration::ZERO);
    now.saturating_add(gone).unwrap_or(now)
}

async fn discover(issuer: &IssuerUrl, http: &Http) -> Result<CoreProviderMetadata, String> {
    let found = CoreProviderMetadata::discover_async(issuer.clone(), http).await;
    let metadata = found.map_err(|error| words(&error))?;
    let mut urls = vec![metadata.authorization_endpoint().url()];
    urls.extend(metadata.token_endpoint().map(TokenUrl::url));
    urls.extend(metadata.userinfo_endpoint().map(UserInfoUrl::url));
    if metadata.token_endpoint().is_none() {
        return Err("it names no token endpoint".to_owned());
    }
    if !urls.into_iter().all(|url| http.may_ask(url)) {
        return Err(NoAnswer::Plain.to_string());
    }
    Ok(metadata)
}

/// Words of ours; what the provider wrote stays out of logs.
fn words(error: &DiscoveryError<NoAnswer>) -> String {
    match error {
        DiscoveryError::Request(no_answer) => no_answer.to_string(),
        DiscoveryError::Response(status, ..) => format!("it answers {status}"),
        DiscoveryError::Parse(_) => "what it says of itself or its keys is not understood".into(),
        DiscoveryError::Validation(_) => {
            "it calls itself by another issuer than [access.oidc] does".into()
        }
        _ => "it could not be asked".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waited_for_somebody_who_asked_in_vain_does_not_ask_again_at_once() {
        let issuer = IssuerUrl::new("https://id.example".to_owned()).unwrap();
        let known = Arc::new(Known::new(issuer));
        let n_asked = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let mut waiting = tokio::task::JoinSet::new();
        // One every two seconds: all come while the first of them waits for its ten.
        for n in 0..5 {
            let (known, n_asked) = (Arc::clone(&known), Arc::clone(&n_asked));
            waiting.spawn(async move {
                tokio::time::sleep(Duration::from_secs(2 * n)).await;
                let ask = || async {
                    n_asked.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    Err("no answer".to_owned())
                };
                known.metadata_by(later(start, begun), ask).await
            });
        }
        while let Some(outcome) = waiting.join_next().await {
            let outcome = outcome.unwrap();
            assert_eq!(outcome.err(), Some(OidcError::Down("no answer".to_owned())));
        }
        assert_eq!(n_asked.load(Ordering::Relaxed), 1);
        assert_eq!(begun.elapsed(), Duration::from_secs(10));
        // Once the pause is over it is asked again, and then left alone for twice as long.
        for (second, n_expected) in [(10, 1), (11, 2), (12, 2), (13, 3)] {
            let now = start + SignedDuration::from_secs(second);
            let ask = || async {
                n_asked.fetch_add(1, Ordering::Relaxed);
                Err("no answer".to_owned())
            };
            assert!(known.metadata_by(now, ask).await.is_err());
            assert_eq!(n_asked.load(Ordering::Relaxed), n_expected, "{second}");
        }
    }
}
