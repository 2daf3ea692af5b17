//! Addresses that steer elsewhere: those a vendor hands out, and those in the configuration.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::fake::{self, Fake};
use super::{build, cartrack, load, mycartracks, settings, troubles};

/// Streams' addresses; PORT is the port of somebody who must not be reached. The vendor itself is
/// on 127.0.0.1, so what leads there and is written as it is read would be allowed.
const OF_STREAMS: [&str; 46] = [
    "",
    "127.0.0.1:PORT/x",
    "//127.0.0.1:PORT/x",
    "/127.0.0.1:PORT",
    "ws:127.0.0.1:PORT/x",
    "ws:/127.0.0.1:PORT/x",
    "ws:///127.0.0.1:PORT/x",
    "http://127.0.0.1:PORT/x",
    "https://127.0.0.1:PORT/x",
    "ftp://127.0.0.1:PORT/x",
    "file:///etc/passwd",
    "file://127.0.0.1:PORT/x",
    "data:text/plain,x",
    "javascript:alert(1)",
    "javascript://127.0.0.1:PORT/%0aalert(1)",
    "unix:///run/x.sock",
    "ws://0.0.0.0:PORT/x",
    "ws://0:PORT/x",
    "ws://[::]:PORT/x",
    "ws://[::ffff:127.0.0.1]:PORT/x",
    "ws://[::ffff:7f00:1]:PORT/x",
    "ws://[::127.0.0.1]:PORT/x",
    "ws://2130706433:PORT/x",
    "ws://0x7f000001:PORT/x",
    "ws://0x7f.1:PORT/x",
    "ws://0177.0.0.1:PORT/x",
    "ws://127.1:PORT/x",
    "ws://127.0.0.1.:PORT/x",
    "ws://localhost.:PORT/x",
    "ws://localhost.evil.example:PORT/x",
    "ws://x.localhost:PORT/x",
    "ws://user:pw@127.0.0.1:PORT/x",
    "ws://user@127.0.0.1:PORT/x",
    "ws://@127.0.0.1:PORT/x",
    "ws://vendor.example@127.0.0.1:PORT/x",
    "ws://vendor.example\\@127.0.0.1:PORT/x",
    "ws:\\\\127.0.0.1:PORT\\x",
    "ws://127.0.0.1\u{ff1a}PORT/x",
    "ws://\u{ff11}27.0.0.1:PORT/x",
    "ws://127\u{3002}0\u{3002}0\u{3002}1:PORT/x",
    "ws://127.0.0.1%3aPORT/x",
    "ws://127.0.0.1:PORT/\r\nAuthorization: x",
    "ws://127.0.0.1\t:PORT/x",
    "ws://127.0.0.1:PORT/#x",
    "ws://127.0.0.1:0/x",
    "ws://127.0.0.1:99999/x",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_streams_address_that_steers_elsewhere_reaches_nobody() {
    let evil = Fake::evil().await;
    let address = Arc::<Mutex<String>>::default();
    let handed_out = Arc::clone(&address);
    let vendor = Fake::start(None, move |asked| {
        fake::mycartracks(asked, &handed_out.lock().expect("no panic"))
    });
    let base = format!("http://127.0.0.1:{}", vendor.await.port());
    let folder = tempfile::tempdir().expect("a folder");
    let mut source = build(&settings(folder.path(), &mycartracks("m", &base, "")));
    let port = evil.port().to_string();
    let long = format!("ws://127.0.0.1:PORT/{}", "x".repeat(5_000));
    for text in OF_STREAMS.into_iter().chain([long.as_str()]) {
        *address.lock().expect("no panic") = text.replace("PORT", &port);
        let troubles = troubles(&mut source).await;
        assert_eq!(troubles.len(), 1, "{text:?}: {troubles:?}");
        assert_eq!(evil.n_connections(), 0, "{text:?} was followed");
    }
    // Somebody who is where the vendor may be is reached, or the above would prove nothing.
    *address.lock().expect("no panic") = format!("ws://127.0.0.1:{port}/x");
    troubles(&mut source).await;
    assert_eq!(evil.n_connections(), 1);
}

/// Addresses for `base_url` and `token_url`.
const OF_THE_CONFIGURATION: [&str; 40] = [
    "http://vendor.example/rest",
    "http://10.0.0.1/rest",
    "http://0.0.0.0/rest",
    "http://[::]/rest",
    "http://[::ffff:127.0.0.1]/rest",
    "http://localhost.evil.example/rest",
    "http://localhost./rest",
    "http://127.0.0.1.nip.io/rest",
    "http://127.1/rest",
    "http://2130706433/rest",
    "http://0x7f000001/rest",
    "http://0177.0.0.1/rest",
    "https://2130706433/rest",
    "https://0xa9fea9fe/latest",
    "https://0251.0376.0251.0376/latest",
    "https://user:canary@vendor.example/rest",
    "https://user@vendor.example/rest",
    "https://@vendor.example/rest",
    "https://vendor.example@evil.example/rest",
    "https://vendor.example\\@evil.example/rest",
    "https:\\\\evil.example\\rest",
    "https:evil.example/rest",
    "https:/evil.example/rest",
    "https:///evil.example/rest",
    "//evil.example/rest",
    "evil.example",
    "",
    "file:///etc/passwd",
    "data:application/json,{}",
    "javascript:alert(1)",
    "ftp://vendor.example/rest",
    "wss://vendor.example/rest",
    "https://vendor.example./rest",
    "https://vend\u{43e}r.example/rest",
    "https://vendor\u{3002}example/rest",
    "https://vendor.example\r\nx: y/rest",
    "https://vendor.\texample/rest",
    "https://vendor%2eexample/rest",
    "https://vendor.example:0/rest",
    "https://vendor.example/rest?access_token=canary",
];

#[test]
fn an_address_in_the_configuration_that_misleads_is_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let long = format!("https://vendor.example/{}", "x".repeat(5_000));
    let check = |text: &str| load(folder.path(), text, &HashMap::new());
    for address in OF_THE_CONFIGURATION.into_iter().chain([long.as_str()]) {
        let quoted = serde_json::Value::from(address).to_string();
        let of_base = cartrack("c", "HERE", "").replace("\"HERE\"", &quoted);
        let good = mycartracks("m", "https://vendor.example", "");
        let of_token = good.replace("\"https://vendor.example/oauth/token\"", &quoted);
        assert!(check(&good).is_ok());
        for (text, key, line) in [(of_base, "`base_url`", 6), (of_token, "`token_url`", 7)] {
            // An empty key is an absent one, and then the vendor's own address counts.
            if address.is_empty() && key == "`token_url`" {
                continue;
            }
            let error = check(&text).expect_err(address);
            let words = error.to_string();
            let names_it = words.contains(key) || address.is_empty();
            assert!(names_it, "{address:?}: {words}");
            assert!(!words.contains("canary"), "{address:?}: {words}");
            let place = error.place.map(|place| place.line);
            assert!(
                place == Some(line) || address.is_empty(),
                "{address:?}: {words}"
            );
        }
    }
    for good in [
        "https://vendor.example/rest",
        "https://VENDOR.example:8443/rest/",
        "https://xn--vendr-jye.example",
        "https://10.0.0.1/rest",
        "https://[fd00::1]:8443/rest",
        "http://127.0.0.1:8080/rest",
        "http://[::1]:8080/rest",
        "http://localhost:8080",
    ] {
        let verdict = check(&cartrack("c", good, ""));
        assert!(verdict.is_ok(), "{good}: {verdict:?}");
    }
}

#[test]
fn a_host_for_streams_is_a_host() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |hosts: &str| {
        let more = format!("stream_hosts = {hosts:?}");
        let text = mycartracks("m", "https://vendor.example", &more);
        load(folder.path(), &text, &HashMap::new()).map(drop)
    };
    for hosts in [
        "live.example",
        "live.example:8443, 10.0.0.1",
        "[fd00::1]:8443",
    ] {
        assert_eq!(check(hosts), Ok(()), "{hosts}");
    }
    for hosts in [
        "wss://live.example",
        "live.example/x",
        "user@live.example",
        "live.example.",
        "live.example, *.example:x",
        "live example",
        "0x7f.1",
    ] {
        let words = check(hosts).expect_err(hosts).to_string();
        assert!(words.contains("`stream_hosts`"), "{hosts}: {words}");
    }
}
