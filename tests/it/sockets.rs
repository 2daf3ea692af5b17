//! The laws of the live protocol on both ways to a viewer: a bare socket that a shard owns, and a
//! stream around it that a task serves.

use std::time::Duration;

use fleetglass::live::pass::Dismissal;
use fleetglass::live::viewer::ViewerSettings;
use tokio::net::TcpStream;

use crate::live::Picture;
use crate::raw::{BINARY, CLOSE, FIN, PING, PONG, Raw, TEXT, frame, thin, viewer};
use crate::stage::{Stage, WAYS, Way, until, vehicles};

const LIVE: &str = "/api/v1/live";

#[tokio::test(flavor = "multi_thread")]
async fn snapshot_changes_resuming_and_heartbeats_are_the_same_on_both_ways() {
    let settings = ViewerSettings {
        heartbeat: Duration::from_millis(300),
        ..ViewerSettings::default()
    };
    for way in WAYS {
        let stage = Stage::open(way, settings).await;
        stage.publish(vehicles(30, 1, 50)).await;
        until("something is there", || stage.hub.seq() == 1).await;
        let mut first = viewer(stage.address, "").await;
        let mut picture = Picture::default();
        let hello = first.of_type("hello").await;
        assert_eq!(
            (&hello["resumed"], &hello["seq"]),
            (&false.into(), &1.into())
        );
        picture.apply(&first.of_type("snapshot").await);
        for version in 2..=10 {
            stage.publish(vehicles(3, version, 50)).await;
            picture.apply(&first.of_type("changes").await);
        }
        let name = |id: &str| picture.vehicles[id]["name"].as_str().expect("a name");
        assert!(name("v2").starts_with("10 ") && name("v3").starts_with("1 "));
        // `apply` wants the heartbeat's seq to be that of the picture.
        picture.apply(&first.of_type("heartbeat").await);
        first.say(&frame(FIN | CLOSE, &[3, 0xe8])).await;
        assert_eq!(first.closed().await.0, 1000);
        for version in 11..=15 {
            stage.publish(vehicles(3, version, 50)).await;
        }
        let mut back = viewer(stage.address, "?epoch=epoch&seq=10").await;
        let hello = back.of_type("hello").await;
        assert_eq!(
            (&hello["resumed"], &hello["seq"]),
            (&true.into(), &10.into())
        );
        while picture.seq < 15 {
            let message = back.next().await.expect("it goes on");
            assert!(message.is_of("changes"), "{way:?}");
            picture.apply(&message.json().expect("JSON"));
        }
        let shown: Vec<_> = picture.vehicles.values().cloned().collect();
        let json = |entry: &fleetglass::live::hub::Entry| {
            serde_json::from_str::<serde_json::Value>(entry.json().get()).expect("JSON")
        };
        let there: Vec<_> = stage.hub.current().vehicles.iter().map(json).collect();
        assert_eq!(shown, there, "{way:?}");
        let (closing, closed) = tokio::join!(stage.reception.close(), back.closed());
        let () = closing;
        assert_eq!(closed.0, 1012);
        assert!(closed.1.starts_with("retry_ms="), "{}", closed.1);
        stage.is_deserted().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_one_breath_with_the_request_is_heard() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        let stream = TcpStream::connect(stage.address)
            .await
            .expect("it connects");
        let look = br#"{"type":"view","bounds":[28,-27,29,-26],"zoom":9}"#;
        let said = [frame(FIN | PING, b"early"), frame(FIN | TEXT, look)].concat();
        let protocol = "Sec-WebSocket-Protocol: fleetglass.v1.bin\r\n";
        let mut raw = Raw::open(stream, LIVE, protocol, &said).await;
        let pong = raw.until(|message| message.opcode == PONG).await;
        assert_eq!(pong.payload, b"early", "{way:?}");
        assert_eq!(raw.of_type("view").await["whole"], true, "{way:?}");
    }
}

