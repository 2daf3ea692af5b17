//! A vendor that sends us elsewhere: nobody there ever hears of us, whatever the status and
//! whichever request it was.

use std::sync::{Arc, Mutex};

use fleetglass::source::Source;

use super::chains::Chains;
use super::fake::{self, Fake, status};
use super::{build, cartrack, mycartracks, settings, troubles};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// PORT is somebody else's port; the vendor itself speaks TLS.
const LOCATIONS: [&str; 11] = [
    "http://127.0.0.1:PORT/x",
    "https://127.0.0.1:PORT/x",
    "http://localhost:PORT/x",
    "//127.0.0.1:PORT/x",
    "/\\127.0.0.1:PORT/x",
    "\\\\127.0.0.1:PORT\\x",
    "http://me:canary@127.0.0.1:PORT/x",
    "http://127.0.0.1:PORT/?access_token=canary-token",
    "ws://127.0.0.1:PORT/x",
    "http://0.0.0.0:PORT/x",
    "/elsewhere",
];

/// Which requests of a vendor are redirected.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Where {
    Everything,
    AllButTheToken,
    Handshakes,
}

impl Where {
    fn is_met(self, asked: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::AllButTheToken => !asked.contains("/oauth/token"),
            Self::Handshakes => fake::header(asked, "sec-websocket-key").is_some(),
        }
    }
}

/// A vendor over TLS that redirects as it is told.
async fn vendor(chains: &Chains, redirected: Where, told: Arc<Mutex<(u16, String)>>) -> Fake {
    Fake::start(Some(chains.good()), move |asked| {
        if redirected.is_met(asked) {
            let (code, location) = told.lock().expect("no panic").clone();
            return status(code, &format!("location: {location}\r\n"), "");
        }
        let host = fake::header(asked, "host").unwrap_or_default();
        fake::mycartracks(asked, &format!("wss://{host}/live?t=canary"))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_redirect_is_followed_from_any_request() {
    let chains = Chains::new();
    let folder = tempfile::tempdir().expect("a folder");
    let trust = chains.trust(folder.path());
    let evil = Fake::evil().await;
    let told = Arc::new(Mutex::new((302, String::new())));
    for (redirected, is_polled) in [
        (Where::Everything, true),
        (Where::Everything, false),
        (Where::AllButTheToken, false),
        (Where::Handshakes, false),
    ] {
        let vendor = vendor(&chains, redirected, Arc::clone(&told)).await;
        let base = format!("https://localhost:{}", vendor.port());
        let text = if is_polled {
            cartrack("c", &base, &trust)
        } else {
            mycartracks("m", &base, &trust)
        };
        let mut source: Box<dyn Source> = build(&settings(folder.path(), &text));
        for code in STATUSES {
            for location in LOCATIONS {
                let location = location.replace("PORT", &evil.port().to_string());
                *told.lock().expect("no panic") = (code, location.clone());
                let troubles = troubles(&mut source).await;
                let words = troubles.join("; ");
                assert!(
                    words.contains(&code.to_string()),
                    "{redirected:?} {location}: {words}"
                );
                assert!(
                    !words.contains("canary"),
                    "{redirected:?} {location}: {words}"
                );
                assert_eq!(evil.n_connections(), 0, "{redirected:?} {code} {location}");
            }
        }
        let asked = vendor.asked();
        assert!(asked.iter().any(|asked| redirected.is_met(asked)));
        let followed = asked.iter().find(|asked| asked.contains("/elsewhere"));
        assert_eq!(followed, None, "{redirected:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_never_sees_what_stays_on_this_machine() {
    let chains = Chains::new();
    let folder = tempfile::tempdir().expect("a folder");
    let trust = chains.trust(folder.path());
    let proxy = Fake::evil().await;
    let tokens = Fake::start(None, |asked| fake::mycartracks(asked, "")).await;
    let text = mycartracks("m", "https://vendor.invalid", &trust).replace(
        "https://vendor.invalid/oauth/token",
        &format!("http://127.0.0.1:{}/oauth/token", tokens.port()),
    );
    let path = folder.path().join("fleetglass.toml");
    std::fs::write(&path, text).expect("a file");
    let by = format!("http://127.0.0.1:{}", proxy.port());
    let check = tokio::process::Command::new(env!("CARGO_BIN_EXE_fleetglass"))
        .args(["check", "--config"])
        .arg(&path)
        .env_clear()
        .envs([
            ("http_proxy", &by),
            ("https_proxy", &by),
            ("ALL_PROXY", &by),
        ])
        .output();
    assert_eq!(check.await.expect("it runs").status.code(), Some(1));
    assert!(
        !tokens.asked().is_empty(),
        "the token is asked for directly"
    );
    // What goes out is asked for by the proxy, and only as a tunnel.
    let asked = proxy.asked();
    assert!(!asked.is_empty(), "the proxy is used");
    for asked in asked {
        assert!(asked.starts_with("CONNECT vendor.invalid:443 "), "{asked}");
        assert!(!asked.contains("uthorization"), "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_the_next_page_is_not_an_address() {
    let evil = Fake::evil().await;
    let there = format!("http://127.0.0.1:{}/next", evil.port());
    let body = serde_json::json!({
        "data": [], "next": there, "nextPage": there, "next_page_url": there,
        "next_cursor": there, "nextCursor": there, "links": { "next": there },
        "_links": { "next": { "href": there } }, "paging": { "next": there },
        "pagination": { "next": there, "next_cursor": there }, "meta": { "next_page_url": there },
    });
    let link = format!("link: <{there}>; rel=\"next\"\r\n");
    let vendor = Fake::start(None, move |asked| {
        if asked.contains("/oauth/token") || asked.contains("/livePositions/stream") {
            return fake::mycartracks(asked, "");
        }
        status(200, &link, &body.to_string())
    })
    .await;
    let base = format!("http://127.0.0.1:{}", vendor.port());
    let folder = tempfile::tempdir().expect("a folder");
    let eztotrack = format!(
        "[[source]]\nid = \"e\"\nkind = \"eztotrack\"\napi_key = \"ezt_live_canary\"\n\
         base_url = \"{base}\"\n"
    );
    for text in [
        cartrack("c", &base, ""),
        mycartracks("m", &base, ""),
        eztotrack,
    ] {
        let before = vendor.asked().len();
        troubles(&mut build(&settings(folder.path(), &text))).await;
        assert!(before < vendor.asked().len(), "{text}");
        assert_eq!(evil.n_connections(), 0, "{text}");
    }
}
