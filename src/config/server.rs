//! `[server]` and `[fleet]`: where to listen, where to keep, and the fleet's own rules.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::document::{ConfigError, Section};
use super::env::Env;

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// `listen`, `FLEETGLASS_LISTEN`, `--listen`: the address; port 0 picks one. Default
    /// `127.0.0.1:8080`. Beyond loopback is refused as long as there is no authentication.
    pub listen: SocketAddr,
    /// `state_dir`, `FLEETGLASS_STATE_DIR`, `--state-dir`: where to keep history. Default
    /// `fleetglass` in `XDG_STATE_HOME`, or in `.local/state` of `HOME`; `None` where neither is
    /// set.
    pub state_dir: Option<PathBuf>,
}

/// `[fleet]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetRules {
    /// `merge_by_registration`: devices of different sources with one registration are one
    /// vehicle. Default true.
    pub merge_by_registration: bool,
    /// `forget_after`: a vehicle goes this long after its vendors stopped listing it. Default
    /// `"90d"`.
    pub forget_after: Duration,
}

/// What was given on the command line; it outranks all else.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
}

impl Default for FleetRules {
    fn default() -> Self {
        Self {
            merge_by_registration: true,
            forget_after: Duration::from_hours(90 * 24),
        }
    }
}

/// Reads `[server]`, under the environment and the flags.
pub fn server(
    section: Option<Section<'_>>,
    env: &dyn Env,
    flags: &Flags,
) -> Result<ServerSettings, ConfigError> {
    let (mut listen, mut state_dir) = (None, None);
    if let Some(mut section) = section {
        if let Some((text, span)) = section.string("listen")? {
            let address = address("listen", &text);
            listen = Some(address.map_err(|error| section.error_at(&span, error.problem))?);
        }
        state_dir = section
            .string("state_dir")?
            .map(|(text, _)| PathBuf::from(text));
        section.finish()?;
    }
    if let Some(text) = env.var("FLEETGLASS_LISTEN") {
        listen = Some(address("FLEETGLASS_LISTEN", &text)?);
    }
    if let Some(address) = flags.listen {
        refuse_exposure("--listen", address)?;
        listen = Some(address);
    }
    let state_dir_env = env.var("FLEETGLASS_STATE_DIR").map(PathBuf::from);
    let given = flags.state_dir.clone().or(state_dir_env).or(state_dir);
    Ok(ServerSettings {
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        state_dir: given.or_else(|| usual_state_dir(env)),
    })
}

/// Where programs keep their state, by the XDG base directory specification.
fn usual_state_dir(env: &dyn Env) -> Option<PathBuf> {
    // A relative one is to be ignored, says the specification.
    let absolute = |name: &str| {
        let path = env.var(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let home = || Some(absolute("HOME")?.join(".local/state"));
    let state = absolute("XDG_STATE_HOME").or_else(home)?;
    Some(state.join("fleetglass"))
}

/// Reads `[fleet]`.
pub fn fleet(section: Option<Section<'_>>) -> Result<FleetRules, ConfigError> {
    let mut rules = FleetRules::default();
    if let Some(mut section) = section {
        if let Some(merge) = section.bool("merge_by_registration")? {
            rules.merge_by_registration = merge;
        }
        if let Some((forget_after, _)) = section.duration("forget_after")? {
            rules.forget_after = forget_after;
        }
        section.finish()?;
    }
    Ok(rules)
}

/// An address that we may listen on.
fn address(key: &str, text: &str) -> Result<SocketAddr, ConfigError> {
    let Some(address) = parse_address(text) else {
        return Err(ConfigError::new(format!(
            "`{key}` is \"{text}\"; write an address and a port, such as 127.0.0.1:8080"
        )));
    };
    refuse_exposure(key, address)?;
    Ok(address)
}

/// An address as people write it.
pub fn parse_address(text: &str) -> Option<SocketAddr> {
    text.replace("localhost:", "127.0.0.1:").parse().ok()
}

/// Beyond loopback everybody would see the fleet, as there is no authentication yet; and of
/// loopback only the two addresses whose names are accepted in `Host`.
pub fn refuse_exposure(key: &str, address: SocketAddr) -> Result<(), ConfigError> {
    let own = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ];
    if own.contains(&address.ip()) {
        return Ok(());
    }
    Err(ConfigError::new(format!(
        "`{key}` is {address}, which others on the network may reach, and this version has no \
         authentication: anyone could watch the fleet. Listen on 127.0.0.1 or [::1], and reach it \
         from elsewhere through an SSH tunnel"
    )))
}
