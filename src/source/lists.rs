//! What every vendor has: a list of positions and a list of vehicles, read page by page and told
//! to the fleet. And when the second one is due.

use std::time::Duration;

use tokio::time::Instant;
use tracing::debug;

use super::backoff::Backoff;
use super::decode::Dialect;
use super::http::account::Account;
use super::http::trouble::Trouble;
use super::listing::{Pager, Walk};
use super::outlet::{Activity, Outlet};
use crate::domain::{DeviceKey, Label, Observation, Said};

/// Names change rarely.
const METADATA_EVERY: Duration = Duration::from_hours(1);

/// The two lists of one account.
#[derive(Debug)]
pub struct Lists {
    /// Whom to ask.
    pub account: Account,
    /// How the account speaks.
    pub dialect: Dialect,
    /// Where the vehicles are.
    pub positions: Pager<Observation>,
    /// What they are called.
    pub vehicles: Pager<(DeviceKey, Label)>,
}

impl Lists {
    /// Reads one page of positions and tells it; whether it was the last.
    pub async fn positions_page(
        &mut self,
        walk: &mut Walk,
        outlet: &Outlet,
    ) -> Result<bool, Trouble> {
        let page = self.account.page(&self.dialect, &mut self.positions, walk);
        let (decoded, is_last) = page.await?;
        outlet.decoded(self.positions.listing.path, decoded).await;
        Ok(is_last)
    }

    /// Reads one page of vehicles; tells the whole list with its last page.
    pub async fn vehicles_page(
        &mut self,
        metadata: &mut Metadata,
        outlet: &Outlet,
    ) -> Result<bool, Trouble> {
        let walk = metadata.walk.get_or_insert_default();
        if walk.rows.is_empty() {
            outlet.take_news();
            self.vehicles.doubt_end(usize::MAX);
        }
        let page = self
            .account
            .page(&self.dialect, &mut self.vehicles, &mut walk.walk);
        let (decoded, is_last) = page.await?;
        let (refusals, shape) = (decoded.refusals, decoded.first_bad_shape);
        outlet
            .refused(self.vehicles.listing.path, refusals, shape)
            .await;
        walk.rows.extend(decoded.rows);
        if is_last {
            let rows = metadata.done(Instant::now());
            debug!(source.id = %outlet.source(), n = rows.len(), "the vehicles' names were read");
            self.positions.doubt_end(rows.len());
            outlet.log_healed(Activity::Vehicles);
            outlet.say(Said::Listed(Some(rows))).await;
        }
        Ok(is_last)
    }

    /// Reads all positions.
    pub async fn all_positions(&mut self, outlet: &Outlet) -> Result<(), Trouble> {
        let mut walk = Walk::default();
        while !self.positions_page(&mut walk, outlet).await? {}
        Ok(())
    }

    /// Reads all vehicles.
    pub async fn all_vehicles(
        &mut self,
        metadata: &mut Metadata,
        outlet: &Outlet,
    ) -> Result<(), Trouble> {
        while !self.vehicles_page(metadata, outlet).await? {}
        Ok(())
    }
}

/// When the vehicles are to be read: at the start, hourly, and when an unknown one appears.
#[derive(Debug)]
pub struct Metadata {
    walk: Option<VehicleWalk>,
    due_at: Instant,
    read_at: Option<Instant>,
    /// Failures pause even what is due.
    not_before: Instant,
    backoff: Backoff,
    /// The devices of the last complete list.
    pub devices: Vec<DeviceKey>,
}

#[derive(Debug, Default)]
struct VehicleWalk {
    walk: Walk,
    rows: Vec<(DeviceKey, Label)>,
}

impl Metadata {
    /// Due at once.
    pub fn new(now: Instant) -> Self {
        Self {
            walk: None,
            due_at: now,
            read_at: None,
            not_before: now,
            backoff: Backoff::default(),
            devices: Vec::new(),
        }
    }

    /// When the next page is due; `gap` is the least time between two readings for the sake of
    /// unknown devices.
    pub fn due_at(&self, has_news: bool, gap: Duration) -> Instant {
        let due_at = match self.read_at {
            _ if self.walk.is_some() => self.not_before,
            Some(read_at) if has_news => self.due_at.min(read_at + gap),
            _ => self.due_at,
        };
        due_at.max(self.not_before)
    }

    /// Whether a reading is under way.
    pub fn is_reading(&self) -> bool {
        self.walk.is_some()
    }

    /// Takes in a failure; how long the vehicles are left alone.
    pub async fn failed(&mut self, trouble: &Trouble, outlet: &Outlet) -> Duration {
        self.walk = None;
        let wait = self.backoff.wait_with_chance(trouble);
        self.not_before = Instant::now() + wait;
        outlet.log_trouble(Activity::Vehicles, trouble, wait);
        // Nobody is to wait for names that may never come; and who is hidden off duty for want of
        // them is told of.
        outlet.say(Said::Listed(None)).await;
        wait
    }

    fn done(&mut self, now: Instant) -> Vec<(DeviceKey, Label)> {
        self.backoff.reset();
        self.read_at = Some(now);
        self.due_at = now + METADATA_EVERY;
        let rows = self.walk.take().unwrap_or_default().rows;
        self.devices = rows.iter().map(|(device, _)| device.clone()).collect();
        rows
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::domain::SourceId;
    use crate::source::http::trouble::Kind;

    #[tokio::test]
    async fn names_are_due_at_once_then_hourly_or_for_an_unknown_device() {
        let now = Instant::now();
        let gap = Duration::from_mins(1);
        let mut metadata = Metadata::new(now);
        assert_eq!(metadata.due_at(true, gap), now);
        metadata.done(now);
        assert_eq!(metadata.due_at(false, gap), now + METADATA_EVERY);
        assert_eq!(metadata.due_at(true, gap), now + gap);
    }

    /// Whoever is hidden off duty for want of a list is so still, and that is to be told.
    #[tokio::test]
    async fn a_list_that_fails_is_told_at_each_attempt_whatever_the_trouble() {
        let (reports, mut heard) = mpsc::channel(1);
        let outlet = Outlet::new(SourceId::new("a"), reports);
        let mut metadata = Metadata::new(Instant::now());
        for kind in [
            Kind::Denied,
            Kind::Denied,
            Kind::Busy,
            Kind::Limited,
            Kind::Busy,
        ] {
            metadata.walk = Some(VehicleWalk::default());
            let trouble = Trouble::new(kind, "no");
            let wait = metadata.failed(&trouble, &outlet).await;
            let said = heard.try_recv().map(|report| report.said);
            assert!(matches!(said, Ok(Said::Listed(None))), "{kind:?}: {said:?}");
            // The rows of half a list are of no list.
            assert!(!metadata.is_reading(), "{kind:?}");
            assert!(metadata.due_at(true, Duration::ZERO) <= Instant::now() + wait);
        }
    }
}
