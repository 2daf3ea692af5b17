//! Files that hold a secret: refused while others on the machine can read or change them.
//!
//! systemd hands secrets over in a directory of its own (`LoadCredential=`). It lets the service in
//! by an access list, whose mask stands in the place of the group's bits: there only those of
//! others count.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::env::Env;

/// Where systemd puts a unit's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";
/// The mode's bits for all but the owner.
const OF_GROUP_AND_OTHERS: u32 = 0o077;
/// Those for all but the owner and the group.
const OF_OTHERS: u32 = 0o007;
/// No secret is longer; a file that is, is some other file.
const LONGEST_BYTES: u64 = 64 * 1024;

/// The directory with the credentials that systemd hands to this service.
pub(super) fn credentials(env: &dyn Env) -> Option<PathBuf> {
    env.var(CREDENTIALS_DIRECTORY).map(PathBuf::from)
}

/// The file that `name` means: systemd's credential of that name if there is one, else a path that
/// starts at `folder`. The error says why it is not to be used; it goes behind the key's name.
pub fn find(name: &str, env: &dyn Env, folder: &Path) -> Result<PathBuf, String> {
    let (path, not_for) = place(name, env, folder);
    open(&path, not_for).map_err(|why| format!("names {name}, which {why}"))?;
    Ok(path)
}

/// The text of the file that `name` means, without a final line break.
pub fn read(name: &str, env: &dyn Env, folder: &Path) -> Result<String, String> {
    let (path, not_for) = place(name, env, folder);
    let text = open(&path, not_for).and_then(text_of);
    text.map_err(|why| format!("names {name}, which {why}"))
}

/// The text of a credential of systemd. The error says what is wrong with it.
pub(super) fn read_credential(path: &Path) -> Result<String, String> {
    open(path, OF_OTHERS).and_then(text_of)
}

/// The text of a file that holds no secret, so that its mode is nobody's business.
pub(super) fn read_plain(path: &Path) -> Result<String, String> {
    open(path, 0).and_then(text_of)
}

/// Which file is meant, and whose bits its mode must not have.
fn place(name: &str, env: &dyn Env, folder: &Path) -> (PathBuf, u32) {
    let is_plain = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
    let credentials = credentials(env);
    if let Some(directory) = credentials.as_ref().filter(|_| is_plain) {
        let credential = directory.join(name);
        if credential.is_file() {
            return (credential, OF_OTHERS);
        }
    }
    let path = folder.join(name);
    let is_credential = credentials.is_some_and(|directory| path.starts_with(directory));
    let not_for = if is_credential {
        OF_OTHERS
    } else {
        OF_GROUP_AND_OTHERS
    };
    (path, not_for)
}

fn open(path: &Path, not_for: u32) -> Result<File, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    // Mode and text are those of one and the same file, whatever becomes of its name meanwhile.
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.mode();
    if mode & not_for != 0 {
        return Err(format!(
            "others may read or change (mode {:04o}); make it its owner's alone: chmod 600",
            mode & 0o7777
        ));
    }
    Ok(file)
}

fn text_of(file: File) -> Result<String, String> {
    let mut text = String::new();
    let n_bytes = file.take(LONGEST_BYTES + 1).read_to_string(&mut text);
    let n_bytes = n_bytes.map_err(|error| format!("cannot be read: {error}"))?;
    if LONGEST_BYTES < n_bytes as u64 {
        return Err("is too large for a key; name the right file".to_owned());
    }
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn who_else_can_read_it_decides() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        fs::write(&path, "hunter2\n").unwrap();
        let env: HashMap<String, String> = HashMap::new();
        for (mode, is_fine) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o644, false),
            (0o620, false),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let found = read("s", &env, dir.path());
            assert_eq!(found.is_ok(), is_fine, "{mode:o}: {found:?}");
            if let Err(said) = found {
                assert!(said.contains("chmod 600") && !said.contains("hunter2"));
            }
        }
    }

    #[test]
    fn a_credential_of_systemd_comes_first_whatever_its_mode() {
        let (credentials, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let credential = credentials.path().join("s");
        fs::write(&credential, "of systemd").unwrap();
        fs::set_permissions(&credential, fs::Permissions::from_mode(0o440)).unwrap();
        let directory = credentials.path().display().to_string();
        let env = HashMap::from([(CREDENTIALS_DIRECTORY.to_owned(), directory)]);
        assert_eq!(read("s", &env, folder.path()).unwrap(), "of systemd");
        // Nobody climbs out of the directory.
        assert!(read("../s", &env, folder.path()).is_err());
    }
}
