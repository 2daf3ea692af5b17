//! What is kept comes back, what cannot be kept changes nothing, and everybody is told.

use super::place::read as read_place;
use super::rule::read as read_rule;
use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn place(id: &str) -> Place {
    let text = r#"{"name":"Depot","shape":{"kind":"circle","lat_deg":-26.1,"lng_deg":28.2,"radius_m":100.5}}"#;
    read_place(id, serde_json::from_str(text).unwrap()).unwrap()
}

fn rule(id: &str, members: &str) -> Rule {
    let text = format!(r#"{{"name":"Rule {id}","severity":"notice","enabled":true,{members}}}"#);
    read_rule(id, serde_json::from_str(&text).unwrap()).unwrap()
}

fn out(reason: &str, until: Option<Timestamp>) -> OutOfService {
    OutOfService {
        since: at(0),
        until,
        reason: Some(reason.into()),
        by: Some("ann".into()),
    }
}

fn ids(desk: &Desk) -> [Vec<String>; 3] {
    let orders = desk.book().orders;
    let texts = |ids: Vec<&Arc<str>>| ids.iter().map(ToString::to_string).collect();
    [
        texts(orders.places.keys().collect()),
        texts(orders.rules.keys().collect()),
        orders
            .out_of_service
            .keys()
            .map(ToString::to_string)
            .collect(),
    ]
}

#[test]
fn a_file_of_before_there_were_scenes_is_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let before = sqlite::Kind {
        steps: &store::KIND.steps[..1],
        ..store::KIND
    };
    let mut db = sqlite::open(&before, Some(dir.path())).unwrap();
    sqlite::transact(&mut db, store::begin).unwrap();
    drop(db);
    let desk = Desk::open(Some(dir.path()), at(0)).unwrap();
    assert_eq!(ids(&desk)[1], ["panic", "source-down"]);
    assert_eq!(*desk.wall(), Wall::default());
    drop(desk);
    let opened = sqlite::open(&before, Some(dir.path()));
    assert!(matches!(
        opened,
        Err(sqlite::OpenError::Newer { version: 2, .. })
    ));
}

