//! The map behind the vehicles: ours by default, or the operator's own.

use std::path::PathBuf;

use url::Url;

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
