//! The book of holes: what of it outlives a restart, when it is written, and what it makes of rubbish.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const NOW_S: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(NOW_S + second).unwrap()
}

fn holes(spans: &[(i64, i64)]) -> Holes {
    let mut holes = Holes::default();
    for (from, to) in spans {
        holes.add(Hole {
            from: at(*from),
            to: at(*to),
        });
    }
    holes
}

#[tokio::test]
async fn what_is_open_is_there_again_and_what_was_filled_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (SourceId::new("a"), SourceId::new("b"));
    let book = Book::open(Some(dir.path()), at(0));
    book.add(&a, &holes(&[(-5_000, -4_000), (-1_000, -10)]));
    book.add(&b, &holes(&[(-300, -200)]));
    book.remove(&b, |holes| *holes = Holes::default());
    book.remove(&a, |open| {
        open.fill(Hole {
            from: at(-500),
            to: at(-10),
        });
    });
    book.write();
    let again = Book::open(Some(dir.path()), at(60));
    assert_eq!(again.holes(&a), holes(&[(-5_000, -4_000), (-1_000, -500)]));
    assert!(again.holes(&b).is_empty());
    let file = dir.path().join(FILE);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    again.remove(&a, |holes| *holes = Holes::default());
    again.write();
    assert!(!file.exists(), "nothing is left to be told");
}

#[tokio::test(start_paused = true)]
async fn a_hole_is_written_at_once_and_taken_out_when_what_it_held_is_safe() {
    let dir = tempfile::tempdir().unwrap();
    let source = SourceId::new("a");
    let book = Book::open(Some(dir.path()), at(0));
    let written = || Book::open(Some(dir.path()), at(0)).holes(&source);
    let until = async |wanted: &Holes| {
        let is_written = async {
            while written() != *wanted {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let is_written = tokio::time::timeout(Duration::from_mins(1), is_written);
        is_written.await.expect("it is written");
    };
    let open = holes(&[(-600, -100)]);
    book.add(&source, &open);
    until(&open).await;
    let removed_at = tokio::time::Instant::now();
    book.remove(&source, |holes| *holes = Holes::default());
    until(&Holes::default()).await;
    assert!(SETTLED_AFTER <= removed_at.elapsed());
}

#[test]
fn what_is_too_old_or_yet_to_come_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let day = 86_400;
    let text = format!(
        r#"{{"version":1,"holes":{{"a":[{{"from":"{}","to":"{}"}},{{"from":"{}","to":"{}"}}]}}}}"#,
        at(-30 * day),
        at(-6 * day),
        at(-60),
        at(9 * day),
    );
    fs::write(dir.path().join(FILE), text).unwrap();
    let book = Book::open(Some(dir.path()), at(0));
    let expected = holes(&[(-7 * day, -6 * day), (-60, 0)]);
    assert_eq!(book.holes(&SourceId::new("a")), expected);
}

#[test]
fn what_cannot_be_read_is_forgotten_and_written_anew() {
    let long = " ".repeat(usize::try_from(MOST_BYTES).unwrap() + 1);
    let bad = [
        "",
        "{",
        "[]",
        r#"{"version":2,"holes":{}}"#,
        r#"{"version":1,"holes":{"a":[{"from":"yesterday","to":"today"}]}}"#,
        r#"{"version":1,"holes":{"a":[{"from":1,"to":2}]}}"#,
        &long,
    ];
    for text in bad {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), text).unwrap();
        let book = Book::open(Some(dir.path()), at(0));
        assert!(book.holes(&SourceId::new("a")).is_empty());
        book.change(&SourceId::new("a"), |open| *open = holes(&[(-60, 0)]));
        book.write();
        let again = Book::open(Some(dir.path()), at(0));
        assert_eq!(again.holes(&SourceId::new("a")), holes(&[(-60, 0)]));
    }
}

#[test]
fn a_directory_that_takes_nothing_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let gone = dir.path().join("gone");
    let book = Book::open(Some(&gone), at(0));
    book.change(&SourceId::new("a"), |open| *open = holes(&[(-60, 0)]));
    book.write();
    fs::create_dir(&gone).unwrap();
    book.write();
    let again = Book::open(Some(&gone), at(0));
    assert_eq!(again.holes(&SourceId::new("a")), holes(&[(-60, 0)]));
}
