//! What a viewer may see: of which vehicles, and which facts of them.
//!
//! Two viewers with equal sights see the same bytes, so a sight is what frames are encoded once
//! for. Nothing here knows who the viewer is.

use std::collections::BTreeSet;
use std::sync::Arc;

/// What may be seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sight {
    /// Which vehicles.
    pub groups: Groups,
    /// Which facts of them.
    pub facts: Facts,
}

/// Which vehicles may be seen, by their groups.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Groups {
    /// Every vehicle, also one without a group.
    All,
    /// Vehicles of at least one of these, by their exact names; a vehicle without a group is none
    /// of them. The empty set sees nothing.
    Only(BTreeSet<Arc<str>>),
}

/// Which facts may be seen; what is false never leaves the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches are what operators set"
)]
pub struct Facts {
    /// Who drives.
    pub driver: bool,
    /// The number plate, also where it is part of an id.
    pub registration: bool,
    /// How fast it goes, in each place that says so.
    pub speed: bool,
    /// The vendor's words for the place.
    pub address: bool,
}

impl Sight {
    /// All vehicles and all facts of them.
    pub const fn everything() -> Self {
        Self {
            groups: Groups::All,
            facts: Facts::ALL,
        }
    }

    /// No vehicle at all.
    pub const fn nothing() -> Self {
        Self {
            groups: Groups::Only(BTreeSet::new()),
            facts: Facts::NONE,
        }
    }

    /// Whether a vehicle of `groups` may be seen.
    pub fn sees(&self, groups: &[Arc<str>]) -> bool {
        self.groups.sees(groups)
    }

    /// Whether all that `other` sees of the fleet's groups is seen here too.
    pub fn covers_groups_of(&self, other: &Self) -> bool {
        match (&self.groups, &other.groups) {
            (Groups::All, _) => true,
            (Groups::Only(_), Groups::All) => false,
            (Groups::Only(ours), Groups::Only(theirs)) => theirs.is_subset(ours),
        }
    }

    /// Whether nothing is hidden.
    pub fn is_everything(&self) -> bool {
        *self == Self::everything()
    }
}

impl Groups {
    /// Only vehicles of these groups.
    pub fn only<T: Into<Arc<str>>>(names: impl IntoIterator<Item = T>) -> Self {
        Self::Only(names.into_iter().map(Into::into).collect())
    }

    /// Whether one of them is `path`, or below it: a group's name with "/" in it is a path in a
    /// tree, as the page shows it, where blanks around its parts do not count.
    pub fn reach(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(seen) => seen.iter().any(|name| {
                let mut below = parts(name);
                parts(path).all(|part| below.next() == Some(part))
            }),
        }
    }

    /// Whether a vehicle of `groups` may be seen.
    pub fn sees(&self, groups: &[Arc<str>]) -> bool {
        match self {
            Self::All => true,
            Self::Only(seen) => groups.iter().any(|group| seen.contains(group)),
        }
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

impl Facts {
    /// All of them.
    pub const ALL: Self = Self {
        driver: true,
        registration: true,
        speed: true,
        address: true,
    };
    /// None of them.
    pub const NONE: Self = Self {
        driver: false,
        registration: false,
        speed: false,
        address: false,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vehicles_are_seen_by_the_table() {
        let (north, south) = (Groups::only(["North"]), Groups::only(["South", "West"]));
        let none = Sight::nothing().groups;
        let cases: [(&Groups, &[&str], bool); 9] = [
            (&Groups::All, &[], true),
            (&Groups::All, &["North"], true),
            (&north, &[], false),
            (&north, &["North"], true),
            (&north, &["north"], false),
            (&north, &["South", "North"], true),
            (&south, &["North"], false),
            (&none, &[], false),
            (&none, &["North"], false),
        ];
        for (groups, of_vehicle, expected) in cases {
            let of_vehicle: Vec<Arc<str>> = of_vehicle.iter().copied().map(Arc::from).collect();
            assert_eq!(
                groups.sees(&of_vehicle),
                expected,
                "{groups:?} {of_vehicle:?}"
            );
        }
    }

    #[test]
    fn paths_are_reached_by_the_table() {
        let sight = Groups::only(["North / Durban", "South"]);
        let cases = [
            ("North/Durban", true),
            ("North / Durban", true),
            ("North", true),
            ("South", true),
            ("South/Docks", false),
            ("North/Dur", false),
            ("Nor", false),
            ("Durban", false),
            ("West", false),
        ];
        for (path, expected) in cases {
            assert_eq!(sight.reach(path), expected, "{path}");
            assert!(Groups::All.reach(path) && !Sight::nothing().groups.reach(path));
        }
    }

    #[test]
    fn groups_are_covered_by_the_table() {
        let of = |groups: &Groups| Sight {
            groups: groups.clone(),
            facts: Facts::NONE,
        };
        let (north, both) = (Groups::only(["North"]), Groups::only(["North", "South"]));
        let none = Sight::nothing().groups;
        let all = [&none, &north, &both, &Groups::All];
        for (n, more) in all.iter().enumerate() {
            for (m, less) in all.iter().enumerate() {
                assert_eq!(
                    of(more).covers_groups_of(&of(less)),
                    m <= n,
                    "{more:?} {less:?}"
                );
            }
        }
    }

    #[test]
    fn everything_is_everything_only() {
        assert!(Sight::everything().is_everything());
        let mut but_speed = Sight::everything();
        but_speed.facts.speed = false;
        assert!(!but_speed.is_everything());
        let but_groupless = Sight {
            groups: Groups::only(["North"]),
            facts: Facts::ALL,
        };
        assert!(!but_groupless.is_everything());
    }
}
