//! Files that hold a secret: refused while others on the machine can read them.
//!
//! systemd hands secrets over in a directory of its own (`LoadCredential=`). What lies there is
//! guarded by systemd, sometimes by means that the mode does not show.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::env::Env;

/// Where systemd puts a unit's credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";
/// The bits by which anybody but the owner gets at a file.
const OTHERS: u32 = 0o077;

/// The file that `name` means: systemd's credential of that name if there is one, else a path that
/// starts at `folder`. The error says why it is not to be used; it goes behind the key's name.
pub fn find(name: &str, env: &dyn Env, folder: &Path) -> Result<PathBuf, String> {
    let is_plain = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
    if let Some(directory) = env.var(CREDENTIALS_DIRECTORY).filter(|_| is_plain) {
        let credential = Path::new(&directory).join(name);
        if credential.is_file() {
            return Ok(credential);
        }
    }
    let path = folder.join(name);
    let metadata = fs::metadata(&path)
        .map_err(|error| format!("names {name}, which cannot be read: {error}"))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(format!(
            "names {name}, which others on this machine can get at (its mode is {mode:04o}); run \
             `chmod 600` on it"
        ));
    }
    Ok(path)
}

/// The text of the file that `name` means, without a final line break.
pub fn read(name: &str, env: &dyn Env, folder: &Path) -> Result<String, String> {
    let path = find(name, env, folder)?;
    let text = fs::read_to_string(path)
        .map_err(|error| format!("names {name}, which cannot be read: {error}"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err(format!("names {name}, which is empty"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

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
