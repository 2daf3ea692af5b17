//! Takes in what sources say, a bounded piece at a time.
//!
//! A vendor's answer or its list of names may hold tens of thousands of vehicles. The task that
//! owns the fleet must be able to turn to its tick in the midst of it; so what was said becomes
//! work, and work is done in pieces, in the order in which it was said.

use std::collections::HashSet;
use std::vec::IntoIter;

use jiff::Timestamp;

use super::Fleet;
use super::device::Device;
use super::off_duty::Count;
use super::slots::DeviceSlot;
use crate::domain::{DeviceKey, Label, Observation, Report, Said};

/// So many records are taken in at a time; together they take well under a millisecond.
pub const PIECE: usize = 100;

/// Something that is yet to be done.
#[derive(Debug)]
pub(super) enum Work {
    /// To hear what a source said.
    Hear { source: usize, report: Report },
    /// To take in records.
    Observe {
        source: usize,
        records: IntoIter<Observation>,
    },
    /// To take in a vendor's complete metadata.
    List(Listing),
    /// To note who is listed no longer.
    Unlist {
        source: usize,
        devices: IntoIter<DeviceSlot>,
    },
    /// To let go the records that waited for the metadata.
    Release { source: usize },
    /// To count who is in which group, and of whom that is not known.
    Count(Count),
}

impl Work {
    fn observe(source: usize, records: Vec<Observation>) -> Self {
        Self::Observe {
            source,
            records: records.into_iter(),
        }
    }
}

/// A vendor's complete metadata, in part taken in.
#[derive(Debug)]
pub(super) struct Listing {
    source: usize,
    rows: IntoIter<(DeviceKey, Label)>,
    listed: HashSet<DeviceSlot>,
}

impl Fleet {
    /// Takes in what a source said. A report of an unknown source is ignored.
    pub fn observe(&mut self, report: Report, now: Timestamp) {
        self.hear(report);
        while self.work(now) {}
    }

    /// Notes what a source said, to be taken in by [`Fleet::work`].
    pub fn hear(&mut self, report: Report) {
        let mut sources = self.sources.iter();
        if let Some(source) = sources.position(|source| *source.id() == report.source) {
            self.work.push_back(Work::Hear { source, report });
        }
    }

    /// Whether something was heard and not yet taken in.
    pub fn is_behind(&self) -> bool {
        !self.work.is_empty()
    }

    /// Takes in a piece of what was heard; whether there is more.
    pub fn work(&mut self, now: Timestamp) -> bool {
        self.rota.renew(now);
        self.release_overdue(now);
        let mut room = PIECE;
        while 0 < room
            && let Some(work) = self.work.pop_front()
        {
            self.advance(work, &mut room, now);
        }
        self.is_behind()
    }

    /// Makes records that have waited for their names long enough the next to be taken in;
    /// whether there were any.
    pub(super) fn release_overdue(&mut self, now: Timestamp) -> bool {
        let mut is_any = false;
        for (at, source) in self.sources.iter_mut().enumerate() {
            if source.is_wait_over(now) {
                is_any = true;
                self.work.push_front(Work::observe(at, source.release()));
            }
        }
        is_any
    }

    /// Does `work`, or as much of it as there is `room` for.
    fn advance(&mut self, work: Work, room: &mut usize, now: Timestamp) {
        match work {
            Work::Hear { source, report } => {
                *room -= 1;
                self.hear_one(source, report, now);
            }
            Work::Release { source } => {
                let records = self.sources[source].release();
                self.work.push_front(Work::observe(source, records));
            }
            Work::Observe {
                source,
                mut records,
            } => {
                for record in some(&mut records, room) {
                    self.observe_record(source, record, now);
                }
                if 0 < records.len() {
                    self.work.push_front(Work::Observe { source, records });
                }
            }
            Work::List(mut listing) => {
                for (key, label) in some(&mut listing.rows, room) {
                    let slot = self.list_one(listing.source, &key, label, now);
                    listing.listed.insert(slot);
                }
                if 0 < listing.rows.len() {
                    self.work.push_front(Work::List(listing));
                } else {
                    let devices = self.missing_in(&listing).into_iter();
                    let source = listing.source;
                    self.work.push_front(Work::Unlist { source, devices });
                }
            }
            Work::Unlist {
                source,
                mut devices,
            } => {
                for slot in some(&mut devices, room) {
                    self.unlist_one(slot, now);
                }
                if 0 < devices.len() {
                    self.work.push_front(Work::Unlist { source, devices });
                } else {
                    self.sources[source].is_listed = true;
                    self.begin_count();
                }
            }
            Work::Count(count) => {
                if let Some(rest) = self.count_some(count, room) {
                    self.work.push_front(Work::Count(rest));
                }
            }
        }
    }

