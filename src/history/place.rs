//! The state directory: who may enter it, who holds it, and which days lie in it.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::error::HistoryError;
use super::record::time;

const MS_A_DAY: i64 = 86_400_000;

/// A day of UTC, counted from 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Day(pub(super) i64);

impl Day {
    /// The day of a time.
    pub(super) fn of(at_ms: i64) -> Self {
        Self(at_ms.div_euclid(MS_A_DAY))
    }

    /// Its first millisecond.
    pub(super) fn starts_at_ms(self) -> i64 {
        self.0.saturating_mul(MS_A_DAY)
    }

    /// As a calendar has it.
    pub(super) fn date(self) -> civil::Date {
        let at: Timestamp = time(self.starts_at_ms());
        at.to_zoned(TimeZone::UTC).date()
    }

    fn parse(text: &str) -> Option<Self> {
        let date: civil::Date = text.parse().ok()?;
        let start = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(Self::of(start.as_millisecond()))
    }
}

/// A state directory. Held by one server at a time, for as long as this lives.
#[derive(Debug)]
pub(super) struct Place {
    _lock: File,
}

impl Place {
    /// Makes the directory if need be, and takes hold of it.
    pub(super) fn take(dir: &Path) -> Result<Self, HistoryError> {
        let refuse = |what| {
            move |cause| HistoryError::Files {
                what,
                path: dir.to_owned(),
                cause,
            }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .and_then(|()| close_to_others(dir))
            .map_err(refuse("cannot make"))?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join("lock"))
            .map_err(refuse("cannot write to"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(HistoryError::Locked {
                dir: dir.to_owned(),
            }),
            Err(TryLockError::Error(cause)) => Err(refuse("cannot lock")(cause)),
        }
    }
}

/// Where vehicles were is nobody else's business. A directory that has been used for something
/// else is left as it is: our files are closed to others anyway.
fn close_to_others(dir: &Path) -> io::Result<()> {
    let is_open = fs::metadata(dir)?.permissions().mode() & 0o077 != 0;
    let is_ours = |name: &std::ffi::OsStr| name == "lock" || name == "state.sqlite";
    let mut entries = fs::read_dir(dir)?.flatten().map(|entry| entry.file_name());
    let first = entries.next();
    let is_fresh = first.is_none();
    if is_open && (is_fresh || first.into_iter().chain(entries).any(|name| is_ours(&name))) {
        fs::set_permissions(dir, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// The file of a day.
pub(super) fn day_file(dir: &Path, day: Day) -> PathBuf {
    dir.join(format!("trail-{}.sqlite", day.date()))
}

/// The file of what is true now.
pub(super) fn state_file(dir: &Path) -> PathBuf {
    dir.join("state.sqlite")
}

/// The days there are, the oldest first, each with its bytes.
pub(super) fn days(dir: &Path) -> Vec<(Day, u64)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut days: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let date = name.to_str()?.strip_prefix("trail-")?;
            let day = Day::parse(date.strip_suffix(".sqlite")?)?;
            Some((day, bytes_of(&day_file(dir, day))))
        })
        .collect();
    days.sort_unstable();
    days
}

/// The files that were set aside, each with its day: that which it is of, or else that which it
/// was last written on.
pub(super) fn asides(dir: &Path) -> Vec<(Day, PathBuf)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let aside = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let (of, number) = name.to_str()?.split_once(".sqlite.aside-")?;
        let _: u32 = number.parse().ok()?;
        let named = of.strip_prefix("trail-").and_then(Day::parse);
        let written_on = || {
            let at = Timestamp::try_from(entry.metadata().ok()?.modified().ok()?).ok()?;
            Some(Day::of(at.as_millisecond()))
        };
        Some((named.or_else(written_on)?, entry.path()))
    };
    entries.filter_map(aside).collect()
}

/// As [`days`], with what was set aside: all that takes room.
pub(super) fn stored(dir: &Path) -> Vec<(Day, u64)> {
    let mut stored: BTreeMap<Day, u64> = days(dir).into_iter().collect();
    for (day, path) in asides(dir) {
        *stored.entry(day).or_default() += bytes_of(&path);
    }
    stored.into_iter().collect()
}

