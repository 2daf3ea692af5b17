//! People who come in by an `OpenID` provider: what their groups are worth, and who stays out.

use std::time::Duration;

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::oidc_fake::{Fake, location};
use super::{Doors, HORSE};
use crate::harness::PATIENCE;

const LOGIN: &str = "/api/v1/oidc/login";

impl Doors {
    /// The session's cookie of who comes in by `fake` with `more` in their token, or where they
    /// are led instead.
    pub(super) async fn enter_by(&self, fake: &Fake, more: &Value) -> Result<String, String> {
        let asked = self.to_provider(LOGIN).await;
        let code = fake.grant(&asked, more);
        let answer = self.back(&asked, &code).await;
        let led = location(&answer);
        let cookies: Vec<_> = answer.headers().get_all(SET_COOKIE).iter().collect();
        let lines = cookies.into_iter().map(|line| line.to_str().expect("text"));
        let session = lines.filter_map(|line| line.split(';').next());
        let session = session.filter(|pair| pair.starts_with("sid=")).last();
        session.map(str::to_owned).ok_or(led)
    }

    async fn who(&self, session: &str) -> Value {
        let none = Value::Null;
        self.well(session, Method::GET, "/api/v1/me", &none).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_out_is_offered_and_leaves_a_short_lived_cookie() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let ways = doors.ask_as_link("/api/v1/sign-in", None).await;
    let ways: Value = ways.json().await.expect("JSON");
    let expected = json!({ "password": true, "oidc": { "name": "Example", "href": LOGIN } });
    assert_eq!(ways, expected);

    let answer = doors
        .ask_as_link("/api/v1/oidc/login?next=/users", None)
        .await;
    let line = answer.headers()[SET_COOKIE].to_str().expect("text");
    assert!(line.starts_with("oidc=") && line.len() > 40, "{line}");
    assert!(
        line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"),
        "{line}"
    );
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_out_and_back_is_as_it_should_be() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let asked = doors
        .to_provider("/api/v1/oidc/login?next=/users?x=1")
        .await;
    let parameter = |name: &str| asked.parameters[name].as_str();
    assert_eq!(parameter("response_type"), "code");
    assert_eq!(parameter("client_id"), "fleetglass");
    assert_eq!(parameter("code_challenge_method"), "S256");
    assert_eq!(parameter("scope"), "openid profile groups");
    assert_eq!(
        parameter("redirect_uri"),
        doors.server.url("/api/v1/oidc/callback")
    );
    for name in ["state", "nonce", "code_challenge"] {
        assert!(parameter(name).len() >= 43, "{name}");
    }
    assert!(
        !asked
            .parameters
            .values()
            .any(|value| value.contains("canary"))
    );

    // What was there before ends, as with a password.
    let before = doors.enter("ann").await;
    let code = fake.grant(&asked, &json!({ "groups": ["staff"] }));
    let state = parameter("state");
    let path = format!("/api/v1/oidc/callback?code={code}&state={state}");
    let answer = doors
        .ask_as_link(&path, Some(&format!("{before}; {}", asked.cookie)))
        .await;
    assert_eq!(location(&answer), "/users?x=1");
    let lines: Vec<_> = answer.headers().get_all(SET_COOKIE).iter().collect();
    let lines: Vec<_> = lines
        .iter()
        .map(|line| line.to_str().expect("text"))
        .collect();
    let session = lines
        .iter()
        .find(|line| line.starts_with("sid="))
        .expect("a session");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("oidc=;") && line.contains("Max-Age=0"))
    );
    let session = session.split(';').next().expect("a pair");
    assert_ne!(session, before);
    assert!(doors.knows(session).await && !doors.knows(&before).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_worth_a_role_and_a_sight_at_each_login_anew() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let of = |groups: Value| json!({ "groups": groups });
    let staff = doors
        .enter_by(&fake, &of(json!(["staff", "x"])))
        .await
        .expect("in");
    let me = doors.who(&staff).await;
    assert_eq!(
        (&me["name"], &me["role"]),
        (&json!("Carol"), &json!("viewer"))
    );
    assert_eq!(me["sight"], json!({ "groups": ["North"] }));
    assert_eq!(me["has_password"], false);
    // A text is one group.
    let as_text = doors
        .enter_by(&fake, &of(json!("staff")))
        .await
        .expect("in");
    assert_eq!(
        doors.who(&as_text).await["id"],
        me["id"],
        "it is the same user"
    );
    // Another name does not make another user, nor does it rename.
    let promoted = json!({ "groups": ["staff", "admins"], "preferred_username": "Caroline" });
    let boss = doors.enter_by(&fake, &promoted).await.expect("in");
    let now = doors.who(&boss).await;
    assert_eq!((&now["id"], &now["name"]), (&me["id"], &json!("Carol")));
    assert_eq!(now["role"], "administrator");
    assert_eq!(now["sight"], json!({ "groups": "all" }));
    assert_eq!(
        doors.who(&staff).await["role"],
        "administrator",
        "elsewhere too"
    );
    // Whoever has no group any more is out, everywhere.
    for more in [
        json!({}),
        of(json!([])),
        of(json!("admin")),
        of(json!({ "admins": 1 })),
    ] {
        fake.say_of_user(json!({ "sub": "17" }));
        let led = doors.enter_by(&fake, &more).await;
        assert_eq!(
            led,
            Err("/login?trouble=no_group&next=/".to_owned()),
            "{more}"
        );
    }
    assert!(!doors.knows(&boss).await && !doors.knows(&staff).await);
    let boss = doors.enter("boss").await;
    let none = Value::Null;
    let log = doors.well(&boss, Method::GET, "/api/v1/audit", &none).await;
    let log = log["entries"].as_array().expect("entries").clone();
    let n_of = |what: &str| log.iter().filter(|entry| entry["what"] == what).count();
    assert_eq!(n_of("login_failed"), 4);
    assert_eq!(
        (n_of("login"), n_of("user_changed"), n_of("session_revoked")),
        (4, 1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_says_groups_at_its_userinfo_endpoint_is_asked_there() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    fake.say_of_user(json!({ "sub": "17", "groups": ["staff"] }));
    let session = doors.enter_by(&fake, &json!({})).await.expect("in");
    assert_eq!(doors.who(&session).await["role"], "viewer");
    fake.say_of_user(json!({ "sub": "18", "groups": ["admins"] }));
    let led = doors.enter_by(&fake, &json!({})).await;
    assert_eq!(
        led,
        Err("/login?trouble=untrusted&next=/".to_owned()),
        "of somebody else"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_or_bears_the_name_of_another_stays_out() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let staff = json!({ "groups": ["staff"] });
    let carol = doors.enter_by(&fake, &staff).await.expect("in");
    let boss = doors.enter("boss").await;
    let path = format!("/api/v1/users/{}", doors.who(&carol).await["id"]);
    let disable = |is_disabled: bool| json!({ "is_disabled": is_disabled });
    doors
        .well(&boss, Method::PATCH, &path, &disable(true))
        .await;
    assert!(!doors.knows(&carol).await);
    let led = doors.enter_by(&fake, &staff).await;
    assert_eq!(led, Err("/login?trouble=disabled&next=/".to_owned()));
    doors
        .well(&boss, Method::PATCH, &path, &disable(false))
        .await;
    assert!(doors.enter_by(&fake, &staff).await.is_ok());
    // One of ours is not taken over, and neither is another of theirs.
    for (sub, name) in [("18", "BOSS"), ("19", "carol")] {
        let more = json!({ "groups": ["admins"], "sub": sub, "preferred_username": name });
        let led = doors.enter_by(&fake, &more).await;
        assert_eq!(
            led,
            Err("/login?trouble=name_taken&next=/".to_owned()),
            "{name}"
        );
    }
    // A name that cannot be given is passed over.
    let more = json!({ "groups": ["staff"], "sub": "20", "preferred_username": "a\u{202e}b",
        "email": "dora@example.org" });
    let dora = doors.enter_by(&fake, &more).await.expect("in");
    assert_eq!(doors.who(&dora).await["name"], "dora@example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_the_provider_changes_are_asked_for_again_but_not_each_time() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let staff = json!({ "groups": ["staff"] });
    assert!(doors.enter_by(&fake, &staff).await.is_ok());
    assert_eq!(fake.n_key_sets(), 1);
    fake.rotate();
    assert!(doors.enter_by(&fake, &staff).await.is_ok());
    assert!(doors.enter_by(&fake, &staff).await.is_ok());
    assert_eq!(fake.n_key_sets(), 2);
    // A key that is nowhere does not make us ask without end.
    for _ in 0..3 {
        let asked = doors.to_provider(LOGIN).await;
        let claims = fake.claims(&asked, &staff);
        let code = fake.grant_as(&asked, |_| {
            super::oidc_fake::Key::new("third").token(&claims)
        });
        let answer = doors.back(&asked, &code).await;
        assert_eq!(location(&answer), "/login?trouble=untrusted&next=/");
    }
    assert_eq!(fake.n_key_sets(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn next_leads_to_pages_of_ours_alone() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    for (next, expected) in [
        ("/displays%23code=ABC", "/displays#code=ABC"),
        ("//evil.example/", "/"),
        ("/%5Cevil.example", "/"),
        ("https://evil.example/", "/"),
        ("/x/..//evil.example", "/"),
        ("/users%0d%0aset-cookie:x=y", "/"),
    ] {
        let asked = doors.to_provider(&format!("{LOGIN}?next={next}")).await;
        let code = fake.grant(&asked, &json!({ "groups": ["staff"] }));
        let answer = doors.back(&asked, &code).await;
        assert_eq!(location(&answer), expected, "{next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_keeps_nobody_else_out_and_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let fake = Fake::serve(listener);
    // Another one, where nobody listens yet.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent = free.local_addr().expect("an address");
    drop(free);
    let mut settings = fake.settings();
    let issuer = settings
        .issuer_text
        .replace(&address.to_string(), &silent.to_string());
    settings.issuer = issuer.parse().expect("an address");
    settings.issuer_text = issuer;
    let doors = Doors::open(move |config| config.access.oidc = Some(settings)).await;
    let answer = doors
        .ask_as_link("/api/v1/oidc/login?next=/users", None)
        .await;
    assert_eq!(location(&answer), "/login?trouble=down&next=/users");
    assert!(
        doors.knows(&doors.enter("ann").await).await,
        "a password does"
    );
    let listener = TcpListener::bind(silent).await.expect("it is still free");
    let fake = Fake::serve(listener);
    let coming_back = async {
        while location(&doors.ask_as_link(LOGIN, None).await).starts_with("/login") {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    };
    let came_back = tokio::time::timeout(PATIENCE, coming_back).await;
    came_back.expect("it is asked again");
    assert!(
        doors
            .enter_by(&fake, &json!({ "groups": "staff" }))
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_calls_itself_otherwise_is_none_of_ours() {
    let fake = Fake::start().await;
    let mut settings = fake.settings();
    // Its own address, as another name for this machine.
    settings.issuer_text = fake.issuer.replace("127.0.0.1", "localhost");
    settings.issuer = settings.issuer_text.parse().expect("an address");
    let doors = Doors::open(move |config| config.access.oidc = Some(settings)).await;
    let answer = doors.ask_as_link(LOGIN, None).await;
    assert_eq!(location(&answer), "/login?trouble=down&next=/");
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_cannot_be_begun_without_end_and_other_ways_in_are_closed() {
    let fake = Fake::start().await;
    let doors = fake.doors().await;
    let mut n_begun = 0;
    for _ in 0..60 {
        let led = location(&doors.ask_as_link(LOGIN, None).await);
        match led.as_str() {
            "/login?trouble=throttled&next=/" => {}
            other if other.starts_with(&fake.issuer) => n_begun += 1,
            other => panic!("{other}"),
        }
    }
    assert!((30..50).contains(&n_begun), "{n_begun}");
    // A page of another site cannot ask by script, and nobody by another method.
    let foreign = super::client().get(doors.server.url(LOGIN));
    let foreign = foreign
        .header("origin", "https://evil.example")
        .send()
        .await;
    assert_eq!(foreign.expect("an answer").status(), StatusCode::FORBIDDEN);
    for path in [LOGIN, "/api/v1/oidc/callback"] {
        for method in [Method::POST, Method::HEAD] {
            let answer = doors
                .ask(method.clone(), path)
                .send()
                .await
                .expect("an answer");
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
    // Without a provider there is nothing.
    let doors = Doors::open(|_| {}).await;
    let answer = doors.ask_as_link(LOGIN, Some("sid=x")).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let body = json!({ "name": "ann", "password": HORSE });
    let login = doors
        .ask(Method::POST, "/api/v1/session")
        .header(COOKIE, "oidc=x");
    let login = login.json(&body).send().await.expect("an answer");
    assert_eq!(login.status(), StatusCode::NO_CONTENT);
}
