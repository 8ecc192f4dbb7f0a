//! Sockets.

use oac_abi::{Errno, flags::socket as sock, sockaddr::SocketAddress};

use crate::{Result, raw};

const ADDRESS_BYTES: usize = 128;

/// Makes a socket; `kind` may carry SOCK_NONBLOCK and SOCK_CLOEXEC.
pub fn socket(domain: u32, kind: u32) -> Result<i32> {
    raw::socket(domain, kind, 0).map(|fd| fd as i32)
}

/// Gives a socket its address.
pub fn bind(fd: i32, address: &SocketAddress) -> Result<()> {
    raw::bind(fd, &address.encode()).map(drop)
}

/// Accepts connections from now on.
pub fn listen(fd: i32, backlog: u32) -> Result<()> {
    raw::listen(fd, backlog).map(drop)
}

/// Takes the next connection and its peer's address.
pub fn accept(fd: i32, flags: u32) -> Result<(i32, SocketAddress)> {
    let mut address = [0; ADDRESS_BYTES];
    let connection = raw::accept4(fd, flags, &mut address)? as i32;
    Ok((connection, SocketAddress::decode(&address)?))
}

/// Connects; EINPROGRESS when non-blocking: wait for POLLOUT, then [`take_error`].
pub fn connect(fd: i32, address: &SocketAddress) -> Result<()> {
    raw::connect(fd, &address.encode()).map(drop)
}

/// Closes one direction, or both.
pub fn shutdown(fd: i32, how: u32) -> Result<()> {
    raw::shutdown(fd, how).map(drop)
}

/// A socket's own address.
pub fn socket_address(fd: i32) -> Result<SocketAddress> {
    let mut address = [0; ADDRESS_BYTES];
    let len = raw::getsockname(fd, &mut address)? as usize;
    SocketAddress::decode(&address[..len.min(ADDRESS_BYTES)])
}

/// The other end's address.
pub fn peer_address(fd: i32) -> Result<SocketAddress> {
    let mut address = [0; ADDRESS_BYTES];
    let len = raw::getpeername(fd, &mut address)? as usize;
    SocketAddress::decode(&address[..len.min(ADDRESS_BYTES)])
}

/// SO_ERROR: the error of an asynchronous connect, cleared by asking.
pub fn take_error(fd: i32) -> Result<Option<Errno>> {
    let mut value = [0; 4];
    raw::getsockopt(fd, sock::SOL_SOCKET, sock::SO_ERROR, &mut value)?;
    Ok(Errno::from_number(i64::from(i32::from_le_bytes(value))))
}
