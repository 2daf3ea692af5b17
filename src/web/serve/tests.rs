//! Strangers who connect and do not get on with it.

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::task::{JoinHandle, JoinSet};

use super::*;

/// Nothing that is waited for takes longer, on however slow a machine.
const PATIENCE: Duration = Duration::from_mins(1);

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn served(bounds: Bounds) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
    let router = Router::new()
        .route("/", get(peer))
        .route("/live", get(upgrade));
    let task = tokio::spawn(serve_within(
        bounds,
        listener,
        router,
        |socket| ready(Ok(socket)),
        Many::nobody(),
        stop.clone(),
    ));
    Served {
        address,
        stop,
        task,
    }
}

/// What is upgraded stays open.
async fn upgrade(mut request: Request) -> axum::response::Response {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let _open = upgrade.await.unwrap();
        std::future::pending::<()>().await;
    });
    let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "x")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

const SHORT: Bounds = Bounds {
    max_connections: 1,
    of_address: Limits {
        served: 8,
        waiting: 8,
    },
    head_within: Duration::from_millis(50),
    pause: Duration::from_millis(1),
};
/// Nothing ends by itself.
const LONG: Bounds = Bounds {
    max_connections: 64,
    head_within: Duration::from_hours(1),
    ..SHORT
};
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
const KEPT: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const HALF: &[u8] = b"GET / HTTP/1.1\r\nhost:";
const UPGRADE: &[u8] =
    b"GET /live HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";

/// A connection to `address` from one of this machine's own addresses.
async fn connect(from: &str, address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket
        .bind(SocketAddr::new(from.parse().unwrap(), 0))
        .unwrap();
    socket.connect(address).await.unwrap()
}

async fn ask(from: &str, address: SocketAddr) -> String {
    let mut socket = connect(from, address).await;
    socket.write_all(REQUEST).await.unwrap();
    to_the_end(&mut socket).await
}

/// All that comes until it is closed, with or without a word.
async fn to_the_end(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    let _ = read.expect("it is closed");
    String::from_utf8(answer).unwrap()
}

async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let reading = async {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.unwrap());
        }
    };
    timeout(PATIENCE, reading).await.expect("a head");
    String::from_utf8(head).unwrap().to_lowercase()
}

#[tokio::test]
async fn who_never_finishes_a_request_makes_room_for_others() {
    let served = served(SHORT).await;
    let mut half = TcpStream::connect(served.address).await.unwrap();
    half.write_all(HALF).await.unwrap();
    // There is one place, and it is taken.
    let answer = ask("127.0.0.1", served.address).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.ends_with(|last: char| last.is_ascii_digit()),
        "{answer}"
    );
    assert!(!to_the_end(&mut half).await.contains("200 OK"));
}

#[tokio::test]
async fn half_a_request_does_not_hold_up_the_end() {
    let bounds = Bounds {
        max_connections: 8,
        ..SHORT
    };
    let served = served(bounds).await;
    let mut half = TcpStream::connect(served.address).await.unwrap();
    half.write_all(b"GET / HT").await.unwrap();
    let _idle = TcpStream::connect(served.address).await.unwrap();
    ask("127.0.0.1", served.address).await;
    served.stop.cancel();
    served.task.await.unwrap();
    assert!(TcpStream::connect(served.address).await.is_err());
}

#[tokio::test]
async fn one_address_cannot_take_the_places_of_all() {
    let bounds = Bounds {
        max_connections: 6,
        of_address: Limits {
            served: 2,
            waiting: 1,
        },
        ..LONG
    };
    let served = served(bounds).await;
    let stranger = || connect("127.0.0.1", served.address);
    let mut halves = [stranger().await, stranger().await];
    for half in &mut halves {
        half.write_all(HALF).await.unwrap();
    }
    let mut waits = stranger().await;
    waits.write_all(REQUEST).await.unwrap();
    for _ in 0..20 {
        assert_eq!(to_the_end(&mut stranger().await).await, "", "it is closed");
    }
    let other = ask("127.0.0.2", served.address).await;
    assert!(other.starts_with("HTTP/1.1 200"), "{other}");
    let mut byte = [0];
    let still_waits = timeout(Duration::from_millis(20), waits.read(&mut byte)).await;
    assert!(still_waits.is_err(), "both seats are taken");
    drop(halves);
    let answer = to_the_end(&mut waits).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn who_waits_for_a_place_does_not_wait_for_ever() {
    let bounds = Bounds {
        max_connections: 6,
        of_address: Limits {
            served: 0,
            waiting: 2,
        },
        ..SHORT
    };
    let served = served(bounds).await;
    assert_eq!(ask("127.0.0.1", served.address).await, "");
}

#[tokio::test]
async fn in_a_crowd_an_answer_ends_its_connection() {
    let served = served(Bounds {
        of_address: Limits {
            served: 2,
            waiting: 2,
        },
        ..LONG
    })
    .await;
    let mut first = connect("127.0.0.1", served.address).await;
    first.write_all(KEPT).await.unwrap();
    assert!(!head(&mut first).await.contains("connection: close"));
    // The first is kept, in case of another question.
    let mut second = connect("127.0.0.1", served.address).await;
    second.write_all(KEPT).await.unwrap();
    let answer = to_the_end(&mut second).await;
    assert!(answer.contains("connection: close"), "{answer}");
}

/// All of a site come back after a break, behind one address.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_screens_of_one_address_come_back_at_once() {
    let within = Duration::from_secs(30);
    // Both ends of all are this process's.
    rlimit::increase_nofile_limit(4_096).unwrap();
    let bounds = Bounds::default();
    assert!(bounds.of_address.served < 500);
    let served = served(bounds).await;
    let mut coming = JoinSet::new();
    for _ in 0..500 {
        let address = served.address;
        coming.spawn(async move {
            let mut screen = connect("127.0.0.1", address).await;
            screen.write_all(UPGRADE).await.unwrap();
            let answer = head(&mut screen).await;
            assert!(answer.starts_with("http/1.1 101"), "{answer}");
            // It stays, and so must cost nobody a place.
            screen
        });
    }
    let screens = timeout(within, coming.join_all()).await;
    assert_eq!(screens.expect("in time").len(), 500);
}
