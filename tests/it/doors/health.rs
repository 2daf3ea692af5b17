//! `/livez` and `/readyz` say one word to everybody, whoever asks and however.

use fleetglass::sim::{self, SimSettings};
use reqwest::header::{AUTHORIZATION, COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Doors;
use crate::harness::config;

/// Asks `path` as a stranger, or as who holds `cookie`.
async fn answer(doors: &Doors, path: &str, cookie: Option<&str>) -> (StatusCode, Value) {
    let mut request = doors.ask(Method::GET, path);
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_hears_one_word_and_nothing_of_what_is_amiss() {
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let nobody = gone.local_addr().expect("an address");
    drop(gone);
    // Two vendors are well; of the third one nobody is there.
    let sim = sim::spawn(SimSettings::default());
    let sim = sim.await.expect("the simulator starts");
    let mut environment = sim.environment.clone();
    for (name, value) in &mut environment {
        if *name == "EZTOTRACK_BASE_URL" {
            *value = format!("http://{nobody}");
        }
    }
    let sources = config(&environment).sources;
    let doors = Doors::open(move |config| config.sources = sources).await;
    let is_degraded = |said: &Value| said["status"] == "degraded";
    doors.server.until("/readyz", is_degraded).await;
    let boss = doors.enter("boss").await;
    // There is something that could be told.
    let sources = doors.well(&boss, Method::GET, "/api/v1/sources", &Value::Null);
    assert!(sources.await.to_string().contains("last_error"));
    for cookie in [None, Some(&*boss)] {
        for query in [
            "",
            "?verbose",
            "?verbose=1",
            "?details=true",
            "?format=text",
        ] {
            let (status, said) = answer(&doors, &format!("/readyz{query}"), cookie).await;
            assert_eq!(status, StatusCode::OK, "{query}");
            assert_eq!(said, json!({ "status": "degraded" }), "{query}");
            let (_, said) = answer(&doors, &format!("/livez{query}"), cookie).await;
            assert_eq!(said, json!({ "status": "ok" }), "{query}");
        }
    }
    let bad = doors.ask(Method::GET, "/readyz");
    let bad = bad
        .header(AUTHORIZATION, "Bearer fg_api_nobody")
        .send()
        .await;
    assert_eq!(bad.expect("an answer").status(), StatusCode::OK);
}
