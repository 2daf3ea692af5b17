//! What a webhook is, and which can be meant: pure.

use std::collections::BTreeSet;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::domain::alarm::{Alarm, AlarmKind};
use crate::domain::order::Severity;
use crate::source::http::{reach, url_guard};

const NAME_MAX_CHARS: usize = 100;
/// A shorter secret could be guessed; a longer one is no better.
const SECRET_CHARS: std::ops::RangeInclusive<usize> = 16..=200;

/// A webhook, without its secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// Its name for programs.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Where alarms are told. It may hold a secret of the receiver's, so it is in no log.
    pub url: Url,
    /// Whether anything is told.
    pub is_enabled: bool,
    /// Which alarms; all where empty.
    pub kinds: BTreeSet<AlarmKind>,
    /// Which alarms; all where empty.
    pub severities: BTreeSet<Severity>,
}

/// A webhook as somebody writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewHook {
    /// Its name for people.
    pub name: String,
    /// Where alarms are told.
    pub url: String,
    /// Whether anything is told.
    pub enabled: bool,
    /// Which kinds of alarms; all where absent.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Which severities; all where absent.
    #[serde(default)]
    pub severities: Vec<String>,
    /// What deliveries are signed with; made, or kept as it is, where absent.
    #[serde(default)]
    pub secret: Option<SecretString>,
}

/// A webhook as it stands in the store.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredHook {
    name: String,
    url: String,
    enabled: bool,
    kinds: Vec<String>,
    severities: Vec<String>,
}

/// The words for kinds of alarms.
pub const KINDS: [(AlarmKind, &str); 7] = [
    (AlarmKind::Speeding, "speeding"),
    (AlarmKind::Idling, "idling"),
    (AlarmKind::StoppedReporting, "stopped_reporting"),
    (AlarmKind::SourceDown, "source_down"),
    (AlarmKind::Panic, "panic"),
    (AlarmKind::Entering, "entering"),
    (AlarmKind::Leaving, "leaving"),
];

/// The words for severities.
pub const SEVERITIES: [(Severity, &str); 3] = [
    (Severity::Notice, "notice"),
    (Severity::Warning, "warning"),
    (Severity::Alarm, "alarm"),
];

