//! Who looks: handed to every handler that answers by what its viewer may see.
//!
//! A middleware at the door finds out who it is and puts it into the request. A route that the
//! middleware has missed knows nobody, and refuses: it fails closed.

use std::future::ready;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::Web;
use super::error::ApiError;
use crate::auth::{Role, Viewer, ViewerId};
use crate::live::stage::Stage;

/// The viewer whose request it is.
#[derive(Clone, Debug)]
pub struct Looking(pub Arc<Viewer>);

impl Looking {
    /// The fleet as this viewer may see it.
    pub(super) async fn stage(&self, web: &Web) -> Result<Arc<Stage>, ApiError> {
        let sight = &self.0.sight;
        if let Some(stage) = web.stages.find(sight) {
            return Ok(stage);
        }
        let (stages, sight, now) = (Arc::clone(&web.stages), Arc::clone(sight), (web.clock)());
        let made = tokio::task::spawn_blocking(move || stages.find_or_make(&sight, now)).await;
        made.map_err(|_gone| ApiError::stopping())
    }

    /// Whether nothing is hidden from this viewer.
    pub(super) fn sees_everything(&self) -> bool {
        self.0.sight.is_everything()
    }

    /// Refuses who was shut out, or sees something else, since this request came: it may have
    /// waited for its turn.
    pub(super) fn must_be_as_before(&self, web: &Web) -> Result<(), ApiError> {
        let Self(before) = self;
        // Nobody can take it from whoever sits at the machine.
        if before.id == ViewerId::Local {
            return Ok(());
        }
        match web.door.access.current(&before.id, (web.clock)()) {
            Some(now) if now == *before => Ok(()),
            Some(_) => Err(ApiError::rights_changed()),
            None => Err(ApiError::signed_out()),
        }
    }

    /// Refuses who may only look.
    pub(super) fn must_dispatch(&self) -> Result<(), ApiError> {
        if self.0.role < Role::Dispatcher {
            let message = "only a dispatcher may change this; ask an administrator";
            return Err(ApiError::forbidden(message));
        }
        Ok(())
    }

    /// Refuses who is no administrator.
    pub(super) fn must_administer(&self) -> Result<(), ApiError> {
        if self.0.role < Role::Administrator {
            return Err(ApiError::not_allowed());
        }
        Ok(())
    }
}

impl<S: Sync> FromRequestParts<S> for Looking {
    type Rejection = ApiError;

    fn from_request_parts(
        parts: &mut Parts,
        _state: &S,
    ) -> impl Future<Output = Result<Self, ApiError>> + Send {
        let viewer = parts.extensions.get::<Arc<Viewer>>().cloned();
        ready(viewer.map(Self).ok_or_else(ApiError::not_allowed))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use axum::{Extension, Router};
    use http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;

    async fn asked(router: Router) -> StatusCode {
        let request = Request::get("/").body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_route_that_the_door_has_missed_refuses() {
        let route = Router::new().route(
            "/",
            get(|Looking(viewer): Looking| async move { viewer.name.to_string() }),
        );
        assert_eq!(asked(route.clone()).await, StatusCode::FORBIDDEN);
        let behind = route.layer(Extension(Arc::new(Viewer::local())));
        assert_eq!(asked(behind).await, StatusCode::OK);
    }
}
