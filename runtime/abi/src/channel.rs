//! Message channels between threads: whole messages, with descriptors that move from the sender to the receiver.

/// Flag of channel_send: more parts of this message follow.
pub const MORE: u32 = 1;

/// What channel_receive tells of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Its whole length.
    pub bytes: u64,
    /// Rises with every change of any segment of shared memory.
    pub epoch: u64,
    /// Descriptors that came out; with the end of the message.
    pub fds: u32,
}

impl Head {
    /// Length of the record.
    pub const BYTES: usize = 24;

    /// Two u64s, a u32 and four zeros.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[..8].copy_from_slice(&self.bytes.to_le_bytes());
        out[8..16].copy_from_slice(&self.epoch.to_le_bytes());
        out[16..20].copy_from_slice(&self.fds.to_le_bytes());
        out
    }
}
