//! A TOML document that knows where each of its values stands.
//!
//! Every key is asked for by name; what nobody asked for is an unknown key, and every complaint
//! quotes its line. A quoted line never shows what may be a secret: people mistype `password` too.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A refused configuration: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Names the key, the value and the remedy.
    pub problem: String,
    /// The place in the file, where there is one.
    pub place: Option<Place>,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as the operator named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The line itself, with what may be a secret left out.
    pub text: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            None => f.write_str(&self.problem),
            Some(Place { file, line, text }) => {
                write!(f, "{file}:{line}: {}\n    {line} | {text}", self.problem)
            }
        }
    }
}

impl ConfigError {
    /// A complaint about no line in particular.
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            place: None,
        }
    }
}

/// The text of a file, for complaints.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The file as the operator named it.
    pub file: &'a str,
    /// All of it.
    pub text: &'a str,
}

impl Text<'_> {
    /// A complaint about what stands at `span`.
    pub fn error(&self, span: &Range<usize>, problem: impl Into<String>) -> ConfigError {
        let start = span.start.min(self.text.len());
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count();
        let text = self.text.lines().nth(line).unwrap_or_default();
        ConfigError {
            problem: problem.into(),
            place: Some(Place {
                file: self.file.to_owned(),
                line: line + 1,
                text: without_secrets(text.trim()),
            }),
        }
    }
}

/// A table of the document, and which of its keys have been asked for.
#[derive(Debug)]
pub struct Section<'a> {
    text: Text<'a>,
    /// As a reader knows it: `[server]`.
    title: String,
    table: &'a DeTable<'a>,
    span: Range<usize>,
    known: Vec<String>,
}

/// A value and where it stands.
pub type At<T> = (T, Range<usize>);

/// A key and its value.
pub type Pair = (At<String>, At<String>);

impl<'a> Section<'a> {
    /// The whole document.
    pub fn root(text: Text<'a>, table: &'a DeTable<'a>) -> Self {
        Self::new(text, "the file".into(), table, 0..0)
    }

    fn new(text: Text<'a>, title: String, table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self {
            text,
            title,
            table,
            span,
            known: Vec::new(),
        }
    }

    /// A complaint about this section as a whole.
    pub fn error(&self, problem: impl Into<String>) -> ConfigError {
        self.text.error(&self.span, problem)
    }

    /// A complaint about a value in it.
    pub fn error_at(&self, span: &Range<usize>, problem: impl Into<String>) -> ConfigError {
        self.text.error(span, problem)
    }

    fn value(&mut self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key.to_owned());
        self.table.get(key)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'a>>, wanted: &str) -> ConfigError {
        let kind = value.get_ref().type_str();
        self.error_at(
            &value.span(),
            format!("`{key}` is a {kind}; it must be {wanted}"),
        )
    }

    /// The string under `key`.
    pub fn string(&mut self, key: &str) -> Result<Option<At<String>>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.get_ref().as_str() {
            Some(text) => Ok(Some((text.to_owned(), value.span()))),
            None => Err(self.wrong(key, value, "a string, in quotes")),
        }
    }

    /// The truth value under `key`.
    pub fn bool(&mut self, key: &str) -> Result<Option<bool>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.get_ref().as_bool() {
            Some(value) => Ok(Some(value)),
            None => Err(self.wrong(key, value, "true or false")),
        }
    }

    /// The number under `key`, whole or not.
    pub fn number(&mut self, key: &str) -> Result<Option<At<f64>>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) => Ok(Some((number, value.span()))),
            None => Err(self.wrong(key, value, "a number")),
        }
    }

    /// The strings under `key`; none where it is absent.
    pub fn strings(&mut self, key: &str) -> Result<Vec<At<String>>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let wrong = || self.wrong(key, value, "a list of strings");
        let items = value.get_ref().as_array().ok_or_else(wrong)?;
        let text = |item: &Spanned<DeValue<'_>>| {
            item.get_ref()
                .as_str()
                .map(|text| (text.to_owned(), item.span()))
        };
        items
            .iter()
            .map(|item| text(item).ok_or_else(wrong))
            .collect()
    }

    /// The duration under `key`: `"15s"`, `"5 min"`, `"90d"`.
    pub fn duration(&mut self, key: &str) -> Result<Option<At<Duration>>, ConfigError> {
        let Some((text, span)) = self.string(key)? else {
            return Ok(None);
        };
        match parse_duration(&text) {
            Some(duration) => Ok(Some((duration, span))),
            None => Err(self.error_at(
                &span,
                format!(
                    "`{key}` is \"{text}\"; write a duration such as \"15s\", \"5m\" or \"90d\""
                ),
            )),
        }
    }

    /// What `parse` makes of the string under `key`; `wanted` is told where it makes nothing.
    pub fn parsed<T>(
        &mut self,
        key: &str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some((text, span)) = self.string(key)? else {
            return Ok(None);
        };
        match parse(&text) {
            Some(value) => Ok(Some(value)),
            None => {
                Err(self.error_at(&span, format!("`{key}` is \"{text}\"; it must be {wanted}")))
            }
        }
    }

    /// The table under `key`.
    pub fn section(&mut self, key: &str) -> Result<Option<Section<'a>>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let Some(table) = value.get_ref().as_table() else {
            return Err(self.wrong(key, value, "a table"));
        };
        let title = format!("[{key}]");
        Ok(Some(Section::new(self.text, title, table, value.span())))
    }

    /// The tables under `key`, written `[[key]]`.
    pub fn sections(&mut self, key: &str) -> Result<Vec<Section<'a>>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let wanted = format!("written as [[{key}]]");
        let wrong = || self.wrong(key, value, &wanted);
        let items = value.get_ref().as_array().ok_or_else(wrong)?;
        let section = |item: &'a Spanned<DeValue<'a>>| {
            let table = item.get_ref().as_table().ok_or_else(wrong)?;
            let title = format!("[[{key}]]");
            Ok(Section::new(self.text, title, table, item.span()))
        };
        items.iter().map(section).collect()
    }

    /// The names of all keys there are.
    pub fn keys(&self) -> Vec<String> {
        let keys = self.table.iter();
        keys.map(|(key, _)| key.get_ref().to_string()).collect()
    }

    /// All pairs of strings, whatever their keys.
    pub fn pairs(&mut self) -> Result<Vec<Pair>, ConfigError> {
        let table = self.table;
        let mut pairs = Vec::new();
        for (key, _) in table {
            let name = key.get_ref().to_string();
            if let Some(value) = self.string(&name)? {
                pairs.push(((name, key.span()), value));
            }
        }
        Ok(pairs)
    }

    /// Nothing else is wanted here: any other key is an error.
    pub fn finish(self) -> Result<(), ConfigError> {
        for (key, _) in self.table {
            let name = key.get_ref();
            if !self.known.iter().any(|known| known == name) {
                let known: Vec<_> = self.known.iter().map(String::as_str).collect();
                let problem = format!(
                    "unknown key `{name}` in {}; known are: {}",
                    self.title,
                    known.join(", ")
                );
                return Err(self.error_at(&key.span(), problem));
            }
        }
        Ok(())
    }
}

