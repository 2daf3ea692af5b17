//! How the operator gets the link by which the first administrator comes in: on a terminal as a
//! line. What a service writes to stderr is kept, and shipped elsewhere; there the link goes into a
//! file that the server's user alone can read, and the log says where.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};

/// In the state directory.
const FILE: &str = "first-administrator-link";

/// Tells `link`, if there is one. The file of a start before goes: what stands in it is no longer
/// good.
pub(super) fn tell(link: Option<&SecretString>, state_dir: Option<&Path>) -> anyhow::Result<()> {
    let file = state_dir.map(|dir| dir.join(FILE));
    if let Some(file) = &file {
        remove(file)?;
    }
    match (link, file) {
        (None, _) => Ok(()),
        (Some(link), Some(file)) if !std::io::stderr().is_terminal() => {
            write(link, &file)?;
            tracing::warn!(
                file = %file.display(),
                "nobody can administer yet; the link in this file makes the first administrator, \
                 once, within a day"
            );
            Ok(())
        }
        // Without a state directory there is nowhere else.
        (Some(link), _) => Ok(say(link)?),
    }
}

fn say(link: &SecretString) -> std::io::Result<()> {
    let mut stderr = std::io::stderr().lock();
    writeln!(
        stderr,
        "Nobody can administer yet. This link makes the first administrator; it is good once, for a day:"
    )?;
    writeln!(stderr, "{}", link.expose_secret())
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// A new file: whatever somebody else has put there is not written to.
fn write(link: &SecretString, file: &Path) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let written = options
        .open(file)
        .and_then(|mut file| writeln!(file, "{}", link.expose_secret()));
    written.with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_file_is_its_users_own_and_new_at_each_start() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        for link in ["https://fleet.example.org/invitation#one", "other"] {
            remove(&file).unwrap();
            write(&SecretString::from(link.to_owned()), &file).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), format!("{link}\n"));
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // Once somebody can administer there is none.
        tell(None, Some(dir.path())).unwrap();
        assert!(!file.exists());
        // A way that somebody laid to another file leads nowhere.
        let elsewhere = dir.path().join("elsewhere");
        symlink(&elsewhere, &file).unwrap();
        assert!(write(&SecretString::from("link"), &file).is_err());
        assert!(!elsewhere.exists());
    }
}