/// The word for one of `words`.
pub fn word<T: PartialEq>(words: &[(T, &'static str)], of: &T) -> &'static str {
    let known = words.iter().find(|(it, _)| it == of);
    known.map_or("unknown", |(_, word)| word)
}

impl Hook {
    /// The webhook that is written, if it can be meant; `private` networks are the operator's to
    /// allow.
    ///
    /// # Errors
    /// Words that say which member, which value, and what would do.
    pub fn read(id: &str, new: &NewHook, private: bool) -> Result<Self, String> {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(1..=64).contains(&id.len()) || !id.chars().all(is_fine) {
            return Err(
                "the id cannot be used; choose 1 to 64 letters, digits, - and _".to_owned(),
            );
        }
        let name = new.name.trim();
        let n_chars = name.chars().count();
        if !(1..=NAME_MAX_CHARS).contains(&n_chars) || name.chars().any(char::is_control) {
            return Err(format!(
                "`name` has {n_chars} characters; give it 1 to {NAME_MAX_CHARS}, all in one line"
            ));
        }
        if let Some(secret) = &new.secret {
            check_secret(secret)?;
        }
        Ok(Self {
            id: id.to_owned(),
            name: name.to_owned(),
            url: address(&new.url, private)?,
            is_enabled: new.enabled,
            kinds: known("kinds", &KINDS, &new.kinds)?,
            severities: known("severities", &SEVERITIES, &new.severities)?,
        })
    }

    /// Whether it wants to be told of this alarm.
    pub fn wants(&self, alarm: &Alarm) -> bool {
        self.is_enabled
            && (self.kinds.is_empty() || self.kinds.contains(&alarm.kind))
            && (self.severities.is_empty() || self.severities.contains(&alarm.severity))
    }

    pub(super) fn to_stored(&self) -> StoredHook {
        let kinds = self.kinds.iter().map(|kind| word(&KINDS, kind).to_owned());
        let severities = self
            .severities
            .iter()
            .map(|it| word(&SEVERITIES, it).to_owned());
        StoredHook {
            name: self.name.clone(),
            url: self.url.to_string(),
            enabled: self.is_enabled,
            kinds: kinds.collect(),
            severities: severities.collect(),
        }
    }

    pub(super) fn from_stored(id: &str, stored: StoredHook) -> Result<Self, String> {
        let new = NewHook {
            name: stored.name,
            url: stored.url,
            enabled: stored.enabled,
            kinds: stored.kinds,
            severities: stored.severities,
            secret: None,
        };
        // Where it leads is looked at with each delivery: the operator may have changed their mind.
        Self::read(id, &new, true)
    }
}

/// Where a webhook may be: encrypted, or on this very machine; on a private network only where
/// the operator allows it. What a name leads to is looked at when it is connected to.
fn address(text: &str, private: bool) -> Result<Url, String> {
    let refuse =
        |why: String| format!("`url` {why}; give an address such as https://example.com/x");
    let url = url_guard::strictly(text)
        .map_err(|_words_of_streams| refuse("is malformed, or carries credentials".to_owned()))?;
    let Some(host) = url.host() else {
        return Err(refuse("names no host".to_owned()));
    };
    let is_here = url_guard::is_loopback(&host);
    match url.scheme() {
        "https" => {}
        "http" if is_here => {}
        "http" => {
            return Err(refuse(format!(
                "would tell {host} in the clear; `http:` is for this machine alone"
            )));
        }
        scheme => {
            return Err(refuse(format!(
                "has the scheme `{scheme}`, which is not https"
            )));
        }
    }
    let ip = match host {
        Host::Domain(_) => None,
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
    };
    if ip.is_some_and(|ip| !is_here && !private && !reach::is_public(ip)) {
        return Err(refuse(format!("is on a private network; {PRIVATE_REMEDY}")));
    }
    Ok(url)
}

/// What to do where an address is one of a private network.
pub(super) const PRIVATE_REMEDY: &str =
    "if that is right, write `private = true` under [webhooks] in the configuration";

fn check_secret(secret: &SecretString) -> Result<(), String> {
    use secrecy::ExposeSecret;
    let n_chars = secret.expose_secret().chars().count();
    let is_plain = secret.expose_secret().chars().all(|c| c.is_ascii_graphic());
    if SECRET_CHARS.contains(&n_chars) && is_plain {
        return Ok(());
    }
    Err(format!(
        "`secret` has {n_chars} characters; give it {} to {}, letters, digits and signs without \
         spaces, or leave it out and one is made",
        SECRET_CHARS.start(),
        SECRET_CHARS.end()
    ))
}

fn known<T: Ord + Copy>(
    key: &str,
    words: &[(T, &'static str)],
    given: &[String],
) -> Result<BTreeSet<T>, String> {
    let one = |given: &String| {
        let found = words.iter().find(|(_, word)| word == given);
        found.map(|(it, _)| *it).ok_or_else(|| {
            let all: Vec<_> = words.iter().map(|(_, word)| *word).collect();
            let given: String = given.chars().take(40).collect();
            format!(
                "`{key}` has \"{given}\" in it; it may have {}",
                all.join(", ")
            )
        })
    };
    given.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(url: &str) -> NewHook {
        NewHook {
            name: "Pager".into(),
            url: url.into(),
            enabled: true,
            kinds: vec!["panic".into()],
            severities: vec![],
            secret: None,
        }
    }

    #[test]
    fn addresses_by_the_table() {
        for (url, is_fine, is_fine_where_private) in [
            ("https://example.com/hook?a=b", true, true),
            ("https://example.com:8443/", true, true),
            ("https://8.8.8.8/", true, true),
            ("http://127.0.0.1:9000/x", true, true),
            ("http://localhost:9000/x", true, true),
            ("http://[::1]:9000/x", true, true),
            ("https://127.0.0.1/", true, true),
            ("https://10.0.0.1/", false, true),
            ("https://192.168.1.1/", false, true),
            ("https://169.254.169.254/latest", false, true),
            ("https://[fd00::1]/", false, true),
            ("https://[::ffff:10.0.0.1]/", false, false),
            ("http://example.com/", false, false),
            ("http://10.0.0.1/", false, false),
            ("ftp://example.com/", false, false),
            ("https://user:pw@example.com/", false, false),
            ("https://0x7f.1/", false, false),
            ("https://2130706433/", false, false),
            ("https://localhost.evil.example/", true, true),
            ("http://localhost.evil.example/", false, false),
            ("https://example.com\\@evil.example/", false, false),
            ("example.com", false, false),
            ("", false, false),
        ] {
            assert_eq!(Hook::read("a", &new(url), false).is_ok(), is_fine, "{url}");
            let private = Hook::read("a", &new(url), true);
            assert_eq!(private.is_ok(), is_fine_where_private, "{url}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let read = |id: &str, new: NewHook| Hook::read(id, &new, false).unwrap_err();
        let fine = || new("https://example.com/");
        assert!(read("a b", fine()).contains("the id"));
        assert!(
            read(
                "a",
                NewHook {
                    name: "  ".into(),
                    ..fine()
                }
            )
            .contains("`name`")
        );
        assert!(
            read(
                "a",
                NewHook {
                    kinds: vec!["x".into()],
                    ..fine()
                }
            )
            .contains("idling")
        );
        let severities = vec!["loud".into()];
        assert!(
            read(
                "a",
                NewHook {
                    severities,
                    ..fine()
                }
            )
            .contains("notice")
        );
        for secret in ["short", "with a space in it, longer"] {
            let secret = Some(SecretString::from(secret));
            let told = read("a", NewHook { secret, ..fine() });
            assert!(
                told.contains("`secret`") && !told.contains("short"),
                "{told}"
            );
        }
    }

    #[test]
    fn what_is_stored_is_read_as_the_same() {
        let hook = Hook::read("a", &new("https://10.0.0.1/x"), true).unwrap();
        let text = serde_json::to_string(&hook.to_stored()).unwrap();
        let again = Hook::from_stored("a", serde_json::from_str(&text).unwrap());
        assert_eq!(again, Ok(hook));
    }
}
