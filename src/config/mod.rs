//! Configuration: TOML file, environment and flags, checked before anything starts.
//!
//! A struct per concern; whatever is wrong is a [`ConfigError`] that names key, value and remedy
//! and quotes the line, and the process ends with exit code 78. Each layer gets plain settings
//! and never sees this module's readers.

pub mod access;
mod authority;
pub mod document;
pub mod env;
pub mod exposure;
mod given;
pub mod history;
pub mod map;
pub mod off_duty;
pub mod oidc;
pub mod rights;
pub mod roster;
pub mod secret_file;
pub mod server;
pub mod source;
pub mod sources;
pub mod thresholds;
pub mod webhooks;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use toml::de::DeTable;

pub use self::access::AccessRules;
pub use self::document::ConfigError;
pub use self::env::{Env, ProcessEnv};
pub use self::history::HistoryRules;
pub use self::map::MapSettings;
pub use self::server::{Flags, FleetRules, ServerSettings};
pub use self::webhooks::WebhookRules;

use self::document::{Section, Text};
use self::exposure::Exposure;
use self::source::{SourceSettings, VendorSpec};
use crate::domain::roster::Roster;
use crate::domain::thresholds::{FreshnessThresholds, HealthThresholds, Thresholds};
use crate::domain::{OffDuty, SourceId};

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[server]`.
    pub server: ServerSettings,
    /// `[access]`.
    pub access: AccessRules,
    /// `[[source]]`, highest rank first.
    pub sources: Vec<SourceSettings>,
    /// `[[vehicle]]` and whether registrations merge.
    pub roster: Roster,
    /// `[[off_duty]]`.
    pub off_duty: Vec<OffDuty>,
    /// `[fleet]`.
    pub fleet: FleetRules,
    /// `[history]`.
    pub history: HistoryRules,
    /// `[motion]`, `[freshness]`, `[merging]`, `[health]` and each source's own.
    pub thresholds: Thresholds,
    /// `[map]`.
    pub map: MapSettings,
    /// `[webhooks]`.
    pub webhooks: WebhookRules,
}

impl Config {
    /// Reads `file` if there is one, else the vendors' variables; flags and environment outrank
    /// the file.
    pub fn load(
        file: Option<&Path>,
        env: &dyn Env,
        flags: &Flags,
        vendors: &[&'static VendorSpec],
    ) -> Result<Self, ConfigError> {
        let Some(path) = file else {
            return Self::from_env(env, flags, vendors);
        };
        let name = path.display().to_string();
        let text = read(path, &name)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let text = Text {
            file: &name,
            text: &text,
        };
        Self::from_toml(text, folder, env, flags, vendors)
    }

    /// Whether everybody has to log in where the server listens on `address`, or why it must not.
    pub fn needs_login(&self, address: IpAddr) -> Result<bool, ConfigError> {
        exposure::needs_login(Exposure {
            is_loopback: address.to_canonical().is_loopback(),
            login: self.access.login,
            has_tls: self.server.tls.is_some(),
            has_proxy: !self.server.trusted_proxies.is_empty(),
        })
    }

    /// `[server]` alone, for what needs no source; the rest of the file is not looked at.
    pub fn server(
        file: Option<&Path>,
        env: &dyn Env,
        flags: &Flags,
    ) -> Result<ServerSettings, ConfigError> {
        let Some(path) = file else {
            return server::server(None, Path::new("."), env, flags);
        };
        let name = path.display().to_string();
        let text = read(path, &name)?;
        let text = Text {
            file: &name,
            text: &text,
        };
        let table = document::parse(text)?;
        let section = Section::root(text, table.get_ref()).section("server")?;
        let folder = path.parent().unwrap_or(Path::new("."));
        server::server(section, folder, env, flags)
    }

    fn from_env(
        env: &dyn Env,
        flags: &Flags,
        vendors: &[&'static VendorSpec],
    ) -> Result<Self, ConfigError> {
        let server = server::server(None, Path::new("."), env, flags)?;
        let sources = sources::from_env(vendors, env)?;
        if sources.is_empty() {
            return Err(ConfigError::new(no_source(vendors)));
        }
        let config = Self {
            server,
            access: AccessRules::default(),
            sources,
            roster: Roster::default(),
            off_duty: Vec::new(),
            fleet: FleetRules::default(),
            history: HistoryRules::default(),
            thresholds: Thresholds::default(),
            map: MapSettings::default(),
            webhooks: WebhookRules::default(),
        };
        config.needs_login(config.server.listen.ip())?;
        Ok(config)
    }

    fn from_toml(
        text: Text<'_>,
        folder: &Path,
        env: &dyn Env,
        flags: &Flags,
        vendors: &[&'static VendorSpec],
    ) -> Result<Self, ConfigError> {
        let table = document::parse(text)?;
        let mut root = Section::root(text, table.get_ref());
        let server = server::server(root.section("server")?, folder, env, flags)?;
        let has_proxy = !server.trusted_proxies.is_empty();
        let access = access::access(root.section("access")?, has_proxy, env, folder)?;
        let fleet = server::fleet(root.section("fleet")?)?;
        let history = history::history(root.section("history")?)?;
        let map = map::map(root.section("map")?, folder)?;
        let webhooks = webhooks::webhooks(root.section("webhooks")?)?;
        let common = common_thresholds(&mut root)?;
        let sections = root.sections("source")?;
        let sources = sources::from_file(sections, vendors, env, folder, &common)?;
        let thresholds = with_their_own(common, &sources);
        let ids: Vec<_> = sources.iter().map(|source| source.id.clone()).collect();
        let vehicles = roster::vehicles(root.sections("vehicle")?, &ids)?;
        let off_duty = off_duty::off_duty(root.sections("off_duty")?)?;
        root.finish()?;
        if sources.is_empty() {
            return Err(ConfigError::new(format!(
                "{} has no [[source]]; {}",
                text.file,
                no_source(vendors)
            )));
        }
        let config = Self {
            server,
            access,
            sources,
            roster: Roster {
                vehicles,
                merge_by_registration: fleet.merge_by_registration,
            },
            off_duty,
            fleet,
            history,
            thresholds,
            map,
            webhooks,
        };
        let verdict = config.needs_login(config.server.listen.ip());
        verdict.map_err(|refusal| quoting_listen(text, table.get_ref(), refusal))?;
        Ok(config)
    }
}

/// The refusal with the line that says where to listen, if the file has one.
fn quoting_listen(text: Text<'_>, table: &DeTable<'_>, refusal: ConfigError) -> ConfigError {
    let server = Section::root(text, table).section("server");
    let listen = server.and_then(|server| match server {
        Some(mut server) => server.string("listen"),
        None => Ok(None),
    });
    match listen {
        Ok(Some((_, span))) => text.error(&span, refusal.problem),
        _ => refusal,
    }
}

fn read(path: &Path, name: &str) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| {
        ConfigError::new(format!("the configuration {name} cannot be read: {error}"))
    })
}

/// The thresholds for all that have none of their own.
fn common_thresholds(root: &mut Section<'_>) -> Result<Thresholds, ConfigError> {
    let freshness = FreshnessThresholds::default();
    let health = HealthThresholds::default();
    Ok(Thresholds {
        motion: thresholds::motion(root.section("motion")?)?,
        freshness: thresholds::freshness(root.section("freshness")?, &freshness)?,
        merging: thresholds::merging(root.section("merging")?)?,
        health: thresholds::health(root.section("health")?, &health)?,
        ..Thresholds::default()
    })
}

/// The same, with those of `sources` that have some.
fn with_their_own(mut all: Thresholds, sources: &[SourceSettings]) -> Thresholds {
    fn own<T>(
        sources: &[SourceSettings],
        pick: impl Fn(&SourceSettings) -> Option<T>,
    ) -> BTreeMap<SourceId, T> {
        let own = sources
            .iter()
            .filter_map(|source| Some((source.id.clone(), pick(source)?)));
        own.collect()
    }
    all.freshness_of = own(sources, |source| source.freshness);
    all.positions_of = own(sources, |source| source.positions);
    all.health_of = own(sources, |source| source.health);
    all
}

fn no_source(vendors: &[&'static VendorSpec]) -> String {
    let needed = |spec: &&'static VendorSpec| {
        let required = spec.keys.iter().filter(|key| key.required);
        let names: Vec<_> = required.filter_map(|key| key.env).collect();
        format!("{} for {}", names.join(" and "), spec.kind)
    };
    let ways: Vec<_> = vendors.iter().map(needed).collect();
    format!(
        "no source is configured: set {}; or give --config FILE; or try `fleetglass demo`, which \
         needs nothing",
        ways.join(", or ")
    )
}

#[cfg(test)]
mod tests;
