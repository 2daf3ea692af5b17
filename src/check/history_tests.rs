//! What the check says of the vendors' histories, against the simulator.

use std::collections::HashMap;
use std::time::Duration;

use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::tests::check_alone;
use super::*;
use crate::config::source::VendorSpec;
use crate::config::{Config, Flags};
use crate::sim::{self, SimSettings, Vendor};
use crate::source::VENDORS;
use crate::source::trial::settings;

/// The table of a source whose vendor is simulated so, and what the vendor was asked.
async fn table_of(world: SimSettings, change: impl FnOnce(&mut SourceSettings)) -> String {
    let sim = sim::spawn(world).await.expect("the simulator starts");
    let env = sim.environment.iter().cloned();
    let env: HashMap<String, String> = env.map(|(name, value)| (name.to_owned(), value)).collect();
    let vendors: Vec<&'static VendorSpec> = VENDORS.iter().map(|vendor| &vendor.spec).collect();
    let config = Config::load(None, &env, &Flags::default(), &vendors).unwrap();
    let mut settings = config.sources.into_iter().next().expect("a source");
    change(&mut settings);
    let directory = tempfile::tempdir().unwrap();
    let (table, is_well) = check_alone(&settings, Some(directory.path())).await;
    assert!(is_well, "{table}");
    table
}

fn world(vendor: Vendor, past: Duration) -> SimSettings {
    SimSettings {
        vehicles: 8,
        vendors: vec![vendor],
        past,
        ..SimSettings::default()
    }
}

const HALF_AN_HOUR: Duration = Duration::from_mins(30);

#[tokio::test]
async fn a_history_that_answers_is_told_with_its_fields() {
    let well = "  trails:     can be completed from the vendor's history\n";
    let table = table_of(world(Vendor::Cartrack, HALF_AN_HOUR), |_| {}).await;
    assert!(table.contains(well), "{table}");
    assert!(table.contains("\n  GET /vehicles/events\n"), "{table}");
    assert!(table.contains("/event_ts"), "{table}");
    let table = table_of(world(Vendor::MyCarTracks, HALF_AN_HOUR), |_| {}).await;
    assert!(table.contains(well), "{table}");
    for endpoint in ["GET /tracks2", "GET /trackpoints/{track}"] {
        assert!(table.contains(&format!("\n  {endpoint}\n")), "{table}");
    }
}

#[tokio::test]
async fn where_nothing_is_to_be_had_it_says_why_and_asks_nothing() {
    let cases = [
        (
            Vendor::EzToTrack,
            150,
            "not completed: the vendor keeps no history",
        ),
        (Vendor::Cartrack, 150, "not completed: `recall` is \"0s\""),
        (
            Vendor::MyCarTracks,
            6,
            "unknown: the rate limit leaves no room",
        ),
    ];
    for (vendor, window_requests, expected) in cases {
        let world = SimSettings {
            window_requests,
            ..world(vendor, HALF_AN_HOUR)
        };
        let off = |settings: &mut SourceSettings| {
            if vendor == Vendor::Cartrack {
                settings.recall = Duration::ZERO;
            }
        };
        let table = table_of(world, off).await;
        let line = format!("  trails:     {expected}");
        assert!(table.contains(&line), "{line:?} is not in\n{table}");
        for endpoint in ["/vehicles/events", "/tracks2"] {
            assert!(!table.contains(endpoint), "{table}");
        }
    }
}

#[tokio::test]
async fn a_history_that_is_refused_is_no_failure_of_the_live_source() {
    let list = || ResponseTemplate::new(200).set_body_string(r#"{"data": []}"#);
    let cases = [
        (
            ResponseTemplate::new(403),
            "cannot be completed: GET /vehicles/events is not authorised",
        ),
        (
            ResponseTemplate::new(404),
            "cannot be completed: GET /vehicles/events failed",
        ),
        (
            list(),
            "can be completed, but the vendor's history is empty lately",
        ),
    ];
    for (events, expected) in cases {
        let server = MockServer::start().await;
        for (endpoint, answer) in [
            ("/vehicles/status", list()),
            ("/vehicles", list()),
            ("/vehicles/events", events),
        ] {
            Mock::given(path(endpoint))
                .respond_with(answer)
                .mount(&server)
                .await;
        }
        let uri = server.uri();
        let given = [
            ("base_url", uri.as_str()),
            ("username", "A"),
            ("password", "p"),
        ];
        let (table, is_well) = check_alone(&settings("cartrack", &given), None).await;
        assert!(is_well, "{table}");
        let line = format!("  trails:     {expected}\n");
        assert!(table.contains(&line), "{line:?} is not in\n{table}");
    }
}
