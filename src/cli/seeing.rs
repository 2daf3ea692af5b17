//! What a user may see, as arguments say it and as lists tell it.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use fleetglass::domain::Sight;
use fleetglass::domain::sight::Groups;

/// What is not said stays as it is; a new user sees everything.
#[derive(Debug, Args)]
pub(super) struct Seeing {
    /// It sees only vehicles of this group; may be given several times
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// It sees all vehicles, those without a group too
    #[arg(long, conflicts_with = "groups")]
    all_groups: bool,
    /// Facts that it does not see
    #[arg(long, value_name = "FACTS", value_enum, value_delimiter = ',')]
    hide: Vec<Fact>,
    /// It sees every fact
    #[arg(long, conflicts_with = "hide")]
    hide_nothing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    Driver,
    Registration,
    Speed,
    Address,
}

impl Fact {
    const ALL: [Self; 4] = [Self::Driver, Self::Registration, Self::Speed, Self::Address];

    fn word(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Registration => "registration",
            Self::Speed => "speed",
            Self::Address => "address",
        }
    }

    fn of(self, sight: &mut Sight) -> &mut bool {
        let facts = &mut sight.facts;
        match self {
            Self::Driver => &mut facts.driver,
            Self::Registration => &mut facts.registration,
            Self::Speed => &mut facts.speed,
            Self::Address => &mut facts.address,
        }
    }
}

impl ValueEnum for Fact {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()))
    }
}

/// Which groups are seen and which facts are not, in words.
pub(super) fn words(sight: &Sight) -> (String, String) {
    let groups = match &sight.groups {
        Groups::All => "all vehicles".to_owned(),
        Groups::Only(names) if names.is_empty() => "no vehicle".to_owned(),
        Groups::Only(names) => names
            .iter()
            .map(|name| &**name)
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut sight = sight.clone();
    let hidden = Fact::ALL.into_iter().filter(|fact| !*fact.of(&mut sight));
    let hidden: Vec<&str> = hidden.map(Fact::word).collect();
    let hidden = if hidden.is_empty() {
        "nothing".to_owned()
    } else {
        hidden.join(", ")
    };
    (groups, hidden)
}

impl Seeing {
    /// Makes `sight` what the arguments say.
    pub(super) fn change(&self, sight: &mut Sight) {
        if self.all_groups {
            sight.groups = Groups::All;
        } else if !self.groups.is_empty() {
            let names: BTreeSet<Arc<str>> = self.groups.iter().map(|n| Arc::from(&**n)).collect();
            sight.groups = Groups::Only(names);
        }
        if self.hide_nothing || !self.hide.is_empty() {
            for fact in Fact::ALL {
                *fact.of(sight) = !self.hide.contains(&fact);
            }
        }
    }
}
