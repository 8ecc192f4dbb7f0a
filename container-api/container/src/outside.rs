//! Connections of programs to the outside, by sockets of this machine: two threads for each, which copy between the socket and
//! the end that the kernel has given to an actor.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use oac_abi::Errno;
use oac_kernel::{ConnectionId, LookupId, NetworkCapability, Port};

use crate::{
    Stream,
    actor::{Actor, Fd},
    fetch::{errno_of_io, is_of_this_machine, names_host},
    machine::Machine,
    names::Names,
    relay::relay,
};

const CONNECT_TIMEOUT_S: u64 = 30;

/// A container's way to the outside, for sockets.
pub(crate) struct Connector {
    capability: NetworkCapability,
    names: Names<Vec<IpAddr>>,
    /// Those that are being made.
    wanted: Mutex<HashSet<ConnectionId>>,
}

impl Connector {
    pub(crate) fn new(capability: NetworkCapability) -> Connector {
        Connector { capability, names: Names::default(), wanted: Mutex::default() }
    }

    fn wanted(&self) -> MutexGuard<'_, HashSet<ConnectionId>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks a name up. Called with the kernel's lock held, so it only hands over.
    pub(crate) fn resolve(&self, machine: &Arc<Machine>, id: LookupId, name: String) {
        let machine = machine.clone();
        // Without a thread the name stays unknown until its asker gives up.
        let _ = thread::Builder::new().name("oac lookup".into()).spawn(move || {
            let result = machine.connector().addresses(&name).map(drop);
            machine.with_kernel(|kernel| kernel.resolved(id, result));
        });
    }

    /// Connects. Called with the kernel's lock held, so it only hands over.
    pub(crate) fn connect(&self, machine: &Arc<Machine>, id: ConnectionId, host: String, port: Port) {
        self.wanted().insert(id);
        let machine = machine.clone();
        let spawned = thread::Builder::new().name("oac connection".into()).spawn(move || {
            let made = machine.connector().open(&host, port);
            if !machine.connector().wanted().remove(&id) {
                return;
            }
            match made {
                Ok(socket) => serve(&machine, id, socket),
                Err(errno) => machine.with_kernel(|kernel| kernel.connect_failed(id, errno)),
            }
        });
        if spawned.is_err() {
            self.wanted().remove(&id);
        }
    }

    pub(crate) fn cancel(&self, id: ConnectionId) {
        self.wanted().remove(&id);
    }

    /// The addresses of a host that may be reached.
    fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Errno> {
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let all = match literal {
            Ok(address) => vec![address],
            Err(_) => self.names.get(host, || lookup(host))?,
        };
        if names_host(&self.capability, host) {
            return Ok(all);
        }
        let reachable: Vec<_> = all.into_iter().filter(|address| !is_of_this_machine(*address)).collect();
        if reachable.is_empty() { Err(Errno::EACCES) } else { Ok(reachable) }
    }

    fn open(&self, host: &str, port: Port) -> Result<TcpStream, Errno> {
        let mut failure = Errno::EHOSTUNREACH;
        for address in self.addresses(host)? {
            let address = SocketAddr::new(address, port.0);
            match TcpStream::connect_timeout(&address, Duration::from_secs(CONNECT_TIMEOUT_S)) {
                Ok(socket) => return Ok(socket),
                Err(error) => failure = errno_of_io(&error),
            }
        }
        Err(failure)
    }
}

/// Asks the system's resolver.
fn lookup(host: &str) -> Result<Vec<IpAddr>, Errno> {
    let found = (host, 0).to_socket_addrs().map_err(|error: io::Error| match error.raw_os_error() {
        Some(number) => Errno::from_number(number.into()).unwrap_or(Errno::EIO),
        // getaddrinfo(3) failed; its own codes do not come through.
        None => Errno::ENOENT,
    })?;
    Ok(found.map(|address| address.ip()).collect())
}

fn serve(machine: &Arc<Machine>, id: ConnectionId, socket: TcpStream) {
    let actor = Actor::new(machine, "outside");
    // Nobody wants it any more, or there are no descriptors left: closing the socket says so.
    let Ok(fd) = machine.with_kernel(|kernel| kernel.connected(id, actor.id())) else { return };
    // Whatever breaks a connection, both its ends see it closed.
    let _ = relay(socket, Stream::new(actor, Fd(fd)));
}
