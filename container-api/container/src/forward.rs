//! Ports of this machine that lead to ports of a container.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use oac_kernel::Port;

use crate::{Error, Stream, actor::Actor, machine::Machine, relay::relay};

/// Connections at once; more are closed as soon as they come.
const CONNECTIONS_MAX: usize = 512;
/// How long a client whose port nobody serves may take to say what it wants, and to hear the answer.
const REFUSE_TIMEOUT_S: u64 = 1;
const CHUNK_BYTES: usize = 16 << 10;
/// How much of a request is read that nobody serves.
const REFUSE_CHUNKS_MAX: usize = 64;

/// A forwarded port. Dropping it closes the host's port; connections that are open stay so.
#[derive(Debug)]
pub struct Forward {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
}

impl Forward {
    pub(crate) fn new(machine: &Arc<Machine>, host: SocketAddr, guest: Port) -> Result<Forward, Error> {
        let listen_error = |source| Error::Listen { port: host.port(), source };
        let listener = TcpListener::bind(host).map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let closed = Arc::new(AtomicBool::new(false));
        let (machine, flag) = (machine.clone(), closed.clone());
        thread::Builder::new()
            .name(format!("oac port {}", address.port()))
            .spawn(move || accept_all(&machine, &listener, guest, &flag))?;
        Ok(Forward { address, closed })
    }

    /// Where the host listens; with port 0 asked for, this says which one it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // Wakes the thread out of accept(2).
        drop(TcpStream::connect(self.address));
    }
}

fn accept_all(machine: &Arc<Machine>, listener: &TcpListener, guest: Port, closed: &AtomicBool) {
    let open = Arc::new(AtomicUsize::new(0));
    for connection in listener.incoming() {
        if closed.load(Ordering::Relaxed) {
            return;
        }
        // A connection that broke before it was accepted is its client's matter.
        let Ok(connection) = connection else { continue };
        if open.load(Ordering::Relaxed) >= CONNECTIONS_MAX {
            continue;
        }
        open.fetch_add(1, Ordering::Relaxed);
        let (machine, slot) = (machine.clone(), OpenSlot(open.clone()));
        // Without a thread the connection is closed: its client can try again.
        let _ = thread::Builder::new().name("oac connection".into()).spawn(move || {
            // Whatever breaks a connection, both its ends see it closed.
            let _ = serve(&machine, connection, guest);
            drop(slot);
        });
    }
}

struct OpenSlot(Arc<AtomicUsize>);

impl Drop for OpenSlot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Passes bytes both ways until both sides have ended.
fn serve(machine: &Arc<Machine>, host: TcpStream, guest: Port) -> io::Result<()> {
    let actor = Actor::new(machine, "forward");
    match actor.connect(guest) {
        Ok(fd) => relay(host, Stream::new(actor, fd)),
        Err(_) => refuse(host, guest),
    }
}

/// Nobody listens there. Whoever speaks HTTP is told so; for others closing says it.
fn refuse(mut host: TcpStream, guest: Port) -> io::Result<()> {
    host.set_read_timeout(Some(Duration::from_secs(REFUSE_TIMEOUT_S)))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let len = host.read(&mut chunk)?;
    let line = chunk[..len].split(|&byte| byte == b'\n').next().unwrap_or_default();
    if !line.windows(6).any(|part| part == b" HTTP/") {
        return Ok(());
    }
    let text = format!("nothing listens on port {guest} of the container\n");
    let head = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close";
    write!(host, "{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len())?;
    host.shutdown(Shutdown::Write)?;
    // A close while the client still sends would be a reset, which overtakes the answer.
    for _ in 0..REFUSE_CHUNKS_MAX {
        if host.read(&mut chunk)? == 0 {
            break;
        }
    }
    Ok(())
}
