//! The value of a vendor's key, in whichever of four ways it is given: outright, by a variable, by
//! a file, or as a credential that systemd hands to the service.

use std::path::Path;

use super::document::{At, ConfigError, Section, is_variable_name};
use super::env::Env;
use super::secret_file::{self, credentials};
use super::source::KeySpec;

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
    let text = secret_file::read_credential(&path);
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
    let read = if key.secret {
        secret_file::read(text, env, folder)
    } else {
        let read = secret_file::read_plain(&folder.join(text));
        read.map_err(|why| format!("names {text}, which {why}"))
    };
    read.map_err(|problem| format!("`{}_file` {problem}", key.name))
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
    secret_file::read_credential(&path)
        .map_err(|why| format!("`{name}_credential` names one that {why}"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
