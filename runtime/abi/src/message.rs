//! What `recvmsg` gives besides bytes and descriptors.

use crate::Errno;

/// Bytes of the largest address: `struct sockaddr_un`, rounded up.
const ADDRESS_BYTES: usize = 112;

/// The record `details` of `recvmsg`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The sender's address as [`crate::sockaddr::SocketAddress`] packs it; empty when it has none.
    pub address: Vec<u8>,
    /// How many descriptors came.
    pub fds: u32,
    /// `flags::message`: TRUNC when the message was longer than the buffer, CTRUNC when descriptors were lost for want of room, EOR.
    pub flags: u32,
}

impl Details {
    /// Length of the record.
    pub const BYTES: usize = 4 + ADDRESS_BYTES + 4 + 4;

    /// The address's length u32, the address and zeros up to 112 bytes, the number of descriptors u32, the flags u32.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = (self.address.len() as u32).to_le_bytes().to_vec();
        out.extend_from_slice(&self.address);
        out.resize(4 + ADDRESS_BYTES, 0);
        out.extend_from_slice(&self.fds.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
        out
    }

    /// The reverse.
    ///
    /// # Errors
    /// EINVAL when it is cut off or the address is longer than it can be.
    pub fn decode(bytes: &[u8]) -> Result<Details, Errno> {
        let word = |at: usize| {
            let word = bytes.get(at..).and_then(<[u8]>::first_chunk::<4>).ok_or(Errno::EINVAL)?;
            Ok::<u32, Errno>(u32::from_le_bytes(*word))
        };
        let len = word(0)? as usize;
        if len > ADDRESS_BYTES {
            return Err(Errno::EINVAL);
        }
        let address = bytes.get(4..4 + len).ok_or(Errno::EINVAL)?.to_vec();
        Ok(Details { address, fds: word(4 + ADDRESS_BYTES)?, flags: word(8 + ADDRESS_BYTES)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_round_trip() {
        let details = Details { address: vec![1, 0, b'/', b'a'], fds: 2, flags: 8 };
        let encoded = details.encode();
        assert_eq!(encoded.len(), Details::BYTES);
        assert_eq!(Details::decode(&encoded), Ok(details));
        assert_eq!(Details::decode(&encoded[..20]), Err(Errno::EINVAL));
        assert_eq!(Details::decode(&[0xff; Details::BYTES]), Err(Errno::EINVAL));
    }
}
