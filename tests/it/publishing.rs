//! The real program put on a network: what it refuses, what it says, and HTTPS of its own.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Certificate, StatusCode};
use serde_json::{Value, json};

use crate::harness::PATIENCE;

const SOURCE: &str = "[[source]]\nid = \"e\"\nkind = \"eztotrack\"\n\
    api_key_env = \"EZTOTRACK_API_KEY\"\nbase_url = \"http://127.0.0.1:1\"\n";

pub(crate) struct Program(pub(crate) Child);

impl Program {
    /// Lets it write its log, however long that is, to nobody.
    pub(crate) fn is_heard(&mut self) {
        let stderr = self.0.stderr.take();
        let mut stderr = stderr.expect("nobody listens yet");
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn start(dir: &Path, config: &str) -> Program {
    let file = dir.join("f.toml");
    let text = format!("{config}\n{SOURCE}");
    std::fs::write(&file, text).expect("it is written");
    let child = Command::new(env!("CARGO_BIN_EXE_fleetglass"))
        .args(["serve", "--config"])
        .arg(&file)
        .env_clear()
        .env("EZTOTRACK_API_KEY", "ezt_test_0000000000000000")
        .env("FLEETGLASS_STATE_DIR", dir.join("state"))
        .env("FLEETGLASS_LOG_FORMAT", "json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Program(child.expect("the program starts"))
}

pub(crate) fn first_line(program: &mut Program) -> String {
    let mut line = String::new();
    let stdout = program.0.stdout.as_mut().expect("stdout");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    line.trim_end().to_owned()
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|start| &text[start..text.len().min(start + 64)])
        .collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        lines.join("\n")
    )
}

/// A pair of files, and who trusts it.
pub(crate) fn pair(dir: &Path) -> Certificate {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let signed = signed.expect("a certificate");
    let key = dir.join("key.pem");
    std::fs::write(dir.join("cert.pem"), pem("CERTIFICATE", signed.cert.der()))
        .expect("it is written");
    std::fs::write(
        &key,
        pem("PRIVATE KEY", &signed.signing_key.serialize_der()),
    )
    .expect("it is written");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    Certificate::from_der(signed.cert.der()).expect("a root")
}

#[test]
fn what_would_stand_open_does_not_start() {
    const TLS: &str = "[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"";
    let dir = tempfile::tempdir().expect("a directory");
    pair(dir.path());
    let cases = [
        ("[server]\nlisten = \"0.0.0.0:0\"".to_owned(), "[server.tls]"),
        (format!("[server]\nlisten = \"0.0.0.0:0\"\n{TLS}\n[access]\nlogin = \"off\""), "`login`"),
        (
            "[server]\nlisten = \"0.0.0.0:0\"\ntrusted_proxies = [\"192.0.2.1\"]\n[access]\nlogin = \"off\""
                .to_owned(),
            "`login`",
        ),
        (
            "[server]\nlisten = \"127.0.0.1:0\"\ntrusted_proxies = [\"192.0.2.1\"]\n[access]\nlogin = \"off\""
                .to_owned(),
            "a proxy publishes this server",
        ),
        ("[server]\ntrusted_proxies = [\"0.0.0.0/0\"]".to_owned(), "f.toml:2"),
        (format!("[server]\n{}", TLS.replace("cert.pem", "key.pem")), "certificate"),
    ];
    for (config, words) in cases {
        let mut program = start(dir.path(), &config);
        let mut said = String::new();
        let stderr = program.0.stderr.as_mut().expect("stderr");
        stderr.read_to_string(&mut said).expect("text");
        let code = program.0.wait().expect("it ends").code();
        assert_eq!(code, Some(78), "{config}: {said}");
        assert!(said.contains(words), "{config}: {said}");
    }
    // A key that others can read is refused before it is used.
    let key = dir.path().join("key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    let mut program = start(
        dir.path(),
        &format!("[server]\nlisten = \"127.0.0.1:0\"\n{TLS}"),
    );
    let mut said = String::new();
    let stderr = program.0.stderr.as_mut().expect("stderr");
    stderr.read_to_string(&mut said).expect("text");
    assert_eq!(
        program.0.wait().expect("it ends").code(),
        Some(78),
        "{said}"
    );
    assert!(
        said.contains("chmod 600") && said.contains("f.toml:5"),
        "{said}"
    );
}

/// The first administrator's link, out of the file that the log tells of; the log itself has no
/// secret, and no line that is not of it.
fn link_told(lines: &mut impl Iterator<Item = String>, dir: &Path) -> String {
    let told = lines.find_map(|line| {
        assert!(!line.contains("fg_invite_"), "{line}");
        let line: Value = serde_json::from_str(&line).expect("a line of the log");
        line["fields"]["file"].as_str().map(str::to_owned)
    });
    let file = told.expect("it says where");
    assert_eq!(
        Path::new(&file),
        dir.join("state").join("first-administrator-link")
    );
    let about = std::fs::metadata(&file).expect("it is there");
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    let link = std::fs::read_to_string(&file).expect("text");
    link.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, in its order")]
async fn the_first_administrator_comes_in_over_https_and_a_new_certificate_counts() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = pair(dir.path());
    let config = "[server]\nlisten = \"0.0.0.0:0\"\nhosts = [\"localhost\"]\n[server.tls]\n\
        certificate = \"cert.pem\"\nkey = \"key.pem\"";
    let mut program = start(dir.path(), config);
    let url = first_line(&mut program);
    assert!(url.starts_with("https://0.0.0.0:"), "{url}");
    let port = url
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .expect("a port");
    let base = format!("https://localhost:{port}");
    let stderr = program.0.stderr.take().expect("stderr");
    let mut lines = BufReader::new(stderr)
        .lines()
        .map(|line| line.expect("text"));
    let link = link_told(&mut lines, dir.path());
    let secret = link
        .strip_prefix(&format!("{base}/invitation#"))
        .expect("a whole link, alone");
    let by = |root: Certificate| {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .tls_certs_only([root]);
        client.build().expect("a client")
    };
    let client = by(root.clone());
    let body = json!({ "secret": secret, "name": "boss", "password": "correct horse battery" });
    let entered = client
        .post(format!("{base}/api/v1/invitation"))
        .header("origin", &base);
    let entered = entered.json(&body).send().await.expect("an answer");
    assert_eq!(entered.status(), StatusCode::NO_CONTENT);
    assert!(entered.headers().contains_key("strict-transport-security"));
    let cookie = crate::doors::cookie(entered.headers());
    assert!(cookie.starts_with("__Host-sid="));
    let me = client
        .get(format!("{base}/api/v1/me"))
        .header("cookie", &cookie);
    let me: Value = me
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(me["role"], "administrator");
    assert!(
        client
            .get(format!("http://localhost:{port}/livez"))
            .send()
            .await
            .is_err()
    );

    // A pair that does not fit changes nothing; one that does counts at once.
    let hangup = || {
        let pid = program.0.id().to_string();
        let sent = Command::new("kill").args(["-HUP", &pid]).status();
        assert!(sent.expect("it is sent").success());
    };
    let key = std::fs::read(dir.path().join("key.pem")).expect("a key");
    let other = pair(dir.path());
    let new_key = std::fs::read(dir.path().join("key.pem")).expect("a key");
    std::fs::write(dir.path().join("key.pem"), key).expect("it is written");
    hangup();
    lines
        .find(|line| line.contains("certificate and key are refused"))
        .expect("it says so");
    let asked = by(root).get(format!("{base}/livez")).send().await;
    assert_eq!(
        asked.expect("the old pair goes on").status(),
        StatusCode::OK
    );
    std::fs::write(dir.path().join("key.pem"), new_key).expect("it is written");
    hangup();
    lines
        .find(|line| line.contains("certificate and key are as"))
        .expect("it says so");
    let asked = by(other).get(format!("{base}/livez")).send().await;
    assert_eq!(asked.expect("the new pair counts").status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_configuration_keeps_no_renewed_certificate_from_being_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = pair(dir.path());
    let config = "[server]\nlisten = \"127.0.0.1:0\"\nhosts = [\"localhost\"]\n[server.tls]\n\
        certificate = \"cert.pem\"\nkey = \"key.pem\"";
    let mut program = start(dir.path(), config);
    let url = first_line(&mut program);
    let url = url.replace("127.0.0.1", "localhost");
    // It has read the first pair once it answers.
    answers(&url, first).await;
    let renewed = pair(dir.path());
    std::fs::write(dir.path().join("f.toml"), "half a li").expect("it is written");
    let pid = program.0.id().to_string();
    let sent = Command::new("kill").args(["-HUP", &pid]).status();
    assert!(sent.expect("it is sent").success());
    answers(&url, renewed).await;
}

/// Comes back once the server at `url` answers with a certificate by `root`.
async fn answers(url: &str, root: Certificate) {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .tls_certs_only([root]);
    let client = client.build().expect("a client");
    let asking = async {
        while client.get(format!("{url}livez")).send().await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let counts = tokio::time::timeout(PATIENCE, asking).await;
    counts.expect("the pair counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn once_somebody_administers_the_file_with_the_link_goes_at_the_next_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = "[server]\nlisten = \"127.0.0.1:0\"\n[access]\nlogin = \"on\"";
    let mut told = Vec::new();
    for _ in 0..2 {
        let mut program = start(dir.path(), config);
        first_line(&mut program);
        let stderr = program.0.stderr.take().expect("stderr");
        let mut lines = BufReader::new(stderr)
            .lines()
            .map(|line| line.expect("text"));
        told.push(link_told(&mut lines, dir.path()));
    }
    assert_ne!(told[0], told[1], "the next start makes another one");
    let state = dir.path().join("state");
    let mut add = Command::new(env!("CARGO_BIN_EXE_fleetglass"))
        .args([
            "user",
            "add",
            "boss",
            "--role",
            "administrator",
            "--password-stdin",
        ])
        .env_clear()
        .env("FLEETGLASS_STATE_DIR", &state)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut pipe = add.stdin.take().expect("stdin");
    std::io::Write::write_all(&mut pipe, b"correct horse battery\n").expect("it is written");
    drop(pipe);
    assert!(add.wait().expect("it ends").success());
    let mut program = start(dir.path(), config);
    let url = first_line(&mut program);
    let asking = async {
        while reqwest::get(format!("{url}livez")).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let alive = tokio::time::timeout(PATIENCE, asking).await;
    alive.expect("it is there");
    assert!(!state.join("first-administrator-link").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_this_machine_nothing_has_to_be_set_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut program = start(dir.path(), "[server]\nlisten = \"127.0.0.1:0\"");
    let url = first_line(&mut program);
    let me = reqwest::get(format!("{url}api/v1/me"))
        .await
        .expect("an answer");
    let me: Value = me.json().await.expect("JSON");
    assert_eq!(me["kind"], "local");
}
