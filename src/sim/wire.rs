//! Connections that can be made to fail: reset without a word, or open and dumb for ever.
//!
//! A fault is per vendor, but all vendors share one listener, so which vendor a connection belongs
//! to is known only from its request. Whoever reads the request holds the connection's [`Link`]
//! and spoils it from above; the [`Wire`] below then behaves accordingly. That holds after a
//! WebSocket upgrade too, since the upgraded stream is the same wire.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

// 0 is well.
const MUTE: u8 = 1;
const RESET: u8 = 2;

/// A handle on one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Link(Arc<AtomicU8>);

impl Link {
    /// Nothing is sent any more; what comes in is still read, so that a close is noticed.
    pub(super) fn mute(&self) {
        self.0.store(MUTE, Ordering::Relaxed);
    }

    /// The next write fails, and the connection ends with a reset instead of a farewell.
    pub(super) fn reset(&self) {
        self.0.store(RESET, Ordering::Relaxed);
    }

    fn is(&self, state: u8) -> bool {
        self.0.load(Ordering::Relaxed) == state
    }
}

/// One accepted connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    link: Link,
    /// The simulator is gone, and with it every connection, the mute ones included.
    end: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.link.is(RESET) {
            // If it cannot be set, the peer sees a plain close, which is a cut as well.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.link.is(RESET) || self.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.link.is(RESET) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if self.link.is(MUTE) {
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.link.is(MUTE) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A listener whose connections are [`Wire`]s.
#[derive(Debug)]
pub(super) struct WireListener {
    pub(super) listener: TcpListener,
    pub(super) end: CancellationToken,
}

impl Listener for WireListener {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    // Events are small and must not wait for company.
                    let _ = stream.set_nodelay(true);
                    let wire = Wire {
                        stream,
                        link: Link::default(),
                        end: Box::pin(self.end.clone().cancelled_owned()),
                    };
                    return (wire, address);
                }
                // Out of descriptors, or a peer that left at once: neither ends the simulator.
                Err(error) => {
                    tracing::debug!(%error, "simulator could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, WireListener>> for Link {
    fn connect_info(stream: IncomingStream<'_, WireListener>) -> Self {
        stream.io().link.clone()
    }
}
