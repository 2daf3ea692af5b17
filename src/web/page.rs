//! The pages, each a shell and the data to start with: desk and wall here, those of access in
//! `shells`. There is no inline script or style, so the policy can forbid both; everything else
//! comes from the hashed assets and the live socket.

mod shells;

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use url::Url;

use super::assets::{DESK, PageAssets, WALL, WALL_WORKER};
use super::tiles;
use crate::config::MapSettings;

/// Sources of the embedded basemap; shown on the map at all times.
pub const BASEMAP_ATTRIBUTION: &str = "© <a href=\"https://www.openstreetmap.org/copyright\">\
     OpenStreetMap</a> contributors (ODbL), Natural Earth, GeoNames (CC BY 4.0)";

/// Where the wall's service worker stands: a worker rules only what lies beside or below it, and its
/// address must stay what it is.
pub const WALL_WORKER_PATH: &str = "/wall-sw.js";

/// `GET /`, `GET /wall`, its service worker and the pages of access. They carry the build that `hello` says, too: a page that sees another
/// one there is old and loads itself again.
///
/// # Errors
/// Where a template cannot be rendered, which its tests exclude.
pub fn routes<S>(map: &MapSettings) -> Result<Router<S>, askama::Error>
where
    S: Clone + Send + Sync + 'static,
{
    let boot = boot_data(map);
    let desk = Desk {
        boot: &boot,
        attribution: BASEMAP_ATTRIBUTION,
        assets: DESK,
    }
    .render()?;
    let wall = Wall {
        boot: &boot,
        assets: WALL,
    }
    .render()?;
    Ok(Router::new()
        .route("/", get(move || async move { answer(desk, DESK.links) }))
        .route(
            "/wall",
            get(move || async move { answer(wall, WALL.links) }),
        )
        .route(WALL_WORKER_PATH, get(|| async { wall_worker() }))
        .merge(shells::routes(&boot)?))
}

/// The content security policy of every answer. Only the hosts of an operator's own map style are
/// let in beside ourselves.
pub fn policy(map: &MapSettings) -> String {
    let own_style = map.style_url.iter().chain(&map.style_hosts);
    let hosts = own_style
        .filter_map(origin_of)
        .fold(String::new(), |hosts, origin| hosts + " " + &origin);
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; \
         img-src 'self' data: blob:{hosts}; font-src 'self'{hosts}; connect-src 'self'{hosts}; \
         worker-src 'self'; media-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk<'a> {
    boot: &'a str,
    /// HTML, our own.
    attribution: &'static str,
    assets: PageAssets,
}

#[derive(Template)]
#[template(path = "wall.html")]
struct Wall<'a> {
    boot: &'a str,
    assets: PageAssets,
}

/// What the page knows before the first frame; `static/src/page/boot.ts` reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Boot<'a> {
    build: &'static str,
    map: MapBoot<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MapBoot<'a> {
    kind: &'static str,
    builtin_tiles: &'static str,
    builtin_attribution: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    style_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tile_json_url: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a str>,
}

fn boot_data(map: &MapSettings) -> String {
    let kind = match (&map.style_url, &map.pmtiles_file) {
        (Some(_), _) => "style",
        (None, Some(_)) => "pmtiles",
        (None, None) => "builtin",
    };
    let boot = Boot {
        build: env!("FLEETGLASS_BUILD"),
        map: MapBoot {
            kind,
            builtin_tiles: tiles::BUILTIN_TEMPLATE,
            builtin_attribution: BASEMAP_ATTRIBUTION,
            style_url: map.style_url.as_ref().map(Url::as_str),
            tile_json_url: map.pmtiles_file.as_ref().map(|_| tiles::TILE_JSON),
            schema: map.pmtiles_schema.as_deref(),
        },
    };
    serde_json::json!(boot).to_string()
}

/// `links` are what the browser is to ask for at once; empty for nothing.
fn answer(html: String, links: &'static str) -> Response {
    let mut answer = ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response();
    if !links.is_empty() {
        let links = HeaderValue::from_static(links);
        answer.headers_mut().insert(header::LINK, links);
    }
    answer
}

