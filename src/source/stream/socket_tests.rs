//! A socket against a server that says one thing and ends.

use futures_util::SinkExt;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

use super::*;
use crate::domain::SourceId;
use crate::source::decode::testing::dialect;

/// What the server sends before its end, and how it ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The connection breaks.
    Torn,
    /// A close frame.
    Closed,
}

/// How often the socket says that it is well, and how it ends.
async fn n_successes(frame: Option<&'static str>, end: End) -> (usize, Ending) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut stream = accept_async(socket).await.unwrap();
        if let Some(frame) = frame {
            stream.send(frame.into()).await.unwrap();
        }
        if let End::Closed = end {
            stream.close(None).await.unwrap();
        }
    });
    let (reports, mut heard) = mpsc::channel(16);
    let plug = Plug {
        target: Target {
            url: url.parse().unwrap(),
            is_named: true,
        },
        tls: tls::client_config(&[], false).unwrap(),
        bearer: None,
        dialect: dialect("x"),
        events: |_, _, _| Ok(vec![Event::Heartbeat]),
        idle: Idle::new(None, None),
        rhythm: Rhythm::default(),
        outlet: Outlet::new(SourceId::new("x"), reports),
        secrets: Secrets::default(),
    };
    let (opened, _hears_opened) = mpsc::channel(1);
    let ending = tokio::spawn(run(plug, opened)).await.unwrap();
    let mut n = 0;
    while let Some(report) = heard.recv().await {
        n += usize::from(matches!(report.said, Said::Signal(Signal::Success)));
    }
    (n, ending)
}

#[tokio::test]
async fn a_handshake_and_an_end_are_no_success() {
    for end in [End::Torn, End::Closed] {
        let (n, ending) = n_successes(None, end).await;
        assert!(matches!(ending, Ending::Closed(_)), "{ending:?}");
        assert_eq!(n, 0, "{end:?}");
    }
}

#[tokio::test]
async fn a_frame_is_a_success() {
    let (n, _) = n_successes(Some("{}"), End::Torn).await;
    assert_eq!(n, 1);
}
