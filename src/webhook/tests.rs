//! Deliveries against a small server: signed, in order, until they are taken, over restarts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::domain::alarm::{Alarm, AlarmEvent, AlarmKind};
use crate::domain::order::{Orders, Severity};

const PATIENCE: Duration = Duration::from_mins(1);
const SECRET: &str = "0123456789abcdef";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// An alarm of which little is known.
pub(super) fn alarm(id: u64) -> Alarm {
    Alarm {
        id,
        rule: ("r".into(), "Rule".into()),
        kind: AlarmKind::Speeding,
        severity: Severity::Warning,
        vehicle: None,
        source: None,
        place: None,
        place_groups: BTreeSet::new(),
        began_at: at(0),
        ended_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
        is_quiet: false,
        repeat_after: None,
        speed: None,
        lasted: None,
        position: None,
    }
}

/// What came.
#[derive(Debug)]
struct Heard {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn alarm_id(&self) -> String {
        self.json()["alarm"]["id"].as_str().unwrap().to_owned()
    }
}

/// Somebody who is told, and answers as it is asked to.
struct Receiver {
    port: u16,
    status: Arc<AtomicU16>,
    heard: mpsc::Receiver<Heard>,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, heard) = mpsc::channel(1_024);
        let status = Arc::new(AtomicU16::new(200));
        let answers = Arc::clone(&status);
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                if let Some(heard) = read(&mut socket).await {
                    let status = answers.load(Ordering::SeqCst);
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:{port}/there\r\n\
                         content-length: 0\r\nconnection: close\r\n\r\n"
                    );
                    let _ = told.try_send(heard);
                    let _ = socket.write_all(answer.as_bytes()).await;
                }
            }
        });
        Self {
            port,
            status,
            heard,
            task,
        }
    }

    fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    async fn next(&mut self) -> Heard {
        let heard = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
        heard
            .expect("somebody tells it in time")
            .expect("it listens")
    }
}

async fn read(socket: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lines = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "));
            let mut headers: BTreeMap<String, String> = lines
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            headers.insert("path".into(), head.split(' ').nth(1)?.to_owned());
            let length: usize = headers.get("content-length")?.parse().ok()?;
            if length <= body.len() {
                let body = body.to_owned();
                return Some(Heard { headers, body });
            }
        }
        let mut some = [0; 4_096];
        let n = socket.read(&mut some).await.ok().filter(|n| 0 < *n)?;
        bytes.extend_from_slice(&some[..n]);
    }
}

/// A teller at work.
struct Telling {
    webhooks: Webhooks,
    news: mpsc::Sender<News>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

fn open(dir: Option<PathBuf>) -> Webhooks {
    let pace = Pace {
        first: Duration::from_millis(5),
        most: Duration::from_millis(20),
    };
    let settings = WebhookSettings {
        dir,
        private: false,
        pace,
    };
    Webhooks::open(&settings).unwrap()
}

fn start(webhooks: &Webhooks, orders: Orders) -> Telling {
    let (news, receiver) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let (_, orders) = watch::channel(Arc::new(orders));
    let run = webhooks
        .clone()
        .run(receiver, orders, || at(0), stop.clone());
    Telling {
        webhooks: webhooks.clone(),
        news,
        stop,
        task: tokio::spawn(run),
    }
}

impl Telling {
    async fn tell(&self, alarm: Alarm) {
        let told = self.news.send((AlarmEvent::Began, Arc::new(alarm))).await;
        assert!(told.is_ok());
    }

    async fn health(&self, id: &str) -> HookHealth {
        let all = self.webhooks.all().await.unwrap();
        let found = all.into_iter().find(|(hook, _)| hook.id == id);
        found.unwrap().1
    }

