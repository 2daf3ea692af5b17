//! Vendor eztotrack.
