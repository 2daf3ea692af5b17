//! A certificate that does not hold ends the matter, for requests and streams alike: nothing is
//! sent, it is counted, and the words say what to do.

use std::collections::HashMap;

use serde_json::Value;

use super::chains::Chains;
use super::fake::{self, Fake, header};
use super::{cartrack, load, mycartracks};
use crate::harness::{Server, client};
use crate::layering::{root, rust_files};

/// What stands behind one certificate, asked by requests and by a stream.
struct Case {
    name: &'static str,
    /// `None` where the certificate is good.
    expected: Option<&'static str>,
    requests: Fake,
    stream: Fake,
}

impl Case {
    /// Its sources, by the counter that counts each.
    fn sources(&self) -> [(String, &'static str, &Fake); 2] {
        [
            (
                format!("r-{}", self.name),
                "fleetglass_source_requests_total",
                &self.requests,
            ),
            (
                format!("s-{}", self.name),
                "fleetglass_stream_handshakes_total",
                &self.stream,
            ),
        ]
    }
}

async fn cases(chains: &Chains) -> Vec<Case> {
    let good = [
        ("good", Some(chains.good()), None),
        ("longer", Some(chains.longer()), None),
    ];
    let bad = chains.bad().into_iter();
    let all = good
        .into_iter()
        .chain(bad.map(|(name, tls, words)| (name, tls, Some(words))));
    let mut cases = Vec::new();
    for (name, tls, expected) in all {
        cases.push(Case {
            name,
            expected,
            requests: Fake::start(tls.clone(), |_| fake::status(200, "", r#"{"data":[]}"#)).await,
            stream: Fake::start(tls, |asked| fake::mycartracks(asked, "")).await,
        });
    }
    cases
}

/// One server that asks them all; MyCarTracks' own requests go to `rest`, which is well.
async fn serve(chains: &Chains, cases: &[Case], rest: &Fake) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    chains.ca_file(folder.path());
    // Relative to the configuration.
    let trust = "ca_file = \"ca.pem\"";
    let mut text = String::new();
    for case in cases {
        let [(requests, _, _), (stream, _, _)] = case.sources();
        let address = format!("https://localhost:{}", case.requests.port());
        text.push_str(&cartrack(&requests, &address, trust));
        let base = format!("https://localhost:{}/{}", rest.port(), case.name);
        text.push_str(&mycartracks(&stream, &base, trust));
    }
    let config = load(folder.path(), &text, &HashMap::new());
    Server::of(config.expect("good settings")).await
}

async fn rest(chains: &Chains, cases: &[Case]) -> Fake {
    let ports = cases.iter().map(|case| (case.name, case.stream.port()));
    let ports: HashMap<_, _> = ports.collect();
    Fake::start(Some(chains.good()), move |asked| {
        let name = asked.split('/').nth(1).unwrap_or_default();
        let port = ports.get(name).copied().unwrap_or_default();
        fake::mycartracks(
            asked,
            &format!("wss://localhost:{port}/live?t=canary-{name}"),
        )
    })
    .await
}

fn of<'a>(sources: &'a Value, id: &str) -> &'a Value {
    let mut all = sources["sources"].as_array().into_iter().flatten();
    all.find(|source| source["id"] == *id)
        .unwrap_or(&Value::Null)
}

fn count(metrics: &str, counter: &str, source: &str, outcome: &str) -> u64 {
    let (source, outcome) = (format!("\"{source}\""), format!("\"{outcome}\""));
    let line = metrics.lines().find(|line| {
        line.starts_with(counter) && line.contains(&source) && line.contains(&outcome)
    });
    let number = line.and_then(|line| line.rsplit_once(' '));
    number.map_or(0, |(_, number)| number.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_certificate_gets_no_credential_and_the_words_say_why() {
    let chains = Chains::new();
    let cases = cases(&chains).await;
    let rest = rest(&chains, &cases).await;
    let server = serve(&chains, &cases, &rest).await;
    for case in &cases {
        for (id, counter, fake) in case.sources() {
            let words =
                |sources: &Value| of(sources, &id)["last_error"].as_str().map(str::to_owned);
            match case.expected {
                Some(expected) => {
                    let met = server
                        .until("/api/v1/sources", |s| words(s).is_some())
                        .await;
                    let words = words(&met).unwrap_or_default();
                    assert!(words.contains(expected), "{id}: {words}");
                    assert!(words.contains("localhost"), "{id}: {words}");
                    assert!(fake.n_connections() > 0, "{id} was tried");
                    assert_eq!(fake.asked(), [""; 0], "{id} was asked");
                }
                None => {
                    server
                        .until("/api/v1/sources", |_| !fake.asked().is_empty())
                        .await;
                }
            }
            let outcome = case.expected.map_or("ok", |_| "untrusted");
            let n = async || {
                let answer = client().get(server.url("/metrics")).send().await;
                let metrics = answer.expect("an answer").text().await.expect("text");
                count(&metrics, counter, &id, outcome)
            };
            let counted = async { while n().await == 0 {} };
            let counted = tokio::time::timeout(crate::harness::PATIENCE, counted).await;
            assert!(counted.is_ok(), "{id} is not counted as {outcome}");
        }
        if case.expected.is_none() {
            let asked = case.requests.asked();
            assert!(header(&asked[0], "authorization").is_some(), "{}", asked[0]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_tells_of_a_bad_certificate_too() {
    let chains = Chains::new();
    let folder = tempfile::tempdir().expect("a folder");
    let trust = chains.trust(folder.path());
    for (name, tls, expected) in chains.bad() {
        let stream = Fake::start(tls, |asked| fake::mycartracks(asked, "")).await;
        let address = format!("wss://localhost:{}/live?t=canary", stream.port());
        let rest = Fake::start(Some(chains.good()), move |asked| {
            fake::mycartracks(asked, &address)
        });
        let base = format!("https://localhost:{}", rest.await.port());
        let settings = super::settings(folder.path(), &mycartracks("m", &base, &trust));
        let troubles = super::troubles(&mut super::build(&settings)).await;
        assert_eq!(troubles.len(), 1, "{name}: {troubles:?}");
        assert!(troubles[0].contains(expected), "{name}: {troubles:?}");
        assert_eq!(stream.asked(), [""; 0], "{name} was asked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_counts_for_the_source_that_names_it_alone() {
    let chains = Chains::new();
    let folder = tempfile::tempdir().expect("a folder");
    let other = tempfile::tempdir().expect("a folder");
    let answer = |_: &str| fake::status(200, "", r#"{"data":[]}"#);
    let vendor = Fake::start(Some(chains.good()), answer).await;
    let base = format!("https://localhost:{}", vendor.port());
    for (ca_file, is_trusted) in [
        (chains.ca_file(folder.path()), true),
        (Chains::new().ca_file(other.path()), false),
    ] {
        let text = cartrack("c", &base, &format!("ca_file = \"{}\"", ca_file.display()));
        let settings = super::settings(folder.path(), &text);
        let before = vendor.asked().len();
        let troubles = super::troubles(&mut super::build(&settings)).await;
        assert_eq!(troubles.is_empty(), is_trusted, "{troubles:?}");
        assert_eq!(before < vendor.asked().len(), is_trusted);
    }
}

#[test]
fn nothing_switches_the_check_off() {
    for file in rust_files(&root().join("src")) {
        let text = std::fs::read_to_string(&file).expect("a source file");
        for word in ["danger", "certificate_verifier", "webpki_roots"] {
            assert!(!text.contains(word), "{} has `{word}`", file.display());
        }
    }
}
