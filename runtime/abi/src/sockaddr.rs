//! Socket addresses as bytes, laid out as Linux's `sockaddr_in`, `sockaddr_in6` and `sockaddr_un`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use crate::{Errno, flags::socket};

/// Bytes of a Unix socket's path, at most (unix(7)).
pub const UNIX_PATH_BYTES_MAX: usize = 107;

/// An address that a socket can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketAddress {
    /// ip(7).
    V4(SocketAddrV4),
    /// ipv6(7).
    V6(SocketAddrV6),
    /// unix(7): a path; a NUL and then an abstract name; empty for an unnamed socket.
    Unix(Vec<u8>),
}

impl SocketAddress {
    /// family u16 LE; then port u16 BE and the address (V6: flow u32 BE, 16 bytes, scope u32 LE), or the path.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(28);
        match self {
            SocketAddress::V4(address) => {
                out.extend_from_slice(&(socket::AF_INET as u16).to_le_bytes());
                out.extend_from_slice(&address.port().to_be_bytes());
                out.extend_from_slice(&address.ip().octets());
                out.resize(16, 0);
            }
            SocketAddress::V6(address) => {
                out.extend_from_slice(&(socket::AF_INET6 as u16).to_le_bytes());
                out.extend_from_slice(&address.port().to_be_bytes());
                out.extend_from_slice(&address.flowinfo().to_be_bytes());
                out.extend_from_slice(&address.ip().octets());
                out.extend_from_slice(&address.scope_id().to_le_bytes());
            }
            SocketAddress::Unix(path) => {
                out.extend_from_slice(&(socket::AF_UNIX as u16).to_le_bytes());
                out.extend_from_slice(path);
            }
        }
        out
    }

    /// The reverse of [`SocketAddress::encode`].
    ///
    /// # Errors
    /// EINVAL when it is cut off or too long, EAFNOSUPPORT for another family.
    pub fn decode(bytes: &[u8]) -> Result<SocketAddress, Errno> {
        let [low, high, rest @ ..] = bytes else { return Err(Errno::EINVAL) };
        match u32::from(u16::from_le_bytes([*low, *high])) {
            socket::AF_INET => {
                let [p0, p1, a, b, c, d, ..] = *rest else { return Err(Errno::EINVAL) };
                Ok(SocketAddress::V4(SocketAddrV4::new(
                    Ipv4Addr::new(a, b, c, d),
                    u16::from_be_bytes([p0, p1]),
                )))
            }
            socket::AF_INET6 => {
                let Some(fixed) = rest.get(..26) else { return Err(Errno::EINVAL) };
                let octets: [u8; 16] = std::array::from_fn(|i| fixed[6 + i]);
                Ok(SocketAddress::V6(SocketAddrV6::new(
                    Ipv6Addr::from(octets),
                    u16::from_be_bytes([fixed[0], fixed[1]]),
                    u32::from_be_bytes([fixed[2], fixed[3], fixed[4], fixed[5]]),
                    u32::from_le_bytes([fixed[22], fixed[23], fixed[24], fixed[25]]),
                )))
            }
            socket::AF_UNIX => {
                // A path ends at its NUL, where the buffer is longer than the address; an abstract name holds any bytes, but in a
                // buffer of nothing but NULs there is none.
                let is_abstract = rest.first() == Some(&0) && rest.iter().any(|&byte| byte != 0);
                let path = rest.split(|&byte| byte == 0).next().unwrap_or_default();
                match if is_abstract { rest } else { path } {
                    name if name.len() > UNIX_PATH_BYTES_MAX + usize::from(is_abstract) => Err(Errno::EINVAL),
                    name => Ok(SocketAddress::Unix(name.to_vec())),
                }
            }
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        let addresses = [
            SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 3000)),
            SocketAddress::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 1, 2)),
            SocketAddress::Unix(b"/tmp/socket".to_vec()),
            SocketAddress::Unix(b"\0abstract\0name".to_vec()),
            SocketAddress::Unix(Vec::new()),
        ];
        for address in addresses {
            assert_eq!(SocketAddress::decode(&address.encode()), Ok(address));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(SocketAddress::decode(&[]), Err(Errno::EINVAL));
        assert_eq!(SocketAddress::decode(&[2, 0, 1]), Err(Errno::EINVAL));
        assert_eq!(SocketAddress::decode(&[99, 0, 1, 2, 3]), Err(Errno::EAFNOSUPPORT));
        assert_eq!(SocketAddress::decode(&[&[1, 0][..], &[b'x'; 108]].concat()), Err(Errno::EINVAL));
    }
}
