//! Sockets and waiting for them.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use oac_abi::{
    flags::{poll as bits, socket as sock},
    sockaddr::SocketAddress,
};

use super::{Errno, Result, Text, raw, two};

const ADDRESS_BYTES: usize = 128;

/// An address, as Linux lays it out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address(Vec<u8>);

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_slice() {
            [] => write!(f, "nothing"),
            [1, 0] => write!(f, "unnamed"),
            [1, 0, 0, rest @ ..] => write!(f, "abstract {:?}", own_name(rest)),
            [1, 0, path @ ..] => {
                write!(
                    f,
                    "path {:?}",
                    Text(path.split(|&byte| byte == 0).next().unwrap_or_default().to_vec())
                )
            }
            bytes => match SocketAddress::decode(bytes) {
                Ok(SocketAddress::V4(v4)) => write!(f, "{}:{}", v4.ip(), port_class(v4.port())),
                Ok(SocketAddress::V6(v6)) => write!(f, "[{}]:{}", v6.ip(), port_class(v6.port())),
                _ => write!(f, "{bytes:?}"),
            },
        }
    }
}

/// Ports are the machine's to choose.
fn port_class(port: u16) -> &'static str {
    if port == 0 { "0" } else { "port" }
}

/// Names made by [`abstract_name`] without the number that keeps runs apart.
fn own_name(name: &[u8]) -> String {
    let text = name.escape_ascii().to_string();
    text.split_once(':').map_or(text.clone(), |(_, own)| own.to_owned())
}

/// A port of this machine, by IPv4.
pub(crate) fn v4(port: u16) -> Address {
    Address(SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).encode())
}

/// Any IPv4 address of this machine.
pub(crate) fn v4_any(port: u16) -> Address {
    Address(SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)).encode())
}

/// A port of this machine, by IPv6.
pub(crate) fn v6(port: u16) -> Address {
    Address(SocketAddress::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, port, 0, 0)).encode())
}

/// A Unix socket's path.
pub(crate) fn unix(path: &str) -> Address {
    Address([&[1, 0], path.as_bytes()].concat())
}

/// A Unix socket's name that is no path; it carries the process's number, as all of the machine shares these names.
pub(crate) fn abstract_name(name: &str) -> Address {
    Address([&[1, 0, 0], format!("{}:{name}", super::getpid().unwrap_or(0)).as_bytes()].concat())
}

impl Address {
    /// The port of an Internet address.
    pub(crate) fn port(&self) -> u16 {
        match self.0.as_slice() {
            [_, _, high, low, ..] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        }
    }
}

pub(crate) fn socket(domain: u32, kind: u32) -> Result<i32> {
    raw::socket(domain, kind, 0).map(|fd| fd as i32)
}

pub(crate) fn tcp() -> Result<i32> {
    socket(sock::AF_INET, sock::STREAM)
}

pub(crate) fn udp() -> Result<i32> {
    socket(sock::AF_INET, sock::DGRAM)
}

pub(crate) fn bind(fd: i32, address: &Address) -> Result<()> {
    raw::bind(fd, &address.0).map(drop)
}

pub(crate) fn listen(fd: i32, backlog: u32) -> Result<()> {
    raw::listen(fd, backlog).map(drop)
}

pub(crate) fn accept(fd: i32, flags: u32) -> Result<i32> {
    raw::accept4(fd, flags, &mut []).map(|fd| fd as i32)
}

pub(crate) fn connect(fd: i32, address: &Address) -> Result<()> {
    raw::connect(fd, &address.0).map(drop)
}

pub(crate) fn shutdown(fd: i32, how: u32) -> Result<()> {
    raw::shutdown(fd, how).map(drop)
}

pub(crate) fn socket_address(fd: i32) -> Result<Address> {
    address_of(|address| raw::getsockname(fd, address))
}

pub(crate) fn peer_address(fd: i32) -> Result<Address> {
    address_of(|address| raw::getpeername(fd, address))
}

fn address_of(call: impl FnOnce(&mut [u8]) -> Result<i64>) -> Result<Address> {
    let mut address = vec![0; ADDRESS_BYTES];
    let len = call(&mut address)? as usize;
    address.truncate(len);
    Ok(Address(address))
}

/// A number that an option holds.
pub(crate) fn option(fd: i32, level: u32, option: u32) -> Result<i32> {
    let mut value = [0; 4];
    raw::getsockopt(fd, level, option, &mut value)?;
    Ok(i32::from_le_bytes(value))
}

