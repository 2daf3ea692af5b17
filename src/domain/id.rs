//! Names: of a source, of a device as its vendor names it, and of a vehicle as we name it.
//!
//! All three are cheap to clone (a shared string), because each passes through every layer.

use std::fmt;
use std::sync::Arc;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes `text` as it stands.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        // Looking a name up by `&str` must not cost an allocation.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// One configured account at one vendor, as the operator named it: `cartrack-za`.
    SourceId
}

name! {
    /// The thing on the road: `reg:ABC123GP`, or `<source>/<device>`, or the roster's own name.
    VehicleId
}

/// A tracker, as one vendor names it, within one source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceKey {
    /// The account that reports it.
    pub source: SourceId,
    /// The vendor's key for it, trimmed; an integer on the wire is kept as its decimal text.
    pub device: Arc<str>,
}

impl DeviceKey {
    /// The device that `source` calls `device`.
    pub fn new(source: SourceId, device: impl Into<Arc<str>>) -> Self {
        Self {
            source,
            device: device.into(),
        }
    }

    /// The id of a vehicle that is known by this device alone.
    pub fn vehicle_id(&self) -> VehicleId {
        VehicleId::new(self.to_string())
    }
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, self.device)
    }
}
