//! Whose page may ask: the exact origin, and programs that have none.

use reqwest::header::{COOKIE, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Doors, client, code};

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, in its order")]
async fn a_change_needs_our_own_origin_and_a_program_needs_none() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let port = doors.server.address.port();
    let own = format!("http://127.0.0.1:{port}");
    let origins = [
        (Some(own.clone()), true),
        (None, false),
        (Some("null".to_owned()), false),
        (Some(String::new()), false),
        (Some("http://evil.example".to_owned()), false),
        (Some(format!("http://evil.example:{port}")), false),
        (Some("http://127.0.0.1".to_owned()), false),
        (Some("http://127.0.0.1:1".to_owned()), false),
        (Some(format!("https://127.0.0.1:{port}")), false),
        (Some(format!("ws://127.0.0.1:{port}")), false),
        (Some(format!("HTTP://127.0.0.1:{port}")), false),
        (Some(format!("http://localhost:{port}")), false),
        (Some(format!("http://[::1]:{port}")), false),
        (Some(format!("http://127.0.0.1:{port}.evil.example")), false),
        (Some(format!("http://127.0.0.1.evil.example:{port}")), false),
        (Some(format!("http://127.0.0.1:{port}/")), false),
        (Some(format!("http://user@127.0.0.1:{port}")), false),
        (Some(format!("http://127.0.0.1:{port}@evil.example")), false),
        (Some(format!("{own}, http://evil.example")), false),
        (Some("file://".to_owned()), false),
        (Some("http://xn--127-0-0-1.example".to_owned()), false),
    ];
    for (origin, is_fine) in origins {
        for (method, path) in [
            (Method::POST, "/api/v1/users/1/invitation"),
            (Method::DELETE, "/api/v1/sessions"),
            (Method::GET, "/api/v1/live"),
        ] {
            let request = client().request(method.clone(), doors.server.url(path));
            let mut request = request.header(COOKIE, &boss);
            if let Some(origin) = &origin {
                request = request.header(ORIGIN, origin);
            }
            let answer = request.send().await.expect("an answer");
            let is_let_by = answer.status() != StatusCode::FORBIDDEN;
            assert_eq!(is_let_by, is_fine, "{origin:?} {method} {path}");
        }
        // Nobody is logged in by another site.
        let body = json!({ "name": "ann", "password": "wrong password here" });
        let mut request = client()
            .post(doors.server.url("/api/v1/session"))
            .json(&body);
        if let Some(origin) = &origin {
            request = request.header(ORIGIN, origin);
        }
        let status = request.send().await.expect("an answer").status();
        assert_eq!(status != StatusCode::FORBIDDEN, is_fine, "{origin:?}");
    }
    let body = json!({ "kind": "program", "name": "Report", "sight": { "groups": "all" } });
    let made = doors
        .ask(Method::POST, "/api/v1/tokens")
        .header(COOKIE, &boss);
    let made = made.json(&body).send().await.expect("an answer");
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.expect("JSON");
    let token = made["token"].as_str().expect("a token");
    let live = client()
        .get(doors.server.url("/api/v1/live"))
        .bearer_auth(token);
    let live = live.send().await.expect("an answer");
    assert_eq!(
        live.status(),
        StatusCode::UPGRADE_REQUIRED,
        "let by, and no WebSocket"
    );
    let path = format!("/api/v1/vehicles?token={token}");
    let refused = client()
        .get(doors.server.url(&path))
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(refused).await, "token_in_query");
    // A program's token is no cookie, and a revoked one is nothing.
    let body = json!({ "token": token });
    let display = doors.ask(Method::POST, "/api/v1/display").json(&body);
    let status = display.send().await.expect("an answer").status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let id = made["id"].as_str().expect("an id");
    doors
        .with(&boss, Method::DELETE, &format!("/api/v1/tokens/{id}"))
        .await;
    let gone = client()
        .get(doors.server.url("/api/v1/vehicles"))
        .bearer_auth(token);
    let status = gone.send().await.expect("an answer").status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
