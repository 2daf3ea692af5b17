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
            (source.freshness, source.positions, source.health) = (None, None, None);
        }
        format!("{sources:?}")
    };
    let differs = [
        ("[[source]]", sources(before) != sources(after)),
        ("[server]", before.server != after.server),
        ("[map]", before.map != after.map),
        ("[history]", before.history != after.history),
        ("[access]", before.access != after.access),
        ("[webhooks]", before.webhooks != after.webhooks),
    ];
    differs
        .into_iter()
        .filter_map(|(part, differs)| differs.then_some(part))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::config::Flags;
    use crate::source::VENDORS;

    fn config(own: &str) -> Config {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f.toml");
        let source =
            "[[source]]\nid = \"e\"\nkind = \"eztotrack\"\napi_key = \"ezt_test_hunter2\"\n";
        std::fs::write(&file, format!("{source}{own}")).unwrap();
        let env: HashMap<String, String> = HashMap::new();
        let vendors: Vec<_> = VENDORS.iter().map(|vendor| &vendor.spec).collect();
        Config::load(Some(&file), &env, &Flags::default(), &vendors).unwrap()
    }

    #[tokio::test]
    async fn thresholds_of_the_file_read_again_go_to_the_fleet_and_need_no_restart() {
        let before = config("");
        let own = "[source.merging]\npoor_beyond_m = 100\nclock_ahead_after = \"5m\"\n";
        let rest = "[source.freshness]\ngps_stuck_after = \"9m\"\n[merging]\nhold = \"1m\"\n";
        let after = config(&format!("{own}{rest}"));
        assert_eq!(needing_restart(&before, &after).count(), 0);
        let another_way = config("poll_interval = \"20s\"\n");
        let needing: Vec<_> = needing_restart(&before, &another_way).collect();
        assert_eq!(needing, ["[[source]]"]);
        // Somebody may think that a group was shut out.
        let idle = config("[access]\nsession_idle = \"1h\"\n");
        let needing: Vec<_> = needing_restart(&before, &idle).collect();
        assert_eq!(needing, ["[access]"]);

        let (reloads, receiver) = mpsc::channel(1);
        let tasks = TaskTracker::new();
        let mut told = settings(before, receiver, &tasks, CancellationToken::new());
        reloads.send(after).await.unwrap();
        let thresholds = told.recv().await.unwrap().thresholds;
        let rules = thresholds.positions_of(&crate::domain::SourceId::new("e"));
        assert_eq!(rules.poor_beyond_m.to_string(), "100");
        assert_eq!(rules.clock_ahead_after.as_mins(), 5);
        assert_eq!(rules.hold.as_mins(), 1);
    }
}
