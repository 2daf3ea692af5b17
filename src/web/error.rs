//! The only error that becomes an answer.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::history::HistoryError;
use crate::live::ws::handshake::HandshakeError;

/// A refusal, with a code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Told in `Retry-After`.
    retry_after_s: Option<i64>,
}

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    error: ErrorMembers,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErrorMembers)]
struct ErrorMembers {
    #[schema(example = "not_found")]
    code: &'static str,
    message: String,
}

impl ApiError {
    /// 400: a parameter is wrong; `message` names it, its value and what it may be.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 404 for a vehicle.
    pub fn no_vehicle(id: &str) -> Self {
        let message = format!("there is no vehicle \"{id}\"; GET /api/v1/vehicles lists all");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 404 for a time of which nothing is remembered.
    pub fn before_memory(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "before_memory", message)
    }

    /// 503 for a server that is about to stop.
    pub fn stopping() -> Self {
        let message = "the server is stopping; ask again in a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message)
    }

    /// 503 for a past that cannot be read or written just now.
    pub fn history(error: &HistoryError) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "history_failing", error.to_string())
    }

    /// 403 for who may not do this, or is nobody.
    pub fn not_allowed() -> Self {
        let message = "you may not do this; ask an administrator";
        Self::new(StatusCode::FORBIDDEN, "not_allowed", message)
    }

    /// 403 for who may not do this, for a reason of its own.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_allowed", message)
    }

    /// 429 for who looks by so many sockets already.
    pub fn too_many_sockets() -> Self {
        let message = "too many WebSockets are open for this person or token; close some, or give \
            each screen and program a token of its own";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_sockets", message)
    }

    /// 401 for who was shut out, or whose session ended, while the request waited.
    pub fn signed_out() -> Self {
        let message = "nobody is signed in any more; sign in again";
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", message)
    }

    /// 503 for who may see something else since the request came.
    pub fn rights_changed() -> Self {
        let message = "what you may see has just changed; ask again";
        let changed = Self::new(StatusCode::SERVICE_UNAVAILABLE, "rights_changed", message);
        changed.again_in(jiff::SignedDuration::from_secs(1))
    }

    /// 403 for a request that names another host than ours.
    pub fn foreign_host(host: &str) -> Self {
        let message = format!(
            "this server is not \"{host}\"; names beside 127.0.0.1, [::1] and localhost are given \
             as `hosts` in [server]"
        );
        Self::new(StatusCode::FORBIDDEN, "foreign_host", message)
    }

    /// 403 for a request that a page of another site makes.
    pub fn foreign_origin() -> Self {
        let message = "pages of other sites may not ask this server";
        Self::new(StatusCode::FORBIDDEN, "foreign_origin", message)
    }

    /// 426 for a request that is no opening of a WebSocket, or of none that we speak.
    pub fn no_websocket(error: &HandshakeError) -> Self {
        let message = format!("this is a WebSocket, and {error}; docs/protocol.md describes it");
        Self::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", message)
    }

    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after_s: None,
        }
    }

    /// The same, and when to try again.
    pub(super) fn again_in(self, wait: jiff::SignedDuration) -> Self {
        Self {
            retry_after_s: Some(wait.as_secs().max(1)),
            ..self
        }
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = ErrorMembers {
            code: self.code,
            message: self.message,
        };
        let mut answer = (self.status, Json(ErrorBody { error })).into_response();
        if self.status == StatusCode::UPGRADE_REQUIRED {
            let headers = answer.headers_mut();
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            let version = HeaderValue::from_static("13");
            headers.insert(header::SEC_WEBSOCKET_VERSION, version);
        }
        if let Some(wait_s) = self.retry_after_s {
            let headers = answer.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
        }
        answer
    }
}

/// Gives every refusal our shape, also those that a library made as plain text.
pub async fn shape(response: Response) -> Response {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !is_refusal || kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::UPGRADE_REQUIRED => "upgrade_required",
        _ if status.is_server_error() => "internal",
        _ => "bad_request",
    };
    let message = status
        .canonical_reason()
        .unwrap_or("refused")
        .to_lowercase();
    let mut shaped = ApiError::new(status, code, message).into_response();
    for name in [header::ALLOW, header::UPGRADE] {
        if let Some(value) = response.headers().get(&name) {
            shaped.headers_mut().insert(name, value.clone());
        }
    }
    shaped
}

/// For a path that is no route.
pub async fn not_found() -> ApiError {
    let message = "there is nothing here; GET /api/v1/openapi.json lists what there is";
    ApiError::new(StatusCode::NOT_FOUND, "not_found", message)
}

/// For a route asked by a method that it does not know.
pub async fn method_not_allowed() -> ApiError {
    let message = "not by this method; GET /api/v1/openapi.json lists what there is";
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    )
}

/// For a handler that panicked: the panic itself is already in the log.
pub fn panicked(_panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let message = "a defect of ours; the log of the server says more";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
}
