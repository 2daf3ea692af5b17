//! `fleetglass user` as operators run it, beside a server that is open on the same store.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use fleetglass::auth::{Access, AccessSettings, Client, Credential, LoginError, Role, Viewer};
use fleetglass::clock;
use fleetglass::domain::sight::{Facts, Groups};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use crate::harness::PATIENCE;

const HORSE: &str = "correct horse battery";

fn user(dir: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fleetglass"))
        .arg("user")
        .args(arguments)
        .env_clear()
        .env("FLEETGLASS_STATE_DIR", dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("stdin");
    // Who needs no input may be gone already.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

fn says(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn well(dir: &Path, arguments: &[&str], stdin: &str) -> String {
    let output = user(dir, arguments, stdin);
    assert!(output.status.success(), "{arguments:?}: {}", says(&output));
    String::from_utf8(output.stdout).expect("text")
}

fn access(dir: &Path) -> Access {
    let dir = Some(dir.to_owned());
    let settings = AccessSettings {
        dir,
        ..AccessSettings::default()
    };
    Access::open(settings).expect("the store opens")
}

fn who(access: &Access, cookie: &SecretString) -> Option<Arc<Viewer>> {
    let shown = Credential::Session(cookie.expose_secret());
    access.who(shown, [192, 0, 2, 1].into(), clock::now())
}

async fn login(access: &Access, who: &str, password: &str) -> Result<SecretString, LoginError> {
    let client = Client {
        address: [192, 0, 2, 1].into(),
        agent: String::new(),
    };
    let password = SecretString::from(password.to_owned());
    let cookie = access
        .login(who, password, None, &client, clock::now())
        .await?;
    Ok(cookie.secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_made_listed_and_changed_while_a_server_runs() {
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path().join("state");
    let made = well(
        &state,
        &["add", "Ann", "--password-stdin"],
        "correct horse battery\nmore",
    );
    assert!(!made.contains('#'), "no link is needed: {made}");
    let server = access(&state);
    let stop = CancellationToken::new();
    let keeping = tokio::spawn(server.clone().keep(clock::now, stop.clone()));
    let cookie = login(&server, "ann", HORSE).await.expect("she comes in");
    let mut told = server.invalidated();
    let seeing = [
        "role",
        "ANN",
        "dispatcher",
        "--group",
        "North",
        "--group",
        "West",
        "--hide",
        "driver,speed",
    ];
    well(&state, &seeing, "");
    tokio::time::timeout(PATIENCE, told.changed())
        .await
        .expect("in time")
        .expect("kept");
    let viewer = who(&server, &cookie).expect("she stays in");
    assert_eq!(viewer.role, Role::Dispatcher);
    assert_eq!(viewer.sight.groups, Groups::only(["North", "West"]));
    assert_eq!(
        viewer.sight.facts,
        Facts {
            driver: false,
            speed: false,
            ..Facts::ALL
        }
    );
    // What is not said stays.
    well(&state, &["role", "ann", "viewer"], "");
    let listed = well(&state, &["list"], "");
    let row = listed.lines().nth(1).expect("a row");
    for word in [
        "Ann",
        "viewer",
        "North, West",
        "driver, speed",
        "a password",
    ] {
        assert!(row.contains(word), "{listed}");
    }
    tokio::time::timeout(PATIENCE, told.changed())
        .await
        .expect("in time")
        .expect("kept");
    stop.cancel();
    keeping.await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_is_out_while_a_server_runs_and_comes_back_by_a_login_only() {
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path();
    well(state, &["add", "ann", "--password-stdin"], HORSE);
    let server = access(state);
    let stop = CancellationToken::new();
    let keeping = tokio::spawn(server.clone().keep(clock::now, stop.clone()));
    let cookie = login(&server, "ann", HORSE).await.expect("she comes in");
    let mut told = server.invalidated();
    well(state, &["disable", "ann"], "");
    tokio::time::timeout(PATIENCE, told.changed())
        .await
        .expect("in time")
        .expect("kept");
    assert!(who(&server, &cookie).is_none());
    assert!(matches!(
        login(&server, "ann", HORSE).await,
        Err(LoginError::Wrong)
    ));
    assert!(well(state, &["list"], "").contains("disabled"));
    well(state, &["enable", "ann"], "");
    well(
        state,
        &["passwd", "ann", "--password-stdin"],
        "a red tram in the rain\n",
    );
    server.look_after(clock::now()).expect("it is well");
    assert!(
        who(&server, &cookie).is_none(),
        "the old session does not come back"
    );
    login(&server, "ann", "a red tram in the rain")
        .await
        .expect("she comes in");
    stop.cancel();
    keeping.await.expect("it ends");
}

#[tokio::test]
async fn without_a_password_there_is_a_link_that_is_good_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let made = well(dir.path(), &["add", "boss", "--role", "administrator"], "");
    let link = made.lines().last().expect("a line");
    let secret = link
        .strip_prefix("/invitation#")
        .expect("a path and a fragment");
    let server = access(dir.path());
    let client = Client {
        address: [192, 0, 2, 1].into(),
        agent: String::new(),
    };
    let redeem = || {
        let (link, new) = (
            SecretString::from(secret.to_owned()),
            SecretString::from(HORSE.to_owned()),
        );
        server.redeem(link, None, new, None, &client, clock::now())
    };
    let cookie = redeem().await.expect("it is good");
    assert_eq!(cookie.viewer.role, Role::Administrator);
    assert!(redeem().await.is_err());
    assert!(
        server
            .invite_first(clock::now())
            .await
            .expect("it answers")
            .is_none()
    );
    let again = well(dir.path(), &["passwd", "boss", "--link"], "");
    assert!(again.contains("/invitation#fg_invite_") && !again.contains(secret));
}

#[test]
fn what_is_wrong_is_said_and_has_its_exit_code() {
    let dir = tempfile::tempdir().expect("a directory");
    well(dir.path(), &["add", "ann"], "");
    let cases: [(&[&str], &str, i32, &str); 11] = [
        (&["add", "ANN"], "", 1, "a user of that name"),
        (
            &["add", "bob", "--password-stdin"],
            "short\n",
            1,
            "at least 12",
        ),
        (
            &["add", "bob", "--password-stdin"],
            "",
            1,
            "no password came",
        ),
        (&["add", "bob", "--password"], "", 1, "no terminal"),
        (
            &["add", "bob", "--password=correct-horse-battery"],
            "",
            2,
            "--password",
        ),
        (&["add", "a\u{200b}nn"], "", 2, "1 to 64"),
        (
            &["add", "bob", "--role", "king"],
            "",
            2,
            "viewer, dispatcher",
        ),
        (&["add", "bob", "--hide", "colour"], "", 2, "registration"),
        (&["disable", "nobody"], "", 1, "no user \"nobody\""),
        (
            &["list", "--config", "/nowhere.toml"],
            "",
            78,
            "/nowhere.toml",
        ),
        (&["passwd", "ann"], "", 1, "no terminal"),
    ];
    for (arguments, stdin, code, words) in cases {
        let output = user(dir.path(), arguments, stdin);
        let text = says(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
    assert_eq!(
        well(dir.path(), &["list"], "").lines().count(),
        2,
        "none of it made a user"
    );
}

#[test]
fn a_file_names_the_directory_and_a_later_release_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let (config, state) = (dir.path().join("f.toml"), dir.path().join("kept"));
    let text = format!(
        "[server]\nstate_dir = \"{}\"\n[[source]]\nid = \"x\"\n",
        state.display()
    );
    std::fs::write(&config, text).expect("it is written");
    let run = |arguments: &[&str]| {
        let program = Command::new(env!("CARGO_BIN_EXE_fleetglass"))
            .args(arguments)
            .env_clear()
            .output();
        program.expect("it runs")
    };
    let config = config.to_str().expect("text");
    let added = run(&["user", "add", "ann", "--config", config]);
    assert!(added.status.success(), "{}", says(&added));
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    let file = state.join("access.sqlite");
    assert_eq!((mode(&state), mode(&file)), (0o700, 0o600));
    let db = rusqlite::Connection::open(&file).expect("it opens");
    db.pragma_update(None, "user_version", 99)
        .expect("it is set");
    drop(db);
    let refused = run(&["user", "list", "--config", config]);
    assert_eq!(refused.status.code(), Some(78), "{}", says(&refused));
    assert!(says(&refused).contains("later release"));
    let nowhere = run(&["user", "list"]);
    assert_eq!(nowhere.status.code(), Some(78), "{}", says(&nowhere));
    assert!(says(&nowhere).contains("--state-dir"));
}
