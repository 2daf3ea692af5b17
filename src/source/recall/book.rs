//! Which times are still to be asked for, also after a restart: `recall.json` in the state
//! directory, source by source.
//!
//! A hole stands in it as soon as it is noticed. It goes from it only a while after it was filled,
//! when what was told of it is on the disk; a crash in between costs questions, and no positions.
//! What cannot be read is told in the log and left out: then that is forgotten, and nothing else.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::holes::{Hole, Holes};
use crate::domain::SourceId;

const FILE: &str = "recall.json";
const VERSION: u32 = 1;
/// No source is asked for anything older.
const OLDEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A greater file is none of ours.
const MOST_BYTES: u64 = 1 << 20;
/// What was told so long ago is committed, or waits for a disk that is ill.
const SETTLED_AFTER: Duration = Duration::from_secs(10);

/// The holes of all sources. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct Book(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// `None` where nothing is kept beyond the end.
    path: Option<PathBuf>,
    pages: Mutex<Pages>,
    /// Whoever writes the file holds it.
    writing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Pages {
    holes: BTreeMap<SourceId, Holes>,
    /// They differ from what the file says.
    differs: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    holes: BTreeMap<String, Vec<WrittenHole>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenHole {
    from: String,
    to: String,
}

impl Book {
    /// The book that is kept in `dir`, as the last run left it; without one, all is forgotten at
    /// the end. What lies further back than any source is asked for, or after `now`, is left out.
    pub fn open(dir: Option<&Path>, now: Timestamp) -> Self {
        let Some(path) = dir.map(|dir| dir.join(FILE)) else {
            return Self::default();
        };
        let holes = read(&path, now).unwrap_or_else(|problem| {
            warn!(file = %path.display(), %problem,
                "what was still to be asked of the vendors' histories cannot be read, and is \
                 forgotten");
            BTreeMap::new()
        });
        Self(Arc::new(Inner {
            path: Some(path),
            pages: Mutex::new(Pages {
                holes,
                differs: false,
            }),
            writing: Mutex::default(),
        }))
    }

    /// What is still to be asked of `source`.
    pub fn holes(&self, source: &SourceId) -> Holes {
        self.pages().holes.get(source).cloned().unwrap_or_default()
    }

    /// Takes in that `source` missed `found`, and has it written at once.
    pub fn add(&self, source: &SourceId, found: &Holes) {
        let add = |holes: &mut Holes| found.iter().for_each(|hole| holes.add(hole));
        if self.change(source, add) {
            self.write_soon(Duration::ZERO);
        }
    }

    /// Lets `remove` take away what is not to be asked for any more, and has it written later.
    pub fn remove(&self, source: &SourceId, remove: impl FnOnce(&mut Holes)) {
        if self.change(source, remove) {
            self.write_soon(SETTLED_AFTER);
        }
    }

    fn change(&self, source: &SourceId, change: impl FnOnce(&mut Holes)) -> bool {
        let mut pages = self.pages();
        let before = pages.holes.remove(source).unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        let differs = before != after;
        if !after.is_empty() {
            pages.holes.insert(source.clone(), after);
        }
        pages.differs |= differs;
        differs
    }

    fn write_soon(&self, wait: Duration) {
        if self.0.path.is_none() {
            return;
        }
        let book = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let _ = tokio::task::spawn_blocking(move || book.write()).await;
        });
    }

    /// Writes it, if it differs from what is written. Blocks for as long as the disk takes.
    pub fn write(&self) {
        let Some(path) = &self.0.path else { return };
        // Whoever comes second writes what is newest, or finds it written.
        let _writing = self
            .0
            .writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let holes = {
            let mut pages = self.pages();
            if !std::mem::take(&mut pages.differs) {
                return;
            }
            pages.holes.clone()
        };
        if let Err(error) = write(path, &holes) {
            warn!(file = %path.display(), %error,
                "what is still to be asked of the vendors' histories cannot be written; a restart \
                 forgets it");
            self.pages().differs = true;
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        let pages = self.0.pages.lock();
        pages.unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path, now: Timestamp) -> Result<BTreeMap<SourceId, Holes>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.to_string()),
    };
    let mut text = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    if MOST_BYTES < text.len() as u64 {
        return Err(format!("it is larger than {MOST_BYTES} bytes"));
    }
    let written: Written = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if written.version != VERSION {
        return Err(format!("it is of version {}", written.version));
    }
    let mut all = BTreeMap::new();
    for (source, spans) in written.holes {
        let mut holes = Holes::default();
        for span in spans {
            let time = |text: &str| text.parse::<Timestamp>().map_err(|error| error.to_string());
            holes.add(Hole {
                from: time(&span.from)?,
                to: time(&span.to)?.min(now),
            });
        }
        holes.forget_before(now.checked_sub(OLDEST).unwrap_or(Timestamp::MIN));
        if !holes.is_empty() {
            all.insert(SourceId::new(source), holes);
        }
    }
    Ok(all)
}

/// Puts the whole file in place of the one before, or removes it where there is nothing to say.
fn write(path: &Path, holes: &BTreeMap<SourceId, Holes>) -> io::Result<()> {
    let gone = |outcome: io::Result<()>| match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    };
    if holes.is_empty() {
        return gone(fs::remove_file(path));
    }
    let span = |hole: Hole| WrittenHole {
        from: hole.from.to_string(),
        to: hole.to.to_string(),
    };
    let page = |(source, holes): (&SourceId, &Holes)| {
        (source.to_string(), holes.iter().map(span).collect())
    };
    let written = Written {
        version: VERSION,
        holes: holes.iter().map(page).collect(),
    };
    let new = path.with_extension("json.new");
    gone(fs::remove_file(&new))?;
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(&serde_json::to_vec(&written)?)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent()
        .map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
