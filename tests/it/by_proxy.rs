//! People for whom a trusted proxy vouches: what they lose with their groups, and what of their
//! coming and being kept out is told.

use std::collections::BTreeMap;
use std::time::Duration;

use fleetglass::config::access::{ProxyIdentity, Rights, RoleName};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::doors::{Doors, client};
use crate::harness::Viewer;

const HOST: &str = "fleet.example.org";
const ORIGIN_OF_PAGE: &str = "https://fleet.example.org";
/// By the round of each minute it would come too late.
const PROMPTLY: Duration = Duration::from_secs(10);

/// A server behind a proxy that says who somebody is.
async fn behind_a_proxy() -> Doors {
    let roles = [
        ("staff", RoleName::Viewer),
        ("admins", RoleName::Administrator),
    ];
    let roles = roles.map(|(group, role)| (group.to_owned(), role));
    let identity = ProxyIdentity {
        user_header: "remote-user".to_owned(),
        groups_header: Some("remote-groups".to_owned()),
        rights: Rights {
            roles: BTreeMap::from(roles),
            ..Rights::default()
        },
    };
    let adapt = move |config: &mut fleetglass::config::Config| {
        config.server.hosts = vec![HOST.to_owned()];
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        config.access.proxy = Some(identity);
    };
    Doors::open(adapt).await
}

/// What the proxy adds for somebody in these groups.
fn said(user: &str, groups: &str) -> [(&'static str, String); 6] {
    [
        ("host", HOST.to_owned()),
        ("origin", ORIGIN_OF_PAGE.to_owned()),
        ("x-forwarded-for", "192.0.2.7".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
        ("remote-user", user.to_owned()),
        ("remote-groups", groups.to_owned()),
    ]
}

fn ask(doors: &Doors, who: (&str, &str), method: Method, path: &str) -> RequestBuilder {
    let request = client().request(method, doors.server.url(path));
    let lines = said(who.0, who.1).into_iter();
    lines.fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

async fn answer(doors: &Doors, who: (&str, &str), path: &str) -> (StatusCode, Value) {
    let answer = ask(doors, who, Method::GET, path).send().await;
    let answer = answer.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

async fn look(doors: &Doors, who: (&str, &str)) -> Result<Viewer, Error> {
    let url = format!("ws://{}/api/v1/live", doors.server.address);
    let mut request = url.into_client_request().expect("a request");
    for (name, value) in said(who.0, who.1) {
        let value = HeaderValue::from_str(&value).expect("a header");
        request.headers_mut().insert(name, value);
    }
    let (socket, _) = connect_async(request).await?;
    Ok(Viewer { socket })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_their_groups_at_the_proxy_loses_the_open_map_at_once() {
    let doors = behind_a_proxy().await;
    let (staff, none) = (("carol", "staff"), ("carol", "guests"));
    let mut viewer = look(&doors, staff).await.expect("she looks");
    let mut other = look(&doors, ("dave", "staff")).await.expect("he looks");
    for viewer in [&mut viewer, &mut other] {
        viewer.of_type("snapshot").await;
    }
    let (status, refused) = answer(&doors, none, "/api/v1/me").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(refused["error"]["code"], "not_allowed");
    let close = async {
        loop {
            if let Err(close) = viewer.next().await {
                return close;
            }
        }
    };
    let close = tokio::time::timeout(PROMPTLY, close).await;
    let close = close.expect("her socket ends promptly");
    assert_eq!(close, (1012, "retry_ms=0".to_owned()));
    // She comes back as pages do, and is not let in; nobody else has to go.
    match look(&doors, none).await.map(drop) {
        Err(Error::Http(refused)) => assert_eq!(refused.status(), 403),
        other => panic!("{other:?}"),
    }
    for _ in 0..3 {
        other.next().await.expect("he goes on");
    }
    // With her groups she has all of it again.
    let (status, me) = answer(&doors, staff, "/api/v1/me").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(me["sight"], json!({ "groups": "all" }));
    let mut back = look(&doors, staff).await.expect("she looks");
    back.of_type("snapshot").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_in_by_a_proxy_and_being_kept_out_stand_in_the_audit_log_once_each() {
    let doors = behind_a_proxy().await;
    let (boss, carol) = (("dora", "admins"), ("carol", "staff"));
    for _ in 0..3 {
        let (status, _) = answer(&doors, carol, "/api/v1/me").await;
        assert_eq!(status, StatusCode::OK);
        for kept_out in [("eve", "guests"), ("boss", "admins")] {
            let (status, _) = answer(&doors, kept_out, "/api/v1/me").await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{kept_out:?}");
        }
    }
    let (_, users) = answer(&doors, boss, "/api/v1/users").await;
    let of = |name: &str| {
        let mut users = users["users"].as_array().expect("users").iter();
        users.find(|user| user["name"] == name).expect("a user")
    };
    let (carol_id, dora_id) = (&of("carol")["id"], &of("dora")["id"]);
    assert!(of("carol")["entered_at"].is_string(), "she has come in");
    let path = format!("/api/v1/users/{carol_id}");
    let disable = ask(&doors, boss, Method::PATCH, &path).json(&json!({ "is_disabled": true }));
    let disabled = disable.send().await.expect("an answer");
    assert_eq!(disabled.status(), StatusCode::NO_CONTENT);
    for _ in 0..2 {
        let (status, _) = answer(&doors, carol, "/api/v1/me").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    // A password would let her in past her groups.
    let path = format!("/api/v1/users/{dora_id}/invitation");
    let refused = ask(&doors, boss, Method::POST, &path).send().await;
    assert_eq!(refused.expect("an answer").status(), StatusCode::CONFLICT);

    let (_, log) = answer(&doors, boss, "/api/v1/audit").await;
    let entries = log["entries"].as_array().expect("entries").iter().rev();
    let of_doors = entries.filter(|entry| {
        let what = entry["what"].as_str().expect("a word");
        what.starts_with("login")
    });
    let told = of_doors.map(|entry| {
        assert_eq!(entry["address"], "192.0.2.7");
        let text = |name: &str| entry[name].as_str().unwrap_or("nobody").to_owned();
        [text("who"), text("what"), text("subject")].join(" ")
    });
    let told: Vec<_> = told.collect();
    let expected = [
        format!("user:{carol_id} login user:{carol_id}"),
        "stranger login_failed nobody".to_owned(),
        "stranger login_failed nobody".to_owned(),
        format!("user:{dora_id} login user:{dora_id}"),
        format!("stranger login_failed user:{carol_id}"),
    ];
    assert_eq!(told, expected);
}