/// One line that brings in the hashed script. A kiosk's waiting page loads it, too, to tell this
/// server from an error page of a proxy; that one is no worker.
fn wall_worker() -> impl IntoResponse {
    let script =
        format!("if (typeof importScripts === \"function\") importScripts(\"{WALL_WORKER}\");\n");
    let kind = (header::CONTENT_TYPE, "text/javascript; charset=utf-8");
    ([(header::CACHE_CONTROL, "no-store"), kind], script)
}

/// Scheme, host and port; nothing for an address that has none.
fn origin_of(url: &Url) -> Option<String> {
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn get_page(path: &str, map: &MapSettings) -> Response {
        let router: Router<()> = routes(map).unwrap();
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap()
    }

    async fn html(path: &str, map: &MapSettings) -> String {
        let response = get_page(path, map).await;
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_pages_carry_no_inline_script_or_style() {
        for path in ["/", "/wall"] {
            let html = html(path, &MapSettings::default()).await;
            assert_eq!(html.matches("<script").count(), 1, "{path}");
            assert!(html.contains("<script type=\"module\" src=\"/assets/"));
            assert!(!html.contains("<style") && !html.contains(" style="));
            assert!(!html.contains(" onclick=") && !html.contains("javascript:"));
        }
    }

    #[tokio::test]
    async fn what_a_page_asks_for_early_is_there() {
        for (page, expected) in [("/", DESK.links), ("/wall", WALL.links)] {
            let response = get_page(page, &MapSettings::default()).await;
            let links = response.headers()[header::LINK].to_str().unwrap();
            assert_eq!(links, expected, "{page}");
            let paths: Vec<_> = links
                .split(", ")
                .map(|link| link.split(['<', '>']).nth(1).unwrap())
                .collect();
            assert!(links.matches("rel=modulepreload").count() > 3, "{links}");
            assert_eq!(links.matches("as=font").count(), 2, "{links}");
            let assets: Router<()> = super::super::assets::routes();
            for path in paths {
                let request = Request::get(path).body(Body::empty()).unwrap();
                let response = assets.clone().oneshot(request).await.unwrap();
                assert!(response.status().is_success(), "{path}");
            }
        }
    }

    #[tokio::test]
    async fn the_walls_worker_stands_where_it_rules_the_wall_and_no_more_is_said_of_it() {
        let script = html(WALL_WORKER_PATH, &MapSettings::default()).await;
        assert!(
            script.contains("importScripts(\"/assets/wall-sw-"),
            "{script}"
        );
        assert_eq!(script.lines().count(), 1);
    }

    #[tokio::test]
    async fn boot_data_is_escaped_within_its_attribute() {
        let map = MapSettings {
            pmtiles_schema: Some("\"><script>alert(1)</script>".to_owned()),
            ..MapSettings::default()
        };
        let html = html("/", &map).await;
        assert!(html.contains("data-boot=\"{&#34;build&#34;:&#34;"));
        assert!(!html.contains("<script>alert"));
    }

    #[test]
    fn the_policy_is_the_strict_one_without_an_own_style() {
        assert_eq!(
            policy(&MapSettings::default()),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
             font-src 'self'; connect-src 'self'; worker-src 'self'; media-src 'self'; \
             manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
    }

    #[test]
    fn the_hosts_of_an_own_style_are_let_in_and_nothing_of_their_paths() {
        let map = MapSettings {
            style_url: Some(Url::parse("https://maps.example/styles/a.json?key=k; x").unwrap()),
            style_hosts: vec![Url::parse("https://tiles.example:8443/v1").unwrap()],
            ..MapSettings::default()
        };
        let policy = policy(&map);
        let hosts = "https://maps.example https://tiles.example:8443";
        assert!(policy.contains(&format!("connect-src 'self' {hosts};")));
        assert!(policy.contains(&format!("img-src 'self' data: blob: {hosts};")));
        assert!(policy.contains(&format!("font-src 'self' {hosts};")));
        assert!(policy.contains("script-src 'self';") && !policy.contains("key"));
    }
}
