//! Stub.
use crate::config::MapSettings;
use axum::Router;
/// Routes.
pub fn routes<S: Clone + Send + Sync + 'static>(_map: &MapSettings) -> anyhow::Result<Router<S>> {
    Ok(Router::new())
}
