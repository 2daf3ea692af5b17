//! The law over random hours, groups and fleets: whatever happens, no time that is off duty is told
//! of, nor kept.

use std::collections::BTreeSet;

use super::*;

/// What may happen beside the events of any fleet.
#[derive(Clone, Debug)]
enum Happening {
    Any(Event),
    Say {
        device: usize,
        fixed_ago: i64,
        group: usize,
        is_timeless: bool,
    },
    Recall {
        device: usize,
        ago: i64,
    },
    Roster {
        groups: Vec<Option<usize>>,
    },
    Restart,
}

const GROUPS: [&str; 3] = ["North", "Phones", "Free"];

fn happening() -> impl Strategy<Value = Happening> {
    let groups = proptest::collection::vec(proptest::option::of(0_usize..3), 3);
    prop_oneof![
        5 => event().prop_map(Happening::Any),
        8 => (0_usize..3, 0_i64..900, 0_usize..3, proptest::bool::weighted(0.1)).prop_map(
            |(device, fixed_ago, group, is_timeless)| Happening::Say { device, fixed_ago, group, is_timeless }),
        2 => (0_usize..3, 0_i64..1_500).prop_map(|(device, ago)| Happening::Recall { device, ago }),
        1 => groups.prop_map(|groups| Happening::Roster { groups }),
        1 => Just(Happening::Restart),
    ]
}

fn rules() -> impl Strategy<Value = Vec<OffDuty>> {
    let hours = || {
        proptest::collection::vec((0_u16..90, 1_u16..25), 1..4).prop_map(|hours| {
            hours
                .into_iter()
                .map(|(from, long)| (from, from + long))
                .collect::<Vec<_>>()
        })
    };
    (hours(), hours())
        .prop_map(|(north, both)| vec![rule(&["North"], &north), rule(&["North", "Phones"], &both)])
}

/// A fleet with its viewers, its store and its rules.
struct World {
    fleet: Fleet,
    rules: Vec<OffDuty>,
    roster: Roster,
    seen: BTreeMap<VehicleId, Vehicle>,
    store: BTreeMap<DeviceKey, Remembered>,
    n_shown: usize,
}

impl World {
    fn settings(&self) -> FleetSettings {
        FleetSettings {
            roster: self.roster.clone(),
            ..settings(self.rules.clone())
        }
    }

    fn is_off(&self, vehicle: &Vehicle, at: Timestamp) -> bool {
        let concerns = |rule: &&OffDuty| rule.groups.iter().any(|it| vehicle.groups.contains(it));
        let mut rules = self.rules.iter().filter(concerns);
        rules.any(|rule| is_off_duty(&rule.timetable, at))
    }

    fn vehicle_of(&self, device: &DeviceKey) -> Option<&Vehicle> {
        let has_it = |vehicle: &&Vehicle| vehicle.devices.iter().any(|it| it.device == *device);
        self.seen.values().find(has_it)
    }

    fn happen(&mut self, happening: &Happening, second: i64) {
        match happening {
            Happening::Any(event) => happen(&mut self.fleet, event, second),
            Happening::Say {
                device,
                fixed_ago,
                group,
                is_timeless,
            } => {
                let mut record = northern(&device.to_string(), second - fixed_ago, second);
                record.label.groups = vec![GROUPS[*group].into()];
                if let Some(reading) = record.reading.as_mut().filter(|_| *is_timeless) {
                    reading.vendor_at = None;
                }
                observe(&mut self.fleet, record);
            }
            Happening::Recall { device, ago } => {
                let key = key("a", &device.to_string());
                let reading = record(&key, second - ago, second).reading.unwrap();
                let said = Said::Recalled(vec![(key, reading)]);
                self.fleet.observe(report("a", second, said), at(second));
            }
            Happening::Roster { groups } => {
                let named = |(device, group): (usize, &Option<usize>)| {
                    let group = GROUPS[(*group)?];
                    Some(entry(&[group], &[&device.to_string()], false))
                };
                self.roster.vehicles = groups.iter().enumerate().filter_map(named).collect();
                self.fleet.reconfigure(self.settings(), at(second));
            }
            Happening::Restart => {
                let intros = SOURCES.iter().map(intro).collect();
                self.fleet = Fleet::new(self.settings(), intros, at(second));
                self.fleet
                    .restore(self.store.values().cloned().collect(), at(second));
                self.seen.clear();
            }
        }
    }

    /// Lets viewers and store take what differs, and looks at all that they have and got.
    fn step(&mut self, second: i64) -> Result<(), TestCaseError> {
        let now = at(second);
        let changes = step(&mut self.fleet, second);
        for id in &changes.removed {
            self.seen.remove(id);
        }
        for vehicle in &changes.vehicles {
            self.seen.insert(vehicle.id.clone(), (**vehicle).clone());
        }
        keep(&mut self.store, &changes);
        for vehicle in self.seen.values() {
            self.n_shown += usize::from(vehicle.position.is_some());
            self.look_at(vehicle, now)?;
        }
        for (device, fix) in &changes.fixes {
            let vehicle = self.vehicle_of(device);
            let is_off = |at| vehicle.is_some_and(|vehicle| self.is_off(vehicle, at));
            prop_assert!(
                !is_off(fix.fixed_at) && !is_off(fix.received_at),
                "{device}: {fix:?}"
            );
        }
        for (device, reading) in &changes.recalled {
            let vehicle = self.vehicle_of(device);
            let is_off = vehicle.is_some_and(|it| {
                self.is_off(it, reading.vendor_at.unwrap()) || self.is_off(it, now)
            });
            prop_assert!(!is_off, "{device}: {reading:?}");
        }
        for one in &changes.remembered {
            self.look_at_kept(one, now)?;
        }
        Ok(())
    }

