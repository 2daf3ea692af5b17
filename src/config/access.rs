//! `[access]`: who has to log in, for how long, and what a trusted proxy may say of people.

use std::path::Path;

use jiff::SignedDuration;

use super::document::{ConfigError, Section};
use super::env::Env;
use super::oidc::{OidcSettings, oidc};
use super::rights::{NOBODY, rights};

pub use super::rights::{Rights, RoleName};

/// `[access]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRules {
    /// `login`: `"off"` or `"on"`. Default: off where only this machine reaches the server, on
    /// beyond.
    pub login: Option<bool>,
    /// `session_idle`: a session that nobody used for so long ends. Default `"12h"`.
    pub session_idle: SignedDuration,
    /// `session_absolute`: a session ends after so long, however much it is used. Default `"7d"`.
    pub session_absolute: SignedDuration,
    /// `audit_days`: days for which the audit log is kept. Default 180.
    pub audit_days: u32,
    /// `[access.proxy]`: people come in by a header of the proxy.
    pub proxy: Option<ProxyIdentity>,
    /// `[access.oidc]`: people come in by an `OpenID` provider.
    pub oidc: Option<OidcSettings>,
}

/// `[access.proxy]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyIdentity {
    /// `user_header`: the header with the user's name, in lower case.
    pub user_header: String,
    /// `groups_header`: the header with the names of the user's groups there, between commas.
    pub groups_header: Option<String>,
    /// `role`, `[access.proxy.roles]` and `[access.proxy.sees]`.
    pub rights: Rights,
}

impl Default for AccessRules {
    fn default() -> Self {
        Self {
            login: None,
            session_idle: SignedDuration::from_hours(12),
            session_absolute: SignedDuration::from_hours(7 * 24),
            audit_days: 180,
            proxy: None,
            oidc: None,
        }
    }
}

/// No session is shorter or longer than this.
const SESSION_S: std::ops::RangeInclusive<u64> = 60..=366 * 86_400;
/// Days that the audit log may be kept for.
const AUDIT_DAYS: std::ops::RangeInclusive<f64> = 1.0..=3_660.0;

/// Reads `[access]`. `has_proxy`: `trusted_proxies` names somebody; `folder` is where the path of
/// a file with a secret starts.
pub fn access(
    section: Option<Section<'_>>,
    has_proxy: bool,
    env: &dyn Env,
    folder: &Path,
) -> Result<AccessRules, ConfigError> {
    let mut rules = AccessRules::default();
    let Some(mut section) = section else {
        return Ok(rules);
    };
    rules.login = section.parsed("login", "\"on\" or \"off\"", |text| match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    })?;
    if let Some(idle) = session(&mut section, "session_idle")? {
        rules.session_idle = idle;
    }
    if let Some(absolute) = session(&mut section, "session_absolute")? {
        rules.session_absolute = absolute;
    }
    if rules.session_absolute < rules.session_idle {
        let problem =
            "`session_absolute` is shorter than `session_idle`; it must be the longer one";
        return Err(section.error(problem));
    }
    if let Some((days, span)) = section.number("audit_days")? {
        if !AUDIT_DAYS.contains(&days) || days.fract() != 0.0 {
            let problem = format!("`audit_days` is {days}; it must be whole days, 1 to 3660");
            return Err(section.error_at(&span, problem));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number within the bounds above"
        )]
        {
            rules.audit_days = days as u32;
        }
    }
    if let Some(proxy) = section.section("proxy")? {
        rules.proxy = Some(identity(proxy, has_proxy)?);
    }
    if let Some(section) = section.section("oidc")? {
        rules.oidc = Some(oidc(section, rules.login, env, folder)?);
        // Who says how people sign in wants them to.
        rules.login = Some(true);
    }
    section.finish()?;
    Ok(rules)
}

fn session(section: &mut Section<'_>, key: &str) -> Result<Option<SignedDuration>, ConfigError> {
    let Some((length, span)) = section.duration(key)? else {
        return Ok(None);
    };
    match SignedDuration::try_from(length) {
        Ok(signed) if SESSION_S.contains(&length.as_secs()) => Ok(Some(signed)),
        _ => Err(section.error_at(&span, format!("`{key}` must be \"1m\" to \"366d\""))),
    }
}