/// The pong waits for the end of the frame that is on its way: `next` would find no frames in the
/// bytes else, or no JSON in the frame.
#[tokio::test(flavor = "multi_thread")]
async fn a_pong_comes_between_whole_messages_however_slow_the_reader() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        stage.publish(vehicles(2_000, 1, 900)).await;
        until("something is there", || stage.hub.seq() == 1).await;
        let mut raw = Raw::open(thin(stage.address).await, LIVE, "", &[]).await;
        raw.of_type("hello").await;
        for said in [b"1", b"2", b"3"] {
            raw.say(&frame(FIN | PING, said)).await;
        }
        stage.publish(vehicles(2_000, 2, 900)).await;
        raw.say(&frame(FIN | PING, b"4")).await;
        let mut pongs = Vec::new();
        let mut last_seq = 0;
        while last_seq < 2 || pongs.last().is_none_or(|last| last != b"4") {
            let message = raw.next().await.expect("it goes on");
            match message.json().filter(|_| message.opcode == TEXT) {
                Some(json) => {
                    last_seq = json["seq"].as_u64().expect("a seq");
                    assert_eq!(json["vehicles"].as_array().expect("all").len(), 2_000);
                }
                None => pongs.push(message.payload),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_follows_a_close() {
    let flood = frame(FIN | PING, b"flood").repeat(101);
    let breach = [frame(FIN | PING, b"last"), frame(0x83, b"")].concat();
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        for (said, code) in [(&flood, 1008), (&breach, 1002)] {
            let mut raw = viewer(stage.address, "").await;
            raw.of_type("snapshot").await;
            raw.say(said).await;
            // `closed` waits for the end and refuses what comes before it.
            let message = raw.until(|message| message.opcode == CLOSE).await;
            assert_eq!(message.close().expect("a code").0, code, "{way:?}");
            assert!(raw.next().await.is_err(), "{way:?}");
        }
        stage.is_deserted().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_binary_message_or_a_pong_of_the_viewers_own_accord_is_no_offence() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        let mut raw = viewer(stage.address, "").await;
        raw.say(&frame(FIN | PONG, b"here")).await;
        raw.say(&frame(FIN | BINARY, &[7; 16 << 10])).await;
        raw.say(&frame(FIN | TEXT, b"no json")).await;
        raw.say(&frame(FIN | PING, b"still there")).await;
        let pong = raw.until(|message| message.opcode == PONG).await;
        assert_eq!(pong.payload, b"still there");
    }
}

/// Many who read, many who do not: the first are all told, and the second hold up nobody.
#[tokio::test(flavor = "multi_thread")]
async fn everyone_who_listens_is_told_of_the_restart_and_the_deaf_do_not_delay_it() {
    let settings = ViewerSettings {
        close_spread: Duration::from_secs(1),
        ..ViewerSettings::default()
    };
    for way in WAYS {
        let stage = Stage::open(way, settings).await;
        stage.publish(vehicles(500, 1, 600)).await;
        until("something is there", || stage.hub.seq() == 1).await;
        let mut deaf = Vec::new();
        for _ in 0..40 {
            deaf.push(Raw::open(thin(stage.address).await, LIVE, "", &[]).await);
        }
        let mut listening = tokio::task::JoinSet::new();
        for _ in 0..160 {
            let mut raw = viewer(stage.address, "").await;
            // Hello, and the snapshot: reading 160 of them as JSON would take longer than all else.
            raw.next().await.expect("hello");
            raw.next().await.expect("a snapshot");
            listening.spawn(async move { raw.closed().await });
        }
        let began = tokio::time::Instant::now();
        stage.reception.close().await;
        // The spread and a second for answers; the rest is for machines that do much else.
        assert!(began.elapsed() < Duration::from_secs(6), "{way:?}");
        let mut waits = std::collections::BTreeSet::new();
        while let Some(told) = listening.join_next().await {
            let (code, reason) = told.expect("it is told");
            assert_eq!(code, 1012, "{way:?}");
            waits.insert(reason);
        }
        assert!(100 < waits.len(), "all come back at once: {waits:?}");
        stage.is_deserted().await;
    }
}

/// Nobody is left with a picture that stands still, however the server went.
#[tokio::test(flavor = "multi_thread")]
async fn who_sits_at_a_socket_whose_reception_is_gone_is_told_so() {
    let stage = Stage::open(Way::Bare, ViewerSettings::default()).await;
    let mut raw = viewer(stage.address, "").await;
    raw.of_type("snapshot").await;
    drop(stage);
    assert_eq!(raw.closed().await.0, 1012);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_dismissed_is_told_why_at_once_on_both_ways() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        stage.publish(vehicles(30, 1, 50)).await;
        for (why, code, reason) in [
            (Dismissal::Revoked, 4003, "not allowed"),
            (Dismissal::Changed, 1012, "retry_ms=0"),
        ] {
            let mut goes = viewer(stage.address, "").await;
            goes.of_type("snapshot").await;
            let [its_pass] = stage.reception.passes()[..] else {
                panic!("one is here");
            };
            let mut stays = viewer(stage.address, "").await;
            stays.of_type("snapshot").await;
            assert!(!stage.reception.dismiss(u64::MAX, why));
            let asked_at = tokio::time::Instant::now();
            assert!(stage.reception.dismiss(its_pass, why));
            assert_eq!(goes.closed().await, (code, reason.to_owned()), "{way:?}");
            // Twice what is promised: the machine may be busy.
            assert!(asked_at.elapsed() < Duration::from_millis(600), "{way:?}");
            stage.publish(vehicles(3, 2, 50)).await;
            stays.of_type("changes").await;
            stays.say(&frame(FIN | CLOSE, &[3, 0xe8])).await;
            stays.closed().await;
            until("nobody is here", || stage.reception.passes().is_empty()).await;
        }
    }
}

/// What it was sent before is in its line; it gets no more than that.
#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_is_dismissed_as_well() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        stage.publish(vehicles(4_000, 1, 2_000)).await;
        until("something is there", || stage.hub.seq() == 1).await;
        let mut raw = Raw::open(thin(stage.address).await, LIVE, "", &[]).await;
        raw.of_type("hello").await;
        let [pass] = stage.reception.passes()[..] else {
            panic!("one is here");
        };
        assert!(stage.reception.dismiss(pass, Dismissal::Revoked));
        until("it is gone", || stage.reception.passes().is_empty()).await;
    }
}
