//! MyCarTracks API v3: tokens, a tight budget, a live stream, and lists to fill its gaps.

pub mod convert;
mod event;
mod grant;
pub mod history;
pub mod wire;

use std::ops::RangeInclusive;
use std::time::Duration;

use url::Url;

use super::budget::Budget;
use super::decode::Dialect;
use super::http::account::{Account, Manners};
use super::http::auth::{Auth, Tokens, basic};
use super::http::secrets::Secrets;
use super::http::url_guard::{self, StreamGuard, base_url};
use super::listing::{Listing, Pager, Paging};
use super::lists::Lists;
use super::stream::{self, Habits, Streamed};
use super::{Source, Vendor, checks};
use crate::config::source::{KeyProblem, KeySpec, SourceSettings, VendorSpec};
use crate::domain::Mode;

const BASE: &str = "https://mycartracks.com/services/rest/v3";
const TOKEN: &str = "https://mycartracks.com/oauth/token";
/// The limit of an account whose headers have not been seen yet.
const LIMIT: u32 = 150;
const WINDOW: Duration = Duration::from_mins(15);
const PAGING: Paging = Paging::Offset { limit: 100 };
/// A longer silence would be noticed by nobody.
const IDLE_TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24);
/// The smallest scope; it suffices for the stream, although that is a POST.
const FORM: &str = "grant_type=client_credentials&scope=read";

/// What this vendor is.
pub static VENDOR: Vendor = Vendor {
    spec: VendorSpec {
        kind: "mycartracks",
        keys: KEYS,
        poll: None,
        check,
    },
    mode: Mode::Stream,
    is_sandbox: |_| false,
    build,
};

const KEYS: &[KeySpec] = &[
    KeySpec {
        name: "client_id",
        env: Some("MYCARTRACKS_CLIENT_ID"),
        secret: false,
        required: true,
        default: None,
        help: "the API client's id",
    },
    KeySpec {
        name: "client_secret",
        env: Some("MYCARTRACKS_CLIENT_SECRET"),
        secret: true,
        required: true,
        default: None,
        help: "the API client's secret",
    },
    KeySpec {
        name: "base_url",
        env: Some("MYCARTRACKS_BASE_URL"),
        secret: false,
        required: false,
        default: Some(BASE),
        help: "the REST API's address",
    },
    KeySpec {
        name: "token_url",
        env: Some("MYCARTRACKS_TOKEN_URL"),
        secret: false,
        required: false,
        default: Some(TOKEN),
        help: "the token endpoint's address",
    },
    KeySpec {
        name: "idle_timeout",
        env: None,
        secret: false,
        required: false,
        default: None,
        help: "a stream silent for so long is opened anew; 90s, or three heartbeat gaps",
    },
    KeySpec {
        name: "stream_hosts",
        env: None,
        secret: false,
        required: false,
        default: None,
        help: "further hosts a stream may be on, `host` or `host:port`, separated by commas",
    },
    KeySpec {
        name: "speed_unit",
        env: None,
        secret: false,
        required: false,
        default: Some("kmh"),
        help: "the unit of the vendor's plain `speed`: kmh, mph, mps or knots",
    },
];

const MANNERS: Manners = Manners {
    check_401: "the vendor refuses the client: check client_id and client_secret",
    check_403: "the client lacks the permission for this endpoint",
    limits_by_403: true,
    gap: Duration::ZERO,
};

fn build(settings: &SourceSettings) -> Result<Box<dyn Source>, KeyProblem> {
    let secrets = Secrets::default();
    let id = settings.text("client_id").unwrap_or_default();
    let client = basic(
        &secrets,
        "client_secret",
        id,
        &settings.secret("client_secret"),
    )?;
    let tokens = Tokens {
        url: token_url(settings)?,
        client,
        form: FORM,
        decode: convert::token,
        held: None,
    };
    let base = base(settings)?;
    let guard = StreamGuard::new(base.clone(), stream_hosts(settings));
    let auth = (Auth::Tokens(tokens), secrets);
    let mut account = Account::new(settings, base, auth, MANNERS)?;
    account.budget = Some(Budget::new(LIMIT, WINDOW));
    Ok(Box::new(Streamed {
        lists: Lists {
            account,
            dialect: Dialect::of(settings),
            positions: Pager::new(Listing {
                path: "/vehicles/lastPositions",
                paging: PAGING,
                decode: convert::last_positions,
                spec: &wire::LAST_POSITION,
            }),
            vehicles: Pager::new(Listing {
                path: "/vehicles",
                paging: PAGING,
                decode: |dialect, body, _| convert::vehicles(dialect, body),
                spec: &wire::VEHICLE,
            }),
        },
        habits: Habits {
            path: "/vehicles/livePositions/stream",
            session: convert::stream_session,
            events: convert::events,
            spec: &wire::EVENT,
            guard,
            idle_timeout: stream::idle_timeout(settings),
        },
        archive: Some(&history::ARCHIVE),
    }))
}

/// Whatever building would refuse is refused here already.
fn check(settings: &SourceSettings) -> Result<(), KeyProblem> {
    base(settings)?;
    token_url(settings)?;
    if let Some(span) = settings.text("idle_timeout")
        && stream::idle_timeout(settings).is_none_or(|limit| !IDLE_TIMEOUTS.contains(&limit))
    {
        return Err(KeyProblem {
            key: "idle_timeout",
            problem: format!("`{span}` is no time from a second to a day; give one such as `90s`"),
        });
    }
    if let Some(odd) = stream_hosts(settings)
        .iter()
        .find(|host| url_guard::stream_host(host).is_none())
    {
        return Err(KeyProblem {
            key: "stream_hosts",
            problem: format!("`{odd}` is no host; give `host` or `host:port`, without a scheme"),
        });
    }
    checks::speed_unit(settings)?;
    checks::user(settings, "client_id")?;
    checks::secret(settings, "client_secret")?;
    build(settings).map(drop)
}

fn base(settings: &SourceSettings) -> Result<Url, KeyProblem> {
    base_url("base_url", settings.text("base_url").unwrap_or(BASE))
}

fn token_url(settings: &SourceSettings) -> Result<Url, KeyProblem> {
    base_url("token_url", settings.text("token_url").unwrap_or(TOKEN))
}

fn stream_hosts(settings: &SourceSettings) -> Vec<String> {
    let hosts = settings.text("stream_hosts").unwrap_or_default();
    let hosts = hosts
        .split(',')
        .map(str::trim)
        .filter(|host| !host.is_empty());
    hosts.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
