//! What goes out, and to whom: bad certificates, hostile addresses and redirects, and where the
//! credentials come from. The vendors here are listeners that note whatever reaches them.

pub(crate) mod chains;
pub(crate) mod fake;
mod certificates;
mod echoes;
mod given;
mod redirects;
mod sessions;
mod urls;

use std::collections::HashMap;
use std::path::Path;

use fleetglass::config::source::{SourceSettings, VendorSpec};
use fleetglass::config::{Config, ConfigError, Flags};
use fleetglass::source::probe::Probe;
use fleetglass::source::{self, Source};

/// What the file `text`, in `folder`, and the variables mean.
pub(crate) fn load(
    folder: &Path,
    text: &str,
    env: &HashMap<String, String>,
) -> Result<Config, ConfigError> {
    let path = folder.join("fleetglass.toml");
    std::fs::write(&path, text).expect("a file");
    Config::load(Some(&path), env, &Flags::default(), &specs())
}

pub(crate) fn specs() -> Vec<&'static VendorSpec> {
    source::VENDORS.iter().map(|vendor| &vendor.spec).collect()
}

/// The first source of the file `text`.
fn settings(folder: &Path, text: &str) -> SourceSettings {
    let config = load(folder, text, &HashMap::new()).expect("good settings");
    config.sources.into_iter().next().expect("a source")
}

fn build(settings: &SourceSettings) -> Box<dyn Source> {
    let vendor = source::vendor(settings.kind).expect("a vendor");
    (vendor.build)(settings).expect("a source")
}

/// The troubles of a probe, as people read them.
async fn troubles(source: &mut Box<dyn Source>) -> Vec<String> {
    let words = |probe: Probe| Some(probe.trouble?.words);
    let live = source.probe(false).await.live;
    live.into_iter().filter_map(words).collect()
}

/// `[[source]]` of MyCarTracks below `base`, with `more` keys.
fn mycartracks(id: &str, base: &str, more: &str) -> String {
    format!(
        "[[source]]\nid = \"{id}\"\nkind = \"mycartracks\"\nclient_id = \"me\"\n\
         client_secret = \"canary-secret\"\nbase_url = \"{base}/rest\"\n\
         token_url = \"{base}/oauth/token\"\n{more}\n"
    )
}

/// `[[source]]` of Cartrack at `base`, with `more` keys.
fn cartrack(id: &str, base: &str, more: &str) -> String {
    format!(
        "[[source]]\nid = \"{id}\"\nkind = \"cartrack\"\nusername = \"me\"\n\
         password = \"canary-password\"\nbase_url = {base:?}\n{more}\n"
    )
}
