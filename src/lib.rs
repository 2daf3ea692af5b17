//! Fleetglass: one true live map of a fleet, from several vendors.
//!
//! Data flows one way, and the modules stand in its order: a vendor's bytes become observations
//! (`source`), one task merges them into the fleet (`fleet`), what changed goes to every screen
//! (`live`), to the trails (`history`) and to the watch for alarms (`alarm`), `auth` says who may
//! see it, `oidc` asks who somebody is elsewhere, `desk` keeps what people ordered, `webhook` tells
//! alarms elsewhere, and `web` serves the pages around it. `app` puts it together; `sim` imitates
//! the vendors for the demo and the tests, and shares nothing with the adapters.

pub mod clock;
pub mod domain;
pub mod sqlite;
pub mod config;
pub mod source;
pub mod fleet;
pub mod alarm;
pub mod live;
pub mod history;
pub mod auth;
pub mod oidc;
pub mod desk;
pub mod webhook;
pub mod web;
pub mod sim;
pub mod check;
pub mod app;