/// Reads `text` as TOML.
pub fn parse(text: Text<'_>) -> Result<Spanned<DeTable<'_>>, ConfigError> {
    DeTable::parse(text.text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        text.error(&span, format!("this is not TOML: {}", error.message()))
    })
}

/// A duration as people write it; a day has 24 hours.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let span: Span = text.parse().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(duration).ok()
}

/// The line with its value left out where that may be a secret: by the key's name, mistyped or
/// not, or because no ordinary value is that long.
fn without_secrets(line: &str) -> String {
    const SECRETIVE: [&str; 7] = ["pas", "pwd", "secret", "key", "token", "auth", "client"];
    const LONGEST_ORDINARY: usize = 40;
    let Some((key, value)) = line.split_once('=') else {
        return line.to_owned();
    };
    let name = key.trim().to_lowercase();
    let is_variable = name.ends_with("_env") && is_variable_name(value.trim().trim_matches('"'));
    let is_reference = is_variable || name.ends_with("_file") || name.ends_with("_url");
    let holds = |text: &str| {
        SECRETIVE
            .iter()
            .any(|word| text.to_lowercase().contains(word))
    };
    // An inline table hides keys behind the first sign; an address may carry a password.
    let is_nested = value.contains('=') && holds(value);
    let is_login = value.contains("://") && (value.contains('@') || value.contains('?'));
    let is_secretive = (holds(&name) && !is_reference) || is_nested || is_login;
    let is_long = value
        .split('"')
        .any(|part| LONGEST_ORDINARY < part.len() && !part.contains([' ', '/', ':']));
    if is_secretive || is_long {
        format!("{key}= (not shown)")
    } else {
        line.to_owned()
    }
}

/// Whether `text` looks like the name of a variable, rather than like the secret that somebody
/// put in its place.
pub fn is_variable_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complain(text: &str) -> String {
        let text = Text {
            file: "f.toml",
            text,
        };
        let table = match parse(text) {
            Ok(table) => table,
            Err(error) => return error.to_string(),
        };
        let mut root = Section::root(text, table.get_ref());
        let mut read = || -> Result<(), ConfigError> {
            if let Some(mut server) = root.section("server")? {
                server.string("listen")?;
                server.duration("every")?;
                server.finish()?;
            }
            Ok(())
        };
        match read().and_then(|()| root.finish()) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn complaints_quote_their_line() {
        let cases = [
            (
                "[server]\nlistne = \"x\"\n",
                "f.toml:2: unknown key `listne` in [server]; known are: listen, every\n    2 | listne = \"x\"",
            ),
            (
                "[server]\nlisten = 8080\n",
                "f.toml:2: `listen` is a integer; it must be a string, in quotes\n    2 | listen = 8080",
            ),
            (
                "[server]\nevery = \"often\"\n",
                "f.toml:2: `every` is \"often\"; write a duration such as \"15s\", \"5m\" or \"90d\"\n    2 | every = \"often\"",
            ),
            (
                "colour = 1\n",
                "f.toml:1: unknown key `colour` in the file; known are: server\n    1 | colour = 1",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(complain(text), expected);
        }
        assert_eq!(complain("[server]\nlisten = \"a\"\nevery = \"15s\""), "");
    }

    #[test]
    fn a_quoted_line_never_shows_a_secret() {
        let cases = [
            "[server]\npasword = \"hunter2\"\n",
            "[server]\nAPI_KEY = hunter2\n",
            "[server]\npassword_env = \"hunter2\"\n",
            "[server]\nbase_url = \"https://user:hunter2@example.com/rest\"\n",
            "[server]\nsource = [{ id = \"p\", password = \"hunter2\" }]\n",
            "[server]\nx = \"hunter2hunter2hunter2hunter2hunter2hunter2hunter2\"\n",
        ];
        for text in cases {
            let said = complain(text);
            assert!(said.contains("f.toml:2"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
        assert!(complain("password_file = \"a\"").contains("\"a\""));
    }

    #[test]
    fn durations_as_people_write_them() {
        let cases = [
            ("15s", Some(15)),
            ("5m", Some(300)),
            ("90d", Some(90 * 86_400)),
            ("15", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse_duration(text).map(|d| d.as_secs()),
                expected,
                "{text}"
            );
        }
    }
}
