//! Vendor mycartracks.
