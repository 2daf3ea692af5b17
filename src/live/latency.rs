//! How long a fix was on the way, as JSON: for whoever asks after one vehicle, as it would differ
//! with each fix in every frame.

use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Latency;

/// How long the last accepted fix was on the way, in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Latency)]
pub struct LatencyFrame {
    /// From the fix to our receipt of it.
    pub fix_to_receipt_ms: i64,
    /// From our receipt to the step in which viewers were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_to_send_ms: Option<i64>,
}

/// How long a vehicle's last accepted fix was on the way.
pub fn latency(latency: Latency) -> LatencyFrame {
    let ms = |duration: SignedDuration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    LatencyFrame {
        fix_to_receipt_ms: ms(latency.fix_to_receipt),
        receipt_to_send_ms: latency.receipt_to_send.map(ms),
    }
}
