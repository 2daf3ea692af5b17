//! What a stranger, a foreign page or a curious log reader gets: nothing.

use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{Rig, client};

const ROUTES: [&str; 12] = [
    "/",
    "/wall",
    "/api/v1/vehicles",
    "/api/v1/vehicles/x",
    "/api/v1/vehicles.geojson",
    "/api/v1/sources",
    "/api/v1/live",
    "/api/v1/openapi.json",
    "/livez",
    "/readyz",
    "/metrics",
    "/no/such/page",
];

#[tokio::test(flavor = "multi_thread")]
async fn foreign_hosts_and_origins_are_refused_on_every_route() {
    let rig = Rig::of_vehicles(5).await;
    let own = rig.server.url("");
    for route in ROUTES {
        for (name, value, code) in [
            ("host", "evil.example", "foreign_host"),
            ("host", "127.0.0.1.evil.example", "foreign_host"),
            ("origin", "http://evil.example", "foreign_origin"),
            ("origin", "null", "foreign_origin"),
            ("origin", "http://127.0.0.1:1", "foreign_origin"),
        ] {
            let answer = client()
                .get(rig.server.url(route))
                .header(name, value)
                .send()
                .await;
            let answer = answer.expect("an answer");
            assert_eq!(
                answer.status(),
                StatusCode::FORBIDDEN,
                "{route} {name} {value}"
            );
            let body: Value = answer.json().await.expect("JSON");
            assert_eq!(body["error"]["code"], code, "{route} {name} {value}");
        }
        let answer = client()
            .get(rig.server.url(route))
            .header("origin", &own)
            .send()
            .await;
        let status = answer.expect("an answer").status();
        assert_ne!(status, StatusCode::FORBIDDEN, "{route} for our own page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulators_control_is_closed_to_foreign_pages_too() {
    let rig = Rig::of_vehicles(5).await;
    let url = format!("http://{}/control/world", rig.sim.address);
    for (name, value) in [("host", "evil.example"), ("origin", "http://evil.example")] {
        let answer = client()
            .get(&url)
            .header(name, value)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_policy_and_data_is_stored_nowhere() {
    let rig = Rig::of_vehicles(5).await;
    for route in ROUTES {
        let answer = client()
            .get(rig.server.url(route))
            .send()
            .await
            .expect("an answer");
        let header = |name: &str| {
            let value = answer
                .headers()
                .get(name)
                .map(|value| value.to_str().expect("text"));
            value.unwrap_or_default().to_owned()
        };
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{route}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{route}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{route}");
        assert_eq!(header("cache-control"), "no-store", "{route}");
        assert_eq!(header("access-control-allow-origin"), "", "{route}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_every_kind_have_the_same_shape() {
    let rig = Rig::of_vehicles(5).await;
    for (method, route, status, code) in [
        (reqwest::Method::GET, "/no/such/page", 404, "not_found"),
        (
            reqwest::Method::POST,
            "/api/v1/vehicles",
            405,
            "method_not_allowed",
        ),
        (
            reqwest::Method::GET,
            "/api/v1/vehicles/x/trail?from=then",
            400,
            "bad_request",
        ),
        (
            reqwest::Method::GET,
            "/api/v1/vehicles?limit=%FF&limit=2",
            400,
            "bad_request",
        ),
        (
            reqwest::Method::GET,
            "/api/v1/vehicles/%FF",
            400,
            "bad_request",
        ),
        (
            reqwest::Method::GET,
            "/api/v1/vehicles/%FF/trail",
            400,
            "bad_request",
        ),
        (
            reqwest::Method::GET,
            "/api/v1/live",
            426,
            "upgrade_required",
        ),
        (reqwest::Method::GET, "/assets/none.js", 404, "not_found"),
        (reqwest::Method::GET, "/tiles/a/b/c", 400, "bad_request"),
    ] {
        let answer = client().request(method, rig.server.url(route)).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{route}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], code, "{route}");
        assert!(body["error"]["message"].is_string(), "{route}");
    }
}
