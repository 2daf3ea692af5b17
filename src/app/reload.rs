//! A configuration that is read again: what of it the fleet takes, and what needs a restart.

use anyhow::Context;
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::fleet::FleetSettings;
use crate::live::viewer::ViewerSettings;

/// What a restart gives back is kept this often.
const REMEMBER_EVERY: SignedDuration = SignedDuration::from_secs(5);

/// The fleet's part of each configuration that comes by `reloads`.
pub(super) fn settings(
    mut config: Config,
    mut reloads: mpsc::Receiver<Config>,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> mpsc::Receiver<FleetSettings> {
    let (settings, receiver) = mpsc::channel(1);
    let forward = async move {
        while let Some(next) = reloads.recv().await {
            for part in needing_restart(&config, &next) {
                tracing::warn!(
                    part,
                    "this part of the configuration changes with a restart only"
                );
            }
            // What runs is what the next change is held against.
            let next = Config {
                roster: next.roster,
                off_duty: next.off_duty,
                fleet: next.fleet,
                thresholds: next.thresholds,
                ..config.clone()
            };
            let Ok(fleet) = fleet_settings(&next) else {
                continue;
            };
            tracing::info!(
                vehicles = next.roster.vehicles.len(),
                off_duty = next.off_duty.len(),
                "roster, off-duty hours and thresholds are those of the configuration as it is now"
            );
            config = next;
            if settings.send(fleet).await.is_err() {
                return;
            }
        }
    };
    tasks.spawn(async move {
        stop.run_until_cancelled(forward).await;
    });
    receiver
}

/// What the fleet is told of `config`.
pub(super) fn fleet_settings(config: &Config) -> anyhow::Result<FleetSettings> {
    let forget_after =
        SignedDuration::try_from(config.fleet.forget_after).context("forget_after is too long")?;
    let quiet = SignedDuration::try_from(ViewerSettings::default().heartbeat)?;
    let keeps_files = config.history.record && config.server.state_dir.is_some();
    Ok(FleetSettings {
        roster: config.roster.clone(),
        off_duty: config.off_duty.clone(),
        thresholds: config.thresholds.clone(),
        forget_after,
        quiet,
        remember_every: keeps_files.then_some(REMEMBER_EVERY),
    })
}

/// Names what differs and is read at the start alone.
fn needing_restart(before: &Config, after: &Config) -> impl Iterator<Item = &'static str> {
    // Secrets are left out of the text, and with them a change of nothing but a password.
    // Thresholds of their own count at once, as all others.
    let sources = |config: &Config| {
        let mut sources = config.sources.clone();
        for source in &mut sources {
            (source.freshness, source.hold, source.health) = (None, None, None);
        }
        format!("{sources:?}")
    };
    let differs = [
        ("[[source]]", sources(before) != sources(after)),
        ("[server]", before.server != after.server),
        ("[map]", before.map != after.map),
        ("[history]", before.history != after.history),
    ];
    differs
        .into_iter()
        .filter_map(|(part, differs)| differs.then_some(part))
}
