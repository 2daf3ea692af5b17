//! What `fleetglass check` learns by asking each endpoint once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use jiff::SignedDuration;

use super::decode::fields::RecordSpec;
use super::decode::{Decoded, Dialect};
use super::http::account::Account;
use super::http::trouble::Trouble;
use super::listing::{Pager, Row, Walk};
use super::lists::Lists;
use super::recall::archive::Archive;
use super::recall::look::{NotAsked, look};
use crate::clock;
use crate::domain::{DeviceKey, Refusal};

/// What the check of a source came to.
#[derive(Debug)]
pub struct Findings {
    /// The endpoints that live work needs.
    pub live: Vec<Probe>,
    /// Those of the vendor's history, from which trails are completed; or why none was asked.
    pub history: Result<Vec<Probe>, NotAsked>,
}

/// One endpoint, asked once, with all its pages.
#[derive(Debug)]
pub struct Probe {
    /// As people know it: `GET /vehicles/status`.
    pub endpoint: String,
    /// The names in its records; `None` where it has none (a stream's session), and then its
    /// bodies are secret and not kept.
    pub spec: Option<&'static RecordSpec>,
    /// Bodies or frames, as they came.
    pub bodies: Vec<Bytes>,
    /// What went wrong, if anything did.
    pub trouble: Option<Trouble>,
    /// The devices in it.
    pub devices: HashSet<DeviceKey>,
    /// The groups of those that told any.
    pub groups: HashMap<DeviceKey, Vec<Arc<str>>>,
    /// Records that were refused.
    pub refusals: BTreeMap<Refusal, u64>,
    /// How old each fix was when we got it.
    pub ages: Vec<SignedDuration>,
}

impl Probe {
    /// An endpoint that has said nothing yet.
    pub fn new(endpoint: String, spec: Option<&'static RecordSpec>) -> Self {
        Self {
            endpoint,
            spec,
            bodies: Vec::new(),
            trouble: None,
            devices: HashSet::new(),
            groups: HashMap::new(),
            refusals: BTreeMap::new(),
            ages: Vec::new(),
        }
    }

    /// Takes in a good row.
    pub fn add(&mut self, row: &impl Row) {
        self.devices.insert(row.device().clone());
        let groups = &row.label().groups;
        if !groups.is_empty() {
            self.groups.insert(row.device().clone(), groups.clone());
        }
        self.ages.extend(row.age());
    }

    fn add_all<T: Row>(&mut self, decoded: &Decoded<T>) {
        decoded.rows.iter().for_each(|row| self.add(row));
        for (refusal, n) in &decoded.refusals {
            *self.refusals.entry(*refusal).or_default() += n;
        }
    }
}

/// Whether the credentials are refused, so that there is no point in asking on.
pub fn is_lost(probes: &[Probe]) -> bool {
    let mut troubles = probes.iter().filter_map(|probe| probe.trouble.as_ref());
    troubles.any(|trouble| trouble.status == Some(401))
}

/// What `live` has told, and if it is wanted and live work is well, what is in the history.
pub async fn with_history(
    live: Vec<Probe>,
    lists: &mut Lists,
    archive: Option<&'static Archive>,
    is_wanted: bool,
) -> Findings {
    let is_well = live.iter().all(|probe| probe.trouble.is_none());
    let history = match (archive, is_wanted, is_well) {
        (None, _, _) => Err(NotAsked::NoHistory),
        (_, false, _) => Err(NotAsked::Off),
        (_, _, false) => Err(NotAsked::LiveFails),
        _ => look(lists, archive, clock::now()).await,
    };
    Findings { live, history }
}

/// Asks for all of both lists.
pub async fn lists(lists: &mut Lists) -> Vec<Probe> {
    let Lists {
        account,
        dialect,
        positions,
        vehicles,
    } = lists;
    let mut probes = vec![list(account, dialect, positions).await];
    if !is_lost(&probes) {
        probes.push(list(account, dialect, vehicles).await);
    }
    probes
}

async fn list<T: Row>(account: &mut Account, dialect: &Dialect, pager: &mut Pager<T>) -> Probe {
    let listing = pager.listing.path;
    let mut probe = Probe::new(format!("GET {listing}"), Some(pager.listing.spec));
    let mut walk = Walk::default();
    loop {
        let body = match account.page_body(pager, &walk).await {
            Ok(body) => body,
            Err(trouble) => {
                probe.trouble = Some(trouble);
                return probe;
            }
        };
        let decoded = (pager.listing.decode)(dialect, &body, clock::now());
        probe.bodies.push(body);
        match decoded {
            Ok(decoded) => {
                probe.add_all(&decoded);
                if pager.take(&mut walk, &decoded.rows, &decoded.page) {
                    return probe;
                }
            }
            Err(error) => {
                probe.trouble = Some(account.unreadable(listing, &error));
                return probe;
            }
        }
    }
}
