//! Viewers who read slowly, or not at all, on both ways.

use std::time::Duration;

use fleetglass::live::viewer::ViewerSettings;

use crate::live::Picture;
use crate::raw::{Raw, thin, viewer};
use crate::stage::{Stage, WAYS, until, vehicles};

const LIVE: &str = "/api/v1/live";

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_viewer_gets_the_newest_state_and_the_others_every_change() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        stage.publish(vehicles(300, 1, 900)).await;
        until("something is there", || stage.hub.seq() == 1).await;
        let mut fast = viewer(stage.address, "").await;
        let mut picture = Picture::default();
        picture.apply(&fast.of_type("snapshot").await);
        let mut slow = Raw::open(thin(stage.address).await, LIVE, "", &[]).await;
        let mut seen = Picture::default();
        seen.apply(&slow.of_type("snapshot").await);
        for version in 2..=60 {
            stage.publish(vehicles(300, version, 900)).await;
            // Each once, and none missing.
            picture.apply(&fast.of_type("changes").await);
        }
        let mut n_frames = 0;
        while seen.seq < 60 {
            let message = slow.next().await.expect("it is not cut off");
            let json = message.json().expect("JSON");
            seen.apply(&json);
            n_frames += 1;
        }
        assert!(n_frames < 20, "a backlog of {n_frames} frames {way:?}");
        assert_eq!(seen.vehicles, picture.vehicles, "{way:?}");
    }
}

/// Whether more happens or not, who reads nothing is given up. What it costs until then is what
/// the kernel holds and the frames that everyone shares.
#[tokio::test(flavor = "multi_thread")]
async fn the_deaf_are_given_up_in_a_busy_fleet_and_in_a_quiet_one() {
    let settings = ViewerSettings {
        patience: Duration::from_millis(300),
        ..ViewerSettings::default()
    };
    let all = WAYS.map(|way| [(way, true), (way, false)]);
    let all = all.into_iter().flatten();
    let each = all.map(|(way, is_busy)| async move {
        let stage = Stage::with_buffers(way, settings, 4_096).await;
        stage.publish(vehicles(1, 1, 0)).await;
        until("something is there", || stage.hub.seq() == 1).await;
        let mut deaf = Raw::open(thin(stage.address).await, LIVE, "", &[]).await;
        deaf.of_type("snapshot").await;
        stage.publish(vehicles(60, 2, 900)).await;
        let mut version = 2;
        let publishing = async {
            if !is_busy {
                std::future::pending::<()>().await;
            }
            loop {
                version += 1;
                stage.publish(vehicles(1, version, 0)).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = stage.is_deserted() => {}
            never = publishing => never,
        }
        // It finds the half of a frame, and the end.
        let ended = loop {
            if let Err(ended) = deaf.next().await {
                break ended;
            }
        };
        assert!(0 < ended.n_unfinished, "{way:?} busy: {is_busy}");
    });
    futures_util::future::join_all(each).await;
}
