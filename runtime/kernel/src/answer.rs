//! What a call's handler gives.

use oac_abi::Errno;

use crate::wait_queue::WaitKey;

/// A call's result, or why there is none yet or ever.
pub(crate) type Answer<T = i64> = Result<T, Stop>;

/// Why a handler does not give a result.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The call fails.
    Fail(Errno),
    /// The call must be made again.
    Block(Block),
    /// The calling task has ended.
    Exit,
}

/// What a blocked call waits for.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Block {
    /// Any of these.
    pub(crate) keys: Vec<WaitKey>,
    /// Or this, on the monotonic clock.
    pub(crate) deadline_ns: Option<u64>,
    /// Bytes of a write that are done already.
    pub(crate) progress_bytes: usize,
}

impl Stop {
    /// Why a call failed that has nothing to wait for.
    pub(crate) fn errno(self) -> Errno {
        if let Stop::Fail(errno) = self { errno } else { Errno::EIO }
    }
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        Stop::Fail(errno)
    }
}

/// Blocks on one key without a deadline.
pub(crate) fn block_on<T>(key: WaitKey) -> Answer<T> {
    Err(Stop::Block(Block { keys: vec![key], ..Block::default() }))
}
