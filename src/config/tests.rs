//! What a good configuration means, and what is said about a bad one.

use std::collections::HashMap;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::source::{Field, KeyProblem, KeySpec, PollBounds};
use super::*;

const fn key(name: &'static str, env: &'static str) -> KeySpec {
    KeySpec {
        name,
        env: Some(env),
        secret: false,
        required: false,
        default: None,
        help: "a test's key",
    }
}

static POLLED: VendorSpec = VendorSpec {
    kind: "polled",
    keys: &[
        KeySpec {
            required: true,
            ..key("username", "POLLED_USERNAME")
        },
        KeySpec {
            secret: true,
            required: true,
            help: "the API password",
            ..key("password", "POLLED_PASSWORD")
        },
        KeySpec {
            default: Some("https://polled.example"),
            ..key("base_url", "POLLED_BASE_URL")
        },
    ],
    poll: Some(PollBounds {
        min: Duration::from_secs(10),
        max: Duration::from_mins(5),
        default: Duration::from_secs(15),
    }),
    check: |settings| match settings.text("username") {
        Some("nobody") => Err(KeyProblem {
            key: "username",
            problem: "`nobody` is nobody; use an account".into(),
        }),
        _ => Ok(()),
    },
};

static OTHER: VendorSpec = VendorSpec {
    kind: "another",
    keys: &[KeySpec {
        secret: true,
        required: true,
        ..key("api_key", "ANOTHER_API_KEY")
    }],
    poll: None,
    check: |_| Ok(()),
};

fn load(toml: &str, vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env = env(vars);
    let text = Text {
        file: "f.toml",
        text: toml,
    };
    Config::from_toml(
        text,
        Path::new("."),
        &env,
        &Flags::default(),
        &[&POLLED, &OTHER],
    )
}

