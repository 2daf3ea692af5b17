//! Who may import whom: the table of `docs/architecture.md`, held by reading the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// (layer, what it may import of ours, crates it must never name)
const LAYERS: [(&str, &[&str], &[&str]); 13] = [
    (
        "domain",
        &[],
        &["serde", "tokio", "tracing", "axum", "reqwest"],
    ),
    ("config", &["domain"], &["tokio", "axum", "reqwest"]),
    ("fleet", &["domain"], &["axum", "reqwest", "serde"]),
    (
        "alarm",
        &["domain", "fleet", "sqlite"],
        &["axum", "reqwest", "serde"],
    ),
    ("source", &["domain", "config", "clock"], &["axum"]),
    ("live", &["domain", "fleet", "clock"], &["reqwest"]),
    ("history", &["domain", "fleet"], &["axum", "reqwest"]),
    (
        "auth",
        &["domain", "sqlite"],
        &["axum", "http", "reqwest", "serde"],
    ),
    ("oidc", &["config", "auth"], &["axum"]),
    ("desk", &["domain", "sqlite"], &["axum", "http", "reqwest"]),
    ("webhook", &["domain", "sqlite", "source"], &["axum"]),
    (
        "web",
        &[
            "domain", "live", "alarm", "history", "auth", "oidc", "desk", "webhook", "fleet",
            "config", "clock",
        ],
        &["reqwest", "openidconnect"],
    ),
    ("sim", &["domain", "clock"], &[]),
];

/// Of another layer, only these parts: (layer, other layer, parts).
const PARTS: [(&str, &str, &[&str]); 8] = [
    ("source", "config", &["source"]),
    ("live", "fleet", &["Changes", "SourceStatus"]),
    ("alarm", "fleet", &["Changes", "SourceStatus"]),
    (
        "history",
        "fleet",
        // What a device is remembered by, down to its members.
        &[
            "Changes", "Fix", "memory", "device", "fix", "interval", "motion",
        ],
    ),
    (
        "webhook",
        "source",
        &["http::reach", "http::tls", "http::url_guard"],
    ),
    ("web", "fleet", &["writer::Pulse"]),
    ("oidc", "config", &["oidc"]),
    ("oidc", "auth", &["AddressKey"]),
];

#[test]
fn every_layer_imports_only_what_stands_below_it() {
    let mut faults = Vec::new();
    for (layer, may, never) in LAYERS {
        for file in rust_files(&root().join("src").join(layer)) {
            let text = production_code(&file);
            for path in own_paths(&text) {
                let (other, rest) = path.split_once("::").unwrap_or((&path, ""));
                let is_part = PARTS
                    .iter()
                    .find(|(of, from, _)| *of == layer && *from == other)
                    .is_none_or(|(_, _, parts)| parts.iter().any(|part| rest.starts_with(part)));
                if other != layer && (!may.contains(&other) || !is_part) {
                    faults.push(format!("{}: {layer} names crate::{path}", file.display()));
                }
            }
            let tokio_is_fine = layer == "fleet" && file.ends_with("writer.rs");
            for name in never {
                if text.contains(&format!("{name}::")) && !(*name == "tokio" && tokio_is_fine) {
                    faults.push(format!("{}: {layer} names {name}", file.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_the_writer_of_the_fleet_knows_tokio() {
    for file in rust_files(&root().join("src/fleet")) {
        let is_writer = file.ends_with("writer.rs");
        let names_tokio = production_code(&file).contains("tokio::");
        assert!(is_writer || !names_tokio, "{}", file.display());
    }
}

#[test]
fn no_vendor_knows_another_and_no_loop_knows_a_vendor() {
    const VENDORS: [&str; 3] = ["mycartracks", "cartrack", "eztotrack"];
    let source = root().join("src/source");
    for file in rust_files(&source) {
        let text = production_code(&file);
        let inside = file.strip_prefix(&source).expect("below source");
        let home = VENDORS.iter().find(|vendor| inside.starts_with(vendor));
        let is_the_list = inside == Path::new("mod.rs");
        for vendor in VENDORS {
            let names_it = text.contains(&format!("{vendor}::"));
            let may = is_the_list || home == Some(&vendor);
            assert!(may || !names_it, "{} names {vendor}", file.display());
        }
    }
}

#[test]
fn vendors_json_is_known_in_the_sources_only_and_the_browsers_in_frames_only() {
    for layer in ["domain", "fleet", "history", "alarm"] {
        for file in rust_files(&root().join("src").join(layer)) {
            let text = production_code(&file);
            assert!(!text.contains("Serialize"), "{}", file.display());
        }
    }
}

#[test]
fn the_reader_of_imports_sees_groups_and_nesting() {
    let text = "use crate::{a::b, c::{d, e::f}};\nlet x = crate::g::h();\nuse crate::i;";
    let paths: Vec<_> = own_paths(text).into_iter().collect();
    assert_eq!(paths, ["a::b", "c::d", "c::e::f", "g::h", "i"]);
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The file without its tests and comments; nothing where all of it is tests.
pub(crate) fn production_code(file: &Path) -> String {
    if file.file_name().is_some_and(|name| name == "tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(file).expect("a source file");
    // Only a module of tests at the foot ends the file; a `mod tests;` above does not.
    let foot = "#[cfg(test)]\nmod tests {";
    let code = text.split(foot).next().unwrap_or_default();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path that starts with `crate::`, with groups spread out.
fn own_paths(text: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        spread("", &text[at + "crate::".len()..], &mut paths);
    }
    paths
}

/// Reads one path or group at the start of `text`; gives what is left after it.
fn spread<'a>(prefix: &str, text: &'a str, paths: &mut BTreeSet<String>) -> &'a str {
    let text = text.trim_start();
    let Some(mut rest) = text.strip_prefix('{') else {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '*';
        let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let path = format!("{prefix}{name}");
        return match rest.strip_prefix("::") {
            Some(more) if !more.starts_with('<') => spread(&format!("{path}::"), more, paths),
            _ => {
                paths.insert(path);
                rest
            }
        };
    };
    loop {
        rest = spread(prefix, rest, paths).trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return after;
        }
        if rest.is_empty() {
            return rest;
        }
    }
}
