//! Habits of the house that a program can check.

use std::fs;

use crate::layering::{production_code, root, rust_files};

/// A file that outgrows this has two ideas in it.
const MAX_LINES: usize = 400;

#[test]
fn every_module_says_what_it_hides() {
    for file in all_files() {
        let text = fs::read_to_string(&file).expect("a source file");
        assert!(text.starts_with("//!"), "{} has no opening", file.display());
    }
}

#[test]
fn no_file_outgrows_its_idea() {
    for file in all_files() {
        let n_lines = production_code(&file).lines().count();
        assert!(
            n_lines <= MAX_LINES,
            "{} has {n_lines} lines",
            file.display()
        );
    }
}

#[test]
fn nothing_is_left_for_later_in_secret() {
    let words = ["TODO", "FIXME", "XXX", "#[ignore"];
    for file in all_files()
        .into_iter()
        .filter(|file| !file.ends_with("tidy.rs"))
    {
        let text = fs::read_to_string(&file).expect("a source file");
        for word in words {
            assert!(!text.contains(word), "{} has a {word}", file.display());
        }
    }
}

fn all_files() -> Vec<std::path::PathBuf> {
    let mut files = rust_files(&root().join("src"));
    files.extend(rust_files(&root().join("tests/it")));
    files
}
