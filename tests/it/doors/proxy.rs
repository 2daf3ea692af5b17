//! Behind a proxy, and behind one that nobody has named.

use fleetglass::config::access::{ProxyIdentity, Rights, RoleName};
use reqwest::header::{ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Doors, HORSE, client, code};

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, in its order")]
async fn behind_a_proxy_its_word_counts_and_a_strangers_does_not() {
    let identity = ProxyIdentity {
        user_header: "remote-user".to_owned(),
        groups_header: None,
        rights: Rights {
            role: Some(RoleName::Viewer),
            ..Rights::default()
        },
    };
    let of_proxy = identity.clone();
    let doors = Doors::open(move |config| {
        config.server.hosts = vec!["fleet.example.org".to_owned()];
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        config.access.proxy = Some(of_proxy);
    });
    let doors = doors.await;
    let by_proxy = |path: &str| {
        let request = client().get(doors.server.url(path));
        let request = request.header("host", "fleet.example.org");
        request.header("x-forwarded-for", "192.0.2.7")
    };
    let plain = by_proxy("/api/v1/me").header("x-forwarded-proto", "http");
    let plain = plain
        .header("remote-user", "carol")
        .send()
        .await
        .expect("an answer");
    assert_eq!(code(plain).await, "plain_http");
    let known = by_proxy("/api/v1/me").header("x-forwarded-proto", "https");
    let known = known
        .header("remote-user", "carol")
        .send()
        .await
        .expect("an answer");
    let known: Value = known.json().await.expect("JSON");
    assert_eq!(
        (&known["name"], &known["role"]),
        (&json!("carol"), &json!("viewer"))
    );
    // One of ours is not taken over.
    let boss = by_proxy("/api/v1/me").header("x-forwarded-proto", "https");
    let boss = boss
        .header("remote-user", "boss")
        .send()
        .await
        .expect("an answer");
    assert_eq!(code(boss).await, "name_taken");
    // By HTTPS the cookie is bound to this very host.
    let login = client().post(doors.server.url("/api/v1/session"));
    let login = login
        .header("host", "fleet.example.org")
        .header("x-forwarded-proto", "https");
    let login = login.header(ORIGIN, "https://fleet.example.org");
    let body = json!({ "name": "ann", "password": HORSE });
    let login = login.json(&body).send().await.expect("an answer");
    let line = login.headers()[SET_COOKIE].to_str().expect("text");
    assert!(
        line.starts_with("__Host-sid=") && line.ends_with("; Secure"),
        "{line}"
    );
    let metrics = doors
        .ask(Method::GET, "/metrics")
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        metrics.status(),
        StatusCode::UNAUTHORIZED,
        "anybody may be behind it"
    );

    let strict = Doors::open(move |config| {
        config.server.trusted_proxies = vec!["192.0.2.0/24".parse().expect("a network")];
        config.access.proxy = Some(identity);
    });
    let strict = strict.await;
    let stranger = strict
        .ask(Method::GET, "/api/v1/me")
        .header("remote-user", "boss");
    let stranger = stranger.send().await.expect("an answer");
    assert_eq!(stranger.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(stranger).await, "identity_header");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_publishes_without_being_named_is_refused() {
    let doors = Doors::open(|config| config.access.login = None).await;
    let local = doors
        .ask(Method::GET, "/api/v1/me")
        .send()
        .await
        .expect("an answer");
    let local: Value = local.json().await.expect("JSON");
    assert_eq!(
        (&local["kind"], &local["role"]),
        (&json!("local"), &json!("administrator"))
    );
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-proto"] {
        for path in ["/", "/api/v1/vehicles", "/metrics"] {
            let answer = doors
                .ask(Method::GET, path)
                .header(name, "192.0.2.7")
                .send()
                .await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name} {path}");
            assert_eq!(code(answer).await, "published");
        }
    }
}
