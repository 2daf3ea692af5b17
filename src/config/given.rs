//! The value of a vendor's key, in whichever of four ways it is given: outright, by a variable, by
//! a file, or as a credential that systemd hands to the service. A file with a secret must be its
//! owner's alone: who leaves it open to others is told so at the start.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::document::{At, ConfigError, Section, is_variable_name};
use super::env::Env;
use super::source::KeySpec;

/// No key is longer; a file that is, is some other file.
const LONGEST_BYTES: u64 = 64 * 1024;
/// The mode's bits for all but the owner.
const OF_GROUP_AND_OTHERS: u32 = 0o077;
/// Those for all but the owner and the group.
const OF_OTHERS: u32 = 0o007;

/// The value of `key` in `section`, and where it stands.
///
/// # Errors
/// A key that is given twice, and whatever is not where it is said to be.
pub(super) fn in_file(
    section: &mut Section<'_>,
    key: &KeySpec,
    env: &dyn Env,
    folder: &Path,
) -> Result<Option<At<String>>, ConfigError> {
    let name = key.name;
    let mut found = Vec::new();
    for way in ["", "_env", "_file", "_credential"] {
        let given = section.string(&format!("{name}{way}"))?;
        found.extend(given.map(|(text, span)| (way, text, span)));
    }
    let (way, text, span) = match found.as_slice() {
        [] => return Ok(None),
        [(way, text, span)] => (*way, text, span),
        [(_, _, span), ..] => {
            let problem = format!(
                "`{name}` is given more than once; keep one of `{name}`, `{name}_env`, \
                 `{name}_file`, `{name}_credential`"
            );
            return Err(section.error_at(span, problem));
        }
    };
    let value = match way {
        // Empty is as good as absent: no vendor has an empty key.
        "" if text.trim().is_empty() => return Ok(None),
        "" => Ok(text.clone()),
        "_env" => variable(key, text, env),
        "_file" => file(key, text, folder, env),
        _ => named_credential(key, text, env),
    };
    let value = value.map_err(|problem| section.error_at(span, problem))?;
    Ok(Some((value, span.clone())))
}

/// The value of `key` without a file: its variable, or a credential of the variable's name.
///
/// # Errors
/// Where there are both, and a credential that cannot be used.
pub(super) fn in_environment(key: &KeySpec, env: &dyn Env) -> Result<Option<String>, ConfigError> {
    let Some(name) = key.env else {
        return Ok(None);
    };
    let path = credentials(env).map(|folder| folder.join(name));
    let Some(path) = path.filter(|path| path.exists()) else {
        return Ok(env.var(name));
    };
    if env.var(name).is_some() {
        let problem = format!("{name} is a variable and a credential of systemd; keep one of them");
        return Err(ConfigError::new(problem));
    }
    let text = read(key, &path, OF_OTHERS);
    let text = text.map_err(|why| ConfigError::new(format!("the credential {name} {why}")));
    Ok(Some(text?))
}

fn variable(key: &KeySpec, variable: &str, env: &dyn Env) -> Result<String, String> {
    let name = key.name;
    if !is_variable_name(variable) {
        return Err(format!(
            "`{name}_env` is not the name of a variable (upper case letters, digits, _)"
        ));
    }
    env.var(variable).ok_or_else(|| {
        let help = key.help;
        format!("`{name}_env` names {variable}, which is not set; set it to {help}")
    })
}

fn file(key: &KeySpec, text: &str, folder: &Path, env: &dyn Env) -> Result<String, String> {
    let path = folder.join(text);
    // systemd lets a service in by an access list, whose mask stands in the group's place.
    let is_credential = credentials(env).is_some_and(|folder| path.starts_with(folder));
    let not_for = if is_credential {
        OF_OTHERS
    } else {
        OF_GROUP_AND_OTHERS
    };
    read(key, &path, not_for)
        .map_err(|why| format!("`{}_file` names {text}, which {why}", key.name))
}

/// A mistyped name is not shown: people put the secret itself there.
fn named_credential(key: &KeySpec, text: &str, env: &dyn Env) -> Result<String, String> {
    let name = key.name;
    let Some(folder) = credentials(env) else {
        return Err(format!(
            "`{name}_credential` needs systemd's LoadCredential=, and CREDENTIALS_DIRECTORY is \
             not set; add the former to the unit, or give `{name}_file`"
        ));
    };
    let path = folder.join(text);
    if text.contains('/') || !path.is_file() {
        return Err(format!(
            "`{name}_credential` names no credential of this service; those there are: {}",
            names(&folder).join(", ")
        ));
    }
    read(key, &path, OF_OTHERS).map_err(|why| format!("`{name}_credential` names one that {why}"))
}

fn credentials(env: &dyn Env) -> Option<PathBuf> {
    env.var("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// The text of the file; a secret's only where its mode has none of the bits `not_for`.
fn read(key: &KeySpec, path: &Path, not_for: u32) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    // Mode and text are those of one and the same file, whatever becomes of its name meanwhile.
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.mode();
    if key.secret && mode & not_for != 0 {
        return Err(format!(
            "others may read or change (mode {:04o}); make it its owner's alone: chmod 600",
            mode & 0o7777
        ));
    }
    let mut text = String::new();
    let n_bytes = file.take(LONGEST_BYTES + 1).read_to_string(&mut text);
    if LONGEST_BYTES < n_bytes.map_err(unreadable)? as u64 {
        return Err("is too large for a key; name the right file".to_owned());
    }
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(text.to_owned())
}
