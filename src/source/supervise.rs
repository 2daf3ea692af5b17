//! Keeps one source running, whatever it does: a panic or an early end costs its own task, a line
//! in the log and a short wait, and never another source.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use metrics::counter;
use tokio::time::{Instant, sleep};
use tracing::{error, info};

use super::backoff::Backoff;
use super::decode::words::clean;
use super::http::secrets::Secrets;
use super::http::trouble::{Kind, Trouble};
use super::outlet::{Activity, Outlet};
use super::{Source, vendor};
use crate::config::source::{KeyProblem, SourceSettings};

/// Whoever ran for so long is not restarted ever more slowly.
const HEALTHY_AFTER: Duration = Duration::from_mins(2);

/// Builds the source of `settings` and runs it, again and again. Dropping the future ends it.
pub async fn for_ever(settings: &SourceSettings, outlet: &Outlet) {
    info!(source.id = %settings.id, source.kind = settings.kind, "the source starts");
    let secrets = Secrets::default();
    settings.secrets.values().for_each(|s| secrets.add(s));
    restart_for_ever(|| build(settings), &secrets, outlet).await;
}

/// The settings' source.
pub fn build(settings: &SourceSettings) -> Result<Box<dyn Source>, KeyProblem> {
    let unknown = || KeyProblem {
        key: "kind",
        problem: format!("`{}` is no vendor of ours", settings.kind),
    };
    (vendor(settings.kind).ok_or_else(unknown)?.build)(settings)
}

async fn restart_for_ever(
    build: impl Fn() -> Result<Box<dyn Source>, KeyProblem>,
    secrets: &Secrets,
    outlet: &Outlet,
) {
    let mut backoff = Backoff::default();
    loop {
        let started_at = Instant::now();
        let end = run_once(&build, outlet).await;
        if HEALTHY_AFTER < started_at.elapsed() {
            backoff.reset();
        }
        counter!("fleetglass_source_restarts_total", "source" => outlet.source().to_string())
            .increment(1);
        // A panic's words may hold anything, and they are shown.
        let trouble = Trouble::new(Kind::Odd, clean(&secrets.clean(&end)));
        let wait = backoff.wait_with_chance(&trouble);
        error!(source.id = %outlet.source(), "the source is restarted: {trouble}");
        outlet.failure(Activity::Running, &trouble, wait).await;
        sleep(wait).await;
    }
}

/// Runs a source until it ends, which it never should; how it did.
async fn run_once(
    build: impl Fn() -> Result<Box<dyn Source>, KeyProblem>,
    outlet: &Outlet,
) -> String {
    let mut source = match build() {
        Ok(source) => source,
        Err(KeyProblem { key, problem }) => return format!("{key}: {problem}"),
    };
    // A source that panicked is thrown away whole, so no broken state is ever seen.
    match AssertUnwindSafe(source.run(outlet)).catch_unwind().await {
        Ok(()) => "its task ended".to_owned(),
        Err(panic) => format!("its task panicked: {}", message(panic.as_ref())),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::BoxFuture;
    use tokio::sync::mpsc;

    use super::*;
    use crate::domain::{Said, Signal, SourceId};
    use crate::source::probe::Findings;

    /// Panics, then ends, then runs.
    struct Frail(Arc<AtomicU32>);

    impl Source for Frail {
        fn run<'a>(&'a mut self, outlet: &'a Outlet) -> BoxFuture<'a, ()> {
            Box::pin(async {
                match self.0.fetch_add(1, Ordering::Relaxed) {
                    0 => panic!("as planned\u{1b}: hunter2 {}", "x".repeat(500)),
                    1 => {}
                    _ => {
                        outlet.success(Activity::Positions).await;
                        std::future::pending::<()>().await;
                    }
                }
            })
        }

        fn probe(&mut self, _: bool) -> BoxFuture<'_, Findings> {
            Box::pin(async { unreachable!("nobody checks it") })
        }
    }

    #[tokio::test]
    async fn a_source_that_panics_or_ends_is_started_again() {
        let (reports, mut heard) = mpsc::channel(8);
        let outlet = Outlet::new(SourceId::new("x"), reports);
        let runs = Arc::new(AtomicU32::new(0));
        let build = || Ok(Box::new(Frail(Arc::clone(&runs))) as Box<dyn Source>);
        let secrets = Secrets::default();
        secrets.add(&"hunter2".into());
        let mut words = Vec::new();
        let supervised = restart_for_ever(build, &secrets, &outlet);
        tokio::pin!(supervised);
        loop {
            let report = tokio::select! {
                () = &mut supervised => unreachable!("it runs for ever"),
                report = heard.recv() => report.unwrap(),
            };
            match report.said {
                Said::Signal(Signal::Failure { words: said, .. }) => words.push(said),
                _ => break,
            }
        }
        assert!(words[0].starts_with("its task panicked: as planned: *** xxx"));
        assert!(words[0].chars().count() <= 200, "{}", words[0]);
        assert_eq!(words[1..], ["its task ended"]);
    }
}
