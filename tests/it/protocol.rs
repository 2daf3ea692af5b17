//! The documents against the code: what `docs/protocol.md` and the OpenAPI say is what is sent.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::Rig;
use crate::layering::root;

/// All member names in `value`, however deep, as `a.b`; lists are looked through.
fn members(value: &Value, prefix: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                members(value, &path, into);
                into.insert(path);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| members(value, prefix, into)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_that_is_sent_is_documented() {
    let rig = Rig::of_vehicles(60).await;
    let mut viewer = rig.server.viewer("").await;
    let mut sent = BTreeSet::new();
    for _ in 0..12 {
        let frame = viewer.next().await.expect("a frame");
        members(&frame, "", &mut sent);
    }
    let document = std::fs::read_to_string(root().join("docs/protocol.md")).expect("the document");
    for path in sent {
        let name = path.rsplit('.').next().unwrap_or_default();
        let is_there =
            document.contains(&format!("`{name}`")) || document.contains(&format!("\"{name}\""));
        assert!(is_there, "docs/protocol.md does not mention {path}");
    }
}

#[test]
fn every_close_code_is_documented() {
    use fleetglass::live::viewer;
    use fleetglass::live::ws::parser::Violation;
    let document = std::fs::read_to_string(root().join("docs/protocol.md")).expect("the document");
    for code in [
        viewer::CLOSE_RESTART,
        viewer::CLOSE_POLICY,
        viewer::CLOSE_TOO_SLOW,
        viewer::CLOSE_TOO_OLD,
        Violation::TooBig.code(),
        Violation::NotUtf8.code(),
        Violation::Protocol("").code(),
    ] {
        assert!(document.contains(&format!("| {code} |")), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_names_every_route_and_every_member_that_is_sent() {
    let rig = Rig::of_vehicles(60).await;
    let openapi = rig.server.json("/api/v1/openapi.json").await;
    assert!(
        openapi["openapi"]
            .as_str()
            .expect("a version")
            .starts_with("3.1")
    );
    for path in [
        "/api/v1/vehicles",
        "/api/v1/vehicles/{id}",
        "/api/v1/vehicles/{id}/trail",
        "/api/v1/vehicles/{id}/history",
        "/api/v1/history",
        "/api/v1/vehicles.geojson",
        "/api/v1/sources",
        "/api/v1/live",
        "/api/v1/openapi.json",
        "/livez",
        "/readyz",
        "/metrics",
    ] {
        assert!(openapi["paths"][path].is_object(), "{path}");
    }
    let list = rig
        .server
        .until("/api/v1/vehicles", |list| {
            list["vehicles"].as_array().map_or(0, Vec::len) == 60
        })
        .await;
    let vehicle = &openapi["components"]["schemas"]["Vehicle"]["properties"];
    for sent in list["vehicles"].as_array().expect("vehicles") {
        for member in sent.as_object().expect("an object").keys() {
            assert!(vehicle[member].is_object(), "{member} is not described");
        }
    }
}