    async fn until(&self, id: &str, is_met: impl Fn(&HookHealth) -> bool) -> HookHealth {
        let asking = async {
            loop {
                let health = self.health(id).await;
                if is_met(&health) {
                    return health;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asking)
            .await
            .expect("in time")
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

fn hook(port: u16) -> NewHook {
    NewHook {
        name: "Pager".into(),
        url: format!("http://127.0.0.1:{port}/hook"),
        enabled: true,
        kinds: Vec::new(),
        severities: Vec::new(),
        secret: Some(SecretString::from(SECRET)),
    }
}

/// By another library than that which signs.
fn is_signed(heard: &Heard, secret: &str) -> bool {
    use aws_lc_rs::hmac;
    let line = &heard.headers["fleetglass-signature"];
    let (t, v1) = line.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{t}.{}", heard.body).as_bytes());
    let bytes = v1.as_bytes().chunks(2).map(|two| {
        let digits = str::from_utf8(two).unwrap();
        u8::from_str_radix(digits, 16).unwrap()
    });
    bytes.eq(tag.as_ref().iter().copied())
}

#[tokio::test]
async fn a_delivery_is_signed_and_says_what_it_is() {
    let mut receiver = Receiver::start(0).await;
    let webhooks = open(None);
    assert!(
        webhooks
            .put("a".into(), hook(receiver.port))
            .await
            .unwrap()
            .is_none()
    );
    let telling = start(&webhooks, Orders::default());
    telling.tell(alarm(17)).await;
    let heard = receiver.next().await;
    assert!(is_signed(&heard, SECRET) && !is_signed(&heard, "0123456789abcdeg"));
    let told = heard.json();
    assert_eq!(told["event"], "alarm.began");
    assert_eq!(told["alarm"]["id"], "17");
    assert_eq!(told["id"], *heard.headers["fleetglass-delivery"]);
    assert_eq!(heard.headers["path"], "/hook");
    let health = telling.until("a", |health| health.waiting == 0).await;
    assert_eq!((health.failures, health.last_success_at), (0, Some(at(0))));
    telling.end().await;
}

#[tokio::test]
async fn what_fails_is_told_again_in_order_and_holds_up_nobody_else() {
    let (mut ill, mut well) = (Receiver::start(0).await, Receiver::start(0).await);
    ill.answer(500);
    let webhooks = open(None);
    webhooks.put("ill".into(), hook(ill.port)).await.unwrap();
    webhooks.put("well".into(), hook(well.port)).await.unwrap();
    let telling = start(&webhooks, Orders::default());
    for id in 1..=3 {
        telling.tell(alarm(id)).await;
    }
    let expected = ["1", "2", "3"];
    for id in expected {
        assert_eq!(well.next().await.alarm_id(), id);
    }
    let first = ill.next().await;
    let again = ill.next().await;
    assert_eq!(
        (first.alarm_id(), again.alarm_id()),
        ("1".into(), "1".into())
    );
    let id = "fleetglass-delivery";
    assert_eq!(first.headers[id], again.headers[id]);
    let health = telling.until("ill", |health| 1 < health.failures).await;
    assert_eq!((health.waiting, health.dropped), (3, 0));
    assert_eq!(health.last_error.as_deref(), Some("127.0.0.1 answered 500"));
    ill.answer(204);
    let mut taken = Vec::new();
    while taken.last().map(String::as_str) != Some("3") {
        taken.push(ill.next().await.alarm_id());
    }
    taken.dedup();
    assert_eq!(taken, expected);
    telling
        .until("ill", |health| health.waiting == 0 && health.failures == 0)
        .await;
    telling.end().await;
}

#[tokio::test]
async fn what_waits_is_told_after_a_restart_and_after_the_receivers_death() {
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(0).await;
    let port = receiver.port;
    receiver.task.abort();
    let _ = receiver.task.await;
    let webhooks = open(Some(dir.path().to_owned()));
    webhooks.put("a".into(), hook(port)).await.unwrap();
    let telling = start(&webhooks, Orders::default());
    telling.tell(alarm(1)).await;
    telling.tell(alarm(2)).await;
    let health = telling
        .until("a", |health| 2 == health.waiting && 0 < health.failures)
        .await;
    assert!(health.last_error.unwrap().contains("127.0.0.1"));
    telling.end().await;
    drop(webhooks);
    let mut receiver = Receiver::start(port).await;
    let webhooks = open(Some(dir.path().to_owned()));
    let telling = start(&webhooks, Orders::default());
    let first = receiver.next().await;
    assert!(is_signed(&first, SECRET), "the secret was kept");
    assert_eq!(
        (first.alarm_id(), receiver.next().await.alarm_id()),
        ("1".into(), "2".into())
    );
    telling.end().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut receiver = Receiver::start(0).await;
    receiver.answer(307);
    let webhooks = open(None);
    webhooks.put("a".into(), hook(receiver.port)).await.unwrap();
    assert_eq!(webhooks.test("a".into(), at(0)).await.unwrap(), 307);
    let telling = start(&webhooks, Orders::default());
    telling.tell(alarm(1)).await;
    let health = telling.until("a", |health| 1 < health.failures).await;
    assert!(health.last_error.unwrap().contains("not followed"));
    telling.end().await;
    while let Ok(heard) = receiver.heard.try_recv() {
        assert_eq!(heard.headers["path"], "/hook");
    }
}

#[tokio::test]
async fn a_private_network_is_not_reached_unless_the_operator_says_so() {
    let webhooks = open(None);
    let private = NewHook {
        url: "https://10.255.255.1/x".into(),
        ..hook(1)
    };
    let refused = webhooks.put("a".into(), private.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("private = true"), "{refused}");
    // As one that was kept while it was allowed.
    let kept = Hook::read("a", &private, true).unwrap();
    store::write(&webhooks.0.db(), &kept, &SecretString::from(SECRET)).unwrap();
    let refused = webhooks.test("a".into(), at(0)).await.unwrap_err();
    assert!(matches!(&refused, WebhookError::NotTaken(words) if words.contains("private")));
}

#[tokio::test]
async fn each_hears_what_it_wants_and_what_the_rule_says() {
    let (mut one, mut other) = (Receiver::start(0).await, Receiver::start(0).await);
    let webhooks = open(None);
    let panics = NewHook {
        kinds: vec!["panic".into()],
        ..hook(one.port)
    };
    webhooks.put("panics".into(), panics).await.unwrap();
    webhooks.put("all".into(), hook(other.port)).await.unwrap();
    let off = NewHook {
        enabled: false,
        ..hook(one.port)
    };
    webhooks.put("off".into(), off).await.unwrap();
    let mut orders = Orders::default();
    let text =
        r#"{"name":"R","kind":"panic","severity":"alarm","enabled":true,"webhooks":["panics"]}"#;
    let named = crate::desk::rule::read("named", serde_json::from_str(text).unwrap()).unwrap();
    orders.rules.insert("named".into(), Arc::new(named));
    let telling = start(&webhooks, orders);
    telling.tell(alarm(1)).await;
    let panic = |id, rule: &str| Alarm {
        kind: AlarmKind::Panic,
        rule: (rule.into(), "Rule".into()),
        ..alarm(id)
    };
    telling.tell(panic(2, "named")).await;
    telling.tell(panic(3, "r")).await;
    assert_eq!(
        [one.next().await.alarm_id(), one.next().await.alarm_id()],
        ["2", "3"]
    );
    assert_eq!(
        [other.next().await.alarm_id(), other.next().await.alarm_id()],
        ["1", "3"]
    );
    telling.end().await;
}

#[tokio::test]
async fn a_secret_is_made_shown_once_and_kept() {
    let mut receiver = Receiver::start(0).await;
    let webhooks = open(None);
    let without = NewHook {
        secret: None,
        ..hook(receiver.port)
    };
    let made = webhooks
        .put("a".into(), without.clone())
        .await
        .unwrap()
        .unwrap();
    assert!(webhooks.put("a".into(), without).await.unwrap().is_none());
    assert_eq!(webhooks.test("a".into(), at(0)).await.unwrap(), 200);
    let heard = receiver.next().await;
    assert_eq!(heard.json()["event"], "test");
    assert!(is_signed(&heard, made.expose_secret()));
    assert!(!format!("{:?}", webhooks.all().await.unwrap()).contains(made.expose_secret()));
}

fn delivery(n: usize, vehicle: Option<&str>) -> store::NewDelivery {
    store::NewDelivery {
        hook: "a".into(),
        id: n.to_string(),
        vehicle: vehicle.map(str::to_owned),
        body: "{}".into(),
    }
}

#[tokio::test]
async fn a_queue_has_an_end_and_old_news_is_given_up() {
    let webhooks = open(None);
    webhooks.put("a".into(), hook(1)).await.unwrap();
    let many: Vec<_> = (0..store::WAITING_MAX + 3)
        .map(|n| delivery(n, None))
        .collect();
    let db = webhooks.0.db();
    store::add(&db, &many, at(0)).unwrap();
    let counts = |db: &Connection| store::hooks(db).unwrap()[0].1;
    let expected = |waiting, dropped| store::Counts { waiting, dropped };
    assert_eq!(counts(&db), expected(1_000, 3));
    assert_eq!(store::heads(&db).unwrap()[0].id, "3", "the oldest went");
    store::add(&db, &[delivery(9, None)], at(60)).unwrap();
    assert_eq!(counts(&db), expected(1_000, 4));
    store::give_up(&db, at(86_400)).unwrap();
    assert_eq!(counts(&db), expected(1_000, 4));
    store::give_up(&db, at(86_401)).unwrap();
    assert_eq!(counts(&db), expected(1, 1_003));
    store::add(
        &db,
        &[store::NewDelivery {
            hook: "b".into(),
            ..delivery(1, None)
        }],
        at(0),
    )
    .unwrap();
    assert_eq!(
        counts(&db),
        expected(1, 1_003),
        "of no webhook that there is"
    );
}

#[tokio::test]
async fn what_waits_goes_with_its_webhook_and_with_its_vehicle() {
    let dir = tempfile::tempdir().unwrap();
    let webhooks = open(Some(dir.path().to_owned()));
    webhooks.put("a".into(), hook(1)).await.unwrap();
    let some = [
        delivery(1, Some("reg:CANARY")),
        delivery(2, Some("reg:B")),
        delivery(3, None),
    ];
    store::add(&webhooks.0.db(), &some, at(0)).unwrap();
    webhooks
        .forget_vehicle(VehicleId::new("reg:CANARY"))
        .await
        .unwrap();
    assert_eq!(store::hooks(&webhooks.0.db()).unwrap()[0].1.waiting, 2);
    for file in dir.path().read_dir().unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|some| some == b"CANARY"));
    }
    webhooks.remove("a".into()).await.unwrap();
    assert!(matches!(
        webhooks.remove("a".into()).await,
        Err(WebhookError::Unknown)
    ));
    webhooks.put("a".into(), hook(1)).await.unwrap();
    assert_eq!(store::hooks(&webhooks.0.db()).unwrap()[0].1.waiting, 0);
}
