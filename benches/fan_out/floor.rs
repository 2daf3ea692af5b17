//! The floor: a server that does nothing but hand the same bytes to each socket.
//!
//! No viewer can be served for less on this kernel with `write`. It reads a request, answers as a
//! WebSocket server would without looking at it, and then writes.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use fleetglass::clock;
use fleetglass::live::ws::message::{self, Opcode};

use crate::child::{self, Server};
use crate::text::{self, Result};

const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Accept: none\r\n\r\n";

struct Floor {
    listener: TcpListener,
    viewers: Vec<TcpStream>,
    seq: u64,
}

pub(crate) fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    listener.set_nonblocking(true)?;
    child::obey(
        port,
        &mut Floor {
            listener,
            viewers: Vec::new(),
            seq: 0,
        },
    )
}

impl Server for Floor {
    fn publish(&mut self, bytes: usize) -> Result<()> {
        self.seq += 1;
        let mut payload = text::head(self.seq, clock::now());
        while payload.len() < bytes {
            payload.push('x');
        }
        let frame = message::message(Opcode::Text, false, payload.as_bytes());
        for viewer in &mut self.viewers {
            match viewer.write(&frame) {
                Ok(n) if n == frame.len() => {}
                Ok(_) => return Err("a viewer took only part of a frame".into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Viewers come in while nothing is measured.
    fn idle(&mut self) -> Result<()> {
        while let Ok((mut viewer, _)) = self.listener.accept() {
            viewer.set_nonblocking(false)?;
            viewer.set_nodelay(true)?;
            let mut request = [0; 4_096];
            // The client sends its request at once and whole.
            let _ = viewer.read(&mut request)?;
            viewer.write_all(ANSWER)?;
            viewer.set_nonblocking(true)?;
            self.viewers.push(viewer);
        }
        Ok(())
    }
}
