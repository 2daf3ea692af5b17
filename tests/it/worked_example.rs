//! The worked example of the binary protocol in `docs/protocol.md`: its bytes are decoded, and
//! must say what the page says they do.

use fleetglass::live::bin::{
    Applied, Head, Picture, Row, Step, Tile, dictionary, differences, keyframe,
};

use crate::layering::root;

/// The messages of the page, in order; in each line the bytes stand before the semicolon.
fn messages(page: &str) -> Vec<Vec<u8>> {
    let blocks = page.split("```hex\n").skip(1);
    let bytes = |block: &str| {
        let lines = block.lines().take_while(|line| !line.starts_with("```"));
        let codes = lines.flat_map(|line| line.split(';').take(1).flat_map(str::split_whitespace));
        codes
            .map(|code| u8::from_str_radix(code, 16).expect("a byte"))
            .collect()
    };
    blocks.map(bytes).collect()
}

/// The lines of the tables of what is held, one list for each table.
fn tables(page: &str) -> Vec<Vec<String>> {
    let tables = page.split("| in degrees |\n|---|").skip(1);
    let lines = |table: &str| {
        let rows = table.lines().skip(1);
        let rows = rows.take_while(|line| line.starts_with('|'));
        rows.map(str::to_owned).collect()
    };
    tables.map(lines).collect()
}

/// What is held, as the page tells it.
fn held(picture: &Picture) -> Vec<String> {
    let rows = &picture.tile(Tile::ROOT).expect("the whole fleet").rows;
    let line = |(index, row): (&u32, &Row)| {
        let id = &picture.entry(*index).expect("a name").id;
        let place = row.lat_lng().map_or("nowhere".to_owned(), |(lat, lng)| {
            format!("{lat:.5}, {lng:.5}")
        });
        format!(
            "| {index} | `{id}` | {} | {} | {} | {} | {} | {} | {} | {} | {place} |",
            row.x, row.y, row.heading, row.speed, row.state, row.flags, row.expected, row.fixed_s
        )
    };
    rows.iter().map(line).collect()
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/protocol.md")).expect("the document")
}

#[test]
fn the_worked_example_says_what_the_page_says() {
    let page = page();
    let messages = messages(&page);
    let tables = tables(&page);
    assert_eq!((messages.len(), tables.len()), (3, 2));
    let mut picture = Picture::default();
    let mut apply = |message: &[u8]| {
        let applied = picture.apply(message).expect("a message");
        (applied, picture.clone())
    };
    assert_eq!(apply(&messages[0]).0, Applied::Dictionary);
    let (applied, first) = apply(&messages[1]);
    assert_eq!(applied, Applied::Keyframe);
    assert_eq!(held(&first), tables[0]);
    let (applied, second) = apply(&messages[2]);
    assert_eq!(applied, Applied::Differences);
    assert_eq!(held(&second), tables[1]);
}

#[test]
fn the_worked_example_is_what_the_server_would_send() {
    const TRUCK: &str = r#"{"id":"reg:ABC123GP","name":"Truck 7","devices":["ct/512"]}"#;
    const VAN: &str = r#"{"id":"mct/4711","name":"Van 2","devices":["mct/4711"]}"#;
    const BAKKIE: &str = r#"{"id":"mct/9","name":"Bakkie","devices":["mct/9"]}"#;
    let messages = messages(&page());
    let head = |base, seq, at: &str| Head {
        tile: Tile::ROOT,
        base,
        seq,
        at: at.parse().expect("a time"),
    };
    let mut picture = Picture::default();
    let mut rows_after = |message: &[u8]| {
        picture.apply(message).expect("a message");
        let fleet = picture.tile(Tile::ROOT);
        fleet.map(|held| held.rows.clone()).unwrap_or_default()
    };
    rows_after(&messages[0]);
    let before = rows_after(&messages[1]);
    let after = rows_after(&messages[2]);
    let first = head(30, 30, "2026-08-05T12:20:09.120Z");
    assert_eq!(dictionary(&first, &[(0, TRUCK), (1, VAN)]), messages[0]);
    let rows: Vec<_> = before.iter().map(|(index, row)| (*index, *row)).collect();
    assert_eq!(keyframe(&first, &rows), messages[1]);
    let became = |index| Step::Became {
        before: before.get(&index).copied(),
        after: after[&index],
    };
    let steps = [(0, became(0)), (1, Step::Removed), (2, became(2))];
    let second = head(30, 31, "2026-08-05T12:20:10.120Z");
    let differences = differences(&second, &steps, &[(2, BAKKIE)]);
    assert_eq!(differences.expect("news"), messages[2]);
}
