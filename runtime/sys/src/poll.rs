//! Waiting for descriptors.

use oac_abi::flags::poll::RECORD_BYTES;

use crate::{Result, raw};

/// One descriptor to wait for; events as in [`crate::flags::poll`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollFd {
    /// The descriptor; a negative one is passed over.
    pub fd: i32,
    /// What to wait for.
    pub events: u16,
    /// What there is, filled in by [`poll`].
    pub revents: u16,
}

/// Waits until a descriptor is ready, for at most `timeout_ns` (for ever when negative); gives how many are ready. With no
/// descriptors it sleeps.
pub fn poll(fds: &mut [PollFd], timeout_ns: i64) -> Result<usize> {
    let mut records = Vec::with_capacity(fds.len() * RECORD_BYTES);
    for fd in fds.iter() {
        records.extend_from_slice(&fd.fd.to_le_bytes());
        records.extend_from_slice(&fd.events.to_le_bytes());
        records.extend_from_slice(&[0, 0]);
    }
    let mut ready = vec![0; records.len()];
    let count = raw::poll(&records, timeout_ns, &mut ready)? as usize;
    for (fd, record) in fds.iter_mut().zip(ready.chunks_exact(RECORD_BYTES)) {
        fd.revents = u16::from_le_bytes([record[6], record[7]]);
    }
    Ok(count)
}
