//! Screens and users, as administrators handle them.

use reqwest::header::COOKIE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Doors, HORSE, code, cookie};

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_is_paired_and_revoked() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let asked = doors
        .ask(Method::POST, "/api/v1/pairing")
        .send()
        .await
        .expect("an answer");
    assert_eq!(asked.status(), StatusCode::CREATED);
    let asked: Value = asked.json().await.expect("JSON");
    let (code, secret) = (asked["code"].as_str().expect("a code"), &asked["secret"]);
    let poll = || async {
        let body = json!({ "secret": secret });
        let polled = doors.ask(Method::POST, "/api/v1/pairing/poll").json(&body);
        polled.send().await.expect("an answer")
    };
    let waiting: Value = poll().await.json().await.expect("JSON");
    assert_eq!(waiting["state"], "waiting");
    let found = doors
        .with(&boss, Method::GET, &format!("/api/v1/pairing/{code}"))
        .await;
    let found: Value = found.json().await.expect("JSON");
    assert_eq!(found["from"], "127.0.0.x");
    let ann = doors.enter("ann").await;
    let refused = doors
        .with(&ann, Method::GET, &format!("/api/v1/pairing/{code}"))
        .await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let approval = json!({ "name": "Hall", "sight": { "groups": ["North"], "hide": ["driver"] } });
    let approve = doors.ask(Method::POST, &format!("/api/v1/pairing/{code}/approve"));
    let approve = approve.header(COOKIE, &boss).json(&approval).send().await;
    assert_eq!(approve.expect("an answer").status(), StatusCode::NO_CONTENT);
    let paired = poll().await;
    let screen = cookie(paired.headers());
    let paired: Value = paired.json().await.expect("JSON");
    assert_eq!(
        paired,
        json!({ "state": "paired" }),
        "the token is in the cookie alone"
    );
    assert_eq!(poll().await.status(), StatusCode::GONE, "it is given once");
    let me = doors.with(&screen, Method::GET, "/api/v1/me").await;
    let me: Value = me.json().await.expect("JSON");
    assert_eq!(
        (&me["kind"], &me["name"]),
        (&json!("display"), &json!("Hall"))
    );
    assert_eq!(me["sight"], approval["sight"]);
    let id = me["id"].as_str().expect("an id");
    let revoked = doors
        .with(&boss, Method::DELETE, &format!("/api/v1/tokens/{id}"))
        .await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    assert!(!doors.knows(&screen).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_made_changed_and_shut_out_by_administrators_only() {
    let doors = Doors::open(|_| {}).await;
    let (boss, ann) = (doors.enter("boss").await, doors.enter("ann").await);
    let new = json!({ "name": "Bob", "role": "viewer", "sight": { "groups": "all" } });
    for (who, expected) in [(&ann, StatusCode::FORBIDDEN), (&boss, StatusCode::CREATED)] {
        let made = doors
            .ask(Method::POST, "/api/v1/users")
            .header(COOKIE, who)
            .json(&new);
        let made = made.send().await.expect("an answer");
        assert_eq!(made.status(), expected);
        if expected != StatusCode::CREATED {
            continue;
        }
        let made: Value = made.json().await.expect("JSON");
        let link = made["invitation"].as_str().expect("a link");
        let secret = link.strip_prefix("/invitation#").expect("a fragment");
        let look = doors.ask(Method::POST, "/api/v1/invitation/look");
        let look = look
            .json(&json!({ "secret": secret }))
            .send()
            .await
            .expect("an answer");
        let look: Value = look.json().await.expect("JSON");
        assert_eq!(look, json!({ "kind": "set_password", "name": "Bob" }));
        for (password, expected) in [
            ("short", StatusCode::UNPROCESSABLE_ENTITY),
            (HORSE, StatusCode::NO_CONTENT),
            (HORSE, StatusCode::GONE),
        ] {
            let body = json!({ "secret": secret, "password": password });
            let used = doors.ask(Method::POST, "/api/v1/invitation").json(&body);
            assert_eq!(used.send().await.expect("an answer").status(), expected);
        }
        let bob = doors.enter("bob").await;
        let path = format!("/api/v1/users/{}", made["id"]);
        let change = doors.ask(Method::PATCH, &path).header(COOKIE, &boss);
        let change = change.json(&json!({ "is_disabled": true })).send().await;
        assert_eq!(change.expect("an answer").status(), StatusCode::NO_CONTENT);
        assert!(!doors.knows(&bob).await);
    }
    // The last administrator stays one.
    let me = doors.with(&boss, Method::GET, "/api/v1/me").await;
    let me: Value = me.json().await.expect("JSON");
    let path = format!("/api/v1/users/{}", me["id"]);
    let change = doors.ask(Method::PATCH, &path).header(COOKIE, &boss);
    let change = change
        .json(&json!({ "role": "viewer" }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(change.status(), StatusCode::CONFLICT);
    assert_eq!(code(change).await, "last_administrator");
    let audit = doors
        .with(&boss, Method::GET, "/api/v1/audit?limit=2")
        .await;
    let audit: Value = audit.json().await.expect("JSON");
    assert_eq!(audit["entries"].as_array().map(Vec::len), Some(2));
    assert_eq!(audit["entries"][0]["what"], "user_disabled");
    assert_eq!(audit["next"], audit["entries"][1]["n"]);
    let refused = doors.with(&ann, Method::GET, "/api/v1/audit").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}
