//! Tokens and answers that are not what they should be let nobody in.

use aws_lc_rs::hmac;
use fleetglass::clock;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use super::Doors;
use super::oidc_fake::{Asked, Fake, Key, encoded, location, unsigned};

const UNTRUSTED: &str = "/login?trouble=untrusted&next=/";
const STALE: &str = "/login?trouble=stale&next=/";

fn staff() -> Value {
    json!({ "groups": ["staff"] })
}

/// Where the browser ends up with `code`; never with a session, unless all is well.
async fn led(doors: &Doors, asked: &Asked, code: &str) -> String {
    let answer = doors.back(asked, code).await;
    let led = location(&answer);
    let lines = answer.headers().get_all(SET_COOKIE).iter();
    let has_session = lines
        .filter_map(|line| line.to_str().ok())
        .any(|line| line.starts_with("sid="));
    assert_eq!(has_session, !led.starts_with("/login"), "{led}");
    led
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_claims_are_wrong_lets_nobody_in() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let now = clock::now().as_second();
    let cases = [
        ("nonce", json!("of another login")),
        ("nonce", Value::Null),
        ("aud", json!("another-client")),
        ("aud", json!(["fleetglass", "another-client"])),
        ("aud", json!([])),
        ("azp", json!("another-client")),
        ("iss", json!("https://id.example.org")),
        ("iss", json!(format!("{}/", fake.issuer))),
        ("exp", json!(now - 120)),
        ("iat", json!(now + 600)),
        ("at_hash", json!("b3RoZXIgYWNjZXNzIHRva2Vu")),
        ("sub", json!("")),
    ];
    for (claim, value) in cases {
        let asked = doors.to_provider("/api/v1/oidc/login").await;
        let mut claims = fake.claims(&asked, &staff());
        claims[claim] = value.clone();
        let code = fake.grant_as(&asked, |key| key.token(&claims));
        let led = led(&doors, &asked, &code).await;
        assert_eq!(led, UNTRUSTED, "{claim} {value}");
    }
    // So it is the claims, and nothing else.
    let asked = doors.to_provider("/api/v1/oidc/login").await;
    let code = fake.grant(&asked, &staff());
    assert_eq!(led(&doors, &asked, &code).await, "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_provider_did_not_sign_lets_nobody_in() {
    type Forge = fn(&Key, &Value) -> String;
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let forges: [(&str, Forge); 8] = [
        ("alg none", |_, claims| {
            format!("{}.", unsigned(&json!({ "alg": "none" }), claims))
        }),
        ("alg none with a signature", |key, claims| {
            let text = unsigned(&json!({ "alg": "none", "kid": key.id }), claims);
            format!("{text}.{}", encoded(key.sign(&text)))
        }),
        ("HS256 by the public key", |key, claims| {
            hs256(key, claims, key.public())
        }),
        ("HS256 by the client secret", |key, claims| {
            hs256(key, claims, b"canary-client-secret")
        }),
        ("another key of the same name", |key, claims| {
            Key::new(&key.id).token(claims)
        }),
        ("claims that were changed after", |key, claims| {
            let good = key.token(claims);
            let (_, signature) = good.rsplit_once('.').expect("three parts");
            let mut changed = claims.clone();
            changed["groups"] = json!(["admins"]);
            let head = json!({ "alg": "ES256", "typ": "JWT", "kid": key.id });
            format!("{}.{signature}", unsigned(&head, &changed))
        }),
        ("no signature", |key, claims| {
            let good = key.token(claims);
            let (text, _) = good.rsplit_once('.').expect("three parts");
            format!("{text}.")
        }),
        ("no token at all", |_, _| "nonsense".to_owned()),
    ];
    for (name, forge) in forges {
        let asked = doors.to_provider("/api/v1/oidc/login").await;
        let claims = without_at_hash(fake.claims(&asked, &staff()));
        let code = fake.grant_as(&asked, |key| forge(key, &claims));
        assert_eq!(led(&doors, &asked, &code).await, UNTRUSTED, "{name}");
    }
    assert_eq!(fake.n_key_sets(), 1, "the keys are kept");
    let asked = doors.to_provider("/api/v1/oidc/login").await;
    let claims = without_at_hash(fake.claims(&asked, &staff()));
    let code = fake.grant_as(&asked, |key| key.token(&claims));
    assert_eq!(
        led(&doors, &asked, &code).await,
        "/",
        "so it is the signature"
    );
}

/// It is of no use without the signature, and would be refused before that is looked at.
fn without_at_hash(mut claims: Value) -> Value {
    let members = claims.as_object_mut().expect("an object");
    members.remove("at_hash");
    claims
}

fn hs256(key: &Key, claims: &Value, secret: &[u8]) -> String {
    let text = unsigned(&json!({ "alg": "HS256", "kid": key.id }), claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", encoded(tag))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_and_in_the_browser_that_asked() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let asked = doors.to_provider("/api/v1/oidc/login").await;
    let other = doors.to_provider("/api/v1/oidc/login").await;
    let code = fake.grant(&asked, &staff());
    let path = format!(
        "/api/v1/oidc/callback?code={code}&state={}",
        asked.parameters["state"]
    );
    // The attacker's own code and state, in the victim's browser: with a login of their own under
    // way, and without.
    for held in [
        None,
        Some(other.cookie.as_str()),
        Some("oidc="),
        Some("oidc=x"),
    ] {
        let answer = doors.ask_as_link(&path, held).await;
        assert_eq!(location(&answer), STALE, "{held:?}");
        assert!(!answer.headers().contains_key(SET_COOKIE));
    }
    // It has cost whose login it is nothing.
    assert_eq!(led(&doors, &asked, &code).await, "/");
    // Not twice, also with a new code.
    assert_eq!(led(&doors, &asked, &code).await, STALE);
    let again = fake.grant(&asked, &staff());
    assert_eq!(led(&doors, &asked, &again).await, STALE);
    for path in [
        "/api/v1/oidc/callback",
        "/api/v1/oidc/callback?code=x",
        "/api/v1/oidc/callback?code=x&state=y",
        "/api/v1/oidc/callback?state=y&state=z",
    ] {
        let answer = doors.ask_as_link(path, Some(&other.cookie)).await;
        assert_eq!(location(&answer), STALE, "{path}");
    }
    let foreign = format!(
        "/api/v1/oidc/callback?code=x&state={}&iss=https://evil.example",
        other.parameters["state"]
    );
    let answer = doors.ask_as_link(&foreign, Some(&other.cookie)).await;
    assert_eq!(location(&answer), UNTRUSTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_says_when_it_refuses_is_not_repeated() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let asked = doors.to_provider("/api/v1/oidc/login?next=/users").await;
    let words = "error=access_denied&error_description=%3Cb%3Ecanary%3C/b%3E";
    let path = format!(
        "/api/v1/oidc/callback?{words}&state={}",
        asked.parameters["state"]
    );
    let answer = doors.ask_as_link(&path, Some(&asked.cookie)).await;
    let led_to = location(&answer);
    assert_eq!(led_to, "/login?trouble=refused&next=/users");
    assert!(!answer.text().await.expect("a body").contains("canary"));
    // A code that the provider does not know, or of another login, by PKCE.
    let asked = doors.to_provider("/api/v1/oidc/login").await;
    let refused = "/login?trouble=refused&next=/";
    assert_eq!(led(&doors, &asked, "made-up").await, refused);
    let (one, other) = (
        doors.to_provider("/api/v1/oidc/login").await,
        doors.to_provider("/api/v1/oidc/login").await,
    );
    let code_of_other = fake.grant(&other, &staff());
    assert_eq!(led(&doors, &one, &code_of_other).await, refused);
}
