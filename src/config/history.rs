//! `[history]`: whether the past is kept on the disk, for how long, and in how much room.

use super::document::{ConfigError, Section};

/// `[history]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRules {
    /// `record`: keep the past on the disk. Default true; else the last hour is kept in memory.
    pub record: bool,
    /// `keep`: whole days (UTC) before today that are kept. Default 7; 0 keeps today alone.
    pub keep_days: u32,
    /// `max_size`: the oldest days go until what is kept is no larger. Default `"20GB"`. Today's
    /// never goes.
    pub max_bytes: u64,
}

impl Default for HistoryRules {
    fn default() -> Self {
        Self {
            record: true,
            keep_days: 7,
            max_bytes: 20_000_000_000,
        }
    }
}

/// Reads `[history]`.
pub fn history(section: Option<Section<'_>>) -> Result<HistoryRules, ConfigError> {
    let mut rules = HistoryRules::default();
    let Some(mut section) = section else {
        return Ok(rules);
    };
    if let Some(record) = section.bool("record")? {
        rules.record = record;
    }
    if let Some((keep, span)) = section.duration("keep")? {
        let seconds = keep.as_secs();
        if seconds % 86_400 != 0 {
            let problem = "`keep` must be whole days, such as \"7d\": each day is one file";
            return Err(section.error_at(&span, problem));
        }
        rules.keep_days = u32::try_from(seconds / 86_400).unwrap_or(u32::MAX);
    }
    let size = section.parsed(
        "max_size",
        "a size such as \"500MB\" or \"20GB\"",
        parse_size,
    )?;
    if let Some(max_bytes) = size {
        rules.max_bytes = max_bytes;
    }
    section.finish()?;
    Ok(rules)
}

/// A size as people write it, in steps of a thousand.
fn parse_size(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 3] = [
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)))?;
    let number: u64 = number.trim().parse().ok()?;
    number.checked_mul(*unit)
}

#[cfg(test)]
mod tests {
    use super::super::document::{Text, parse};
    use super::*;

    fn read(text: &str) -> Result<HistoryRules, String> {
        let text = Text {
            file: "f.toml",
            text,
        };
        let table = parse(text).unwrap();
        let mut root = Section::root(text, table.get_ref());
        let section = root.section("history").unwrap();
        history(section).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_kept_and_what_is_refused() {
        assert_eq!(read(""), Ok(HistoryRules::default()));
        let rules = read("[history]\nrecord = false\nkeep = \"30d\"\nmax_size = \"1 TB\"").unwrap();
        assert_eq!((rules.record, rules.keep_days), (false, 30));
        assert_eq!(rules.max_bytes, 1_000_000_000_000);
        for wrong in [
            "keep = \"36h\"",
            "max_size = \"1.5GB\"",
            "max_size = \"20\"",
            "days = 3",
        ] {
            let error = read(&format!("[history]\n{wrong}")).unwrap_err();
            assert!(error.starts_with("f.toml:2"), "{wrong}: {error}");
        }
    }
}