    fn hear_one(&mut self, source: usize, report: Report, now: Timestamp) {
        match report.said {
            Said::Observed(records) => {
                let records = self.sources[source].admit(records, now);
                self.work.push_front(Work::observe(source, records));
            }
            Said::Listed(rows) => {
                self.work.push_front(Work::Release { source });
                if let Some(rows) = rows {
                    self.work.push_front(Work::List(Listing {
                        source,
                        rows: rows.into_iter(),
                        listed: HashSet::new(),
                    }));
                } else {
                    self.begin_count();
                }
            }
            Said::Recalled(readings) => {
                let readings = self.on_duty(readings, now);
                self.recalled.extend(readings);
            }
            Said::Offline { device, since } => self.call_offline(&device, since, report.at, now),
            Said::Signal(signal) => self.sources[source].health.apply(signal, report.at),
            // Counted where it was refused; it changes nothing here.
            Said::Refused(_) => {}
        }
    }

    /// Has it counted who is in which group, once all is taken in that was heard so far.
    pub(super) fn begin_count(&mut self) {
        self.work.retain(|work| !matches!(work, Work::Count(_)));
        self.work.extend(self.new_count().map(Work::Count));
    }

    fn list_one(
        &mut self,
        source: usize,
        key: &DeviceKey,
        label: Label,
        now: Timestamp,
    ) -> DeviceSlot {
        let slot = self.ensure_device(source, key);
        self.unlisted.remove(&slot);
        self.relabel(slot, now, |device| {
            device.listed = Some(label);
            device.unlisted_since = None;
        });
        slot
    }

    /// The devices that a complete listing no longer holds.
    fn missing_in(&self, listing: &Listing) -> Vec<DeviceSlot> {
        let is_missing = |(slot, device): &(DeviceSlot, &Device)| {
            device.rank.source == listing.source
                && device.listed.is_some()
                && device.unlisted_since.is_none()
                && !listing.listed.contains(slot)
        };
        let missing = self.devices.iter().filter(is_missing);
        missing.map(|(slot, _)| slot).collect()
    }

    fn unlist_one(&mut self, slot: DeviceSlot, now: Timestamp) {
        self.unlisted.insert(slot);
        self.relabel(slot, now, |device| device.unlisted_since = Some(now));
    }
}

/// As many of `items` as there is `room` for.
fn some<T>(items: &mut IntoIter<T>, room: &mut usize) -> impl Iterator<Item = T> {
    let n = items.len().min(*room);
    *room -= n;
    items.take(n)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::{Facts, Mode, Origin, Reading, SourceId};
    use crate::fleet::{FleetSettings, SourceIntro};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn reading(second: i64, lat_deg: f64) -> Reading {
        Reading {
            vendor_at: Some(at(second)),
            ..Reading::at(lat_deg, 17.0)
        }
    }

    #[test]
    fn what_is_recalled_goes_to_the_trails_and_moves_no_marker() {
        let id = SourceId::new("a");
        let device = DeviceKey::new(id.clone(), "1");
        let stranger = DeviceKey::new(id.clone(), "2");
        let intro = SourceIntro {
            id: id.clone(),
            kind: "test",
            mode: Mode::Poll,
            interval: SignedDuration::from_secs(15),
            sandbox: false,
        };
        let mut fleet = Fleet::new(FleetSettings::default(), vec![intro], at(0));
        let mut hear = |said, second| {
            let report = Report {
                source: id.clone(),
                at: at(second),
                said,
            };
            fleet.observe(report, at(second));
            fleet.age(at(second));
            fleet.take_changes(at(second))
        };
        hear(Said::Listed(None), 0);
        let seen = Observation {
            device: device.clone(),
            received_at: at(11),
            origin: Origin::Poll,
            reading: Some(reading(10, 48.0)),
            contact_at: None,
            label: Label::default(),
            facts: Facts::default(),
        };
        assert_eq!(hear(Said::Observed(vec![seen]), 11).vehicles.len(), 1);

        // Older than the fix, newer than it, and of a device that nobody has seen.
        let rows = vec![
            (device.clone(), reading(5, 49.0)),
            (device, reading(12, 50.0)),
            (stranger, reading(12, 51.0)),
        ];
        let changes = hear(Said::Recalled(rows.clone()), 13);
        assert_eq!(changes.recalled, rows);
        assert!(changes.vehicles.is_empty() && changes.removed.is_empty());
        assert!(changes.fixes.is_empty() && changes.is_empty_to_viewers());
        assert!(hear(Said::Recalled(Vec::new()), 14).recalled.is_empty());
    }
}
