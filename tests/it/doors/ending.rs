//! Sockets end with the right to look, whatever took it away: nobody is left with a picture that
//! is theirs no longer.

use std::time::Duration;

use fleetglass::auth::{Actor, Name};
use fleetglass::clock;
use reqwest::header::COOKIE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::{Doors, cookie, store};
use crate::harness::Viewer;

const REVOKED: (u16, &str) = (4003, "not allowed");
const CHANGED: (u16, &str) = (1012, "retry_ms=0");
/// This is promised, and measured by a test of its own.
const PROMISED: Duration = Duration::from_secs(1);
/// For tests that do not measure, as the machine may be busy with others; but by the round of each
/// minute, which is there for sessions that end by themselves, it would come too late.
const PROMPTLY: Duration = Duration::from_secs(10);

/// By what somebody looks.
pub(super) enum Shown<'a> {
    Cookie(&'a str),
    Token(&'a str),
}

impl Doors {
    /// A viewer who has the whole picture; with the epoch of it.
    pub(super) async fn look(&self, shown: Shown<'_>, query: &str) -> (Viewer, Value) {
        let url = format!("ws://{}/api/v1/live{query}", self.server.address);
        let mut request = url.into_client_request().expect("a request");
        let headers = request.headers_mut();
        let value = |text: &str| HeaderValue::from_str(text).expect("a header");
        match shown {
            Shown::Cookie(cookie) => {
                headers.insert("cookie", value(cookie));
                headers.insert("origin", value(&self.server.url("")));
            }
            Shown::Token(token) => {
                headers.insert("authorization", value(&format!("Bearer {token}")));
            }
        }
        let (socket, _) = connect_async(request).await.expect("the upgrade");
        let mut viewer = Viewer { socket };
        viewer.of_type("hello").await;
        let snapshot = viewer.of_type("snapshot").await;
        (viewer, snapshot)
    }

    async fn me(&self, cookie: &str) -> Value {
        let none = Value::Null;
        self.well(cookie, Method::GET, "/api/v1/me", &none).await
    }

    /// Ann's account, as an administrator names it.
    pub(super) async fn path_of_ann(&self, boss: &str) -> String {
        let none = Value::Null;
        let list = self.well(boss, Method::GET, "/api/v1/users", &none).await;
        let mut users = list["users"].as_array().expect("users").iter();
        let ann = users.find(|user| user["name"] == "ann").expect("ann");
        format!("/api/v1/users/{}", ann["id"])
    }
}

/// The close comes in time; what is told before it does not count.
async fn ends(mut viewer: Viewer, (code, reason): (u16, &str)) {
    let close = async {
        loop {
            if let Err(close) = viewer.next().await {
                return close;
            }
        }
    };
    let close = tokio::time::timeout(PROMPTLY, close).await;
    let close = close.expect("its socket ends promptly");
    assert_eq!(close, (code, reason.to_owned()));
}

/// How long after a revocation, which is done, its socket ends.
async fn ends_after(viewer: Viewer, (code, reason): (u16, &str)) -> Duration {
    let done = Instant::now();
    ends(viewer, (code, reason)).await;
    done.elapsed()
}

/// It is told of what comes, so its socket is open.
async fn goes_on(viewer: &mut Viewer) {
    for _ in 0..3 {
        viewer.next().await.expect("it goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_and_a_revoked_session_end_their_own_sockets_and_no_others() {
    let doors = Doors::open(|_| {}).await;
    let none = Value::Null;
    let (one, two) = (doors.enter("ann").await, doors.enter("ann").await);
    let (mut stays, _) = doors.look(Shown::Cookie(&one), "").await;
    let (first, _) = doors.look(Shown::Cookie(&two), "").await;
    let (second, _) = doors.look(Shown::Cookie(&two), "").await;
    let list = doors.well(&one, Method::GET, "/api/v1/sessions", &none);
    let list = list.await;
    let mut sessions = list["sessions"].as_array().expect("sessions").iter();
    let other = sessions.find(|session| session["is_this"] == false);
    let id = other.expect("the other one")["id"].as_str().expect("an id");
    let path = format!("/api/v1/sessions/{id}");
    doors.well(&one, Method::DELETE, &path, &none).await;
    // Each tab of that browser.
    ends(first, REVOKED).await;
    ends(second, REVOKED).await;
    goes_on(&mut stays).await;
    let logout = doors.with(&one, Method::DELETE, "/api/v1/session").await;
    assert_eq!(logout.status(), StatusCode::NO_CONTENT);
    ends(stays, REVOKED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_by_page_or_by_console_sees_nothing_more() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let (mut stays, _) = doors.look(Shown::Cookie(&boss), "").await;
    let ann = doors.enter("ann").await;
    let (viewer, _) = doors.look(Shown::Cookie(&ann), "").await;
    let path = doors.path_of_ann(&boss).await;
    let disabled = json!({ "is_disabled": true });
    doors.well(&boss, Method::PATCH, &path, &disabled).await;
    ends(viewer, REVOKED).await;

    let enabled = json!({ "is_disabled": false });
    doors.well(&boss, Method::PATCH, &path, &enabled).await;
    let ann = doors.enter("ann").await;
    let (viewer, _) = doors.look(Shown::Cookie(&ann), "").await;
    // As `fleetglass user disable` does it: from another process, beside the server.
    let console = store(doors.dir.path());
    let name = Name::parse("ann").expect("a name");
    let user = console.user_named(&name).await.expect("a store");
    let (by, id) = (Actor::console(), user.expect("ann").id);
    let done = console.set_disabled(&by, id, true, clock::now()).await;
    done.expect("it is done");
    ends(viewer, REVOKED).await;
    goes_on(&mut stays).await;
}

/// The best of three, since others use the machine as well; it can only be too slow by luck.
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_within_a_second_by_page_and_by_console() {
    let doors = Doors::open(|_| {}).await;
    let (boss, none) = (doors.enter("boss").await, Value::Null);
    let (console, by) = (store(doors.dir.path()), Actor::console());
    let name = Name::parse("ann").expect("a name");
    let ann = console.user_named(&name).await.expect("a store");
    let ann = ann.expect("ann").id;
    let (mut by_page, mut by_console) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let new = json!({ "kind": "program", "name": "Planner", "sight": { "groups": "all" } });
        let made = doors.well(&boss, Method::POST, "/api/v1/tokens", &new);
        let made = made.await;
        let token = made["token"].as_str().expect("a token");
        let (program, _) = doors.look(Shown::Token(token), "").await;
        let path = format!("/api/v1/tokens/{}", made["id"].as_str().expect("an id"));
        doors.well(&boss, Method::DELETE, &path, &none).await;
        by_page.push(ends_after(program, REVOKED).await);

        let cookie = doors.enter("ann").await;
        let (viewer, _) = doors.look(Shown::Cookie(&cookie), "").await;
        let shut_out = console.set_disabled(&by, ann, true, clock::now());
        shut_out.await.expect("it is done");
        by_console.push(ends_after(viewer, REVOKED).await);
        let let_in = console.set_disabled(&by, ann, false, clock::now());
        let_in.await.expect("it is done");
        // Until the server knows that she may come in again.
        doors
            .server
            .access
            .look_after(clock::now())
            .expect("it is well");
    }
    for (way, all) in [("page", by_page), ("console", by_console)] {
        let best = all.iter().min().expect("three");
        assert!(*best <= PROMISED, "by {way}: {all:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_and_a_revoked_display_go_dark() {
    let doors = Doors::open(|_| {}).await;
    let boss = doors.enter("boss").await;
    let none = Value::Null;
    let everything = json!({ "groups": "all" });
    let new = json!({ "kind": "program", "name": "Planner", "sight": everything });
    let made = doors.well(&boss, Method::POST, "/api/v1/tokens", &new);
    let made = made.await;
    let token = made["token"].as_str().expect("a token");
    let (program, _) = doors.look(Shown::Token(token), "").await;

    let asked = doors.ask(Method::POST, "/api/v1/pairing").send().await;
    let asked: Value = asked.expect("an answer").json().await.expect("JSON");
    let code = asked["code"].as_str().expect("a code");
    let path = format!("/api/v1/pairing/{code}/approve");
    let screen = json!({ "name": "Hall", "sight": everything });
    doors.well(&boss, Method::POST, &path, &screen).await;
    let secret = json!({ "secret": asked["secret"] });
    let poll = doors
        .ask(Method::POST, "/api/v1/pairing/poll")
        .json(&secret);
    let paired = poll.send().await.expect("an answer");
    let display = cookie(paired.headers());
    let (mut wall, _) = doors.look(Shown::Cookie(&display), "").await;

    let path = format!("/api/v1/tokens/{}", made["id"].as_str().expect("an id"));
    doors.well(&boss, Method::DELETE, &path, &none).await;
    ends(program, REVOKED).await;
    goes_on(&mut wall).await;
    let id = doors.me(&display).await["id"].clone();
    let path = format!("/api/v1/tokens/{}", id.as_str().expect("an id"));
    doors.well(&boss, Method::DELETE, &path, &none).await;
    ends(wall, REVOKED).await;
    // It cannot come back either.
    let again = doors
        .ask(Method::GET, "/api/v1/live")
        .header(COOKIE, display);
    let again = again.send().await.expect("an answer").status();
    assert_eq!(again, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_see_less_stays_in_and_sees_less_at_once() {
    let doors = Doors::open(|_| {}).await;
    let (boss, ann) = (doors.enter("boss").await, doors.enter("ann").await);
    let all = doors.settled(&boss).await;
    let group = all.iter().find_map(|vehicle| vehicle["groups"][0].as_str());
    let group = group.expect("a group");
    let is_in = |vehicle: &&Value| is_in(vehicle, group);
    let n_left = all.iter().filter(is_in).count();
    assert!(n_left < all.len(), "some have to go: {all:?}");
    let (viewer, snapshot) = doors.look(Shown::Cookie(&ann), "").await;
    assert_eq!(
        snapshot["vehicles"].as_array().map(Vec::len),
        Some(all.len())
    );
    let (mut stays, _) = doors.look(Shown::Cookie(&boss), "").await;
    let path = doors.path_of_ann(&boss).await;
    let less = json!({ "sight": { "groups": [group] } });
    doors.well(&boss, Method::PATCH, &path, &less).await;
    ends(viewer, CHANGED).await;
    // It comes back as pages do, from where it was: that is no way to go on with the old picture.
    let epoch = snapshot["epoch"].as_str().expect("an epoch");
    let query = format!("?epoch={epoch}&seq={}", snapshot["seq"]);
    let (_back, snapshot) = doors.look(Shown::Cookie(&ann), &query).await;
    let shown = snapshot["vehicles"].as_array().expect("vehicles");
    assert_eq!(shown.len(), n_left);
    assert!(shown.iter().all(|vehicle| is_in(&vehicle)), "{snapshot}");
    goes_on(&mut stays).await;
}

fn is_in(vehicle: &Value, group: &str) -> bool {
    let mut groups = vehicle["groups"].as_array().into_iter().flatten();
    groups.any(|name| name == group)
}