    fn look_at(&self, vehicle: &Vehicle, now: Timestamp) -> Result<(), TestCaseError> {
        let facts = [
            vehicle.ignition.as_ref().map(|it| it.at),
            vehicle.odometer_m.as_ref().map(|it| it.at),
            vehicle.driver.as_ref().map(|it| it.at),
            vehicle.address.as_ref().map(|it| it.at),
            vehicle.battery_pct.as_ref().map(|it| it.at),
            vehicle.fuel_l.as_ref().map(|it| it.at),
        ];
        let position = vehicle
            .position
            .iter()
            .flat_map(|it| [it.fixed_at, it.received_at]);
        let devices = vehicle
            .devices
            .iter()
            .flat_map(|it| [it.fixed_at, it.received_at]);
        let times: BTreeSet<Timestamp> = facts
            .into_iter()
            .chain(devices)
            .flatten()
            .chain(position)
            .collect();
        let is_off = self.is_off(vehicle, now);
        prop_assert_eq!(vehicle.flags == [Flag::OffDuty], is_off, "{:?}", vehicle);
        prop_assert_eq!(vehicle.flags.contains(&Flag::OffDuty), is_off);
        if is_off {
            prop_assert!(
                times.is_empty() && vehicle.drawn_lat_lng_deg.is_none(),
                "{vehicle:?}"
            );
            prop_assert!(vehicle.devices.iter().all(|it| it.lat_lng_deg.is_none()));
            prop_assert_eq!(vehicle.motion.state, MotionState::Unknown);
            prop_assert_eq!(vehicle.freshness.state, FreshnessState::Never);
        }
        // Nor anything of before that, once duty begins again.
        let concerns = |rule: &&OffDuty| rule.groups.iter().any(|it| vehicle.groups.contains(it));
        for (rule, time) in self
            .rules
            .iter()
            .filter(concerns)
            .flat_map(|rule| times.iter().map(move |time| (rule, time)))
        {
            let changes_at = next_change(&rule.timetable, *time);
            prop_assert!(
                changes_at.is_none_or(|at| now < at),
                "{time} at {now}: {vehicle:?}"
            );
        }
        Ok(())
    }

    fn look_at_kept(&self, one: &Remembered, now: Timestamp) -> Result<(), TestCaseError> {
        let Some(vehicle) = self.vehicle_of(&one.device) else {
            return Ok(());
        };
        prop_assert!(!self.is_off(vehicle, now) || is_blank(one), "{one:?}");
        let fixes = [&one.fix, &one.position].into_iter().flatten();
        let mut times = fixes
            .flat_map(|fix| [fix.fixed_at, fix.received_at])
            .chain(one.motion.last.map(|(at, _)| at))
            .chain(one.raw.and_then(|raw| raw.vendor_at));
        prop_assert!(!times.any(|at| self.is_off(vehicle, at)), "{one:?}");
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nobody_ever_learns_where_a_vehicle_was_off_duty(
        rules in rules(),
        happenings in proptest::collection::vec(happening(), 1..60),
    ) {
        let mut world = World {
            fleet: fleet_of(&SOURCES, settings(rules.clone())),
            rules,
            roster: Roster::default(),
            seen: BTreeMap::new(),
            store: BTreeMap::new(),
            n_shown: 0,
        };
        let mut second = 0;
        for happening in &happenings {
            let wait = if let Happening::Any(Event::Wait { seconds }) = happening { *seconds } else { 7 };
            second += wait;
            world.happen(happening, second);
            world.step(second)?;
        }
        second += 5;
        world.step(second)?;
        let kept: Vec<_> = world.store.values().cloned().collect();
        for one in &kept {
            world.look_at_kept(one, at(second))?;
        }
    }
}

/// The law is about something: fleets with such hours show positions.
#[test]
fn on_duty_positions_are_shown() {
    let rules = vec![rule(&["North"], &[(10, 20), (30, 40)])];
    let mut world = World {
        fleet: fleet_of(&SOURCES, settings(rules.clone())),
        rules,
        roster: Roster::default(),
        seen: BTreeMap::new(),
        store: BTreeMap::new(),
        n_shown: 0,
    };
    for minute in 0..60 {
        let say = Happening::Say {
            device: 0,
            fixed_ago: 1,
            group: 0,
            is_timeless: false,
        };
        world.happen(&say, 60 * minute + 1);
        world.step(60 * minute + 1).unwrap();
    }
    assert_eq!(world.n_shown, 40);
}
