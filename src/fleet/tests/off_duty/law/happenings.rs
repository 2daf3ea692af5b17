//! What may happen to a fleet with off-duty hours, at random.

use super::*;

/// What may happen beside the events of any fleet.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    Any(Event),
    Say {
        device: usize,
        true_ago: i64,
        /// What the record tells, if it does.
        group: Option<usize>,
        kind: Kind,
    },
    /// The vendor's complete list: who is in it, each with some group or with none.
    List {
        devices: Vec<Option<Vec<usize>>>,
    },
    /// The list cannot be read.
    NoList,
    Recall {
        device: usize,
        ago: i64,
    },
    /// Each device's group, and whether it is out of sight.
    Roster {
        groups: Vec<Option<(usize, bool)>>,
    },
    Restart,
}

/// What a record tells of its time and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Event,
    Row,
    /// No time at all, at one of a few places.
    Timeless(u8),
    /// No place, but when it was.
    Placeless,
    /// Neither.
    Bare,
}

pub(super) const GROUPS: [&str; 3] = ["North", "Phones", "Free"];

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => Just(Kind::Row),
        2 => Just(Kind::Event),
        2 => (0_u8..3).prop_map(Kind::Timeless),
        1 => Just(Kind::Placeless),
        1 => Just(Kind::Bare),
    ]
}

pub(super) fn happening() -> impl Strategy<Value = Happening> {
    let group = || proptest::option::weighted(0.6, 0_usize..3);
    let say = (0_usize..3, 0_i64..900, group(), kind());
    let groups = proptest::collection::vec(0_usize..3, 0..2);
    let listed = proptest::collection::vec(proptest::option::of(groups), 3);
    let named = proptest::option::of((0_usize..3, proptest::bool::weighted(0.1)));
    let roster = proptest::collection::vec(named, 3);
    prop_oneof![
        5 => event().prop_map(Happening::Any),
        8 => say.prop_map(|(device, true_ago, group, kind)| Happening::Say {
            device, true_ago, group, kind
        }),
        2 => listed.prop_map(|devices| Happening::List { devices }),
        1 => Just(Happening::NoList),
        2 => (0_usize..3, 0_i64..1_500).prop_map(|(device, ago)| Happening::Recall { device, ago }),
        1 => roster.prop_map(|groups| Happening::Roster { groups }),
        1 => Just(Happening::Restart),
    ]
}

pub(super) fn rules() -> impl Strategy<Value = Vec<OffDuty>> {
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
