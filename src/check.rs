//! Stub.
use crate::config::source::SourceSettings;
use std::path::PathBuf;
/// Outcome.
#[derive(Debug)]
pub struct CheckOutcome;
impl CheckOutcome {
    /// Well.
    pub fn is_well(&self) -> bool {
        true
    }
}
impl std::fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("")
    }
}
/// Run.
pub async fn run(_s: Vec<SourceSettings>, _r: Option<PathBuf>) -> anyhow::Result<CheckOutcome> {
    Ok(CheckOutcome)
}
