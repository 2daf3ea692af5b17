//! What the vendors' tests share: settings, a running source, and patience with a limit.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::vendor;
use crate::config::source::{FieldMap, SourceSettings};
use crate::domain::{Report, Said, SourceId};

/// The vendor's settings as its reader would give them, with `given` set.
pub(crate) fn settings(kind: &'static str, given: &[(&'static str, &str)]) -> SourceSettings {
    let mut settings = SourceSettings {
        id: SourceId::new(kind),
        kind,
        texts: BTreeMap::new(),
        secrets: BTreeMap::new(),
        poll_interval: None,
        recall: crate::config::source::RECALL,
        authorities: Vec::new(),
        timezone: TimeZone::UTC,
        fields: FieldMap::default(),
        freshness: None,
        positions: None,
        health: None,
    };
    for key in vendor(kind).unwrap().spec.keys {
        let value = given.iter().find(|(name, _)| *name == key.name);
        let Some(value) = value.map(|(_, value)| *value).or(key.default) else {
            continue;
        };
        if key.secret {
            settings.secrets.insert(key.name, value.into());
        } else {
            settings.texts.insert(key.name, value.to_owned());
        }
    }
    settings
}

/// Whether the vendor accepts the settings; else the refused key and the problem.
pub(crate) fn check(settings: &SourceSettings) -> Result<(), (&'static str, String)> {
    let spec = &vendor(settings.kind).unwrap().spec;
    (spec.check)(settings).map_err(|problem| (problem.key, problem.problem))
}

/// A source that runs until this is dropped.
pub(crate) struct Running {
    reports: mpsc::Receiver<Report>,
    shutdown: CancellationToken,
}

impl Running {
    pub(crate) fn start(settings: SourceSettings) -> Self {
        let (sender, reports) = mpsc::channel(64);
        let shutdown = CancellationToken::new();
        super::start(
            vec![settings],
            &|_| None,
            (sender, &super::recall::book::Book::default()),
            shutdown.clone(),
            &TaskTracker::new(),
        );
        Self { reports, shutdown }
    }

    /// What is said next.
    pub(crate) async fn said(&mut self) -> Said {
        let report = timeout(Duration::from_secs(20), self.reports.recv()).await;
        report
            .expect("the source is silent")
            .expect("it ended")
            .said
    }

    /// The first thing said that `wanted` picks; what comes before is dropped.
    pub(crate) async fn until<T>(&mut self, wanted: impl Fn(Said) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(self.said().await) {
                return found;
            }
        }
    }

    /// The device ids of the next batch of observations.
    pub(crate) async fn observed(&mut self) -> Vec<String> {
        self.until(|said| match said {
            Said::Observed(rows) => Some(
                rows.iter()
                    .map(|row| row.device.device.to_string())
                    .collect(),
            ),
            _ => None,
        })
        .await
    }

    /// Ends the source; whether it ends.
    pub(crate) async fn ends(mut self) -> bool {
        self.shutdown.cancel();
        let drained = async { while self.reports.recv().await.is_some() {} };
        timeout(Duration::from_secs(1), drained).await.is_ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
