//! The pages of access: signing in, one's own account, users, displays, tokens, webhooks, the audit
//! log. All are one shell that says which page it is; `static/src/access.ts` does the rest. A shell holds no
//! data, so it tells nobody anything; who is let through to which one is for the guards to say.

use askama::Template;
use axum::Router;
use axum::routing::get;

use super::answer;
use crate::web::assets::{ACCESS, PageAssets};

/// A page of access: its name, which is its path, and its title.
#[derive(Clone, Copy, Debug)]
struct Shell {
    name: &'static str,
    title: &'static str,
}

const SHELLS: [Shell; 8] = [
    Shell::new("login", "Sign in"),
    Shell::new("invitation", "Welcome"),
    Shell::new("account", "Account"),
    Shell::new("users", "Users"),
    Shell::new("displays", "Displays"),
    Shell::new("tokens", "Tokens"),
    Shell::new("webhooks", "Webhooks"),
    Shell::new("audit", "Audit log"),
];

impl Shell {
    const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title }
    }
}

#[derive(Template)]
#[template(path = "access.html")]
struct Access<'a> {
    boot: &'a str,
    assets: PageAssets,
    name: &'a str,
    title: &'a str,
}

/// `GET /login`, `/invitation`, `/account`, `/users`, `/displays`, `/tokens`, `/webhooks` and `/audit`.
///
/// # Errors
/// Where the template cannot be rendered, which its tests exclude.
pub(super) fn routes<S>(boot: &str) -> Result<Router<S>, askama::Error>
where
    S: Clone + Send + Sync + 'static,
{
    SHELLS
        .into_iter()
        .try_fold(Router::new(), |router, Shell { name, title }| {
            let html = Access {
                boot,
                assets: ACCESS,
                name,
                title,
            }
            .render()?;
            let shell = get(move || async move { answer(html, ACCESS.links) });
            Ok(router.route(&format!("/{name}"), shell))
        })
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode, header};
    use tower::ServiceExt;

    use super::*;

    async fn page(path: &str) -> (StatusCode, String) {
        let router: Router<()> = routes("{\"build\":\"b\"}").unwrap();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        if status == StatusCode::OK {
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        }
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn each_shell_says_which_page_it_is_and_carries_nothing_inline() {
        for Shell { name, title } in SHELLS {
            let (status, html) = page(&format!("/{name}")).await;
            assert_eq!(status, StatusCode::OK, "{name}");
            assert!(html.contains(&format!("data-page=\"{name}\"")), "{name}");
            assert!(html.contains(&format!("<title>{title} · Fleetglass</title>")));
            assert_eq!(html.matches("<script").count(), 1, "{name}");
            assert!(html.contains("<script type=\"module\" src=\"/assets/access-"));
            assert!(!html.contains("<style") && !html.contains(" style="));
            assert!(html.contains("<meta name=\"referrer\" content=\"no-referrer\">"));
        }
    }

    #[tokio::test]
    async fn there_is_no_other_shell() {
        for path in ["/", "/login/", "/admin", "/Login"] {
            assert_eq!(page(path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
}