/// Bytes of a store's file and of those beside it.
fn bytes_of(path: &Path) -> u64 {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    all_of(path).iter().map(|path| bytes(path)).sum()
}

fn all_of(path: &Path) -> [PathBuf; 3] {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    // The log first: without it the rest is an older state, the reverse is nonsense.
    [beside("-wal"), beside("-shm"), path.to_owned()]
}

/// Moves a file out of the way, under a name that is not used yet; nothing is lost.
pub(super) fn set_aside(path: &Path) -> Result<PathBuf, HistoryError> {
    let free = (1..).find_map(|number| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".aside-{number}"));
        let aside = PathBuf::from(name);
        (!aside.exists()).then_some(aside)
    });
    let aside = free.unwrap_or_default();
    for (from, to) in all_of(path).iter().zip(all_of(&aside)) {
        match fs::rename(from, to) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(HistoryError::Files {
                    what: "cannot move",
                    path: from.clone(),
                    cause,
                });
            }
            _ => {}
        }
    }
    Ok(aside)
}

/// Forgets a day for good, with what was set aside of it.
pub(super) fn remove_day(dir: &Path, day: Day) -> Result<(), HistoryError> {
    remove(&day_file(dir, day))?;
    for (_, path) in asides(dir).into_iter().filter(|(of, _)| *of == day) {
        remove(&path)?;
    }
    Ok(())
}

/// Removes a store's file and those beside it.
pub(super) fn remove(path: &Path) -> Result<(), HistoryError> {
    for path in all_of(path) {
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => {
                return Err(HistoryError::Files {
                    what: "cannot remove",
                    path,
                    cause,
                });
            }
        }
    }
    Ok(())
}

/// Which of `days` (the oldest first) are to go: those older than `keep_days` before `today`, and
/// then the oldest until what is left fits into `max_bytes`. Today's never goes.
pub(super) fn outdated(
    days: &[(Day, u64)],
    today: Day,
    keep_days: u32,
    max_bytes: u64,
) -> Vec<Day> {
    let oldest = today.0.saturating_sub(i64::from(keep_days));
    let mut bytes: u64 = days.iter().map(|(_, bytes)| bytes).sum();
    let mut gone = Vec::new();
    for (day, size) in days {
        if today <= *day || (oldest <= day.0 && bytes <= max_bytes) {
            break;
        }
        bytes -= size;
        gone.push(*day);
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_by_their_names() {
        let day = Day::of(1_785_932_407_120);
        assert_eq!(
            day_file(Path::new("x"), day),
            Path::new("x/trail-2026-08-05.sqlite")
        );
        assert_eq!(Day::parse("2026-08-05"), Some(day));
        assert_eq!(Day::of(day.starts_at_ms() - 1), Day(day.0 - 1));
        assert_eq!(Day::parse("2026-08-05x"), None);
    }

    /// Sizes of days, today, days to keep, bytes to keep, and what goes.
    type Case<'a> = (&'a [u64], i64, u32, u64, &'a [i64]);

    #[test]
    fn the_oldest_days_go_first_and_today_never() {
        let days =
            |sizes: &[u64]| -> Vec<_> { (0..).map(Day).zip(sizes.iter().copied()).collect() };
        let cases: [Case; 6] = [
            (&[5, 5, 5], 2, 7, 99, &[]),
            (&[5, 5, 5], 2, 1, 99, &[0]),
            (&[5, 5, 5], 2, 0, 99, &[0, 1]),
            (&[5, 5, 5], 2, 7, 10, &[0]),
            (&[5, 5, 5], 2, 7, 1, &[0, 1]),
            (&[], 2, 0, 0, &[]),
        ];
        for (sizes, today, keep, max, expected) in cases {
            let gone = outdated(&days(sizes), Day(today), keep, max);
            let expected: Vec<_> = expected.iter().copied().map(Day).collect();
            assert_eq!(gone, expected, "{sizes:?} {keep} {max}");
        }
    }

    #[test]
    fn a_directory_is_ours_alone_and_one_servers() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        let held = Place::take(&inner).unwrap();
        let mode = fs::metadata(&inner).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let second = Place::take(&inner);
        assert!(matches!(second, Err(HistoryError::Locked { .. })));
        drop(held);
        assert!(Place::take(&inner).is_ok());
    }
}
