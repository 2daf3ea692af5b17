//! `fleetglass check`: asks each source once, and tells an operator what is there, what is
//! missing, and what to put under `[source.fields.*]`. Names of fields are told, values never.

mod off_duty;
mod record;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use jiff::SignedDuration;

use crate::config::source::SourceSettings;
use crate::domain::SourceId;
use crate::source::decode::Dialect;
use crate::source::decode::survey::survey;
use crate::source::http::trouble::Kind;
use crate::source::probe::{Findings, Probe};
use crate::source::recall::look::NotAsked;
use crate::source::{describe, supervise};

pub use self::off_duty::Duty;

use self::off_duty::Members;
use record::Recording;

/// What the check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOutcome {
    /// The sources of which an endpoint failed.
    pub failed: Vec<SourceId>,
}

impl CheckOutcome {
    /// Every endpoint of every source answered, and could be read.
    pub fn is_well(&self) -> bool {
        self.failed.is_empty()
    }
}

/// Asks each source once and prints the table on stdout, and what that means for off-duty hours;
/// keeps redacted samples in `record`.
///
/// # Errors
/// Samples that cannot be written, and settings of which no source can be made.
pub async fn run(
    settings: Vec<SourceSettings>,
    duty: &Duty,
    record: Option<PathBuf>,
) -> anyhow::Result<CheckOutcome> {
    let mut failed = Vec::new();
    let mut members = Members::new(duty);
    for settings in &settings {
        let (table, is_well) = check(settings, record.as_deref(), &mut members).await?;
        print(&format!("{table}\n"))?;
        if !is_well {
            failed.push(settings.id.clone());
        }
    }
    print(&members.words()?)?;
    Ok(CheckOutcome { failed })
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    let printed = write!(stdout, "{text}").and_then(|()| stdout.flush());
    printed.context("the table cannot be printed")
}

/// One source's table, and whether all is well with it.
async fn check(
    settings: &SourceSettings,
    record: Option<&Path>,
    members: &mut Members<'_>,
) -> anyhow::Result<(String, bool)> {
    let mut source = supervise::build(settings)
        .map_err(|refused| anyhow!("{}: {}: {}", settings.id, refused.key, refused.problem))?;
    let findings = source.probe(!settings.recall.is_zero()).await;
    members.add(&settings.id, &findings);
    let is_well = findings.live.iter().all(|probe| probe.trouble.is_none());
    let mut table = String::new();
    write_table(&mut table, settings, &findings)?;
    if let Some(directory) = record {
        let mut recording = Recording::start(directory, settings)?;
        for probe in all(&findings) {
            recording.keep(probe)?;
        }
        writeln!(
            table,
            "  kept {} samples in {}",
            recording.n_kept(),
            directory.display()
        )?;
    }
    Ok((table, is_well))
}

fn write_table(
    table: &mut String,
    settings: &SourceSettings,
    findings: &Findings,
) -> std::fmt::Result {
    let probes: Vec<&Probe> = all(findings).collect();
    let description = describe(settings);
    let sandbox = if description.sandbox { ", sandbox" } else { "" };
    writeln!(table, "{} ({}{sandbox})", settings.id, settings.kind)?;
    let troubles = || probes.iter().filter_map(|probe| probe.trouble.as_ref());
    let is_reachable =
        troubles().all(|trouble| !matches!(trouble.kind, Kind::Unreachable | Kind::Untrusted));
    let devices = findings.live.iter().flat_map(|probe| &probe.devices);
    let devices: HashSet<_> = devices.collect();
    writeln!(table, "  reachable:  {}", yes_or_no(is_reachable))?;
    writeln!(table, "  authorised: {}", authorised(&probes))?;
    writeln!(table, "  vehicles:   {}", devices.len())?;
    writeln!(table, "  trails:     {}", trails(&findings.history))?;
    let dialect = Dialect::of(settings);
    probes
        .iter()
        .try_for_each(|probe| write_probe(table, &dialect, probe))
}

/// The endpoints that were asked.
fn all(findings: &Findings) -> impl Iterator<Item = &Probe> {
    let history = findings.history.iter().flatten();
    findings.live.iter().chain(history)
}

