//! What a screen says of itself each minute.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::screen_of;
use crate::web::Web;
use crate::web::desk::understood;
use crate::web::door::Told;
use crate::web::error::{ApiError, ErrorBody};
use crate::web::viewer::Looking;

const MAX_CHARS: usize = 200;
const MAX_ERRORS: usize = 10;

/// How a screen is. It holds no vehicle and no place; members that are not known are left unread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DisplayReport)]
pub struct ReportText {
    /// The build of its page.
    pub build: String,
    /// Since when the page is there, in seconds.
    pub uptime_s: f64,
    /// How current its picture is: `live`, `reconnecting`, `dead`, ...
    #[serde(default)]
    pub screen: String,
    /// Drawn in a second, on average since the last report; absent where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_per_s: Option<f64>,
    /// Of a hundred frames 95 took no longer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_ms_p95: Option<f64>,
    /// The memory of its page, in MiB; absent where the browser does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heap_mb: Option<f64>,
    /// What it shows.
    #[serde(default)]
    pub scene: String,
    /// How often its graphics card was lost.
    #[serde(default)]
    pub graphics_losses: u32,
    /// `map`, or the `list` in its place.
    #[serde(default)]
    pub shows: String,
    /// Width and height of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_px: Option<[f64; 2]>,
    /// What went wrong, the newest first.
    #[serde(default)]
    pub errors: Vec<ReportedError>,
}

/// Something that went wrong on a screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportedError {
    /// In the browser's words.
    pub text: String,
    /// How often.
    pub count: u32,
    /// How long before the report, in seconds.
    pub last_s_ago: f64,
}

impl ReportText {
    /// A figure that no screen can have.
    fn below_zero(&self) -> Option<(&'static str, f64)> {
        let figures = [
            ("uptime_s", Some(self.uptime_s)),
            ("frames_per_s", self.frames_per_s),
            ("frame_ms_p95", self.frame_ms_p95),
            ("heap_mb", self.heap_mb),
        ];
        let told = figures
            .into_iter()
            .filter_map(|(what, value)| Some((what, value?)));
        told.into_iter().find(|(_, value)| *value < 0.0)
    }

    /// No longer than it needs to be: it is somebody's page that says so.
    fn cut(mut self) -> Self {
        for text in [
            &mut self.build,
            &mut self.screen,
            &mut self.scene,
            &mut self.shows,
        ] {
            cut(text);
        }
        self.errors.truncate(MAX_ERRORS);
        self.errors.iter_mut().for_each(|it| cut(&mut it.text));
        self
    }
}

fn cut(text: &mut String) {
    *text = text
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_CHARS)
        .collect();
}

/// A screen says how it is.
#[utoipa::path(post, path = "/api/v1/display/report", request_body = ReportText, responses(
    (status = 204), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
    (status = 429, body = ErrorBody)))]
pub async fn report(
    State(web): State<Web>,
    Looking(viewer): Looking,
    Told(told): Told<Box<RawValue>>,
) -> Result<Response, ApiError> {
    let id = screen_of(&viewer);
    let id = id.ok_or_else(|| ApiError::forbidden("only a screen says how it is"))?;
    let report: ReportText = understood(&told)?;
    if let Some((what, value)) = report.below_zero() {
        let words = format!("`{what}` is {value}; it cannot be less than 0");
        return Err(ApiError::bad_request(words));
    }
    if !web.screens.keep(id, report.cut(), (web.clock)()) {
        let message = "it said so just now; once a minute is enough";
        return Err(ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            message,
        ));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
