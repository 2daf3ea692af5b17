//! The browser's files: bundled and given hashed names by the build script, embedded in the
//! binary, served compressed and for ever. A new build has new names, so nothing is ever stale.

use axum::Router;
use memory_serve::CacheControl;

/// Hashed addresses that the pages point to.
#[derive(Clone, Copy, Debug)]
pub struct PageAssets {
    /// The icon in the tab.
    pub icon: &'static str,
    /// What the browser needs to install the page as an application.
    pub web_manifest: &'static str,
    /// The style sheet.
    pub style: &'static str,
    /// The one module to start.
    pub script: &'static str,
    /// The header that has a browser ask for the rest before it has read the module; empty for none.
    pub links: &'static str,
}

/// The desk's.
pub const DESK: PageAssets = PageAssets {
    icon: env!("FLEETGLASS_ASSET_ICON_SVG"),
    web_manifest: env!("FLEETGLASS_ASSET_APP_WEBMANIFEST"),
    style: env!("FLEETGLASS_ASSET_DESK_CSS"),
    script: env!("FLEETGLASS_ASSET_DESK_JS"),
    links: env!("FLEETGLASS_ASSET_DESK_LINKS"),
};

/// The wall's.
pub const WALL: PageAssets = PageAssets {
    style: env!("FLEETGLASS_ASSET_WALL_CSS"),
    script: env!("FLEETGLASS_ASSET_WALL_JS"),
    links: env!("FLEETGLASS_ASSET_WALL_LINKS"),
    ..DESK
};

/// The wall's service worker, which its own address brings in: see `page.rs`.
pub const WALL_WORKER: &str = env!("FLEETGLASS_ASSET_WALL_SW_JS");

/// That of the pages of access: signing in, users, displays, tokens.
pub const ACCESS: PageAssets = PageAssets {
    style: env!("FLEETGLASS_ASSET_ACCESS_CSS"),
    script: env!("FLEETGLASS_ASSET_ACCESS_JS"),
    links: "",
    ..DESK
};

/// `/assets/...`; to be called once, since the files stay in memory from then on.
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    memory_serve::load!()
        .index_file(None)
        .cache_control(CacheControl::Long)
        .into_router()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode, header};
    use axum::response::Response;
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str) -> Response {
        let request = Request::get(path).body(Body::empty()).unwrap();
        routes::<()>().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn every_asset_of_the_pages_is_served_for_ever_with_its_type() {
        let wanted = [
            (DESK.script, "text/javascript"),
            (WALL.script, "text/javascript"),
            (WALL_WORKER, "text/javascript"),
            (DESK.style, "text/css"),
            (WALL.style, "text/css"),
            (ACCESS.script, "text/javascript"),
            (ACCESS.style, "text/css"),
            (DESK.icon, "image/svg+xml"),
            (DESK.web_manifest, "application/manifest+json"),
        ];
        for (path, kind) in wanted {
            let response = get(path).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let headers = response.headers();
            let found = headers[header::CONTENT_TYPE].to_str().unwrap();
            assert!(found.starts_with(kind), "{path} is {found}");
            let cached = headers[header::CACHE_CONTROL].to_str().unwrap();
            assert!(cached.contains("immutable"), "{path}: {cached}");
            assert!(headers.contains_key(header::ETAG), "{path}");
        }
    }

    #[tokio::test]
    async fn bundles_name_no_other_host() {
        for path in [DESK.style, WALL.style, ACCESS.style] {
            let body = get(path).await.into_body();
            let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec());
            assert!(!text.unwrap().contains("url(http"), "{path}");
        }
    }

    #[tokio::test]
    async fn an_unknown_asset_is_not_found() {
        assert_eq!(get("/assets/none.js").await.status(), StatusCode::NOT_FOUND);
    }
}
