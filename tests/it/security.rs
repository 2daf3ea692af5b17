//! What a stranger, a foreign page or a curious log reader gets: nothing.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::harness::{Rig, client};

/// Every route, with `x` in the place of its parts, and some that are none.
const ROUTES: [(&str, &str); 83] = [
    ("GET", "/"),
    ("GET", "/wall"),
    ("GET", "/login"),
    ("GET", "/invitation"),
    ("GET", "/account"),
    ("GET", "/users"),
    ("GET", "/displays"),
    ("GET", "/tokens"),
    ("GET", "/webhooks"),
    ("GET", "/audit"),
    ("GET", "/api/v1/scenes"),
    ("PUT", "/api/v1/scenes/x"),
    ("DELETE", "/api/v1/scenes/x"),
    ("GET", "/api/v1/displays"),
    ("PUT", "/api/v1/displays/x"),
    ("POST", "/api/v1/displays/x/command"),
    ("POST", "/api/v1/display/report"),
    ("GET", "/api/v1/vehicles"),
    ("GET", "/api/v1/vehicles/x"),
    ("GET", "/api/v1/vehicles/x/trail"),
    ("DELETE", "/api/v1/vehicles/x/history"),
    ("GET", "/api/v1/vehicles.geojson"),
    ("GET", "/api/v1/history"),
    ("GET", "/api/v1/sources"),
    ("GET", "/api/v1/groups"),
    ("GET", "/api/v1/places"),
    ("GET", "/api/v1/places.geojson"),
    ("PUT", "/api/v1/places/x"),
    ("DELETE", "/api/v1/places/x"),
    ("POST", "/api/v1/places/import"),
    ("GET", "/api/v1/rules"),
    ("PUT", "/api/v1/rules/x"),
    ("DELETE", "/api/v1/rules/x"),
    ("GET", "/api/v1/out-of-service"),
    ("PUT", "/api/v1/out-of-service/x"),
    ("DELETE", "/api/v1/out-of-service/x"),
    ("GET", "/api/v1/views"),
    ("PUT", "/api/v1/views/x"),
    ("DELETE", "/api/v1/views/x"),
    ("GET", "/api/v1/webhooks"),
    ("GET", "/api/v1/webhooks/x"),
    ("PUT", "/api/v1/webhooks/x"),
    ("DELETE", "/api/v1/webhooks/x"),
    ("POST", "/api/v1/webhooks/x/test"),
    ("GET", "/api/v1/live"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/sign-in"),
    ("POST", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    ("GET", "/api/v1/sessions"),
    ("DELETE", "/api/v1/sessions"),
    ("DELETE", "/api/v1/sessions/x"),
    ("POST", "/api/v1/password"),
    ("GET", "/api/v1/oidc/login"),
    ("GET", "/api/v1/oidc/callback"),
    ("POST", "/api/v1/invitation"),
    ("POST", "/api/v1/invitation/look"),
    ("GET", "/api/v1/users"),
    ("POST", "/api/v1/users"),
    ("PATCH", "/api/v1/users/x"),
    ("POST", "/api/v1/users/x/invitation"),
    ("GET", "/api/v1/tokens"),
    ("POST", "/api/v1/tokens"),
    ("PATCH", "/api/v1/tokens/x"),
    ("DELETE", "/api/v1/tokens/x"),
    ("POST", "/api/v1/display"),
    ("POST", "/api/v1/pairing"),
    ("POST", "/api/v1/pairing/poll"),
    ("GET", "/api/v1/pairing/x"),
    ("POST", "/api/v1/pairing/x/approve"),
    ("POST", "/api/v1/pairing/x/refuse"),
    ("GET", "/api/v1/audit"),
    ("GET", "/api/v1/alarms"),
    ("POST", "/api/v1/alarms/acknowledge"),
    ("POST", "/api/v1/alarms/x/acknowledge"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("POST", "/api/v1/vehicles"),
    ("GET", "/api/v1/no/such/route"),
    ("DELETE", "/no/such/page"),
    ("GET", "/no/such/page"),
];

fn ask(rig: &Rig, (method, route): (&str, &str)) -> RequestBuilder {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    client().request(method, rig.server.url(route))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_is_missing_here() {
    let rig = Rig::of_vehicles(5).await;
    let openapi = rig.server.json("/api/v1/openapi.json").await;
    let mut n_described = 0;
    for (path, methods) in openapi["paths"].as_object().expect("paths") {
        let parts = path.split('/').map(|part| match part.strip_prefix('{') {
            Some(_) => "x",
            None => part,
        });
        let path = parts.collect::<Vec<_>>().join("/");
        for method in methods.as_object().expect("methods").keys() {
            let method = method.to_uppercase();
            let is_there = ROUTES.contains(&(method.as_str(), path.as_str()));
            assert!(is_there, "{method} {path}");
            n_described += 1;
        }
    }
    assert!(n_described >= 40, "{n_described}");
}

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
            let answer = ask(&rig, route).header(name, value).send().await;
            let answer = answer.expect("an answer");
            assert_eq!(
                answer.status(),
                StatusCode::FORBIDDEN,
                "{route:?} {name} {value}"
            );
            let body: Value = answer.json().await.expect("JSON");
            assert_eq!(body["error"]["code"], code, "{route:?} {name} {value}");
        }
        let answer = ask(&rig, route).header("origin", &own).send().await;
        let status = answer.expect("an answer").status();
        assert_ne!(status, StatusCode::FORBIDDEN, "{route:?} for our own page");
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
        let answer = ask(&rig, route).send().await.expect("an answer");
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
            "{route:?}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{route:?}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{route:?}");
        assert_eq!(header("cache-control"), "no-store", "{route:?}");
        assert_eq!(header("access-control-allow-origin"), "", "{route:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_every_kind_have_the_same_shape() {
    let rig = Rig::of_vehicles(5).await;
    for (method, route, status, code) in [
        (Method::GET, "/no/such/page", 404, "not_found"),
        (Method::POST, "/api/v1/vehicles", 405, "method_not_allowed"),
        (
            Method::GET,
            "/api/v1/vehicles/x/trail?from=then",
            400,
            "bad_request",
        ),
        (
            Method::GET,
            "/api/v1/vehicles?limit=%FF&limit=2",
            400,
            "bad_request",
        ),
        (Method::GET, "/api/v1/vehicles/%FF", 400, "bad_request"),
        (
            Method::GET,
            "/api/v1/vehicles/%FF/trail",
            400,
            "bad_request",
        ),
        (Method::GET, "/api/v1/live", 426, "upgrade_required"),
        (Method::GET, "/assets/none.js", 404, "not_found"),
        (Method::GET, "/tiles/a/b/c", 400, "bad_request"),
    ] {
        let answer = client().request(method, rig.server.url(route)).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{route}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], code, "{route}");
        assert!(body["error"]["message"].is_string(), "{route}");
    }
}
