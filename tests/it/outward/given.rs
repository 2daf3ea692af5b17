//! Where credentials and authorities come from: each secret of each vendor in each way, and what
//! is refused at the start.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fleetglass::config::source::VendorSpec;
use fleetglass::config::{Config, ConfigError, Flags};
use secrecy::ExposeSecret;

use super::chains::{Chains, pem};
use super::{cartrack, load, specs};

const SECRET: &str = "ezt_live_canary";

fn write(folder: &Path, name: &str, text: &str, mode: u32) {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
}

/// A source of `spec` whose secret `key` is given by `given`.
fn source(spec: &VendorSpec, key: &str, given: &str) -> String {
    let mut text = format!(
        "[[source]]\nid = \"s\"\nkind = \"{}\"\n{given}\n",
        spec.kind
    );
    for other in spec
        .keys
        .iter()
        .filter(|other| other.required && other.name != key)
    {
        writeln!(text, "{} = \"me\"", other.name).expect("text");
    }
    if spec.kind == "cartrack" {
        text.push_str("region = \"za\"\n");
    }
    text
}

/// Every secret that can be configured.
fn secrets() -> Vec<(&'static VendorSpec, &'static str, &'static str)> {
    let keys = specs().into_iter().flat_map(|spec| {
        let secret = spec.keys.iter().filter(|key| key.secret);
        secret.map(move |key| (spec, key.name, key.env.expect("a variable")))
    });
    keys.collect()
}

fn env(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn secret_of(config: Result<Config, ConfigError>, key: &str) -> Result<String, String> {
    let config = config.map_err(|error| error.to_string())?;
    Ok(config.sources[0].secret(key).expose_secret().to_owned())
}

#[test]
fn each_secret_is_given_in_each_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let credentials = tempfile::tempdir().expect("a folder");
    write(folder.path(), "own", &format!("{SECRET}\n"), 0o600);
    write(credentials.path(), "name", &format!("{SECRET}\r\n"), 0o440);
    let directory = credentials.path().display().to_string();
    let env = env(&[("SOME", SECRET), ("CREDENTIALS_DIRECTORY", &directory)]);
    let secrets = secrets();
    assert_eq!(secrets.len(), 3);
    for (spec, key, _) in secrets {
        for given in [
            format!("{key} = \"{SECRET}\""),
            format!("{key}_env = \"SOME\""),
            format!("{key}_file = \"own\""),
            format!("{key}_file = \"{directory}/name\""),
            format!("{key}_credential = \"name\""),
        ] {
            let config = load(folder.path(), &source(spec, key, &given), &env);
            assert_eq!(secret_of(config, key).as_deref(), Ok(SECRET), "{given}");
        }
        let twice = format!("{key}_credential = \"name\"\n{key}_file = \"own\"");
        let config = load(folder.path(), &source(spec, key, &twice), &env);
        let words = secret_of(config, key).expect_err("two ways");
        assert!(words.contains("is given more than once"), "{words}");
    }
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let nothing = HashMap::new();
    for (spec, key, _) in secrets() {
        let text = source(spec, key, &format!("{key}_file = \"pw\""));
        for mode in [0o600, 0o400, 0o700] {
            write(folder.path(), "pw", SECRET, mode);
            let secret = secret_of(load(folder.path(), &text, &nothing), key);
            assert_eq!(secret.as_deref(), Ok(SECRET), "{mode:o}");
        }
        for mode in [
            0o640, 0o604, 0o644, 0o620, 0o602, 0o666, 0o777, 0o610, 0o601,
        ] {
            write(folder.path(), "pw", SECRET, mode);
            let words = secret_of(load(folder.path(), &text, &nothing), key).expect_err("open");
            let expected = format!("(mode {mode:04o}); make it its owner's alone: chmod 600");
            assert!(words.contains(&expected), "{words}");
            assert!(words.contains("fleetglass.toml:4: "), "{words}");
            assert!(!words.contains(SECRET), "{words}");
        }
    }
}

#[test]
fn a_credential_that_is_none_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let credentials = tempfile::tempdir().expect("a folder");
    let at = |name, text, mode| write(credentials.path(), name, text, mode);
    at("good", SECRET, 0o400);
    at("open", SECRET, 0o444);
    at("empty", "\n", 0o400);
    at("huge", &"x".repeat(70_000), 0o400);
    write(folder.path(), "outside", SECRET, 0o600);
    let directory = credentials.path().display().to_string();
    let outside = format!("../{}/outside", folder.path().display());
    let with = env(&[("CREDENTIALS_DIRECTORY", &directory)]);
    for (name, env, expected) in [
        ("good", &HashMap::new(), "CREDENTIALS_DIRECTORY is not set"),
        ("canary", &with, "those there are: empty, good, huge, open"),
        (
            outside.as_str(),
            &with,
            "names no credential of this service",
        ),
        ("..", &with, "names no credential of this service"),
        ("open", &with, "mode 0444"),
        ("empty", &with, "is empty"),
        ("huge", &with, "is too large"),
    ] {
        for (spec, key, _) in secrets() {
            let text = source(spec, key, &format!("{key}_credential = \"{name}\""));
            let words = secret_of(load(folder.path(), &text, env), key).expect_err(name);
            assert!(words.contains(expected), "{name}: {words}");
            assert!(words.contains("fleetglass.toml:4: "), "{words}");
            assert!(!words.contains("canary"), "{words}");
        }
    }
}

