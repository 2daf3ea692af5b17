//! `[webhooks]`: where alarms may be told.

use super::document::{ConfigError, Section};

/// `[webhooks]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookRules {
    /// `private`: webhooks may be on private networks, and not on the internet and this machine
    /// alone. Default false.
    pub private: bool,
}

/// Reads `[webhooks]`.
pub fn webhooks(section: Option<Section<'_>>) -> Result<WebhookRules, ConfigError> {
    let mut rules = WebhookRules::default();
    let Some(mut section) = section else {
        return Ok(rules);
    };
    if let Some(private) = section.bool("private")? {
        rules.private = private;
    }
    section.finish()?;
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::super::document::{Text, parse};
    use super::*;

    fn read(text: &str) -> Result<WebhookRules, String> {
        let text = Text {
            file: "f.toml",
            text,
        };
        let table = parse(text).unwrap();
        let mut root = Section::root(text, table.get_ref());
        let section = root.section("webhooks").unwrap();
        webhooks(section).map_err(|error| error.to_string())
    }

    #[test]
    fn private_networks_are_reached_only_where_somebody_says_so() {
        assert_eq!(read(""), Ok(WebhookRules { private: false }));
        assert_eq!(read("[webhooks]"), Ok(WebhookRules { private: false }));
        assert_eq!(
            read("[webhooks]\nprivate = true"),
            Ok(WebhookRules { private: true })
        );
        for wrong in ["private = 1", "secret = true"] {
            let error = read(&format!("[webhooks]\n{wrong}")).unwrap_err();
            assert!(error.starts_with("f.toml:2"), "{wrong}: {error}");
        }
    }
}
