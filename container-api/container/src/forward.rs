//! Ports of this machine that lead to ports of a container.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use oac_kernel::Port;

use crate::{Error, Stream, actor::Actor, machine::Machine};

/// Connections at once; more are closed as soon as they come.
const CONNECTIONS_MAX: usize = 512;
/// Bytes passed on at once.
const CHUNK_BYTES: usize = 64 << 10;

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
    host.set_nodelay(true)?;
    let actor = Actor::new(machine, "forward");
    // Nobody listens there: closing the host's side says so.
    let Ok(fd) = actor.connect(guest) else { return Ok(()) };
    let mut to_guest = Stream::new(actor, fd);
    let mut from_guest = to_guest.try_clone()?;
    let mut from_host = host.try_clone()?;
    let mut to_host = host;
    let upward = thread::Builder::new().name("oac connection".into()).spawn(move || {
        copy(&mut from_host, &mut to_guest);
        let _ = to_guest.finish();
    })?;
    copy(&mut from_guest, &mut to_host);
    // The container has said all; a client that still sends has nobody who reads.
    let _ = to_host.shutdown(Shutdown::Write);
    drop(from_guest);
    let _ = upward.join();
    Ok(())
}

/// Copies until the end of the one or the break of the other.
fn copy(from: &mut impl Read, to: &mut impl Write) {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match from.read(&mut chunk) {
            Ok(len) if len > 0 && to.write_all(&chunk[..len]).is_ok() => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}