fn env(vars: &[(&str, &str)]) -> HashMap<String, String> {
    vars.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

const GOOD: &str = r#"
[server]
listen = "127.0.0.1:9000"

[[source]]
id = "p"
kind = "polled"
username = "me"
password_env = "PW"
poll_interval = "20s"
recall = "2h"
timezone = "Africa/Johannesburg"
[source.fields.position]
latitude = "/where/lat"

[[source]]
id = "o"
kind = "another"
api_key = "k"

[[vehicle]]
name = "Truck 7"
groups = ["North"]
devices = ["p/512345678", "o/4711"]

[[off_duty]]
groups = ["North", " Phones "]
hours = ["18:00-06:00", "Sat-Sun"]
timezone = "Africa/Johannesburg"
"#;

#[test]
fn a_good_file_means_what_it_says() {
    let config = load(GOOD, &[("PW", "hunter2")]).unwrap();
    assert_eq!(config.server.listen.port(), 9000);
    let polled = &config.sources[0];
    assert_eq!(polled.id.as_str(), "p");
    assert_eq!(polled.secret("password").expose_secret(), "hunter2");
    assert_eq!(polled.text("base_url"), Some("https://polled.example"));
    assert_eq!(polled.poll_interval, Some(Duration::from_secs(20)));
    assert_eq!(polled.recall, Duration::from_hours(2));
    assert_eq!(config.sources[1].recall, Duration::from_hours(24));
    assert_eq!(polled.timezone.iana_name(), Some("Africa/Johannesburg"));
    assert_eq!(polled.fields.position[&Field::Latitude], "/where/lat");
    let off_duty = &config.off_duty[0];
    assert_eq!(off_duty.groups, ["North".into(), "Phones".into()]);
    assert_eq!(off_duty.timetable.hours.len(), 2);
    let zone = off_duty.timetable.timezone.iana_name();
    assert_eq!(zone, Some("Africa/Johannesburg"));
    let vehicle = &config.roster.vehicles[0];
    assert_eq!(vehicle.id.as_str(), "p/512345678");
    assert_eq!(vehicle.devices.len(), 2);
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn flags_outrank_the_environment_and_that_outranks_the_file() {
    let vars = env(&[("PW", "x"), ("FLEETGLASS_LISTEN", "127.0.0.1:9001")]);
    let text = Text {
        file: "f.toml",
        text: GOOD,
    };
    let port = |flags: &Flags| {
        let config = Config::from_toml(text, Path::new("."), &vars, flags, &[&POLLED, &OTHER]);
        config.unwrap().server.listen.port()
    };
    assert_eq!(port(&Flags::default()), 9001);
    let flags = Flags {
        listen: Some(([127, 0, 0, 1], 9002).into()),
        ..Flags::default()
    };
    assert_eq!(port(&flags), 9002);
}

#[test]
fn the_environment_alone_is_enough() {
    let vars = env(&[
        ("POLLED_USERNAME", "me"),
        ("POLLED_PASSWORD", "hunter2"),
        ("ANOTHER_API_KEY", "k"),
    ]);
    let vendors = [&POLLED, &OTHER];
    let config = Config::load(None, &vars, &Flags::default(), &vendors).unwrap();
    let ids: Vec<_> = config
        .sources
        .iter()
        .map(|source| source.id.as_str())
        .collect();
    assert_eq!(ids, ["another", "polled"]);
    assert_eq!(
        config.sources[1].poll_interval,
        Some(Duration::from_secs(15))
    );
}

#[test]
fn what_is_wrong_in_the_environment_is_named() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (
            &[],
            "no source is configured: set POLLED_USERNAME and POLLED_PASSWORD for polled, or ANOTHER_API_KEY for another",
        ),
        (
            &[("POLLED_USERNAME", "me")],
            "POLLED_PASSWORD is not set; it is the API password",
        ),
        (
            &[("POLLED_USERNAME", "nobody"), ("POLLED_PASSWORD", "x")],
            "POLLED_USERNAME: `nobody` is nobody; use an account",
        ),
        (
            &[
                ("ANOTHER_API_KEY", "x"),
                ("FLEETGLASS_LISTEN", "0.0.0.0:80"),
            ],
            "`listen` is an address that others on the network may reach, and nothing encrypts",
        ),
    ];
    for (vars, expected) in cases {
        let vendors = [&POLLED, &OTHER];
        let error = Config::load(None, &env(vars), &Flags::default(), &vendors).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_is_wrong_in_a_file_is_named_with_its_line() {
    let source = |rest: &str| {
        format!(
            "[[source]]\nid = \"p\"\nkind = \"polled\"\nusername = \"me\"\npassword = \"hunter2\"\n{rest}"
        )
    };
    let cases = [
        (
            source("colour = 1"),
            "f.toml:6: unknown key `colour` in [[source]]",
        ),
        (
            source("poll_interval = \"9s\""),
            "f.toml:6: `poll_interval` is 9s; polled allows 10s to 5m",
        ),
        (
            source("recall = \"8d\""),
            "f.toml:6: `recall` is too long; it is at most \"7d\", and \"0s\" is off",
        ),
        (
            source("timezone = \"Mars\""),
            "f.toml:6: `timezone` is \"Mars\"; it must be an IANA name",
        ),
        (
            source("username_env = \"U\""),
            "f.toml:4: `username` is given more than once",
        ),
        (
            source("[source.fields.position]\nlat = \"/a\""),
            "f.toml:7: unknown field `lat`",
        ),
        (
            source("[source.fields.event]\nlatitude = \"a\""),
            "f.toml:7: `latitude` is \"a\"; write a JSON pointer",
        ),
        (
            source("").replace("polled", "poled"),
            "f.toml:3: `kind` is \"poled\"; it is one of polled, another",
        ),
        (
            source("").replace("password = \"hunter2\"", ""),
            "f.toml:1: `password` is missing for source \"p\"; it is the API password",
        ),
        (
            source("").replace("password = \"hunter2\"", "password_env = \"PW\""),
            "f.toml:5: `password_env` names PW, which is not set",
        ),
        (
            source("").replace("password = \"hunter2\"", "password_file = \"pw\""),
            "f.toml:5: `password_file` names pw, which cannot be read",
        ),
        (
            source("").replace("\"me\"", "\"nobody\""),
            "f.toml:4: `username`: `nobody` is nobody",
        ),
        (
            source("").repeat(2),
            "f.toml:7: `id` \"p\" is taken by another [[source]]",
        ),
        (
            source("[[vehicle]]\ndevices = [\"q/1\"]"),
            "f.toml:7: device \"q/1\" is of source \"q\", which is not configured; known are: p",
        ),
        (
            source("[[vehicle]]\ndevices = [\"p/1\"]\n[[vehicle]]\ndevices = [\"p/1\"]"),
            "f.toml:9: device \"p/1\" stands in two vehicles",
        ),
        (
            source("[[vehicle]]\nname = \"x\""),
            "f.toml:6: `devices` is missing",
        ),
        (
            source("[server]\nlisten = \"192.168.1.4:80\""),
            "f.toml:7: `listen` is an address that others on the network may reach",
        ),
        (
            source("[server]\nlisten = \"here\""),
            "f.toml:7: `listen` is \"here\"; write an address and a port",
        ),
        (
            "[server]\n".to_owned(),
            "f.toml has no [[source]]; no source is configured",
        ),
        (
            source("[map]\nstyle_url = \"ftp://x/y\""),
            "f.toml:7: `style_url` is \"ftp://x/y\"",
        ),
        (source("= 1"), "f.toml:6: this is not TOML"),
        (
            source("[motion]\nmoving_from_kmh = \"5\""),
            "f.toml:7: `moving_from_kmh` is a string; it must be a number",
        ),
        (
            source("[motion]\nparked_after = \"0s\""),
            "f.toml:7: `parked_after` must be above 0 and at most 366d",
        ),
        (
            source("[motion]\ndisplaced_m = -1"),
            "f.toml:7: `displaced_m` is -1; it must be above 0 and at most 100000",
        ),
        (
            source("[motion]\nslow_below_kmh = 6"),
            "f.toml:6: `moving_from_kmh` is below `slow_below_kmh`",
        ),
        (
            source("[freshness.on_the_move]\nlive = \"6m\""),
            "f.toml:6: `live`, `late` and `stale` must not be shorter",
        ),
        (
            source("[source.freshness.at_rest]\nexpected_max = \"30s\""),
            "f.toml:6: `expected_max` is shorter than `expected_min`",
        ),
        (
            source("[freshness]\nlive = \"6m\""),
            "f.toml:7: unknown key `live` in [freshness]; known are: on_the_move, at_rest, gps_stuck_after",
        ),
        (
            source("[merging]\nhold = \"0s\""),
            "f.toml:7: `hold` must be above 0 and at most 366d",
        ),
        (
            source("[merging]\ndiverging_beyond_m = 0"),
            "f.toml:7: `diverging_beyond_m` is 0; it must be above 0 and at most 100000",
        ),
        (
            source("[source.merging]\ndiverging_within = \"5s\""),
            "f.toml:7: unknown key `diverging_within` in [merging]; known are: hold, \
             poor_beyond_m, clock_ahead_after",
        ),
        (
            source("[source.merging]\npoor_beyond_m = 100001"),
            "f.toml:7: `poor_beyond_m` is 100001; it must be above 0 and at most 100000",
        ),
        (
            source("[merging]\npoor_beyond_m = \"500 m\""),
            "f.toml:7: `poor_beyond_m` is a string; it must be a number",
        ),
        (
            source("[merging]\nclock_ahead_after = \"0s\""),
            "f.toml:7: `clock_ahead_after` must be above 0 and at most 366d",
        ),
        (
            source("[source.merging]\nclock_ahead_after = \"soon\""),
            "f.toml:7: `clock_ahead_after` is \"soon\"",
        ),
        (
            source("[health]\ndown_after = 120"),
            "f.toml:7: `down_after` is a integer; it must be a string, in quotes",
        ),
        (
            source("[source.health]\nconnecting_for = \"400d\""),
            "f.toml:7: `connecting_for` must be above 0 and at most 366d",
        ),
    ];
    refused(&cases);
}

#[test]
fn what_is_wrong_with_off_duty_hours_is_named_with_its_line() {
    let off_duty = |rest: &str| {
        let source = "[[source]]\nid = \"p\"\nkind = \"another\"\napi_key = \"k\"";
        format!("{source}\n[[off_duty]]\ngroups = [\"North\"]\n{rest}")
    };
    let utc = "timezone = \"UTC\"";
    let cases = [
        (
            off_duty(&format!("hours = [\n\"Sat\",\n\"Sut\"]\n{utc}")),
            "f.toml:9: \"Sut\" has an unknown day \"Sut\"; known are Mon, Tue",
        ),
        (
            off_duty(&format!("hours = [\"18:00-18:00\"]\n{utc}")),
            "f.toml:7: \"18:00-18:00\" ends when it begins",
        ),
        (
            off_duty(&format!(
                "hours = [\"06:00-19:00\", \"18:00-06:00\"]\n{utc}"
            )),
            "f.toml:5: these hours always hold",
        ),
        (off_duty(utc), "f.toml:5: `hours` is missing"),
        (
            off_duty("hours = [\"Sat\"]"),
            "f.toml:5: `timezone` is missing",
        ),
        (
            off_duty("hours = [\"Sat\"]\ntimezone = \"SAST\""),
            "f.toml:8: `timezone` is \"SAST\"; it must be an IANA name",
        ),
        (
            off_duty(&format!("hours = \"Sat\"\n{utc}")),
            "f.toml:7: `hours` is a string; it must be a list of strings",
        ),
        (
            off_duty(&format!("hours = [\"Sat\"]\n{utc}\nexcept = 1")),
            "f.toml:9: unknown key `except` in [[off_duty]]; known are: groups, hours, timezone",
        ),
        (
            off_duty("").replace("\"North\"", ""),
            "f.toml:5: `groups` is missing",
        ),
        (
            off_duty("").replace("North", " "),
            "f.toml:6: a group has no name",
        ),
    ];
    refused(&cases);
}

fn refused(cases: &[(String, &str)]) {
    for (toml, expected) in cases {
        let error = load(toml, &[]).unwrap_err().to_string();
        assert!(
            error.starts_with(expected),
            "{error}\n  instead of\n{expected}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn thresholds_are_those_of_the_file_and_a_sources_own_go_before() {
    let toml = format!(
        "{GOOD}\n[motion]\nmoving_from_kmh = 7.2\nparked_after = \"10m\"\n\
         [freshness]\ngps_stuck_after = \"8m\"\n[freshness.on_the_move]\nlive = \"90s\"\n"
    );
    let toml = toml
        + "[merging]\nhold = \"20s\"\npoor_beyond_m = 250\ndiverging_beyond_m = 800\n\
           [health]\ndown_after = \"3m\"\n";
    let own = "[source.freshness.on_the_move]\nlate = \"7m\"\n[source.merging]\nhold = \"40s\"\n\
               clock_ahead_after = \"1h\"\n[source.health]\nconnecting_for = \"1m\"\n[source.fields.position]";
    let toml = toml.replace("[source.fields.position]", own);
    let thresholds = load(&toml, &[("PW", "x")]).unwrap().thresholds;
    assert!((thresholds.motion.moving_from_mps - 2.0).abs() < 1e-9);
    assert_eq!(thresholds.motion.parked_after.as_mins(), 10);
    assert_eq!(thresholds.motion.stands_after.as_secs(), 120);
    let of = |id| thresholds.freshness_of(&SourceId::new(id));
    let ages = |id| {
        (
            of(id).on_the_move.live.as_secs(),
            of(id).on_the_move.late.as_secs(),
        )
    };
    assert_eq!((ages("p"), ages("o")), ((90, 420), (90, 300)));
    assert_eq!(of("p").stuck_after.as_mins(), 8);
    let positions = |id| {
        let rules = thresholds.positions_of(&SourceId::new(id));
        let ahead_s = rules.clock_ahead_after.as_secs();
        (
            rules.hold.as_secs(),
            rules.poor_beyond_m.to_string(),
            ahead_s,
        )
    };
    assert_eq!(positions("p"), (40, "250".to_owned(), 3_600));
    assert_eq!(positions("o"), (20, "250".to_owned(), 120));
    assert_eq!(thresholds.merging.diverging_beyond_m.to_string(), "800");
    assert_eq!(thresholds.merging.diverging_within.as_secs(), 60);
    let health_s = |id| {
        let rules = thresholds.health_of(&SourceId::new(id));
        (rules.connecting_for.as_secs(), rules.down_after.as_secs())
    };
    assert_eq!((health_s("p"), health_s("o")), ((60, 180), (120, 180)));
}
