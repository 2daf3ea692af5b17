//! A vendor that hands out one stream after another, and tells our secrets meanwhile: in the name
//! of a host, in a scheme, in a failure long after the token was granted. None of it is shown.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::fake::{self, Fake, header, status};
use super::{build, mycartracks, settings, troubles};

/// Of [`mycartracks`] and [`fake::mycartracks`].
const SECRETS: [&str; 2] = ["canary-secret", "canary-token"];

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_masked_however_many_streams_came_since_it_was_granted() {
    let n_sessions = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&n_sessions);
    let vendor = Fake::start(None, move |asked| {
        let n = if asked.contains("/livePositions/stream") {
            counter.fetch_add(1, Ordering::SeqCst)
        } else {
            counter.load(Ordering::SeqCst)
        };
        let proof = header(asked, "authorization").unwrap_or_default();
        if proof.starts_with("Bearer") && 40 <= n {
            let body = serde_json::json!({ "message": format!("no: {proof}, {n}") });
            return status(500, "", &body.to_string());
        }
        // Now one that may be, and is nobody; now one that may not.
        let host = ["127.0.0.1:1", "127.0.0.2.example"][n % 2];
        fake::mycartracks(asked, &format!("ws://{host}/live?ticket=canary-{n}&t={n}"))
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let base = format!("http://{}", vendor.address);
    let mut source = build(&settings(folder.path(), &mycartracks("m", &base, "")));
    while n_sessions.load(Ordering::SeqCst) < 40 {
        let words = troubles(&mut source).await.join("; ");
        assert!(!words.contains("canary"), "{words}");
    }
    let words = troubles(&mut source).await.join("; ");
    assert!(words.contains("no: Bearer ***"), "{words}");
    assert!(!words.contains("canary"), "{words}");
    let asked = vendor.asked();
    let n_tokens = asked.iter().filter(|asked| asked.contains("/oauth/token"));
    assert_eq!(n_tokens.count(), 1, "the token is that of the beginning");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_an_address_that_is_refused_is_not_shown() {
    let address = Arc::<Mutex<String>>::default();
    let handed_out = Arc::clone(&address);
    let vendor = Fake::start(None, move |asked| {
        fake::mycartracks(asked, &handed_out.lock().expect("no panic"))
    });
    let base = format!("http://127.0.0.1:{}", vendor.await.port());
    let folder = tempfile::tempdir().expect("a folder");
    let mut source = build(&settings(folder.path(), &mycartracks("m", &base, "")));
    for secret in SECRETS {
        let encoded = URL_SAFE_NO_PAD.encode(secret);
        let basic = STANDARD_NO_PAD.encode(format!("me:{secret}"));
        let encoded = [secret.to_owned(), encoded, basic];
        let hosts = encoded.iter().flat_map(|text| {
            let small = text.to_lowercase();
            [
                format!("wss://{text}.evil.example/"),
                format!("wss://x.{text}/"),
                format!("wss://{small}.evil.example/"),
                format!("{text}://h:1/"),
            ]
        });
        for text in hosts {
            *address.lock().expect("no panic") = text.clone();
            let troubles = troubles(&mut source).await;
            assert_eq!(troubles.len(), 1, "{text}: {troubles:?}");
            let words = troubles[0].to_lowercase();
            assert!(words.chars().count() <= 200, "{words}");
            for secret in encoded.iter().filter(|it| text.contains(it.as_str())) {
                assert!(!words.contains(&secret.to_lowercase()), "{text}: {words}");
            }
            for secret in SECRETS {
                assert!(!words.contains(secret), "{text}: {words}");
            }
        }
    }
}
