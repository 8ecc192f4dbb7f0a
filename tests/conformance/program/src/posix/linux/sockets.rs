//! Sockets. An address travels as Linux lays it out.

use super::{Answer, files::pair, sys};

pub(crate) fn socket(domain: u32, kind: u32, protocol: u32) -> Answer {
    sys!(SYS_socket, domain, kind, protocol)
}

pub(crate) fn bind(fd: i32, address: &[u8]) -> Answer {
    sys!(SYS_bind, fd, address.as_ptr(), address.len())
}

pub(crate) fn listen(fd: i32, backlog: u32) -> Answer {
    sys!(SYS_listen, fd, backlog)
}

pub(crate) fn accept4(fd: i32, flags: u32, address: &mut [u8]) -> Answer {
    let mut len = address.len() as u32;
    let out = if address.is_empty() { std::ptr::null_mut() } else { address.as_mut_ptr() };
    sys!(SYS_accept4, fd, out, &raw mut len, flags)
}

pub(crate) fn connect(fd: i32, address: &[u8]) -> Answer {
    sys!(SYS_connect, fd, address.as_ptr(), address.len())
}

pub(crate) fn shutdown(fd: i32, how: u32) -> Answer {
    sys!(SYS_shutdown, fd, how)
}

pub(crate) fn getsockname(fd: i32, address: &mut [u8]) -> Answer {
    let mut len = address.len() as u32;
    sys!(SYS_getsockname, fd, address.as_mut_ptr(), &raw mut len)?;
    Ok(len.into())
}

pub(crate) fn getpeername(fd: i32, address: &mut [u8]) -> Answer {
    let mut len = address.len() as u32;
    sys!(SYS_getpeername, fd, address.as_mut_ptr(), &raw mut len)?;
    Ok(len.into())
}

pub(crate) fn getsockopt(fd: i32, level: u32, option: u32, value: &mut [u8]) -> Answer {
    let mut len = value.len() as u32;
    sys!(SYS_getsockopt, fd, level, option, value.as_mut_ptr(), &raw mut len)?;
    Ok(len.into())
}

pub(crate) fn setsockopt(fd: i32, level: u32, option: u32, value: &[u8]) -> Answer {
    sys!(SYS_setsockopt, fd, level, option, value.as_ptr(), value.len())
}

pub(crate) fn socketpair(domain: u32, kind: u32, fds: &mut [u8]) -> Answer {
    pair(fds, |pair| sys!(SYS_socketpair, domain, kind, 0, pair))
}

pub(crate) fn sendto(fd: i32, buf: &[u8], flags: u32, address: &[u8]) -> Answer {
    let to = if address.is_empty() { std::ptr::null() } else { address.as_ptr() };
    sys!(SYS_sendto, fd, buf.as_ptr(), buf.len(), flags, to, address.len())
}

pub(crate) fn recvfrom(fd: i32, buf: &mut [u8], flags: u32, address: &mut [u8]) -> Answer {
    let mut len = address.len() as u32;
    let from = if address.is_empty() { std::ptr::null_mut() } else { address.as_mut_ptr() };
    sys!(SYS_recvfrom, fd, buf.as_mut_ptr(), buf.len(), flags, from, &raw mut len)
}
