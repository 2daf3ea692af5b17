//! The real program with secrets that can be searched for, at the most talkative log level, with
//! every vendor misbehaving: no secret may stand in anything that it writes or serves.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fleetglass::sim::{self, RunningSim, SimSettings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{PATIENCE, client};

/// A run of the program whose output is kept.
pub(crate) struct Program {
    child: Child,
    pub(crate) url: String,
}

impl Program {
    /// Reads what it logs until it ends, so that it never waits for a reader.
    pub(crate) fn gather_log(&mut self) -> JoinHandle<String> {
        let mut stderr = self.child.stderr.take().expect("stderr");
        std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).expect("text");
            log
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn start(environment: &[(&'static str, String)]) -> Program {
    start_with(&[], environment)
}

pub(crate) fn start_with(more: &[&OsStr], environment: &[(&'static str, String)]) -> Program {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fleetglass"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(more)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .env("FLEETGLASS_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("stdout");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let url = line.trim_end().to_owned();
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with('/'),
        "{url}"
    );
    Program { child, url }
}

/// A secret in the forms in which it might slip out.
fn forms(secret: &str) -> Vec<String> {
    let reversed: String = secret.chars().rev().collect();
    let percent = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        percent.to_string(),
        reversed,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_anything_that_is_written_or_served() {
    let sim = sim::spawn(SimSettings {
        vehicles: 30,
        ..SimSettings::default()
    })
    .await
    .expect("the simulator starts");
    let canaries = canaries(&sim.environment);
    let mut program = start(&sim.environment);
    let reading = program.gather_log();
    let served = provoke(&sim, &program.url).await;
    program.child.kill().expect("it runs");
    let log = reading.join().expect("the log is read");
    assert!(log.contains("source"), "the log says something");
    assert!(!log.contains("Bearer "), "a token is in the log");
    assert!(!log.contains("Basic "), "credentials are in the log");
    for canary in canaries {
        assert!(!log.contains(&canary), "{canary} is in the log");
        assert!(!served.contains(&canary), "{canary} is served");
    }
    for mark in forms(sim::SECRET_MARK) {
        assert!(
            !log.contains(&mark),
            "a token or stream address is in the log"
        );
        assert!(
            !served.contains(&mark),
            "a token or stream address is served"
        );
    }
}

/// The credentials, in all forms.
fn canaries(environment: &[(&'static str, String)]) -> Vec<String> {
    let value = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).expect("the variable")
    };
    let basic = |user: &str, password: &str| {
        STANDARD.encode(format!("{}:{}", value(user), value(password)))
    };
    let names = [
        "MYCARTRACKS_CLIENT_SECRET",
        "CARTRACK_PASSWORD",
        "EZTOTRACK_API_KEY",
    ];
    let mut canaries: Vec<_> = names.iter().flat_map(|name| forms(&value(name))).collect();
    canaries.push(basic("MYCARTRACKS_CLIENT_ID", "MYCARTRACKS_CLIENT_SECRET"));
    canaries.push(basic("CARTRACK_USERNAME", "CARTRACK_PASSWORD"));
    canaries
}

/// Lets every vendor misbehave in every way, and gives what was served meanwhile.
async fn provoke(sim: &RunningSim, url: &str) -> String {
    let mut served = String::new();
    let control = format!("http://{}/control/faults", sim.address);
    until(url, "30 vehicles", |list| {
        list["vehicles"].as_array().map_or(0, Vec::len) == 30
    })
    .await;
    for fault in [
        "revoked-token",
        "html",
        "5xx",
        "429",
        "forbidden",
        "handshake-refused",
        "cut",
    ] {
        let body = json!({"vendor": "all", "fault": fault});
        client()
            .request(Method::POST, &control)
            .json(&body)
            .send()
            .await
            .expect("an answer");
        client()
            .request(Method::POST, format!("http://{}/control/drop", sim.address))
            .send()
            .await
            .expect("an answer");
        tokio::time::sleep(Duration::from_millis(600)).await;
        served.push_str(&everything(url).await);
        client()
            .request(Method::DELETE, &control)
            .send()
            .await
            .expect("an answer");
    }
    served
}

/// All that a browser could read.
pub(crate) async fn everything(url: &str) -> String {
    let mut all = String::new();
    for path in [
        "",
        "wall",
        "api/v1/vehicles",
        "api/v1/sources",
        "metrics",
        "readyz",
        "api/v1/openapi.json",
    ] {
        let answer = client()
            .get(format!("{url}{path}"))
            .send()
            .await
            .expect("an answer");
        let headers = format!("{:?}", answer.headers());
        all.push_str(&headers);
        all.push_str(&answer.text().await.expect("text"));
    }
    all
}

async fn until(url: &str, what: &str, is_met: impl Fn(&Value) -> bool) {
    let asking = async {
        loop {
            let answer = client()
                .get(format!("{url}api/v1/vehicles"))
                .send()
                .await
                .expect("an answer");
            if is_met(&answer.json().await.expect("JSON")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}