/// Whether what was missed can be completed.
fn trails(history: &Result<Vec<Probe>, NotAsked>) -> String {
    let probes = match history {
        Ok(probes) => probes,
        Err(NotAsked::NoHistory) => return "not completed: the vendor keeps no history".into(),
        Err(NotAsked::Off) => return "not completed: `recall` is \"0s\"".into(),
        Err(NotAsked::LiveFails) => return "unknown: first mend what failed".into(),
        Err(NotAsked::NoRoom) => {
            return "unknown: the rate limit leaves no room to ask; try again later".into();
        }
    };
    let failed = probes
        .iter()
        .find_map(|probe| Some((probe, probe.trouble.as_ref()?)));
    let is_empty = probes.iter().any(|probe| probe.devices.is_empty());
    match failed {
        Some((probe, trouble)) if trouble.kind == Kind::Denied => {
            format!("cannot be completed: {} is not authorised", probe.endpoint)
        }
        Some((probe, _)) => format!("cannot be completed: {} failed", probe.endpoint),
        None if is_empty => "can be completed, but the vendor's history is empty lately".into(),
        None => "can be completed from the vendor's history".into(),
    }
}

fn write_probe(table: &mut String, dialect: &Dialect, probe: &Probe) -> std::fmt::Result {
    writeln!(table, "\n  {}", probe.endpoint)?;
    if let Some(trouble) = &probe.trouble {
        writeln!(table, "  failed: {trouble}")?;
    }
    let Some(spec) = probe.spec.filter(|_| !probe.bodies.is_empty()) else {
        return Ok(());
    };
    let n_refused: u64 = probe.refusals.values().sum();
    writeln!(
        table,
        "  vehicles: {}, records or positions refused: {n_refused}",
        probe.devices.len()
    )?;
    for (refusal, n) in &probe.refusals {
        writeln!(table, "    {n} x {refusal}")?;
    }
    if let Some(median) = median(&probe.ages) {
        let hint = zone_hint(median);
        writeln!(
            table,
            "  median of received_at - fixed_at: {} s{hint}",
            median.as_secs()
        )?;
    }
    let bodies: Vec<_> = probe.bodies.iter().map(|body| body.to_vec()).collect();
    write!(table, "{}", survey(spec, dialect, &bodies))
}

/// What the endpoints say of the credentials. Only an answer that can be read proves that they
/// are good: a gateway's page, a limit or a torn connection says nothing of them.
fn authorised(probes: &[&Probe]) -> String {
    let has_answered = |probe: &&Probe| probe.trouble.is_none() || !probe.devices.is_empty();
    let denied = probes.iter().filter_map(|probe| {
        let trouble = probe.trouble.as_ref()?;
        let status = trouble.status.map(|status| format!(" {status}"));
        let denied = (trouble.kind == Kind::Denied).then_some(&probe.endpoint)?;
        Some(format!("{denied}{}", status.unwrap_or_default()))
    });
    let denied: Vec<_> = denied.collect();
    match (probes.iter().any(has_answered), denied.is_empty()) {
        (true, true) => "yes".to_owned(),
        (true, false) => format!("partly: {}", denied.join(", ")),
        (false, true) => "unknown".to_owned(),
        (false, false) => "no".to_owned(),
    }
}

fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

fn median(ages: &[SignedDuration]) -> Option<SignedDuration> {
    let mut ages = ages.to_vec();
    ages.sort();
    ages.get(ages.len() / 2).copied()
}

/// Zones differ by half hours; a fleet that is late by just that is in another zone.
fn zone_hint(median: SignedDuration) -> &'static str {
    const HALF_HOUR_S: i64 = 30 * 60;
    const TOLERANCE_S: i64 = 2 * 60;
    const FARTHEST_S: i64 = 14 * 60 * 60 + TOLERANCE_S;
    let seconds = median.as_secs();
    let beyond = seconds.rem_euclid(HALF_HOUR_S);
    let is_near = beyond <= TOLERANCE_S || HALF_HOUR_S - TOLERANCE_S <= beyond;
    if is_near && TOLERANCE_S < seconds.abs() && seconds.abs() <= FARTHEST_S {
        "; near a multiple of 30 min: is `timezone` right?"
    } else {
        ""
    }
}

