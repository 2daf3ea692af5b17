//! Links that are good once, over HTTP: what they end, and how often somebody may try one.

use reqwest::header::{COOKIE, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::doors::Doors;

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_the_session_that_the_browser_held() {
    let doors = Doors::open(|_| {}).await;
    let (held, elsewhere) = (doors.enter("boss").await, doors.enter("boss").await);
    let new = json!({ "name": "Vic", "role": "viewer", "sight": { "groups": "all" } });
    let made = doors.ask(Method::POST, "/api/v1/users");
    let made = made.header(COOKIE, &held).json(&new).send().await;
    let made: Value = made.expect("an answer").json().await.expect("JSON");
    let link = made["invitation"].as_str().expect("a link");
    let secret = link.strip_prefix("/invitation#").expect("a fragment");
    let body = json!({ "secret": secret, "password": "a red tram in the rain" });
    let used = doors.ask(Method::POST, "/api/v1/invitation");
    let used = used.header(COOKIE, &held).json(&body).send().await;
    let used = used.expect("an answer");
    assert_eq!(used.status(), StatusCode::NO_CONTENT);
    let status = |cookie: String| {
        let asked = doors.ask(Method::GET, "/api/v1/me").header(COOKIE, cookie);
        async move { asked.send().await.expect("an answer").status() }
    };
    assert_eq!(status(held).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(elsewhere).await, StatusCode::OK);
    let entered = crate::doors::cookie(used.headers());
    assert_eq!(status(entered).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_cannot_be_tried_without_end() {
    const N: usize = 200;
    let doors = Doors::open(|_| {}).await;
    let mut trying = tokio::task::JoinSet::new();
    for n in 0..N {
        let path = ["/api/v1/invitation/look", "/api/v1/invitation"][n % 2];
        let body = json!({ "secret": "fg_invite_x", "password": "a red tram in the rain" });
        trying.spawn(doors.ask(Method::POST, path).json(&body).send());
    }
    let (mut n_gone, mut n_held) = (0, 0);
    while let Some(answer) = trying.join_next().await {
        let answer = answer.expect("a task").expect("an answer");
        match answer.status() {
            StatusCode::GONE => n_gone += 1,
            StatusCode::TOO_MANY_REQUESTS => {
                assert!(answer.headers().contains_key(RETRY_AFTER));
                n_held += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(n_gone + n_held, N);
    assert!(n_gone >= 20 && n_held > 0, "{n_gone} and {n_held}");
}
