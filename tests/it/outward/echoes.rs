//! The real program, at its most talkative, against vendors that answer failures and redirects
//! with our own credentials in them, written in every way: none of it is shown anywhere.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::fake::{Fake, header, status};
use crate::harness::{PATIENCE, client};
use crate::secrets::{everything, start_with};

/// Signs that each way of writing writes otherwise.
const PASSWORD: &str = "canary \"pass/w\u{f6}rd\\&<1+2>";
const API_KEY: &str = "ezt_live_canary\"key/\\&<1+2>";
const TOKEN: &str = "canary\"token/\\&<1+2>";
const STATUSES: [u16; 3] = [302, 401, 500];
/// What stands before each echo, so that it is known to have been shown at all.
const MARK: &str = "echoed";

/// As a browser's `encodeURIComponent` has it.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// `secret` in each way of writing.
fn forms(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let json = &json[1..json.len() - 1];
    let twice = Value::from(json).to_string();
    let percent = |set| utf8_percent_encode(secret, set).to_string();
    let escaped = secret.chars().map(|c| match c {
        'a'..='z' | '0'..='9' | '_' => c.to_string(),
        c => format!("\\u{:04X}", u32::from(c)),
    });
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("text");
        hex
    });
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        percent(NON_ALPHANUMERIC),
        percent(COMPONENT),
        percent(CONTROLS),
        percent(NON_ALPHANUMERIC).to_lowercase(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        hex.to_uppercase(),
        hex,
        json.to_owned(),
        json.replace('/', "\\/"),
        twice[1..twice.len() - 1].to_owned(),
        escaped.collect(),
        html.replace('"', "&quot;"),
        html.replace('"', "&#34;").replace('/', "&#x2F;"),
    ]
}

/// The credential of a request: a Basic password, or a token.
fn credential(asked: &str) -> String {
    let proof = header(asked, "authorization").unwrap_or_default();
    match proof.split_once(' ') {
        Some(("Basic", pair)) => {
            let pair = STANDARD.decode(pair).expect("Basic");
            let pair = String::from_utf8(pair).expect("text");
            pair.split_once(':').expect("a pair").1.to_owned()
        }
        _ => proof.trim_start_matches("Bearer ").to_owned(),
    }
}

/// `/STATUS/FORM/STAGE/..`: which failure, and how it writes what it was shown. Where the stage is
/// `lists`, a token is granted first.
fn echo(asked: &str) -> String {
    let target = asked.split(' ').nth(1).unwrap_or_default();
    let mut parts = target.split('/').skip(1);
    let mut part = || parts.next().unwrap_or_default();
    let (code, form, stage) = (part(), part(), part());
    let code: u16 = code.parse().expect("a status");
    let form: usize = form.parse().expect("a form");
    if stage == "lists" && target.contains("/oauth/token") {
        let grant = json!({ "access_token": TOKEN, "expires_in": 3600 });
        return status(200, "", &grant.to_string());
    }
    let written = &forms(&credential(asked))[form];
    let proof = header(asked, "authorization").unwrap_or_default();
    let at_home = percent_encoding::percent_encode(written.as_bytes(), NON_ALPHANUMERIC);
    let location = format!("location: http://127.0.0.1:1/?{at_home}\r\nx-echo: {proof}\r\n");
    let words = format!("{MARK} {written} {proof}");
    let body = json!({ "error": { "code": "ECHO", "message": words } });
    status(code, &location, &body.to_string())
}

/// A source for each status, form and vendor.
fn configuration(base: &str) -> (String, usize) {
    let mut text = String::new();
    let mut n = 0;
    for code in STATUSES {
        for form in 0..forms("").len() {
            for (kind, stage, keys) in [
                (
                    "cartrack",
                    "lists",
                    "username = \"me\"\npassword_env = \"PASSWORD\"\n",
                ),
                ("eztotrack", "lists", "api_key_env = \"API_KEY\"\n"),
                (
                    "mycartracks",
                    "lists",
                    "client_id = \"me\"\nclient_secret_env = \"PASSWORD\"\n",
                ),
                (
                    "mycartracks",
                    "token",
                    "client_id = \"me\"\nclient_secret_env = \"PASSWORD\"\n",
                ),
            ] {
                let at = format!("{base}/{code}/{form}/{stage}");
                let written = writeln!(
                    text,
                    "[[source]]\nid = \"s{n}\"\nkind = \"{kind}\"\nbase_url = \"{at}\"\n{keys}"
                );
                written.expect("text");
                if kind == "mycartracks" {
                    writeln!(text, "token_url = \"{at}/oauth/token\"").expect("text");
                }
                n += 1;
            }
        }
    }
    (text, n)
}

/// Waits until each source has failed; how many tell of an echo.
async fn all_have_failed(url: &str, n_sources: usize) -> usize {
    let asking = async {
        loop {
            let answer = client().get(format!("{url}api/v1/sources")).send().await;
            let list: Value = answer.expect("an answer").json().await.expect("JSON");
            let sources = list["sources"].as_array().cloned().unwrap_or_default();
            let errors: Vec<_> = sources
                .iter()
                .filter_map(|s| s["last_error"].as_str())
                .collect();
            if errors.len() == n_sources {
                return errors.iter().filter(|words| words.contains(MARK)).count();
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .expect("all fail")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_echoes_of_our_credentials_is_shown_nowhere() {
    let vendor = Fake::start(None, echo).await;
    let (text, n_sources) = configuration(&format!("http://{}", vendor.address));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fleetglass.toml");
    let text = text.replace(
        "kind = \"cartrack\"",
        "kind = \"cartrack\"\nrecall = \"0s\"",
    );
    std::fs::write(&path, text).expect("a file");
    let environment = [
        ("PASSWORD", PASSWORD.to_owned()),
        ("API_KEY", API_KEY.to_owned()),
    ];
    let mut program = start_with(&["--config".as_ref(), path.as_os_str()], &environment);
    let log = program.gather_log();
    let n_echoes = all_have_failed(&program.url, n_sources).await;
    assert_eq!(n_echoes, n_sources, "some echo was not shown at all");
    let served = everything(&program.url).await;
    drop(program);
    let log = log.join().expect("the log is read");
    assert!(
        log.matches(MARK).count() >= n_sources,
        "the log tells of each"
    );
    assert!(served.contains("***") && log.contains("***"));
    let basic = STANDARD.encode(format!("me:{PASSWORD}"));
    let mut canaries = forms(&basic);
    for secret in [PASSWORD, API_KEY, TOKEN] {
        canaries.extend(forms(secret));
    }
    for canary in canaries {
        // As it would stand in JSON, too.
        let inside = Value::from(canary.as_str()).to_string();
        for form in [canary.as_str(), &inside[1..inside.len() - 1]] {
            assert!(!log.contains(form), "{form} is in the log");
            assert!(!served.contains(form), "{form} is served");
        }
    }
    // No piece either: what stands between signs that are written otherwise.
    for piece in ["canary", "rd\\", "key/", "token/", "1+2"] {
        assert!(!served.contains(piece), "{piece} is served");
        assert!(!log.contains(piece), "{piece} is in the log");
    }
}
