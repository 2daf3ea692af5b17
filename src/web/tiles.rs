//! Map tiles out of PMTiles archives: the embedded basemap, and the operator's own file beside it.
//! Tiles leave as they are stored, compressed; the archive is never unpacked.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use pmtiles::{
    AsyncBackend, AsyncPmTilesReader, BackendResponse, DirectoryCache, HashMapCache, MmapBackend,
    NoCache, PmtError, PmtResult, TileCoord,
};
use serde_json::{Value, json};
use tracing::warn;

use crate::config::MapSettings;

/// The embedded basemap's tiles; the address names the archive, so they may be kept for ever.
pub const BUILTIN_TEMPLATE: &str = concat!("/tiles/{z}/{x}/{y}?v=", env!("FLEETGLASS_BASEMAP"));

/// `TileJSON` of the operator's own tiles.
pub const TILE_JSON: &str = "/tiles.json";

const OWN_TEMPLATE: &str = "/tiles/own/{z}/{x}/{y}";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// An own file may be replaced; a day-old street is no harm, and the `ETag` tells soon enough.
const FOR_AN_HOUR: &str = "public, max-age=3600";

static BASEMAP: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/basemap.pmtiles"));

/// Why an archive cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TilesError {
    /// The embedded one, which only a broken build can cause.
    #[error("the embedded basemap is broken; build again")]
    Embedded(#[source] PmtError),
    /// The operator's own.
    #[error("map.pmtiles_file = \"{path}\" cannot be read; give a readable PMTiles file", path = .path.display())]
    Own {
        /// The file named.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: PmtError,
    },
}

/// `/tiles/{z}/{x}/{y}`, and with an own file `/tiles/own/{z}/{x}/{y}` and `/tiles.json`.
///
/// # Errors
/// [`TilesError`] where an archive cannot be opened.
pub async fn routes<S>(map: &MapSettings) -> Result<Router<S>, TilesError>
where
    S: Clone + Send + Sync + 'static,
{
    let embedded = Archive {
        reader: AsyncPmTilesReader::try_from_cached_source(Embedded, HashMapCache::default())
            .await
            .map_err(TilesError::Embedded)?,
        version: env!("FLEETGLASS_BASEMAP").to_owned(),
        cache_control: FOR_EVER,
    };
    let router = Router::new().route("/tiles/{z}/{x}/{y}", tile_route(embedded));
    let Some(path) = &map.pmtiles_file else {
        return Ok(router);
    };
    let own = open_own(path).await.map_err(|source| TilesError::Own {
        path: path.clone(),
        source,
    })?;
    let tile_json = own.tile_json().await;
    Ok(router
        .route(TILE_JSON, get(move || async move { Json(tile_json) }))
        .route(OWN_TEMPLATE, tile_route(own)))
}

fn tile_route<S, B, C>(archive: Archive<B, C>) -> axum::routing::MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    B: AsyncBackend + Send + Sync + 'static,
    C: DirectoryCache + Send + Sync + 'static,
{
    let archive = Arc::new(archive);
    get(
        move |Path((z, x, y)): Path<(u8, u32, u32)>, headers: HeaderMap| async move {
            archive.answer(z, x, y, &headers).await
        },
    )
}

/// Directories of the operator's file are not kept: those of a planet would fill the memory.
async fn open_own(path: &FilePath) -> PmtResult<Archive<MmapBackend, NoCache>> {
    let reader = AsyncPmTilesReader::new_with_path(path).await?;
    Ok(Archive {
        reader,
        version: version_of(path).unwrap_or_default(),
        cache_control: FOR_AN_HOUR,
    })
}

/// Length and time of change: enough to tell one version of a file from another.
fn version_of(path: &FilePath) -> Option<String> {
    let about = std::fs::metadata(path).ok()?;
    let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{:x}-{:x}", about.len(), changed.as_millis()))
}

struct Archive<B, C> {
    reader: AsyncPmTilesReader<B, C>,
    version: String,
    cache_control: &'static str,
}

