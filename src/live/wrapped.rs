//! The second way to a viewer: a stream that is not a bare socket, such as TLS.
//!
//! A task of the runtime serves one viewer with the same rules (`viewer.rs`) over anything that
//! reads and writes. It costs a task and a copy into the stream's own buffers; a bare socket is
//! better served by a shard.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::tally::Tally;
use super::viewer::{End, Moment, Viewer};

const READ_BYTES: usize = 2 << 10;
/// How often the viewer is looked at for what is due by time alone.
const SWEEP_EVERY: Duration = Duration::from_millis(250);

/// Serves `viewer` over `stream` until it is over.
pub async fn run(
    stream: impl AsyncRead + AsyncWrite,
    mut viewer: Viewer,
    mut news: watch::Receiver<u64>,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> End {
    let now = || Moment {
        instant: Instant::now(),
        at: clock(),
    };
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    let mut buffer = vec![0; READ_BYTES];
    let mut tally = Tally::default();
    let mut is_told = false;
    tally.publish(1);
    let end = loop {
        viewer.fill(now());
        if let Some(end) = viewer.end() {
            break end;
        }
        let has_bytes = !viewer.outbox().is_empty();
        let bytes = viewer.outbox().front();
        tokio::select! {
            // Writing first: whatever else comes while bytes are left found the stream full.
            // Reading last: who never stops talking does not stop the clock.
            biased;
            wrote = write_or_flush(&mut writer, bytes), if has_bytes || tally.has_news() => {
                match wrote {
                    Ok(0) if has_bytes => viewer.hung_up(),
                    Ok(0) => tally.publish(1),
                    Ok(n) => tally.wrote(n, viewer.wrote(n)),
                    Err(_) => viewer.hung_up(),
                }
            }
            _ = sweep.tick() => {
                if has_bytes {
                    viewer.got_stuck(now());
                }
                viewer.tick(now());
            }
            () = shutdown.cancelled(), if !is_told => {
                is_told = true;
                viewer.leave(rand::random_range(0.0..1.0), now());
            }
            changed = news.changed() => {
                if changed.is_ok() && has_bytes {
                    viewer.got_stuck(now());
                }
            }
            read = reader.read(&mut buffer) => match read {
                Ok(n) if 0 < n => viewer.receive(&buffer[..n], now()),
                Ok(_) | Err(_) => viewer.hung_up(),
            },
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), writer.shutdown()).await;
    tally.ended(end);
    tally.publish(0);
    end
}

/// Writes some of `bytes`; without any, empties the stream's own buffers.
async fn write_or_flush(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<usize> {
    if bytes.is_empty() {
        writer.flush().await.map(|()| 0)
    } else {
        writer.write(bytes).await
    }
}