#[cfg(test)]
#[path = "check/history_tests.rs"]
mod history_tests;
#[cfg(test)]
#[path = "check/off_duty_tests.rs"]
mod off_duty_tests;
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::source::trial::settings;

    /// The table of a source where there are no hours.
    pub(super) async fn check_alone(
        settings: &SourceSettings,
        record: Option<&Path>,
    ) -> (String, bool) {
        let duty = Duty::default();
        let mut members = Members::new(&duty);
        let checked = check(settings, record, &mut members).await.unwrap();
        assert_eq!(members.words().unwrap(), "");
        checked
    }

    fn account(server: &MockServer) -> SourceSettings {
        let uri = server.uri();
        let given = [
            ("base_url", uri.as_str()),
            ("username", "ACME00001"),
            ("password", "canary-password"),
        ];
        settings("cartrack", &given)
    }

    async fn cartrack(server: &MockServer) -> SourceSettings {
        let status = serde_json::json!({ "data": [{ "vehicle_id": 512_345_678, "registration":
            "CANARY1GP", "velocity": 3, "location": { "updated": crate::clock::now().to_string(),
            "latitude": -26.2041, "longitude": 28.0473 } }, "garbage"] });
        Mock::given(path("/vehicles/status"))
            .respond_with(ResponseTemplate::new(200).set_body_json(status))
            .mount(server)
            .await;
        account(server)
    }

    #[tokio::test]
    async fn the_table_tells_names_and_no_values_and_samples_are_private() {
        let server = MockServer::start().await;
        let settings = cartrack(&server).await;
        let vehicles = serde_json::json!({ "data": [] });
        Mock::given(path("/vehicles"))
            .respond_with(ResponseTemplate::new(200).set_body_json(vehicles))
            .mount(&server)
            .await;
        let directory = tempfile::tempdir().unwrap();
        let samples = directory.path().join("samples");
        let (table, is_well) = check_alone(&settings, Some(&samples)).await;
        assert!(is_well, "{table}");
        for part in [
            "reachable:  yes",
            "authorised: yes",
            "vehicles:   1",
            "records or positions refused: 1",
            "1 x not an object",
            "/location/latitude",
            "/velocity",
            "median of received_at - fixed_at: 0 s\n",
        ] {
            assert!(table.contains(part), "{part:?} is not in\n{table}");
        }
        assert!(!table.to_lowercase().contains("canary"), "{table}");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&samples), 0o700);
        let mut n_samples = 0;
        for sample in std::fs::read_dir(&samples).unwrap() {
            let sample = sample.unwrap().path();
            assert_eq!(mode(&sample), 0o600);
            let text = std::fs::read_to_string(&sample).unwrap();
            for secret in ["CANARY1GP", "512345678", "-26.2041", "28.0473"] {
                assert!(!text.contains(secret), "{secret} is in {text}");
            }
            n_samples += 1;
        }
        assert_eq!(n_samples, 2);
    }

    #[tokio::test]
    async fn a_source_that_fails_is_told_by_its_reason() {
        let server = MockServer::start().await;
        let settings = cartrack(&server).await;
        let duty = Duty::default();
        let outcome = run(vec![settings.clone()], &duty, None).await.unwrap();
        assert_eq!(outcome.failed, std::slice::from_ref(&settings.id));
        let (table, _) = check_alone(&settings, None).await;
        assert!(
            table.contains("failed: GET /vehicles: 404 Not Found"),
            "{table}"
        );
        drop(server);
    }

    #[tokio::test]
    async fn credentials_are_good_where_something_was_read_with_them() {
        let status = |status| ResponseTemplate::new(status);
        let list = || status(200).set_body_string(r#"{"data": []}"#);
        let page = || status(200).set_body_raw("<html>Hello</html>", "text/html");
        let cases = [
            (list(), list(), true, "yes"),
            (list(), status(403), false, "partly: GET /vehicles 403"),
            (
                status(403),
                list(),
                false,
                "partly: GET /vehicles/status 403",
            ),
            (status(401), list(), false, "no"),
            (status(403), status(403), false, "no"),
            (page(), page(), false, "unknown"),
            (page(), list(), false, "yes"),
            (status(429), status(429), false, "unknown"),
        ];
        for (positions, vehicles, all_well, expected) in cases {
            let server = MockServer::start().await;
            for (endpoint, answer) in [("/vehicles/status", positions), ("/vehicles", vehicles)] {
                let mock = Mock::given(path(endpoint)).respond_with(answer);
                mock.mount(&server).await;
            }
            let (table, is_well) = check_alone(&account(&server), None).await;
            let line = format!("  authorised: {expected}\n");
            assert!(table.contains(&line), "{line:?} is not in\n{table}");
            assert_eq!(is_well, all_well, "{table}");
        }
    }

    #[test]
    fn a_multiple_of_half_an_hour_is_suspect() {
        for (seconds, is_suspect) in [
            (3, false),
            (-60, false),
            (3600, true),
            (-7203, true),
            (12_650, true),
            (900, false),
            (7 * 24 * 3600, false),
        ] {
            let hint = zone_hint(SignedDuration::from_secs(seconds));
            assert_eq!(!hint.is_empty(), is_suspect, "{seconds}");
        }
    }
}
