//! What goes wrong, for whom, and for how long.
//!
//! A fault is set by a flag at the start or through the control endpoint, and is taken back by
//! time or by hand. Whoever serves something asks the [`FaultBoard`]; nothing is stored elsewhere,
//! so that taking a fault back undoes it at once.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Vendor, lock};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Connections are reset: the open streams at once, every other at its next request.
    Cut,
    /// Connections are accepted and requests read, but nothing is ever sent again on them; open
    /// streams fall silent without a close. They stay dead when the fault ends.
    HalfOpen,
    /// Every answer takes the fault's value in milliseconds longer (default 3,000).
    Slow,
    /// Every answer is the status of the fault's value (default 503).
    ServerError,
    /// Every answer is 200 with a web page, as of a gateway in the way.
    Html,
    /// The rate limit is said to be exceeded: 403 or 429, in the vendor's way.
    RateLimited,
    /// The token, password or key is refused: 401. New tokens are issued and refused too.
    Revoked,
    /// The permission is missing: 403.
    Forbidden,
    /// No stream sessions are made: the status of the fault's value (default 503).
    StreamRefused,
    /// Sessions are made, but their WebSocket handshake is refused with 403.
    HandshakeRefused,
    /// Bad rows stand between the good ones, and bad events between good events.
    Garbage,
    /// Events are written in every form that is tolerated, in turn.
    Variants,
    /// Every third device's clock is an hour ahead.
    ClockAhead,
    /// The panic button of every seventh device is pressed; Cartrack alone tells.
    Panic,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Cut,
        Self::HalfOpen,
        Self::Slow,
        Self::ServerError,
        Self::Html,
        Self::RateLimited,
        Self::Revoked,
        Self::Forbidden,
        Self::StreamRefused,
        Self::HandshakeRefused,
        Self::Garbage,
        Self::Variants,
        Self::ClockAhead,
        Self::Panic,
    ];

    /// The fault as flags and JSON name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::HalfOpen => "half-open",
            Self::Slow => "slow",
            Self::ServerError => "5xx",
            Self::Html => "html",
            Self::RateLimited => "429",
            Self::Revoked => "revoked-token",
            Self::Forbidden => "forbidden",
            Self::StreamRefused => "stream-refused",
            Self::HandshakeRefused => "handshake-refused",
            Self::Garbage => "garbage",
            Self::Variants => "variants",
            Self::ClockAhead => "clock-ahead",
            Self::Panic => "panic",
        }
    }
}

/// A fault, for whom and for how long: as a flag, `VENDOR:FAULT[=VALUE][@SECONDS]`, such as
/// `mycartracks:cut@20`, `cartrack:slow=5000`, `all:5xx=502`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultSetting {
    /// Whom it strikes; `None` is all of them.
    pub vendor: Option<Vendor>,
    /// What happens.
    pub fault: Fault,
    /// Milliseconds or a status, where the fault has such a value; `None` is its default.
    pub value: Option<u16>,
    /// How long; `None` is until it is taken back.
    pub lasts: Option<Duration>,
}

/// A fault that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no `vendor:fault`.
    #[error("fault `{0}` is not VENDOR:FAULT[=VALUE][@SECONDS], such as mycartracks:cut@20")]
    Form(String),
    /// Nobody is called that.
    #[error("vendor `{0}` is not simulated: give cartrack, eztotrack, mycartracks or all")]
    Vendor(String),
    /// Nothing is called that.
    #[error("fault `{name}` is not known: give one of {known}")]
    Fault {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A value that is no small number.
    #[error("`{0}` in a fault is not a whole number from 0 to 65535")]
    Number(String),
}

impl FromStr for Vendor {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let named = |vendor: &Self| vendor.as_str() == text;
        let found = Self::ALL.into_iter().find(named);
        found.ok_or_else(|| FaultError::Vendor(text.to_owned()))
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let named = |fault: &Self| fault.as_str() == text;
        Self::ALL
            .into_iter()
            .find(named)
            .ok_or_else(|| FaultError::Fault {
                name: text.to_owned(),
                known: Self::ALL.map(Self::as_str).join(", "),
            })
    }
}

/// `all`, or a vendor's name.
pub(super) fn vendor_or_all(text: &str) -> Result<Option<Vendor>, FaultError> {
    if text == "all" {
        return Ok(None);
    }
    text.parse().map(Some)
}

impl FromStr for FaultSetting {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let form = || FaultError::Form(text.to_owned());
        let (vendor, rest) = text.split_once(':').ok_or_else(form)?;
        let (rest, seconds) = split_number(rest, '@')?;
        let (fault, value) = split_number(rest, '=')?;
        Ok(Self {
            vendor: vendor_or_all(vendor)?,
            fault: fault.parse()?,
            value,
            lasts: seconds.map(|seconds| Duration::from_secs(seconds.into())),
        })
    }
}

fn split_number(text: &str, mark: char) -> Result<(&str, Option<u16>), FaultError> {
    match text.split_once(mark) {
        None => Ok((text, None)),
        Some((rest, number)) => match number.parse() {
            Ok(number) => Ok((rest, Some(number))),
            Err(_) => Err(FaultError::Number(number.to_owned())),
        },
    }
}

