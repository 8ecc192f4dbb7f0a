//! Bytes between a connection of this machine and one of a container, both ways.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    thread,
};

use crate::Stream;

/// Bytes passed on at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Passes bytes both ways until both sides have ended.
pub(crate) fn relay(host: TcpStream, guest: Stream) -> io::Result<()> {
    host.set_nodelay(true)?;
    let mut from_guest = guest.try_clone()?;
    let (mut from_host, mut to_guest) = (host.try_clone()?, guest);
    let mut to_host = host;
    let upward = thread::Builder::new().name("oac connection".into()).spawn(move || {
        copy(&mut from_host, &mut to_guest);
        // A connection that the container has closed already is finished.
        let _ = to_guest.finish();
    })?;
    copy(&mut from_guest, &mut to_host);
    // The container has said all. If it has closed the connection, it reads nothing either, and whoever still sends is told so.
    let how = if from_guest.other_end_is_gone() { Shutdown::Both } else { Shutdown::Write };
    let _ = to_host.shutdown(how);
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
