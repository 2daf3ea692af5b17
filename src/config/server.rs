//! `[server]` and `[fleet]`: where to listen and under which names, where to keep, and the fleet's
//! own rules.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use url::Host;

use super::document::{ConfigError, Section};
use super::env::Env;
use super::secret_file;

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// `listen`, `FLEETGLASS_LISTEN`, `--listen`: the address; port 0 picks one. Default
    /// `127.0.0.1:8080`. Beyond loopback see [`super::exposure`].
    pub listen: SocketAddr,
    /// `hosts`: the names, in lower case and without a port, by which the server may be asked
    /// beside those of this machine. Default none.
    pub hosts: Vec<String>,
    /// `trusted_proxies`: who may say on whose behalf it asks. Default nobody.
    pub trusted_proxies: Vec<IpNet>,
    /// `[server.tls]`: we speak HTTPS ourselves.
    pub tls: Option<TlsFiles>,
    /// `state_dir`, `FLEETGLASS_STATE_DIR`, `--state-dir`: where to keep history. Default
    /// `fleetglass` in `XDG_STATE_HOME`, or in `.local/state` of `HOME`; `None` where neither is
    /// set.
    pub state_dir: Option<PathBuf>,
}

/// `[server.tls]`: PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// `certificate`: ours first, then those that lead to a root.
    pub certificate: PathBuf,
    /// `key`: refused if others on the machine can read it.
    pub key: PathBuf,
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

/// Reads `[server]`, under the environment and the flags. Relative files start at `folder`.
pub fn server(
    section: Option<Section<'_>>,
    folder: &Path,
    env: &dyn Env,
    flags: &Flags,
) -> Result<ServerSettings, ConfigError> {
    let (mut listen, mut state_dir, mut tls) = (None, None, None);
    let (mut hosts, mut trusted_proxies) = (Vec::new(), Vec::new());
    if let Some(mut section) = section {
        if let Some((text, span)) = section.string("listen")? {
            let address = address("listen", &text);
            listen = Some(address.map_err(|error| section.error_at(&span, error.problem))?);
        }
        state_dir = section
            .string("state_dir")?
            .map(|(text, _)| PathBuf::from(text));
        hosts = own_hosts(&mut section)?;
        trusted_proxies = networks(&mut section)?;
        if let Some(files) = section.section("tls")? {
            tls = Some(tls_files(files, folder, env)?);
        }
        section.finish()?;
    }
    if let Some(text) = env.var("FLEETGLASS_LISTEN") {
        listen = Some(address("FLEETGLASS_LISTEN", &text)?);
    }
    listen = flags.listen.or(listen);
    let state_dir_env = env.var("FLEETGLASS_STATE_DIR").map(PathBuf::from);
    let given = flags.state_dir.clone().or(state_dir_env).or(state_dir);
    Ok(ServerSettings {
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        hosts,
        trusted_proxies,
        tls,
        state_dir: given.or_else(|| usual_state_dir(env)),
    })
}

fn own_hosts(section: &mut Section<'_>) -> Result<Vec<String>, ConfigError> {
    let mut hosts = Vec::new();
    for (text, span) in section.strings("hosts")? {
        // As browsers write it: lower case, and letters beyond ASCII as `xn--`.
        let Ok(host) = Host::parse(&text) else {
            let problem = format!(
                "`hosts` has \"{text}\"; write names without scheme and port, such as \
                 \"fleet.example.org\""
            );
            return Err(section.error_at(&span, problem));
        };
        hosts.push(host.to_string());
    }
    Ok(hosts)
}

fn networks(section: &mut Section<'_>) -> Result<Vec<IpNet>, ConfigError> {
    let mut networks = Vec::new();
    for (text, span) in section.strings("trusted_proxies")? {
        let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let Some(network) = text.parse::<IpNet>().ok().or_else(one) else {
            let problem = format!(
                "`trusted_proxies` has \"{text}\"; write addresses or networks, such as \
                 \"192.0.2.7\" or \"10.0.0.0/8\""
            );
            return Err(section.error_at(&span, problem));
        };
        if network.prefix_len() == 0 {
            let problem = format!("`trusted_proxies` has \"{text}\", which is everybody");
            return Err(section.error_at(&span, problem));
        }
        networks.push(network);
    }
    Ok(networks)
}

fn tls_files(
    mut section: Section<'_>,
    folder: &Path,
    env: &dyn Env,
) -> Result<TlsFiles, ConfigError> {
    let certificate = section.string("certificate")?;
    let key = section.string("key")?;
    let (Some((certificate, _)), Some((key, span))) = (certificate, key) else {
        let problem = "[server.tls] needs both `certificate` and `key`, as PEM files";
        return Err(section.error(problem));
    };
    let key = secret_file::find(&key, env, folder)
        .map_err(|problem| section.error_at(&span, format!("`key` {problem}")))?;
    section.finish()?;
    Ok(TlsFiles {
        certificate: folder.join(certificate),
        key,
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
    parse_address(text).ok_or_else(|| {
        ConfigError::new(format!(
            "`{key}` is \"{text}\"; write an address and a port, such as 127.0.0.1:8080"
        ))
    })
}

/// An address as people write it.
pub fn parse_address(text: &str) -> Option<SocketAddr> {
    text.replace("localhost:", "127.0.0.1:").parse().ok()
}

/// For what has no doors at all: the simulator.
pub fn refuse_beyond_loopback(key: &str, address: SocketAddr) -> Result<(), ConfigError> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(ConfigError::new(format!(
        "`{key}` is {address}, which others on the network may reach, and the simulator has no \
         login. Listen on 127.0.0.1 or [::1]"
    )))
}