impl fmt::Display for FaultSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vendor = self.vendor.map_or("all", Vendor::as_str);
        write!(f, "{vendor}:{}", self.fault.as_str())?;
        if let Some(value) = self.value {
            write!(f, "={value}")?;
        }
        match self.lasts {
            Some(lasts) => write!(f, "@{}", lasts.as_secs()),
            None => Ok(()),
        }
    }
}

/// A fault that is on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Active {
    pub(super) vendor: Vendor,
    pub(super) fault: Fault,
    pub(super) value: Option<u16>,
    pub(super) until: Option<Instant>,
}

/// All faults that are on.
#[derive(Debug)]
pub(super) struct FaultBoard {
    active: Mutex<Vec<Active>>,
    /// Counts the changes, so that open streams hear of a cut.
    changes: watch::Sender<u64>,
}

impl FaultBoard {
    pub(super) fn new(settings: &[FaultSetting], now: Instant) -> Self {
        let board = Self {
            active: Mutex::default(),
            changes: watch::Sender::new(0),
        };
        for setting in settings {
            board.set(*setting, now);
        }
        board
    }

    /// Puts a fault on. The same fault of the same vendor is replaced.
    pub(super) fn set(&self, setting: FaultSetting, now: Instant) {
        let mut active = lock(&self.active);
        for vendor in Vendor::ALL {
            if setting.vendor.is_some_and(|only| only != vendor) {
                continue;
            }
            active.retain(|on| (on.vendor, on.fault) != (vendor, setting.fault));
            active.push(Active {
                vendor,
                fault: setting.fault,
                value: setting.value,
                until: setting.lasts.map(|lasts| now + lasts),
            });
        }
        drop(active);
        self.changes.send_modify(|count| *count += 1);
    }

    /// Takes faults back: all, or those of one vendor, or of one kind.
    pub(super) fn clear(&self, vendor: Option<Vendor>, fault: Option<Fault>) {
        lock(&self.active).retain(|on| {
            vendor.is_some_and(|only| only != on.vendor)
                || fault.is_some_and(|only| only != on.fault)
        });
        self.changes.send_modify(|count| *count += 1);
    }

    /// The fault, if it is on for `vendor` at `now`.
    pub(super) fn get(&self, vendor: Vendor, fault: Fault, now: Instant) -> Option<Active> {
        let all = lock(&self.active);
        let on = all
            .iter()
            .find(|on| (on.vendor, on.fault) == (vendor, fault));
        on.filter(|on| on.until.is_none_or(|until| now < until))
            .copied()
    }

    /// Whether the fault is on for `vendor` at `now`.
    pub(super) fn is_on(&self, vendor: Vendor, fault: Fault, now: Instant) -> bool {
        self.get(vendor, fault, now).is_some()
    }

    /// All that are on at `now`.
    pub(super) fn list(&self, now: Instant) -> Vec<Active> {
        let mut active = lock(&self.active);
        active.retain(|on| on.until.is_none_or(|until| now < until));
        active.clone()
    }

    /// Wakes whenever a fault is set or taken back by hand.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_written_alike() {
        for text in [
            "mycartracks:cut",
            "cartrack:slow=5000",
            "all:5xx=502@20",
            "eztotrack:429@7",
        ] {
            let setting: FaultSetting = text.parse().unwrap();
            assert_eq!(setting.to_string(), text);
        }
    }

    #[test]
    fn bad_flags_are_refused_with_what_is_possible() {
        let cases = [
            ("cut", "VENDOR:FAULT"),
            ("tesla:cut", "mycartracks or all"),
            ("cartrack:flood", "half-open"),
            ("cartrack:slow=soon", "`soon`"),
            ("cartrack:cut@-1", "`-1`"),
        ];
        for (text, expected) in cases {
            let words = text.parse::<FaultSetting>().unwrap_err().to_string();
            assert!(words.contains(expected), "{words}");
        }
    }

    #[test]
    fn a_fault_strikes_its_vendor_alone_and_ends_by_time_or_by_hand() {
        let now = Instant::now();
        let board = FaultBoard::new(&["cartrack:cut@20".parse().unwrap()], now);
        let on = |board: &FaultBoard, vendor, after_s| {
            board.is_on(vendor, Fault::Cut, now + Duration::from_secs(after_s))
        };
        assert!(on(&board, Vendor::Cartrack, 19));
        assert!(!on(&board, Vendor::Cartrack, 20));
        assert!(!on(&board, Vendor::EzToTrack, 0));
        board.set("all:cut".parse().unwrap(), now);
        assert!(on(&board, Vendor::EzToTrack, 99));
        board.clear(Some(Vendor::EzToTrack), None);
        assert!(!on(&board, Vendor::EzToTrack, 0));
        assert!(on(&board, Vendor::Cartrack, 99));
        board.clear(None, None);
        assert!(board.list(now).is_empty());
    }
}