#[test]
fn without_a_file_a_credential_counts_as_the_variable_of_its_name() {
    for (spec, key, variable) in secrets() {
        let credentials = tempfile::tempdir().expect("a folder");
        write(credentials.path(), variable, SECRET, 0o440);
        let mut env = env(&[("CARTRACK_REGION", "za"), ("CARTRACK_USERNAME", "me")]);
        if spec.kind != "cartrack" {
            env.clear();
        }
        env.insert("MYCARTRACKS_CLIENT_ID".to_owned(), "me".to_owned());
        if spec.kind != "mycartracks" {
            env.remove("MYCARTRACKS_CLIENT_ID");
        }
        let directory = credentials.path().display().to_string();
        env.insert("CREDENTIALS_DIRECTORY".to_owned(), directory);
        let load = |env: &HashMap<_, _>| Config::load(None, env, &Flags::default(), &specs());
        assert_eq!(
            secret_of(load(&env), key).as_deref(),
            Ok(SECRET),
            "{variable}"
        );
        env.insert(variable.to_owned(), "another".to_owned());
        let words = secret_of(load(&env), key).expect_err("both");
        assert!(words.contains("is a variable and a credential"), "{words}");
        env.remove(variable);
        write(credentials.path(), variable, SECRET, 0o444);
        let words = secret_of(load(&env), key).expect_err("open");
        assert!(
            words.contains("mode 0444") && words.contains(variable),
            "{words}"
        );
    }
}

#[test]
fn an_authority_that_is_none_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let chains = Chains::new();
    let good = fs::read_to_string(chains.ca_file(folder.path())).expect("a file");
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (name, text, expected) in [
        (
            "empty",
            " \n".to_owned(),
            "is empty; put the authority's certificate into it",
        ),
        ("words", "hello".to_owned(), "holds no certificate in PEM"),
        ("key", key.to_owned(), "holds no certificate in PEM"),
        ("cut", good.replace("-----END", ""), "is damaged"),
        (
            "odd",
            pem(b"hello"),
            "holds something else as certificate 1",
        ),
        (
            "second",
            format!("{good}{}", pem(b"hello")),
            "holds something else as certificate 2",
        ),
    ] {
        write(folder.path(), name, &text, 0o644);
        let file = cartrack(
            "c",
            "https://vendor.example",
            &format!("ca_file = {name:?}"),
        );
        let error = load(folder.path(), &file, &HashMap::new()).expect_err(name);
        let words = error.to_string();
        let begins = format!("`ca_file` names {name}, which {expected}");
        assert!(words.contains(&begins), "{name}: {words}");
        assert!(
            words.contains(&format!("7 | ca_file = {name:?}")),
            "{name}: {words}"
        );
    }
    for missing in ["nowhere.pem", "."] {
        let file = cartrack(
            "c",
            "https://vendor.example",
            &format!("ca_file = {missing:?}"),
        );
        let error = load(folder.path(), &file, &HashMap::new()).expect_err(missing);
        assert!(
            error.to_string().contains("which cannot be read: "),
            "{error}"
        );
    }
}

#[test]
fn without_a_file_an_authority_is_named_by_a_variable() {
    let folder = tempfile::tempdir().expect("a folder");
    Chains::new().ca_file(folder.path());
    let env_with = |path: &Path| {
        let path = path.display().to_string();
        let given = [
            ("EZTOTRACK_API_KEY", SECRET),
            ("EZTOTRACK_CA_FILE", path.as_str()),
        ];
        Config::load(None, &env(&given), &Flags::default(), &specs())
    };
    let config = env_with(&folder.path().join("ca.pem")).expect("good settings");
    assert_eq!(config.sources[0].authorities.len(), 1);
    let error = env_with(&folder.path().join("nowhere.pem")).expect_err("no file");
    let words = error.to_string();
    assert!(words.starts_with("EZTOTRACK_CA_FILE names "), "{words}");
}

#[test]
fn the_program_itself_refuses_a_bad_authority_with_78() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fleetglass.toml");
    let text = cartrack("c", "https://vendor.example", "ca_file = \"nowhere.pem\"");
    fs::write(&path, text).expect("a file");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_fleetglass"))
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(&path)
        .env_clear()
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(78));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("7 | ca_file = \"nowhere.pem\""), "{words}");
}
