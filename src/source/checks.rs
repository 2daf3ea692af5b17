//! Rules about keys that vendors share: what can be a credential, and what is a unit. They never
//! show a secret's value.

use secrecy::ExposeSecret;

use crate::config::source::{KeyProblem, SourceSettings};

/// What `speed_unit` may name.
const SPEED_UNITS: [&str; 4] = ["kmh", "mph", "mps", "knots"];

/// Whether the secret `key` can be a credential at all.
///
/// # Errors
/// Names `key` where it is empty, has spaces around it, or holds control characters.
pub fn secret(settings: &SourceSettings, key: &'static str) -> Result<(), KeyProblem> {
    credential(key, settings.secret(key).expose_secret())
}

/// Whether the secret `key` can stand in a header as it is.
///
/// # Errors
/// Names `key` where [`secret`] would, or where it holds anything but plain letters, digits and
/// signs.
pub fn header_secret(settings: &SourceSettings, key: &'static str) -> Result<(), KeyProblem> {
    secret(settings, key)?;
    let value = settings.secret(key);
    if value.expose_secret().chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    let problem = "it holds a space or a letter that no header can carry; copy it again";
    Err(refuse(key, problem))
}

/// Whether the plain value of `key` can be the name in HTTP's Basic scheme.
///
/// # Errors
/// Names `key` where [`secret`] would, or where it holds a colon.
pub fn user(settings: &SourceSettings, key: &'static str) -> Result<(), KeyProblem> {
    let user = settings.text(key).unwrap_or_default();
    if user.contains(':') {
        return Err(refuse(
            key,
            "it holds a colon, which ends a user name; remove it",
        ));
    }
    credential(key, user)
}

/// Whether `speed_unit`, where it is given, is a unit.
///
/// # Errors
/// Names the units where it is none.
pub fn speed_unit(settings: &SourceSettings) -> Result<(), KeyProblem> {
    match settings.text("speed_unit") {
        Some(unit) if !SPEED_UNITS.contains(&unit) => {
            let known = SPEED_UNITS.join(", ");
            let problem = format!("`{unit}` is no unit; give one of {known}");
            Err(refuse("speed_unit", &problem))
        }
        _ => Ok(()),
    }
}

fn credential(key: &'static str, value: &str) -> Result<(), KeyProblem> {
    let bare = value.trim();
    if bare.is_empty() {
        return Err(refuse(key, "it is empty; copy it from the vendor"));
    }
    if bare != value {
        return Err(refuse(key, "it has spaces around it; remove them"));
    }
    if value.chars().any(char::is_control) {
        let problem = "it holds a control character, such as a line break; copy it again";
        return Err(refuse(key, problem));
    }
    Ok(())
}

fn refuse(key: &'static str, problem: &str) -> KeyProblem {
    KeyProblem {
        key,
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::source::trial::{check, settings};

    type Given = &'static [(&'static str, &'static str)];

    /// Good settings of each vendor, and the key of its secret.
    const ACCOUNTS: [(&str, Given, &str); 3] = [
        (
            "cartrack",
            &[("region", "za"), ("username", "me")],
            "password",
        ),
        ("eztotrack", &[], "api_key"),
        ("mycartracks", &[("client_id", "me")], "client_secret"),
    ];

    #[test]
    fn a_secret_that_can_be_none_is_refused_at_the_start_and_never_shown() {
        let cases = [
            ("ezt_live_canary", None),
            ("", Some("it is empty")),
            (" \t", Some("it is empty")),
            ("ezt_live_canary ", Some("has spaces around it")),
            ("\nezt_live_canary", Some("has spaces around it")),
            ("ezt_live_\ncanary", Some("control character")),
            ("ezt_live_\u{7f}canary", Some("control character")),
        ];
        for (kind, given, key) in ACCOUNTS {
            for (secret, expected) in cases {
                let given = [given, &[(key, secret)]].concat();
                match (check(&settings(kind, &given)), expected) {
                    (Ok(()), None) => {}
                    (Err((named, problem)), Some(expected)) => {
                        assert_eq!(named, key);
                        assert!(problem.contains(expected), "{problem}");
                        assert!(!problem.contains("canary"), "{problem}");
                    }
                    (result, _) => panic!("{kind} {secret:?}: {result:?}"),
                }
            }
        }
    }

    #[test]
    fn a_key_that_no_header_can_hold_is_refused_at_the_start() {
        for secret in ["ezt_live_c\u{e4}nary", "ezt_live_ca nary"] {
            let given = [("api_key", secret)];
            let (key, problem) = check(&settings("eztotrack", &given)).unwrap_err();
            assert_eq!(key, "api_key");
            assert!(!problem.contains("nary"), "{problem}");
        }
    }

    #[test]
    fn a_user_has_no_colon() {
        for (kind, user, secret) in [
            ("cartrack", "username", "password"),
            ("mycartracks", "client_id", "client_secret"),
        ] {
            let region = (kind == "cartrack").then_some(("region", "za"));
            let given = [(user, "me:you"), (secret, "hunter2")];
            let given: Vec<_> = given.into_iter().chain(region).collect();
            assert_eq!(check(&settings(kind, &given)).unwrap_err().0, user);
        }
    }

    #[test]
    fn units_are_four() {
        for (kind, given) in [
            ("eztotrack", [("api_key", "ezt_live_abc"), ("_", "")]),
            (
                "mycartracks",
                [("client_id", "me"), ("client_secret", "hunter2")],
            ),
        ] {
            let with = |unit| {
                let given = [&given[..], &[("speed_unit", unit)]].concat();
                check(&settings(kind, &given)).map_err(|(key, _)| key)
            };
            for unit in ["kmh", "mph", "mps", "knots"] {
                assert_eq!(with(unit), Ok(()), "{kind}");
            }
            assert_eq!(with("furlongs"), Err("speed_unit"), "{kind}");
        }
    }
}