#[tokio::test]
async fn all_of_it_comes_back_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::open(Some(dir.path()), at(0)).unwrap();
    assert_eq!(ids(&desk)[1], ["panic", "source-down"]);
    desk.put_places(vec![place("a"), place("b")]).await.unwrap();
    desk.put_rule(rule("r", r#""kind":"entering","places":["a"]"#))
        .await
        .unwrap();
    desk.remove_rule("panic".into()).await.unwrap();
    desk.take_out(VehicleId::new("v"), out("shop", None), at(1))
        .await
        .unwrap();
    desk.take_out(VehicleId::new("w"), out("leave", Some(at(9))), at(1))
        .await
        .unwrap();
    let before = desk.book();
    drop(desk);
    let desk = Desk::open(Some(dir.path()), at(5)).unwrap();
    assert_eq!(desk.book().orders, before.orders);
    assert_eq!(desk.book().places_version, before.places_version);
    assert_eq!(
        ids(&desk),
        [vec!["a", "b"], vec!["r", "source-down"], vec!["v", "w"]]
    );
    drop(desk);
    let desk = Desk::open(Some(dir.path()), at(9)).unwrap();
    assert_eq!(ids(&desk)[2], ["v"], "who is back is forgotten");
}

#[tokio::test]
async fn each_change_is_told_and_counted() {
    let desk = Desk::open(None, at(0)).unwrap();
    let mut told = desk.orders();
    assert!(!told.has_changed().unwrap());
    let before = desk.book();
    desk.put_places(vec![place("a")]).await.unwrap();
    assert!(told.borrow_and_update().places.contains_key("a"));
    desk.put_rule(rule("r", r#""kind":"panic""#)).await.unwrap();
    assert!(told.borrow_and_update().rules.contains_key("r"));
    let after = desk.book();
    assert_eq!(after.places_version, before.places_version + 1);
    assert_eq!(after.rules_version, before.rules_version + 1);
    assert!(desk.remove_rule("x".into()).await.is_err());
    assert!(!told.has_changed().unwrap());
    assert_eq!(desk.book().rules_version, after.rules_version);
}

#[tokio::test]
async fn a_place_that_a_rule_uses_stays_and_the_rule_is_named() {
    let desk = Desk::open(None, at(0)).unwrap();
    desk.put_places(vec![place("a")]).await.unwrap();
    let refused = desk
        .put_rule(rule("r", r#""kind":"leaving","places":["a","b"]"#))
        .await;
    assert!(refused.unwrap_err().to_string().contains("\"b\""));
    desk.put_rule(rule("r", r#""kind":"leaving","places":["a"]"#))
        .await
        .unwrap();
    let refused = desk.remove_place("a".into()).await.unwrap_err();
    assert!(matches!(&refused, DeskError::InUse(rules) if rules.len() == 1));
    assert!(refused.to_string().contains("\"Rule r\""), "{refused}");
    desk.remove_rule("r".into()).await.unwrap();
    desk.remove_place("a".into()).await.unwrap();
    let gone = desk.remove_place("a".into()).await;
    assert!(matches!(
        gone,
        Err(DeskError::Unknown { what: "place", .. })
    ));
}

#[tokio::test]
async fn limits_hold_and_what_is_refused_changes_nothing() {
    let desk = Desk::open(None, at(0)).unwrap();
    let many: Vec<_> = (0..PLACES_MAX).map(|n| place(&n.to_string())).collect();
    desk.put_places(many).await.unwrap();
    desk.put_places(vec![place("7")])
        .await
        .expect("it replaces one");
    let refused = desk.put_places(vec![place("8"), place("one-more")]).await;
    assert!(matches!(refused, Err(DeskError::TooMany(_))));
    assert_eq!(desk.book().orders.places.len(), PLACES_MAX);
    let desk = Desk::open(None, at(0)).unwrap();
    for n in 2..RULES_MAX {
        desk.put_rule(rule(&n.to_string(), r#""kind":"panic""#))
            .await
            .unwrap();
    }
    let refused = desk.put_rule(rule("more", r#""kind":"panic""#)).await;
    assert!(matches!(refused, Err(DeskError::TooMany(_))));
    let long = out(&"x".repeat(501), None);
    assert!(
        desk.take_out(VehicleId::new("v"), long, at(0))
            .await
            .is_err()
    );
    let over = out("x", Some(at(0)));
    assert!(
        desk.take_out(VehicleId::new("v"), over, at(0))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn who_is_out_already_is_so_since_when_it_was() {
    let desk = Desk::open(None, at(0)).unwrap();
    let vehicle = VehicleId::new("v");
    desk.take_out(vehicle.clone(), out("a", Some(at(10))), at(0))
        .await
        .unwrap();
    let later = OutOfService {
        since: at(5),
        ..out("b", None)
    };
    let kept = desk.take_out(vehicle.clone(), later, at(5)).await.unwrap();
    assert_eq!((kept.since, kept.reason.as_deref()), (at(0), Some("b")));
    desk.put_back(vehicle.clone()).await.unwrap();
    let anew = OutOfService {
        since: at(7),
        ..out("c", None)
    };
    assert_eq!(
        desk.take_out(vehicle, anew, at(7)).await.unwrap().since,
        at(7)
    );
}

fn view(name: &str, is_shared: bool) -> NewView {
    NewView {
        name: name.into(),
        fragment: "map=11/1/2&show=parked".into(),
        is_shared,
    }
}

async fn views(desk: &Desk, owner: &str) -> Vec<(String, bool, bool)> {
    let views = desk.views(owner.into()).await.unwrap();
    let told = views.into_iter();
    told.map(|it| (it.name, it.is_shared, it.is_own)).collect()
}

#[tokio::test]
async fn a_view_is_its_owners_and_everybodys_once_it_is_shared() {
    let desk = Desk::open(None, at(0)).unwrap();
    desk.put_view("ann".into(), "v-1".into(), view("A", false))
        .await
        .unwrap();
    desk.put_view("bob".into(), "v-2".into(), view("B", true))
        .await
        .unwrap();
    let seen = |name: &str, shared, own| (name.to_owned(), shared, own);
    assert_eq!(
        views(&desk, "ann").await,
        [seen("A", false, true), seen("B", true, false)]
    );
    assert_eq!(views(&desk, "bob").await, [seen("B", true, true)]);
    let taken = desk
        .put_view("ann".into(), "v-2".into(), view("X", false))
        .await;
    assert!(matches!(taken, Err(DeskError::Taken(_))));
    for (id, clears_up, is_done) in [
        ("v-2", false, false),
        ("v-2", true, true),
        ("v-1", false, true),
        ("v-1", false, false),
    ] {
        let removed = desk.remove_view("ann".into(), clears_up, id.into()).await;
        assert_eq!(removed.is_ok(), is_done, "{id} {clears_up}");
    }
    desk.put_view("bob".into(), "v-3".into(), view("C", false))
        .await
        .unwrap();
    let not_hers = desk.remove_view("ann".into(), true, "v-3".into()).await;
    assert!(not_hers.is_err(), "what is not shared is nobody else's");
}

#[tokio::test]
async fn views_have_limits() {
    let desk = Desk::open(None, at(0)).unwrap();
    for n in 0..500 {
        desk.put_view("ann".into(), format!("v-{n}"), view("A", false))
            .await
            .unwrap();
    }
    desk.put_view("ann".into(), "v-0".into(), view("B", false))
        .await
        .expect("it replaces one");
    let refused = desk
        .put_view("ann".into(), "v-500".into(), view("A", false))
        .await;
    assert!(matches!(refused, Err(DeskError::TooMany(_))));
    desk.put_view("bob".into(), "v-500".into(), view("A", false))
        .await
        .unwrap();
    let long = NewView {
        fragment: "x".repeat(4_097),
        ..view("A", false)
    };
    assert!(
        desk.put_view("bob".into(), "v-501".into(), long)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_scene_that_a_screen_shows_stays_and_one_of_a_screen_that_is_gone_does_not() {
    let desk = Desk::open(None, at(0)).unwrap();
    let yard = scene::read("yard", "Yard", scene::SceneText::default()).unwrap();
    let screen: Arc<str> = "hall".into();
    let shown = Shown {
        scenes: vec!["yard".into()],
        dim_pct: 0,
    };
    desk.put_scene(yard).await.unwrap();
    let known = vec![Arc::clone(&screen)];
    desk.show(screen, shown, known.clone()).await.unwrap();

    let before = desk.wall();
    let refused = desk.remove_scene("yard".into(), known).await.unwrap_err();
    assert!(matches!(refused, DeskError::Shown));
    assert_eq!(desk.wall(), before);

    desk.remove_scene("yard".into(), Vec::new()).await.unwrap();
    assert!(desk.wall().scenes.is_empty());
    let left: Vec<_> = desk.wall().displays.values().cloned().collect();
    assert_eq!(left, [Shown::default()]);
}
