//! Sockets.

use oac_abi::{Errno, flags::socket as sock, message::Details, sockaddr::SocketAddress};

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
    Ok((connection, padded(&address)?))
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

/// Two connected Unix sockets of a kind; it may carry SOCK_NONBLOCK and SOCK_CLOEXEC.
pub fn socket_pair(kind: u32) -> Result<(i32, i32)> {
    let mut fds = [0; 8];
    raw::socketpair(sock::AF_UNIX, kind, &mut fds)?;
    let [a, b, c, d, e, f, g, h] = fds;
    Ok((i32::from_le_bytes([a, b, c, d]), i32::from_le_bytes([e, f, g, h])))
}

/// Sends, to an address or to the other end; gives how much. `flags`: [`oac_abi::flags::message`].
pub fn send(fd: i32, bytes: &[u8], flags: u32, to: Option<&SocketAddress>) -> Result<usize> {
    let address = to.map(SocketAddress::encode).unwrap_or_default();
    raw::sendto(fd, bytes, flags, &address).map(|len| len as usize)
}

/// Receives; gives the length (with MSG_TRUNC that of the whole message) and the sender's address, if it has one.
pub fn receive(fd: i32, buf: &mut [u8], flags: u32) -> Result<(usize, Option<SocketAddress>)> {
    let mut address = [0; ADDRESS_BYTES];
    let len = raw::recvfrom(fd, buf, flags, &mut address)? as usize;
    // Nobody's address has the family 0.
    let from = if address[..2] == [0, 0] { None } else { Some(padded(&address)?) };
    Ok((len, from))
}

/// An address at the front of a larger buffer: an abstract name ends before the zeros that fill it.
fn padded(buf: &[u8]) -> Result<SocketAddress> {
    Ok(match SocketAddress::decode(buf.get(..110).unwrap_or(buf))? {
        SocketAddress::Unix(mut name) => {
            while name.last() == Some(&0) {
                name.pop();
            }
            SocketAddress::Unix(name)
        }
        address => address,
    })
}

/// Sends bytes with descriptors over a Unix socket (SCM_RIGHTS); gives how many bytes went.
pub fn send_fds(fd: i32, bytes: &[u8], fds: &[i32], flags: u32) -> Result<usize> {
    let fds: Vec<u8> = fds.iter().flat_map(|fd| fd.to_le_bytes()).collect();
    raw::sendmsg(fd, bytes, flags, &[], &fds).map(|len| len as usize)
}

/// Receives bytes and at most `fds_max` descriptors; gives the length, the descriptors and what else there is to know.
pub fn receive_fds(
    fd: i32,
    buf: &mut [u8],
    fds_max: usize,
    flags: u32,
) -> Result<(usize, Vec<i32>, Details)> {
    let (mut fds, mut details) = (vec![0; fds_max * 4], [0; Details::BYTES]);
    let len = raw::recvmsg(fd, buf, flags, &mut fds, &mut details)? as usize;
    let details = Details::decode(&details)?;
    let (numbers, _) = fds.as_chunks::<4>();
    let fds = numbers.iter().take(details.fds as usize).map(|number| i32::from_le_bytes(*number)).collect();
    Ok((len, fds, details))
}

/// Bytes that a read would give at once. FIONREAD.
pub fn available(fd: i32) -> Result<usize> {
    raw::fionread(fd).map(|len| len as usize)
}

/// Sets a socket option that is a number.
pub fn set_option(fd: i32, level: u32, option: u32, value: i32) -> Result<()> {
    raw::setsockopt(fd, level, option, &value.to_le_bytes()).map(drop)
}

/// A socket option that is a number.
pub fn option(fd: i32, level: u32, option: u32) -> Result<i32> {
    let mut value = [0; 4];
    raw::getsockopt(fd, level, option, &mut value)?;
    Ok(i32::from_le_bytes(value))
}

/// SO_ERROR: the error of an asynchronous connect, cleared by asking.
pub fn take_error(fd: i32) -> Result<Option<Errno>> {
    let mut value = [0; 4];
    raw::getsockopt(fd, sock::SOL_SOCKET, sock::SO_ERROR, &mut value)?;
    Ok(Errno::from_number(i64::from(i32::from_le_bytes(value))))
}
