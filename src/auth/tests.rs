//! The laws of access, through its one door.
