//! How long positions are on their way, as answers tell it: of a source over some minutes, of a
//! vehicle its last one. Not in frames, since it differs with each fix.

use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Latency;
use crate::live::frame::{SourceFrame, VehicleFrame};
use crate::live::latency::{self, Percentiles};

/// A source, and how long its positions were on their way within the last five minutes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SourceWithLatency)]
pub struct SourceAnswer<'a> {
    #[serde(flatten)]
    source: SourceFrame<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<SourceLatency>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SourceLatency {
    /// The tracker, its network and its vendor.
    fix_to_receipt_ms: PercentilesAnswer,
    /// This server.
    receipt_to_send_ms: PercentilesAnswer,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Percentiles)]
struct PercentilesAnswer {
    p50: u64,
    p95: u64,
}

impl<'a> SourceAnswer<'a> {
    /// The answer about one source.
    pub fn new(source: SourceFrame<'a>, latency: Option<latency::Latency>) -> Self {
        let percentiles = |of: Percentiles| PercentilesAnswer {
            p50: of.p50_ms,
            p95: of.p95_ms,
        };
        let latency = latency.map(|latency| SourceLatency {
            fix_to_receipt_ms: percentiles(latency.fix_to_receipt),
            receipt_to_send_ms: percentiles(latency.receipt_to_send),
        });
        Self { source, latency }
    }
}

/// A vehicle, and how long its position was on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VehicleWithLatency)]
pub struct VehicleAnswer<'a> {
    #[serde(flatten)]
    vehicle: VehicleFrame<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<VehicleLatency>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VehicleLatency {
    /// From the fix to our receipt of it.
    fix_to_receipt_ms: i64,
    /// From our receipt to the step in which viewers were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_to_send_ms: Option<i64>,
}

impl<'a> VehicleAnswer<'a> {
    /// The answer about one vehicle.
    pub fn new(vehicle: VehicleFrame<'a>, latency: Option<Latency>) -> Self {
        let ms = |duration: SignedDuration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let latency = latency.map(|latency| VehicleLatency {
            fix_to_receipt_ms: ms(latency.fix_to_receipt),
            receipt_to_send_ms: latency.receipt_to_send.map(ms),
        });
        Self { vehicle, latency }
    }
}