fn identity(mut section: Section<'_>, has_proxy: bool) -> Result<ProxyIdentity, ConfigError> {
    let user_header = header(&mut section, "user_header")?;
    let groups_header = header(&mut section, "groups_header")?;
    let rights = rights(&mut section)?;
    if !has_proxy {
        return Err(section.error(
            "[access.proxy] lets people in by a header, so `trusted_proxies` in [server] must say \
             from whom: anybody can send one",
        ));
    }
    let Some(user_header) = user_header else {
        return Err(section.error(
            "`user_header` is missing; it is the header with the user's name, such as Remote-User",
        ));
    };
    if groups_header.is_none() && rights.ask_for_groups() {
        return Err(section.error(
            "`groups_header` is missing; without it nobody is in a group of `roles` or `sees`",
        ));
    }
    if rights.let_nobody_in() {
        return Err(section.error(NOBODY));
    }
    section.finish()?;
    Ok(ProxyIdentity {
        user_header,
        groups_header,
        rights,
    })
}

fn header(section: &mut Section<'_>, key: &str) -> Result<Option<String>, ConfigError> {
    // What HTTP itself or a browser gives a meaning to identifies nobody.
    const TAKEN: [&str; 6] = [
        "host",
        "origin",
        "cookie",
        "authorization",
        "forwarded",
        "user-agent",
    ];
    section.parsed(
        key,
        "the name of a header of its own, such as Remote-User",
        |text| {
            let name = text.to_ascii_lowercase();
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            let is_fine = !name.is_empty() && name.bytes().all(is_plain);
            let is_taken = TAKEN.contains(&name.as_str()) || name.starts_with("x-forwarded-for");
            (is_fine && !is_taken).then_some(name)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::document::{Text, parse};
    use super::*;

    fn read(text: &str, has_proxy: bool) -> Result<AccessRules, String> {
        let text = Text {
            file: "f.toml",
            text,
        };
        let table = parse(text).unwrap();
        let mut root = Section::root(text, table.get_ref());
        let section = root.section("access").unwrap();
        let env = std::collections::HashMap::<String, String>::new();
        access(section, has_proxy, &env, Path::new(".")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_good_section_means_what_it_says() {
        assert_eq!(read("", false), Ok(AccessRules::default()));
        let text = "[access]\nlogin = \"on\"\nsession_idle = \"1h\"\nsession_absolute = \"2d\"\n\
            audit_days = 30\n[access.proxy]\nuser_header = \"Remote-User\"\n\
            groups_header = \"Remote-Groups\"\n[access.proxy.roles]\nadmins = \"administrator\"\n\
            [access.proxy.sees]\nnorth = [\"North\", \"West\"]";
        let rules = read(text, true).unwrap();
        assert_eq!(rules.login, Some(true));
        assert_eq!(rules.session_idle, SignedDuration::from_hours(1));
        assert_eq!(rules.session_absolute, SignedDuration::from_hours(48));
        assert_eq!(rules.audit_days, 30);
        let proxy = rules.proxy.unwrap();
        assert_eq!(proxy.user_header, "remote-user");
        assert_eq!(
            (proxy.rights.role, proxy.rights.roles["admins"]),
            (None, RoleName::Administrator)
        );
        assert_eq!(proxy.rights.sees.unwrap()["north"].len(), 2);
    }

    #[test]
    fn what_is_wrong_quotes_its_line() {
        let cases = [
            ("login = \"maybe\"", true, "f.toml:2"),
            ("login = true", true, "f.toml:2"),
            ("session_idle = \"59s\"", true, "f.toml:2"),
            ("session_idle = \"8d\"", true, "longer"),
            ("session_absolute = \"367d\"", true, "f.toml:2"),
            ("audit_days = 0", true, "f.toml:2"),
            ("audit_days = 1.5", true, "f.toml:2"),
            ("loginn = \"on\"", true, "unknown key"),
            (
                "[access.proxy]\nuser_header = \"R\"\nrole = \"viewer\"",
                false,
                "trusted_proxies",
            ),
            (
                "[access.proxy]\nrole = \"viewer\"",
                true,
                "`user_header` is missing",
            ),
            (
                "[access.proxy]\nuser_header = \"Host\"\nrole = \"viewer\"",
                true,
                "f.toml:3",
            ),
            (
                "[access.proxy]\nuser_header = \"R\"",
                true,
                "nobody would be let in",
            ),
            (
                "[access.proxy]\nuser_header = \"R\"\nrole = \"king\"",
                true,
                "f.toml:4",
            ),
            (
                "[access.proxy]\nuser_header = \"R\"\n[access.proxy.roles]\na = \"viewer\"",
                true,
                "`groups_header` is missing",
            ),
            (
                "[access.proxy]\nuser_header = \"R\"\ngroups_header = \"G\"\n[access.proxy.roles]\na = \"x\"",
                true,
                "f.toml:6",
            ),
        ];
        for (text, has_proxy, expected) in cases {
            let said = read(&format!("[access]\n{text}"), has_proxy).unwrap_err();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