impl<B, C> Archive<B, C>
where
    B: AsyncBackend + Send + Sync,
    C: DirectoryCache + Send + Sync,
{
    async fn answer(&self, z: u8, x: u32, y: u32, asked: &HeaderMap) -> Response {
        let Ok(tile) = TileCoord::new(z, x, y) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let tag = format!("\"{}-{z}-{x}-{y}\"", self.version);
        let known = asked.get_all(header::IF_NONE_MATCH).iter().any(|tags| {
            tags.to_str()
                .is_ok_and(|tags| tags.split(',').any(|one| one.trim() == tag))
        });
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            match self.reader.get_tile(tile).await {
                Ok(Some(bytes)) => self.tile(bytes),
                Ok(None) => StatusCode::NO_CONTENT.into_response(),
                Err(error) => {
                    warn!(z, x, y, %error, "a map tile cannot be read");
                    return StatusCode::INTERNAL_SERVER_ERROR.into_response();
                }
            }
        };
        let headers = response.headers_mut();
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static(self.cache_control),
        );
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }

    fn tile(&self, bytes: Bytes) -> Response {
        let about = self.reader.get_header();
        let kind = HeaderValue::from_static(about.tile_type.content_type());
        let mut response = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
        if let Some(encoding) = about.tile_compression.content_encoding() {
            let encoding = HeaderValue::from_static(encoding);
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, encoding);
        }
        response
    }

    /// What the archive says of itself, as the page needs it.
    async fn tile_json(&self) -> Value {
        let about = self.reader.get_header();
        let said = self.reader.get_metadata().await.unwrap_or_default();
        let said: Value = serde_json::from_str(&said).unwrap_or_default();
        let bounds = [
            about.min_longitude,
            about.min_latitude,
            about.max_longitude,
            about.max_latitude,
        ];
        json!({
            "tilejson": "3.0.0",
            "tiles": [OWN_TEMPLATE],
            "minzoom": about.min_zoom,
            "maxzoom": about.max_zoom,
            "bounds": bounds,
            "format": about.tile_type.content_type(),
            "attribution": said.get("attribution").cloned().unwrap_or_else(|| json!("")),
            "vector_layers": said.get("vector_layers").cloned().unwrap_or_else(|| json!([])),
        })
    }
}

/// The archive within the binary.
struct Embedded;

impl AsyncBackend for Embedded {
    async fn read(&self, offset: u64, length: usize) -> PmtResult<BackendResponse> {
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(BASEMAP.len());
        let to = from.saturating_add(length).min(BASEMAP.len());
        Ok(BackendResponse::new(Bytes::from_static(&BASEMAP[from..to])))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;
    use crate::web::page::BASEMAP_ATTRIBUTION;

    async fn get_from(map: &MapSettings, path: &str, tag: Option<&HeaderValue>) -> Response {
        let mut request = Request::get(path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let router: Router<()> = routes(map).await.unwrap();
        router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    async fn get_builtin(path: &str) -> Response {
        get_from(&MapSettings::default(), path, None).await
    }

    fn own_file() -> (tempfile::TempDir, MapSettings) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.pmtiles");
        std::fs::write(&path, BASEMAP).unwrap();
        let map = MapSettings {
            pmtiles_file: Some(path),
            ..MapSettings::default()
        };
        (folder, map)
    }

    #[tokio::test]
    async fn the_world_is_a_gzipped_vector_tile_kept_for_ever() {
        let response = get_builtin("/tiles/0/0/0").await;
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers().clone();
        assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
        assert_eq!(
            headers[header::CONTENT_TYPE],
            "application/vnd.mapbox-vector-tile"
        );
        assert_eq!(headers[header::CACHE_CONTROL], FOR_EVER);
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(&body[..2], [0x1f, 0x8b], "gzip's first bytes");
    }

    #[tokio::test]
    async fn a_known_tile_is_not_sent_again() {
        let map = MapSettings::default();
        let tag = get_builtin("/tiles/0/0/0").await.headers()[header::ETAG].clone();
        let again = get_from(&map, "/tiles/0/0/0", Some(&tag)).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = get_from(&map, "/tiles/1/0/0", Some(&tag)).await;
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_hole_is_empty_and_nonsense_is_not_found() {
        let hole = get_builtin("/tiles/9/1/1").await;
        assert_eq!(hole.status(), StatusCode::NO_CONTENT);
        for path in ["/tiles/1/2/0", "/tiles/40/0/0"] {
            assert_eq!(
                get_builtin(path).await.status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
        let bad = get_builtin("/tiles/-1/0/0").await;
        assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn johannesburg_has_a_tile_at_the_deepest_zoom() {
        let response = get_builtin("/tiles/7/73/73").await;
        assert_eq!(response.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn the_attribution_on_the_page_is_the_archives_own() {
        let reader = AsyncPmTilesReader::try_from_source(Embedded).await.unwrap();
        let metadata: Value = serde_json::from_str(&reader.get_metadata().await.unwrap()).unwrap();
        assert_eq!(metadata["attribution"], BASEMAP_ATTRIBUTION);
    }

    #[tokio::test]
    async fn an_own_file_is_served_beside_the_embedded_one() {
        let (_folder, map) = own_file();
        let tile = get_from(&map, "/tiles/own/0/0/0", None).await;
        assert_eq!(tile.status(), StatusCode::OK);
        assert_eq!(tile.headers()[header::CACHE_CONTROL], FOR_AN_HOUR);
        let described = get_from(&map, TILE_JSON, None).await;
        let body = to_bytes(described.into_body(), usize::MAX).await.unwrap();
        let described: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(described["tiles"], json!([OWN_TEMPLATE]));
        assert_eq!(described["maxzoom"], 7);
        assert_eq!(described["vector_layers"][0]["id"], "water");
    }

    #[tokio::test]
    async fn an_unreadable_own_file_is_refused_with_its_key_and_name() {
        let map = MapSettings {
            pmtiles_file: Some("/nowhere/city.pmtiles".into()),
            ..MapSettings::default()
        };
        let error = routes::<()>(&map).await.unwrap_err().to_string();
        assert!(error.contains("map.pmtiles_file") && error.contains("/nowhere/city.pmtiles"));
    }
}
