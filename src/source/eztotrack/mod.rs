//! EZToTrack's public API: a key, two cursor-paged lists to be polled.

pub mod convert;
pub mod wire;

use std::time::Duration;

use secrecy::ExposeSecret;
use url::Url;

use super::decode::Dialect;
use super::http::account::{Account, Manners};
use super::http::auth::{Auth, bearer};
use super::http::secrets::Secrets;
use super::http::url_guard::base_url;
use super::listing::{Listing, Pager, Paging};
use super::lists::Lists;
use super::poll::Polled;
use super::{Source, Vendor, checks};
use crate::config::source::{KeyProblem, KeySpec, PollBounds, SourceSettings, VendorSpec};
use crate::domain::Mode;

/// The default poll interval.
const POLL: Duration = Duration::from_secs(15);
const BASE: &str = "https://publicapi.app.eztotrack.com";
const LIVE_PREFIX: &str = "ezt_live_";
const TEST_PREFIX: &str = "ezt_test_";
const PAGING: Paging = Paging::Cursor { limit: 512 };

/// What this vendor is.
pub static VENDOR: Vendor = Vendor {
    spec: VendorSpec {
        kind: "eztotrack",
        keys: KEYS,
        poll: Some(PollBounds {
            min: Duration::from_secs(5),
            max: Duration::from_mins(5),
            default: POLL,
        }),
        check,
    },
    mode: Mode::Poll,
    is_sandbox: |settings| starts_with(settings, TEST_PREFIX),
    build,
};

const KEYS: &[KeySpec] = &[
    KeySpec {
        name: "api_key",
        env: Some("EZTOTRACK_API_KEY"),
        secret: true,
        required: true,
        default: None,
        help: "the API key, ezt_live_... or ezt_test_..., with the scope vehicles:read",
    },
    KeySpec {
        name: "base_url",
        env: Some("EZTOTRACK_BASE_URL"),
        secret: false,
        required: false,
        default: Some(BASE),
        help: "the API's address",
    },
    KeySpec {
        name: "speed_unit",
        env: None,
        secret: false,
        required: false,
        default: Some("mph"),
        help: "the unit of the vendor's plain `speed`: mph, kmh, mps or knots",
    },
];

const MANNERS: Manners = Manners {
    check_401: "the API key is malformed or expired: check api_key",
    check_403: "the key lacks the scope vehicles:read, or this server's IP address is not on the \
                key's allow-list",
    limits_by_403: false,
    // Nothing is published; one request a second is what a polite caller allows himself.
    gap: Duration::from_secs(1),
};

fn build(settings: &SourceSettings) -> Result<Box<dyn Source>, KeyProblem> {
    let key = settings.secret("api_key");
    let secrets = Secrets::default();
    secrets.add(&key);
    let header = bearer(&key)
        .ok_or_else(|| refuse_key("it holds characters that no key has; copy it again"))?;
    let auth = (Auth::Fixed(header), secrets);
    Ok(Box::new(Polled {
        lists: Lists {
            account: Account::new(settings, base(settings)?, auth, MANNERS)?,
            dialect: Dialect::of(settings),
            positions: Pager::new(Listing {
                path: "/fleet/vehicles/locations",
                paging: PAGING,
                decode: convert::locations,
                spec: &wire::LOCATION,
            }),
            vehicles: Pager::new(Listing {
                path: "/fleet/vehicles",
                paging: PAGING,
                decode: |dialect, body, _| convert::vehicles(dialect, body),
                spec: &wire::VEHICLE,
            }),
        },
        interval: settings.poll_interval.unwrap_or(POLL),
        archive: None,
    }))
}

fn base(settings: &SourceSettings) -> Result<Url, KeyProblem> {
    base_url("base_url", settings.text("base_url").unwrap_or(BASE))
}

/// Whatever building would refuse is refused here already.
fn check(settings: &SourceSettings) -> Result<(), KeyProblem> {
    base(settings)?;
    checks::speed_unit(settings)?;
    checks::header_secret(settings, "api_key")?;
    if starts_with(settings, LIVE_PREFIX) || starts_with(settings, TEST_PREFIX) {
        build(settings).map(drop)
    } else {
        Err(refuse_key(
            "the key starts with neither `ezt_live_` nor `ezt_test_`; copy it again from the \
             vendor's developer portal",
        ))
    }
}

fn starts_with(settings: &SourceSettings, prefix: &str) -> bool {
    let key = settings.secret("api_key");
    key.expose_secret().starts_with(prefix)
}

fn refuse_key(problem: &str) -> KeyProblem {
    KeyProblem {
        key: "api_key",
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
