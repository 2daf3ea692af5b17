//! An `OpenID` provider that is asked by HTTPS, with a certificate of an authority of one's own:
//! taken where `ca_file` names that authority, and else as little as any that does not hold.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use fleetglass::clock;
use fleetglass::config::oidc::OidcSettings;
use fleetglass::oidc::{OidcError, Provider, Start};
use serde_json::json;
use tokio_rustls::rustls::ServerConfig;

use super::Doors;
use super::oidc_fake::Fake;
use crate::outward::chains::Chains;
use crate::outward::load;

/// What a file says of `fake`, with `more` keys.
fn settings(folder: &Path, fake: &Fake, more: &str) -> OidcSettings {
    let text = format!(
        "[access.oidc]\nissuer = \"{}\"\nclient_id = \"fleetglass\"\n\
         client_secret = \"canary-client-secret\"\nrole = \"viewer\"\n{more}\n\
         [[source]]\nid = \"e\"\nkind = \"eztotrack\"\napi_key = \"ezt_test_0000000000000000\"\n",
        fake.issuer
    );
    let config = load(folder, &text, &HashMap::new()).expect("good settings");
    config.access.oidc.expect("a provider")
}

/// How a login begins, as the log would say it.
async fn begun(settings: OidcSettings) -> Result<(), OidcError> {
    let provider = Provider::new(settings).expect("a client");
    let start = Start {
        redirect: "https://fleet.example.org/api/v1/oidc/callback".to_owned(),
        next: "/".to_owned(),
        from: [192, 0, 2, 7].into(),
    };
    provider.begin(start, clock::now()).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_come_in_by_a_provider_of_an_authority_that_ca_file_names() {
    let (chains, folder) = (Chains::new(), tempfile::tempdir().expect("a folder"));
    chains.ca_file(folder.path());
    let fake = Fake::start_over_tls(chains.longer()).await;
    let trusting = settings(folder.path(), &fake, "ca_file = \"ca.pem\"");
    let doors = Doors::open(move |config| config.access.oidc = Some(trusting)).await;
    let carol = doors.enter_by(&fake, &json!({ "groups": ["staff"] })).await;
    let carol = carol.expect("she comes in");
    assert!(doors.knows(&carol).await);
    assert!(fake.n_key_sets() > 0, "the keys were asked for in TLS, too");

    let strict = settings(folder.path(), &fake, "");
    let n_asked = fake.n_asked();
    let doors = Doors::open(move |config| config.access.oidc = Some(strict)).await;
    let answer = doors.ask_as_link("/api/v1/oidc/login", None).await;
    let led = super::oidc_fake::location(&answer);
    assert_eq!(led, "/login?trouble=down&next=/");
    assert_eq!(
        fake.n_asked(),
        n_asked,
        "nothing was asked, and nothing told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_certificate_that_does_not_hold_gets_no_question() {
    let (chains, folder) = (Chains::new(), tempfile::tempdir().expect("a folder"));
    chains.ca_file(folder.path());
    let good = Some(chains.good());
    let trust = "ca_file = \"ca.pem\"";
    let bad = chains
        .bad()
        .into_iter()
        .map(|(name, tls, _)| (name, tls, trust));
    let mut n_tried = 0;
    for (name, tls, trust) in bad.chain([("no ca_file", good, "")]) {
        // One does not speak TLS at all.
        let Some(tls): Option<Arc<ServerConfig>> = tls else {
            continue;
        };
        let fake = Fake::start_over_tls(tls).await;
        let refused = begun(settings(folder.path(), &fake, trust)).await;
        let Err(OidcError::Down(words)) = refused else {
            panic!("{name}: {refused:?}");
        };
        assert_eq!(fake.n_asked(), 0, "{name}");
        assert!(!words.contains("canary"), "{name}: {words}");
        let names_remedy = words.contains("name it with `ca_file` in [access.oidc]");
        assert!(names_remedy || name != "no ca_file", "{name}: {words}");
        n_tried += 1;
    }
    assert!(7 <= n_tried, "only {n_tried} were tried");
    let fake = Fake::start_over_tls(chains.good()).await;
    assert_eq!(begun(settings(folder.path(), &fake, trust)).await, Ok(()));
}
