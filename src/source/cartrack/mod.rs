//! Cartrack's Fleet API: Basic, one unpaged list of positions to be polled, names beside it.

pub mod convert;
pub mod history;
pub mod wire;

use std::time::Duration;

use url::Url;

use super::decode::Dialect;
use super::http::account::{Account, Manners};
use super::http::auth::{Auth, basic};
use super::http::secrets::Secrets;
use super::http::url_guard::base_url;
use super::listing::{Listing, Pager, Paging};
use super::lists::Lists;
use super::poll::Polled;
use super::{Source, Vendor, checks};
use crate::config::source::{KeyProblem, KeySpec, PollBounds, SourceSettings, VendorSpec};
use crate::domain::Mode;

/// The default poll interval; the vendor's own advice is 10 to 30 s.
const POLL: Duration = Duration::from_secs(15);

/// What this vendor is.
pub static VENDOR: Vendor = Vendor {
    spec: VendorSpec {
        kind: "cartrack",
        keys: KEYS,
        poll: Some(PollBounds {
            min: Duration::from_secs(10),
            max: Duration::from_mins(5),
            default: POLL,
        }),
        check,
    },
    mode: Mode::Poll,
    is_sandbox: |_| false,
    build,
};

const KEYS: &[KeySpec] = &[
    KeySpec {
        name: "region",
        env: Some("CARTRACK_REGION"),
        secret: false,
        required: false,
        default: None,
        help: "the two-letter code of the account's region, such as za; or give base_url",
    },
    KeySpec {
        name: "base_url",
        env: Some("CARTRACK_BASE_URL"),
        secret: false,
        required: false,
        default: None,
        help: "the API's address, where region does not name it",
    },
    KeySpec {
        name: "username",
        env: Some("CARTRACK_USERNAME"),
        secret: false,
        required: true,
        default: None,
        help: "the administrator's user name",
    },
    KeySpec {
        name: "password",
        env: Some("CARTRACK_PASSWORD"),
        secret: true,
        required: true,
        default: None,
        help: "the API password made in Fleetweb (Settings, API Settings)",
    },
];

/// Regions on the vendor's own domain, and those on its parent's.
const REGIONS: &[&str] = &[
    "au", "bw", "es", "hk", "id", "kh", "me", "mw", "my", "mz", "na", "ng", "nz", "ph", "pl", "pt",
    "rw", "sg", "sw", "th", "tz", "vn", "za", "zm", "znz", "zw",
];
const REGIONS_OF_PARENT: &[&str] = &["ke", "sa"];

const MANNERS: Manners = Manners {
    check_401: "the user name or the API password is wrong, or the account is of another region: \
                check username, password and region",
    check_403: "the credentials lack the permission for this endpoint",
    limits_by_403: false,
    gap: Duration::ZERO,
};

fn build(settings: &SourceSettings) -> Result<Box<dyn Source>, KeyProblem> {
    let secrets = Secrets::default();
    let user = settings.text("username").unwrap_or_default();
    let header = basic(&secrets, "password", user, &settings.secret("password"))?;
    let auth = (Auth::Fixed(header), secrets);
    Ok(Box::new(Polled {
        lists: Lists {
            account: Account::new(settings, base(settings)?, auth, MANNERS)?,
            dialect: Dialect::of(settings),
            positions: Pager::new(Listing {
                path: "/vehicles/status",
                paging: Paging::Numbered { limit: None },
                decode: convert::status,
                spec: &wire::STATUS,
            }),
            vehicles: Pager::new(Listing {
                path: "/vehicles",
                paging: Paging::Numbered { limit: Some(100) },
                decode: |dialect, body, _| convert::vehicles(dialect, body),
                spec: &wire::VEHICLE,
            }),
        },
        interval: settings.poll_interval.unwrap_or(POLL),
        archive: Some(&history::ARCHIVE),
    }))
}

/// Whatever building would refuse is refused here already.
fn check(settings: &SourceSettings) -> Result<(), KeyProblem> {
    base(settings)?;
    checks::user(settings, "username")?;
    checks::secret(settings, "password")?;
    build(settings).map(drop)
}

/// Exactly one of region and base URL says where the account is.
fn base(settings: &SourceSettings) -> Result<Url, KeyProblem> {
    let refuse = |problem: String| KeyProblem {
        key: "region",
        problem,
    };
    match (settings.text("region"), settings.text("base_url")) {
        (None, Some(url)) => base_url("base_url", url),
        (Some(region), None) => {
            let code = region.trim().to_ascii_lowercase();
            let domain = if REGIONS.contains(&code.as_str()) {
                "cartrack.com"
            } else if REGIONS_OF_PARENT.contains(&code.as_str()) {
                "karooooo.com"
            } else {
                let known = [REGIONS, REGIONS_OF_PARENT].concat().join(", ");
                return Err(refuse(format!(
                    "region `{region}` is not known; give one of {known}, or base_url"
                )));
            };
            base_url("region", &format!("https://fleetapi-{code}.{domain}/rest"))
        }
        (Some(_), Some(_)) => Err(refuse(
            "region and base_url both say where the account is; remove one of them".into(),
        )),
        (None, None) => Err(refuse(
            "neither region nor base_url says where the account is; set one of them".into(),
        )),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
