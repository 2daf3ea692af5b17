//! What a fleet is: the words of the field as types, and the few rules that need nothing else.
//!
//! Everything here is plain data with its units in its names. There is no clock, no I/O, no
//! serialisation and no logging: vendors' JSON is known in `source/*/wire.rs` only, the browser's
//! in `live/frame.rs` only, so neither format can pull the domain along when it changes.

pub mod alarm;
pub mod fix;
pub mod id;
pub mod observation;
pub mod off_duty;
pub mod order;
pub mod roster;
pub mod sight;
pub mod silence;
pub mod source_health;
pub mod thresholds;
pub mod units;
pub mod vehicle;

pub use fix::{FixQuality, Reading, Refusal};
pub use id::{DeviceKey, SourceId, VehicleId};
pub use observation::{Facts, Label, Observation, Origin, Report, Said};
pub use off_duty::OffDuty;
pub use sight::{Groups, Sight};
pub use silence::Silence;
pub use source_health::{Failure, Health, Mode, Signal, SourceHealth};
pub use vehicle::{
    DeviceView, Expectation, Fact, Flag, Freshness, FreshnessState, Latency, Motion, MotionState,
    Position, Vehicle, Verdict,
};
