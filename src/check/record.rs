//! Samples of a vendor's real answers, redacted, for whoever keeps fixtures.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::config::source::SourceSettings;
use crate::source::decode::redact::Redactor;
use crate::source::probe::Probe;

/// So many bodies of an endpoint tell all that there is to tell.
const SAMPLES_MAX: usize = 20;

/// One source's samples; a pseudonym means the same throughout.
pub(super) struct Recording {
    directory: PathBuf,
    prefix: String,
    redactor: Redactor,
    n_kept: usize,
}

impl Recording {
    /// Makes the directory, which only its owner may enter.
    pub(super) fn start(directory: &Path, settings: &SourceSettings) -> anyhow::Result<Self> {
        if !directory.is_dir() {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700);
            let made = builder.create(directory);
            made.with_context(|| format!("cannot make the directory {}", directory.display()))?;
        }
        Ok(Self {
            directory: directory.to_owned(),
            prefix: slug(settings.id.as_str()),
            redactor: Redactor::new((rand::random(), rand::random()), &settings.fields),
            n_kept: 0,
        })
    }

    /// Keeps the bodies of an endpoint, unless they are secret as a whole.
    pub(super) fn keep(&mut self, probe: &Probe) -> anyhow::Result<()> {
        if probe.spec.is_none() {
            return Ok(());
        }
        let name = slug(&probe.endpoint);
        for (n, body) in probe.bodies.iter().take(SAMPLES_MAX).enumerate() {
            let file = format!("{}-{name}-{}.json", self.prefix, n + 1);
            let path = self.directory.join(file);
            let sample = self.redactor.redact(body);
            write(&path, &sample)
                .with_context(|| format!("cannot write the sample {}", path.display()))?;
            self.n_kept += 1;
        }
        Ok(())
    }

    /// How many samples were kept.
    pub(super) fn n_kept(&self) -> usize {
        self.n_kept
    }
}

/// Writes a file anew, which only its owner may read, whatever was there before.
fn write(path: &Path, sample: &[u8]) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(path)?;
    file.write_all(sample)?;
    file.sync_all()
}

/// `GET /vehicles/status` as a file's name: `get-vehicles-status`.
fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}
