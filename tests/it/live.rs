//! The live protocol from a client's side.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{Rig, Server, Viewer};

/// What a client knows after applying frames.
#[derive(Default)]
pub(crate) struct Picture {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) vehicles: BTreeMap<String, Value>,
}

impl Picture {
    pub(crate) fn apply(&mut self, frame: &Value) {
        let seq = frame["seq"].as_u64().expect("a seq");
        match frame["type"].as_str().expect("a type") {
            "snapshot" => {
                frame["epoch"]
                    .as_str()
                    .expect("an epoch")
                    .clone_into(&mut self.epoch);
                self.vehicles.clear();
            }
            "changes" => assert_eq!(seq, self.seq + 1, "a gap"),
            "heartbeat" => assert_eq!(seq, self.seq),
            _ => return,
        }
        self.seq = seq;
        for id in frame["removed"].as_array().into_iter().flatten() {
            self.vehicles.remove(id.as_str().expect("an id"));
        }
        for vehicle in frame["vehicles"].as_array().into_iter().flatten() {
            let id = vehicle["id"].as_str().expect("an id").to_owned();
            self.vehicles.insert(id, vehicle.clone());
        }
    }

    async fn follow(&mut self, viewer: &mut Viewer, n_frames: usize) {
        for _ in 0..n_frames {
            let frame = viewer.next().await.expect("the stream goes on");
            self.apply(&frame);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshot_and_changes_are_what_the_list_says() {
    let rig = Rig::of_vehicles(40).await;
    let mut viewer = rig.server.viewer("").await;
    let hello = viewer.next().await.expect("hello");
    assert_eq!(hello["type"], "hello");
    assert_eq!(hello["protocol"], 1);
    assert_eq!(hello["resumed"], false);
    assert!(hello["heartbeat_ms"].as_u64().expect("a number") <= 5_000);
    let mut picture = Picture::default();
    let mut by_seq: BTreeMap<u64, BTreeMap<String, Value>> = BTreeMap::new();
    let mut compared = 0;
    while compared < 5 {
        picture.follow(&mut viewer, 1).await;
        by_seq.insert(picture.seq, picture.vehicles.clone());
        if picture.vehicles.len() < 40 || picture.seq % 3 != 0 {
            continue;
        }
        let list = rig.server.json("/api/v1/vehicles").await;
        assert_eq!(list["epoch"], picture.epoch.as_str());
        let at = list["seq"].as_u64().expect("a seq");
        while picture.seq < at {
            picture.follow(&mut viewer, 1).await;
            by_seq.insert(picture.seq, picture.vehicles.clone());
        }
        let listed = list["vehicles"].as_array().expect("vehicles");
        let then: Vec<&Value> = by_seq[&at].values().collect();
        assert_eq!(listed.iter().collect::<Vec<_>>(), then, "at {at}");
        compared += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_resumes_where_it_stopped_and_gets_each_frame_once() {
    let rig = Rig::of_vehicles(40).await;
    let mut viewer = rig.server.viewer("").await;
    let mut picture = Picture::default();
    viewer.of_type("hello").await;
    picture.follow(&mut viewer, 5).await;
    drop(viewer);
    let mut other = rig.server.viewer("").await;
    let ahead = picture.seq + 3;
    while other.next().await.expect("a frame")["seq"].as_u64() < Some(ahead) {}
    let query = format!("?epoch={}&seq={}", picture.epoch, picture.seq);
    let mut viewer = rig.server.viewer(&query).await;
    let hello = viewer.next().await.expect("hello");
    assert_eq!(hello["resumed"], true);
    assert_eq!(hello["seq"], picture.seq);
    // `apply` refuses gaps and repetitions; a snapshot would be no resuming.
    for _ in 0..6 {
        let frame = viewer.next().await.expect("a frame");
        assert_ne!(frame["type"], "snapshot");
        picture.apply(&frame);
    }
    assert!(ahead <= picture.seq);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_epoch_and_seq_of_the_list_resume_too() {
    let rig = Rig::of_vehicles(20).await;
    let list = rig
        .server
        .until("/api/v1/vehicles", |list| list["seq"] != 0)
        .await;
    let query = format!(
        "?epoch={}&seq={}",
        list["epoch"].as_str().expect("an epoch"),
        list["seq"]
    );
    let mut viewer = rig.server.viewer(&query).await;
    assert_eq!(viewer.next().await.expect("hello")["resumed"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_a_viewer_asks_for_it_gets_a_snapshot() {
    let rig = Rig::of_vehicles(10).await;
    let list = rig
        .server
        .until("/api/v1/vehicles", |list| list["seq"] != 0)
        .await;
    let epoch = list["epoch"].as_str().expect("an epoch");
    let queries = [
        "?epoch=unknown&seq=1".to_owned(),
        format!("?epoch={epoch}"),
        "?seq=1".to_owned(),
        format!("?epoch={epoch}&seq=-1"),
        format!("?epoch={epoch}&seq=999999999"),
        format!("?epoch={epoch}&seq=abc"),
        "?epoch=%FF&seq=1".to_owned(),
        format!("?epoch={epoch}&epoch={epoch}&seq=1"),
    ];
    for query in queries {
        let mut viewer = rig.server.viewer(&query).await;
        let hello = viewer.next().await.expect("hello");
        assert_eq!(hello["resumed"], false, "{query}");
        let snapshot = viewer.next().await.expect("a snapshot");
        assert_eq!(snapshot["type"], "snapshot", "{query}");
        assert_eq!(snapshot["seq"], hello["seq"], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_fleet_still_beats() {
    // Nobody answers at this address, so the sources fail and then nothing changes for a while.
    let environment = [
        ("CARTRACK_BASE_URL", "http://127.0.0.1:9/rest".to_owned()),
        ("CARTRACK_USERNAME", "u".to_owned()),
        ("CARTRACK_PASSWORD", "p".to_owned()),
    ];
    let server = Server::start(&environment).await;
    let mut viewer = server.viewer("").await;
    let heartbeat = viewer.of_type("heartbeat").await;
    assert!(heartbeat["at"].as_str().expect("a time").ends_with('Z'));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_says_when_to_come_back() {
    let rig = Rig::of_vehicles(10).await;
    let mut viewer = rig.server.viewer("").await;
    viewer.of_type("snapshot").await;
    rig.server.shutdown.cancel();
    let (code, reason) = loop {
        if let Err(closed) = viewer.next().await {
            break closed;
        }
    };
    assert_eq!(code, 1012, "{reason}");
    let retry_ms: u64 = reason
        .strip_prefix("retry_ms=")
        .and_then(|ms| ms.parse().ok())
        .expect("retry_ms=N");
    assert!(retry_ms <= 12_000);
    let ended = rig.server.task.await.expect("no panic");
    assert!(ended.is_ok(), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_says_too_much_is_told_so() {
    let rig = Rig::of_vehicles(10).await;
    let mut viewer = rig.server.viewer("").await;
    viewer.say(&"x".repeat(100_000)).await;
    let (code, _) = loop {
        if let Err(closed) = viewer.next().await {
            break closed;
        }
    };
    assert_eq!(code, 1009);

    let mut viewer = rig.server.viewer("").await;
    for _ in 0..200 {
        viewer.say("{}").await;
    }
    let (code, _) = loop {
        if let Err(closed) = viewer.next().await {
            break closed;
        }
    };
    assert_eq!(code, 1008);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_viewer_gets_the_newest_state_and_costs_the_others_nothing() {
    let rig = Rig::start(fleetglass::sim::SimSettings {
        vehicles: 1_500,
        stream_hz: Some(1.0),
        ..fleetglass::sim::SimSettings::default()
    })
    .await;
    rig.server
        .until("/api/v1/vehicles?limit=10000", |list| {
            1_000 < list["vehicles"].as_array().map_or(0, Vec::len)
        })
        .await;
    let mut slow = rig.server.thin_viewer().await;
    let mut fast = rig.server.viewer("").await;
    let mut seen = Picture::default();
    slow.of_type("hello").await;
    seen.follow(&mut slow, 1).await;
    let stopped_at = seen.seq;
    // The slow one does not read; the fast one sees every change all the while.
    let mut picture = Picture::default();
    fast.of_type("hello").await;
    while picture.seq < stopped_at + 25 {
        picture.follow(&mut fast, 1).await;
    }
    let mut n_changes = 0;
    loop {
        let frame = slow.next().await.expect("it is not cut off");
        if frame["type"] == "snapshot" {
            break;
        }
        n_changes += 1;
        assert!(n_changes < 20, "a backlog was delivered");
    }
}
