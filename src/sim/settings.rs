//! What can be set about the simulator, and the accounts that it accepts.

use std::net::SocketAddr;
use std::time::Duration;

use super::Vendor;
use super::faults::FaultSetting;

/// Settings of a simulator. `..SimSettings::default()` fills in the rest.
#[derive(Clone, Debug)]
pub struct SimSettings {
    /// Vehicles, counted after merging: one with two vendors' devices counts once. Default 300.
    pub vehicles: usize,
    /// The same seed gives the same world. Default 1.
    pub seed: u64,
    /// Faults from the start, as flags give them. Default none.
    pub faults: Vec<FaultSetting>,
    /// Whose devices the vehicles carry. All three by default, and if empty.
    pub vendors: Vec<Vendor>,
    /// Every streamed device reports so many times a second, whatever its vehicle does: a load for
    /// tests. At most 10 take effect. Default `None`: each at its own habit.
    pub stream_hz: Option<f64>,
    /// Silence between two heartbeats of a stream. Default 10 s.
    pub heartbeat: Duration,
    /// Life of a stream session. Default 30 min.
    pub session_life: Duration,
    /// How long a new session's URL may be used. Default 60 s.
    pub url_life: Duration,
    /// Life of a new access token. Default 1 h.
    pub token_life: Duration,
    /// Requests that MyCarTracks allows in one window. Default 150.
    pub window_requests: u32,
    /// The length of that window. Default 15 min.
    pub window: Duration,
    /// How long the world has lived when the simulator starts: so far back its vendors' histories
    /// go at once. Default nothing.
    pub past: Duration,
}

impl Default for SimSettings {
    fn default() -> Self {
        Self {
            vehicles: 300,
            seed: 1,
            faults: Vec::new(),
            vendors: Vendor::ALL.to_vec(),
            stream_hz: None,
            heartbeat: Duration::from_secs(10),
            session_life: Duration::from_mins(30),
            url_life: Duration::from_mins(1),
            token_life: Duration::from_hours(1),
            window_requests: 150,
            window: Duration::from_mins(15),
            past: Duration::ZERO,
        }
    }
}

// These open nothing but a simulator on this machine, so they need not be secret; they have the
// vendors' forms so that the checks of those forms are exercised.
pub(super) const CLIENT_ID: &str = "sim-client";
pub(super) const CLIENT_SECRET: &str = "sim-client-secret-4f1c";
pub(super) const CARTRACK_USERNAME: &str = "SIMU00001";
pub(super) const CARTRACK_PASSWORD: &str =
    "51a7e0d2c3b4a5968778695a4b3c2d1e0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub(super) const EZTOTRACK_KEY: &str = "ezt_test_c1tyl1ghts0000000000000000sim";

/// Where each API begins.
pub(super) const MYCARTRACKS_BASE: &str = "/mycartracks/services/rest/v3";
pub(super) const MYCARTRACKS_TOKEN: &str = "/mycartracks/oauth/token";
pub(super) const CARTRACK_BASE: &str = "/cartrack/rest";
pub(super) const EZTOTRACK_BASE: &str = "/eztotrack";

/// The variables that make the server use the simulator at `address`.
///
/// Vendors that the settings leave out are left out here too.
pub fn environment(address: SocketAddr, settings: &SimSettings) -> Vec<(&'static str, String)> {
    let url = |path: &str| format!("http://{address}{path}");
    let mut lines = Vec::new();
    let all = settings.vendors.is_empty();
    for vendor in Vendor::ALL
        .iter()
        .filter(|vendor| all || settings.vendors.contains(vendor))
    {
        lines.extend(match vendor {
            Vendor::MyCarTracks => vec![
                ("MYCARTRACKS_CLIENT_ID", CLIENT_ID.to_owned()),
                ("MYCARTRACKS_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
                ("MYCARTRACKS_BASE_URL", url(MYCARTRACKS_BASE)),
                ("MYCARTRACKS_TOKEN_URL", url(MYCARTRACKS_TOKEN)),
            ],
            Vendor::Cartrack => vec![
                ("CARTRACK_BASE_URL", url(CARTRACK_BASE)),
                ("CARTRACK_USERNAME", CARTRACK_USERNAME.to_owned()),
                ("CARTRACK_PASSWORD", CARTRACK_PASSWORD.to_owned()),
            ],
            Vendor::EzToTrack => vec![
                ("EZTOTRACK_API_KEY", EZTOTRACK_KEY.to_owned()),
                ("EZTOTRACK_BASE_URL", url(EZTOTRACK_BASE)),
            ],
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_only_the_vendors_that_are_simulated() {
        let settings = SimSettings {
            vendors: vec![Vendor::EzToTrack],
            ..SimSettings::default()
        };
        let lines = environment(SocketAddr::from(([127, 0, 0, 1], 81)), &settings);
        let names: Vec<_> = lines.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["EZTOTRACK_API_KEY", "EZTOTRACK_BASE_URL"]);
        assert_eq!(lines[1].1, "http://127.0.0.1:81/eztotrack");
    }

    #[test]
    fn the_accounts_have_the_vendors_forms() {
        assert_eq!(CARTRACK_PASSWORD.len(), 64);
        assert!(
            CARTRACK_PASSWORD
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit())
        );
        assert!(EZTOTRACK_KEY.starts_with("ezt_test_"));
    }
}
