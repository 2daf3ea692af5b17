//! Saved views: those of a person, and those that somebody shares. On a server without login there is
//! one common set.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{refusal, understood};
use crate::auth::{Role, ViewerKind};
use crate::desk::{NewView, Owner, SavedView};
use crate::web::Web;
use crate::web::door::Told;
use crate::web::error::{ApiError, ErrorBody};
use crate::web::viewer::Looking;

/// All views that one may open, by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Views)]
pub struct ViewsAnswer {
    views: Vec<ViewFrame>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = View)]
struct ViewFrame {
    id: String,
    name: String,
    /// What stands behind the `#` of the page's address.
    fragment: String,
    /// Everybody sees it.
    shared: bool,
    /// Of who asks: to be changed.
    own: bool,
}

/// A view to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ViewToSave)]
#[serde(deny_unknown_fields)]
pub struct ViewText {
    name: String,
    fragment: String,
    shared: bool,
}

fn frame(view: SavedView) -> ViewFrame {
    ViewFrame {
        id: view.id,
        name: view.name,
        fragment: view.fragment,
        shared: view.is_shared,
        own: view.is_own,
    }
}

/// Whose views they are.
fn owner(looking: &Looking) -> Result<Arc<Owner>, ApiError> {
    let Looking(viewer) = looking;
    match (viewer.user, viewer.kind) {
        (Some(user), _) => Ok(user.to_string().into()),
        (None, ViewerKind::Local) => Ok("local".into()),
        _ => Err(ApiError::forbidden("only a person has saved views")),
    }
}

/// The views that one may open.
#[utoipa::path(get, path = "/api/v1/views", responses(
    (status = 200, body = ViewsAnswer), (status = 403, body = ErrorBody)))]
pub async fn views(State(web): State<Web>, looking: Looking) -> Result<Response, ApiError> {
    let views = web.desk.views(owner(&looking)?).await;
    let views = views.map_err(|error| refusal(&error))?;
    let views = views.into_iter().map(frame).collect();
    Ok(Json(ViewsAnswer { views }).into_response())
}

/// Saves a view, or replaces one's own of this id.
#[utoipa::path(put, path = "/api/v1/views/{id}", params(("id" = String, Path)),
    request_body = ViewText, responses(
    (status = 200, body = ViewFrame), (status = 400, body = ErrorBody),
    (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn put(
    State(web): State<Web>,
    looking: Looking,
    Path(id): Path<String>,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    let owner = owner(&looking)?;
    let text: ViewText = understood(&told)?;
    let new = NewView {
        name: text.name,
        fragment: text.fragment,
        is_shared: text.shared,
    };
    let kept = web.desk.put_view(owner, id.clone(), new.clone()).await;
    kept.map_err(|error| refusal(&error))?;
    let view = ViewFrame {
        id,
        name: new.name.trim().to_owned(),
        fragment: new.fragment,
        shared: new.is_shared,
        own: true,
    };
    Ok(Json(view).into_response())
}

/// Deletes a view of one's own; administrators also those that others share.
#[utoipa::path(delete, path = "/api/v1/views/{id}", params(("id" = String, Path)), responses(
    (status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove(
    State(web): State<Web>,
    looking: Looking,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let clears_up = looking.0.role == Role::Administrator;
    let removed = web.desk.remove_view(owner(&looking)?, clears_up, id).await;
    removed.map_err(|error| refusal(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
