//! Vendor cartrack.