pub(crate) fn set_option(fd: i32, level: u32, option: u32, value: i32) -> Result<()> {
    raw::setsockopt(fd, level, option, &value.to_le_bytes()).map(drop)
}

/// SO_ERROR, by its name.
pub(crate) fn socket_error(fd: i32) -> Result<&'static str> {
    let number = option(fd, sock::SOL_SOCKET, sock::SO_ERROR)?;
    Ok(Errno::from_number(number.into()).map_or("none", Errno::name))
}

pub(crate) fn socketpair(kind: u32) -> Result<(i32, i32)> {
    let mut fds = [0; 8];
    raw::socketpair(sock::AF_UNIX, kind, &mut fds)?;
    Ok(two(&fds))
}

pub(crate) fn send(fd: i32, text: &str, flags: u32) -> Result<i64> {
    raw::sendto(fd, text.as_bytes(), flags, &[])
}

pub(crate) fn sendto(fd: i32, text: &str, address: &Address) -> Result<i64> {
    raw::sendto(fd, text.as_bytes(), 0, &address.0)
}

pub(crate) fn recv(fd: i32, len: usize, flags: u32) -> Result<Text> {
    let mut buf = vec![0; len];
    let len = raw::recvfrom(fd, &mut buf, flags, &mut [])? as usize;
    buf.truncate(len);
    Ok(Text(buf))
}

/// What poll(2) says of each descriptor, as `IN OUT …`.
pub(crate) fn poll(fds: &[(i32, u16)], timeout_ms: i64) -> Result<Vec<String>> {
    let mut records = Vec::new();
    for (fd, events) in fds {
        records.extend_from_slice(&fd.to_le_bytes());
        records.extend_from_slice(&events.to_le_bytes());
        records.extend_from_slice(&[0, 0]);
    }
    let mut ready = vec![0; records.len()];
    let timeout_ns = if timeout_ms < 0 { -1 } else { timeout_ms * 1_000_000 };
    raw::poll(&records, timeout_ns, &mut ready)?;
    Ok(ready
        .chunks_exact(bits::RECORD_BYTES)
        .map(|record| event_names(u16::from_le_bytes([record[6], record[7]])))
        .collect())
}

/// The events of one descriptor, now; all are asked for.
pub(crate) fn ready(fd: i32) -> Result<String> {
    let all = bits::IN | bits::OUT | bits::PRI | bits::RDHUP;
    poll(&[(fd, all)], 0).map(|mut found| found.remove(0))
}

/// Waits for one of the events.
pub(crate) fn wait_ready(fd: i32, events: u16) -> Result<String> {
    poll(&[(fd, events)], -1).map(|mut found| found.remove(0))
}

fn event_names(events: u16) -> String {
    let names = [
        (bits::IN, "IN"),
        (bits::PRI, "PRI"),
        (bits::OUT, "OUT"),
        (bits::ERR, "ERR"),
        (bits::HUP, "HUP"),
        (bits::NVAL, "NVAL"),
        (bits::RDHUP, "RDHUP"),
    ];
    names.iter().filter(|(bit, _)| events & bit != 0).map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

/// A listener on a port that the machine chooses, and that port.
pub(crate) fn listener() -> Result<(i32, u16)> {
    let fd = tcp()?;
    bind(fd, &v4(0))?;
    listen(fd, 8)?;
    Ok((fd, socket_address(fd)?.port()))
}

/// Both ends of a TCP connection: the one that connected, the one that was accepted.
pub(crate) fn connection() -> Result<(i32, i32)> {
    let (listening, port) = listener()?;
    let client = tcp()?;
    connect(client, &v4(port))?;
    let server = accept(listening, 0)?;
    super::close(listening)?;
    Ok((client, server))
}

pub(crate) fn recv_from(fd: i32, len: usize, flags: u32) -> Result<(Text, Address)> {
    let mut buf = vec![0; len];
    let mut address = vec![0xff; ADDRESS_BYTES];
    let len = raw::recvfrom(fd, &mut buf, flags, &mut address)? as usize;
    buf.truncate(len);
    Ok((Text(buf), trimmed(address)))
}

/// An address whose length was not told: what was not written is still 0xff.
fn trimmed(mut address: Vec<u8>) -> Address {
    let end = address.iter().rposition(|&byte| byte != 0xff).map_or(0, |last| last + 1);
    address.truncate(end);
    Address(address)
}

impl Address {
    /// An address of these bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Address {
        Address(bytes.to_vec())
    }
}
