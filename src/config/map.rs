//! The map behind the vehicles: ours by default, or the operator's own.

use std::path::{Path, PathBuf};

use url::Url;

use super::document::{ConfigError, Section};

/// `[map]`; at most one of the two is set. Default: the embedded basemap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapSettings {
    /// `style_url`: a MapLibre style on another host; the policy then lets the page load from
    /// that host, and the page says so.
    pub style_url: Option<Url>,
    /// `style_hosts`: further origins the style loads tiles, fonts and sprites from.
    pub style_hosts: Vec<Url>,
    /// `pmtiles_file`: vector tiles in one PMTiles file, served by us.
    pub pmtiles_file: Option<PathBuf>,
    /// `pmtiles_schema`: `shortbread`, `openmaptiles` or `protomaps`; guessed from the file where
    /// absent.
    pub pmtiles_schema: Option<String>,
}

/// Reads `[map]`; a relative `pmtiles_file` starts at `folder`.
pub fn map(section: Option<Section<'_>>, folder: &Path) -> Result<MapSettings, ConfigError> {
    let Some(mut section) = section else {
        return Ok(MapSettings::default());
    };
    let web = |text: &str| Url::parse(text).ok().filter(is_web);
    let style_url = section.parsed("style_url", "the https: address of a MapLibre style", web)?;
    let mut style_hosts = Vec::new();
    for (text, span) in section.strings("style_hosts")? {
        let problem = || format!("\"{text}\" is no https: address, such as https://tiles.example");
        style_hosts.push(web(&text).ok_or_else(|| section.error_at(&span, problem()))?);
    }
    let file = section.string("pmtiles_file")?;
    let known = |text: &str| SCHEMAS.contains(&text).then(|| text.to_owned());
    let wanted = format!("one of {}", SCHEMAS.join(", "));
    let pmtiles_schema = section.parsed("pmtiles_schema", &wanted, known)?;
    if let (Some(_), Some((_, span))) = (&style_url, &file) {
        let problem = "`style_url` and `pmtiles_file` are both given; keep one map";
        return Err(section.error_at(span, problem));
    }
    let pmtiles_file = match file {
        None => None,
        Some((text, span)) => {
            let path = folder.join(&text);
            std::fs::File::open(&path).map_err(|error| {
                let problem = format!("`pmtiles_file` is {text}, which cannot be read: {error}");
                section.error_at(&span, problem)
            })?;
            Some(path)
        }
    };
    section.finish()?;
    Ok(MapSettings {
        style_url,
        style_hosts,
        pmtiles_file,
        pmtiles_schema,
    })
}

const SCHEMAS: [&str; 3] = ["shortbread", "openmaptiles", "protomaps"];

/// Encrypted, or plain to this very machine.
fn is_web(url: &Url) -> bool {
    let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback))
}
