//! Messages that carry descriptors.

use oac_abi::{flags::message as bits, message::Details};

use super::{Address, Result, Text, raw};

/// A message as it arrived.
#[derive(Debug)]
pub(crate) struct Message {
    /// Its bytes.
    pub(crate) text: Text,
    /// The descriptors that came with it.
    pub(crate) fds: Vec<i32>,
    /// Who sent it.
    #[allow(dead_code, reason = "printed with the rest")]
    pub(crate) from: Address,
    /// `TRUNC`, `CTRUNC`, `EOR`.
    #[allow(dead_code, reason = "printed with the rest")]
    pub(crate) flags: Vec<&'static str>,
}

pub(crate) fn send_fds(fd: i32, text: &str, fds: &[i32]) -> Result<i64> {
    let fds: Vec<u8> = fds.iter().flat_map(|fd| fd.to_le_bytes()).collect();
    raw::sendmsg(fd, text.as_bytes(), 0, &[], &fds)
}

/// Receives at most `len` bytes and `fds_max` descriptors.
pub(crate) fn recv_message(fd: i32, len: usize, fds_max: usize, flags: u32) -> Result<Message> {
    let (mut buf, mut fds, mut details) = (vec![0; len], vec![0; fds_max * 4], [0; Details::BYTES]);
    let len = raw::recvmsg(fd, &mut buf, flags, &mut fds, &mut details)? as usize;
    buf.truncate(len);
    let details = Details::decode(&details)?;
    let fds = fds.chunks_exact(4).take(details.fds as usize);
    let fds = fds.map(|fd| i32::from_le_bytes(std::array::from_fn(|i| fd[i])));
    let names = [(bits::TRUNC, "TRUNC"), (bits::CTRUNC, "CTRUNC"), (bits::EOR, "EOR")];
    Ok(Message {
        text: Text(buf),
        fds: fds.collect(),
        from: Address::from_bytes(&details.address),
        flags: names.iter().filter(|(bit, _)| details.flags & bit != 0).map(|(_, name)| *name).collect(),
    })
}
