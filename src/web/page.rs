//! Stub.
use crate::config::MapSettings;
use axum::Router;
/// Policy.
pub fn policy(_map: &MapSettings) -> String {
    "default-src 'none'; script-src 'self'".into()
}
/// Routes.
pub fn routes<S: Clone + Send + Sync + 'static>(_map: &MapSettings) -> Router<S> {
    Router::new()
}
