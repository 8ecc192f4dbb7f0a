//! How byte strings travel: little-endian lengths before bytes. And the layout of a call in a browser's shared slot.

use crate::{
    Errno,
    bounds::{CALL_ARGS_MAX, CALL_OUTS_MAX, SLOT_BYTES},
};

/// A call as it reaches the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Which call, `nr`.
    pub number: u16,
    /// One slot a parameter, see [`crate::Kind`].
    pub args: [i64; CALL_ARGS_MAX],
    /// The bytes of all parameters that go in, joined in their order.
    pub input: &'a [u8],
}

/// A call's result as it leaves the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// `oac`: the result or `-errno`. WASI: its errno.
    pub ret: i64,
    /// How many bytes were written into each output region, in their order.
    pub written: [u32; CALL_OUTS_MAX],
}

/// The shared slot through which a task in a browser makes its calls: offsets in bytes from its start.
///
/// The task fills number, args and input, sets the state to REQUESTED and wakes the kernel; the kernel fills ret, written and
/// output (over the input), sets the state to REPLIED and wakes the task. A region of the output starts where its capacity
/// says, not where the bytes before it end.
pub mod slot {
    use super::{CALL_ARGS_MAX, SLOT_BYTES};

    /// i32: the state, on which both sides wait.
    pub const STATE: usize = 0;
    /// i32: the call's number.
    pub const NUMBER: usize = 4;
    /// u32: bytes of input.
    pub const INPUT_LEN: usize = 8;
    /// u32 × CALL_OUTS_MAX, then padding.
    pub const WRITTEN: usize = 12;
    /// i64: the result.
    pub const RET: usize = 24;
    /// i64 × CALL_ARGS_MAX.
    pub const ARGS: usize = 32;
    /// Input, then output.
    pub const DATA: usize = ARGS + 8 * CALL_ARGS_MAX;
    /// The whole slot.
    pub const TOTAL: usize = DATA + SLOT_BYTES;

    /// Nothing is under way.
    pub const STATE_IDLE: i32 = 0;
    /// The task waits for the kernel.
    pub const STATE_REQUESTED: i32 = 1;
    /// The reply is there.
    pub const STATE_REPLIED: i32 = 2;
    /// The task is to end at once.
    pub const STATE_KILLED: i32 = 3;
}

/// Writes length-prefixed values.
#[derive(Default, Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty message.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// A u32.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Bytes behind their length.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.u32(value.len() as u32);
        self.0.extend_from_slice(value);
        self
    }

    /// A list of byte strings behind its length.
    pub fn list(&mut self, values: &[Vec<u8>]) -> &mut Self {
        self.u32(values.len() as u32);
        for value in values {
            self.bytes(value);
        }
        self
    }

    /// The message.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what [`Writer`] wrote. Every method fails with EINVAL on a message that is cut off.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the front of a message.
    pub fn new(message: &'a [u8]) -> Reader<'a> {
        Reader(message)
    }

    /// A u32.
    ///
    /// # Errors
    /// EINVAL.
    pub fn u32(&mut self) -> Result<u32, Errno> {
        let (head, rest) = self.0.split_first_chunk::<4>().ok_or(Errno::EINVAL)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*head))
    }

    /// Bytes behind their length.
    ///
    /// # Errors
    /// EINVAL.
    pub fn bytes(&mut self) -> Result<&'a [u8], Errno> {
        let len = self.u32()? as usize;
        let (head, rest) = self.0.split_at_checked(len).ok_or(Errno::EINVAL)?;
        self.0 = rest;
        Ok(head)
    }

    /// A list of byte strings.
    ///
    /// # Errors
    /// EINVAL.
    pub fn list(&mut self) -> Result<Vec<Vec<u8>>, Errno> {
        let count = self.u32()?;
        // No reservation: the count is not to be believed before its strings are there.
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(self.bytes()?.to_vec());
        }
        Ok(values)
    }

    /// Says that the message must be over.
    ///
    /// # Errors
    /// EINVAL when bytes are left.
    pub fn end(&self) -> Result<(), Errno> {
        if self.0.is_empty() { Ok(()) } else { Err(Errno::EINVAL) }
    }
}
