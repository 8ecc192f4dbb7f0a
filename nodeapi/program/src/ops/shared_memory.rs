//! Memory that threads share, as a script has it: its own copy and a twin, which is the copy as the kernel last knew it. What differs
//! from the twin is what the script has written.

use oac_abi::segment::{Access, Changes, operation, push_run, runs};
use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};

pub(crate) const OPS: &[OpDecl] = &[OpDecl { name: "shared_memory_access", run: access }];

/// Writes that go with one call, with their places.
const WRITES_BYTES: usize = 128 << 10;
/// Changes that come with one call.
const CHANGES_BYTES: usize = 192 << 10;
/// Where version and epoch stand in the script's record.
const STATE_BYTES: usize = 16;

/// `shared_memory_access(fd, copy, twin, state, operation, width, offset, operand, expected, length)`: writes what has changed in
/// the copy, makes an operation (`segment::operation`), and takes in what others have changed. `state` holds the version and the
/// epoch that are known, two u64s. Gives what the operation found, a BigInt. With `pushOnly` (an operation of -1) nothing is
/// taken in, and without changes no call is made. `length`, a view of one u64, becomes the segment's length.
fn access(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let fd = args.i32(0)?;
    let (copy, twin, state) = (args.bytes_mut(1)?, args.bytes_mut(2)?, args.bytes_mut(3)?);
    let length = args.bytes_mut(9)?;
    let [version, epoch] = known(state)?;
    let push_only = args.i32(4)? < 0;
    let request = Access {
        operation: if push_only { operation::NONE } else { args.u32(4)? },
        width: args.u32(5)?,
        offset: args.u32(6)?,
        changes_from: 0,
        operand: args.i64(7)? as u64,
        expected: args.i64(8)? as u64,
    };
    let mut writes = Vec::new();
    let mut at = 0;
    let mut reply = vec![0; CHANGES_BYTES];
    while let Some(start) = first_difference(copy, twin, at) {
        let end = start + copy[start..].iter().zip(&twin[start..]).take_while(|(a, b)| a != b).count();
        let end = end.min(start + WRITES_BYTES);
        push_run(&mut writes, start as u32, &copy[start..end]);
        twin[start..end].copy_from_slice(&copy[start..end]);
        at = end;
        if writes.len() >= WRITES_BYTES {
            // No changes are newer than this: they come with the last call.
            call(fd, u64::MAX, &Access::default(), &writes, &mut reply)?;
            writes.clear();
        }
    }
    if push_only {
        if !writes.is_empty() {
            call(fd, u64::MAX, &Access::default(), &writes, &mut reply)?;
        }
        return Ok(OpValue::BigInt(0));
    }
    let len = call(fd, version, &request, &writes, &mut reply)?;
    let head = take_in(&reply[..len], copy, twin)?;
    let mut left_from = head.left_from;
    while left_from != 0 {
        let more = Access { changes_from: left_from, ..Access::default() };
        let len = call(fd, version, &more, &[], &mut reply)?;
        left_from = take_in(&reply[..len], copy, twin)?.left_from;
    }
    state[..8].copy_from_slice(&head.version.to_le_bytes());
    state[8..STATE_BYTES].copy_from_slice(&head.epoch.max(epoch).to_le_bytes());
    if let Some(length) = length.first_chunk_mut::<8>() {
        *length = head.bytes.to_le_bytes();
    }
    Ok(OpValue::BigInt(head.old as i64))
}

fn known(state: &[u8]) -> Result<[u64; 2], OpError> {
    let state = state.first_chunk::<STATE_BYTES>().ok_or_else(|| OpError::arg(3, "16 bytes"))?;
    let long =
        |at: usize| state[at..at + 8].iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
    Ok([long(0), long(8)])
}

/// The first byte from `at` on that differs.
fn first_difference(copy: &[u8], twin: &[u8], at: usize) -> Option<usize> {
    const STRIDE_BYTES: usize = 4096;
    let len = copy.len().min(twin.len());
    let mut at = at;
    while at < len {
        let end = (at + STRIDE_BYTES).min(len);
        if copy[at..end] != twin[at..end] {
            return copy[at..end].iter().zip(&twin[at..end]).position(|(a, b)| a != b).map(|more| at + more);
        }
        at = end;
    }
    None
}

fn call(fd: i32, known: u64, access: &Access, writes: &[u8], reply: &mut [u8]) -> Result<usize, OpError> {
    let request = [&access.encode()[..], writes].concat();
    match oac_sys::raw::segment_access(fd, known, &request, reply) {
        Ok(len) => Ok(len as usize),
        Err(errno) => Err(OpError::Errno(errno.number())),
    }
}

/// What lies beyond the copy has come by growing; it is taken in once the copy has grown.
fn take_in(reply: &[u8], copy: &mut [u8], twin: &mut [u8]) -> Result<Changes, OpError> {
    let broken = |_| OpError::coded("ERR_INTERNAL_ASSERTION", "the kernel's answer is cut off");
    let (head, list) = Changes::decode(reply).map_err(broken)?;
    for (offset, bytes) in runs(list).map_err(broken)? {
        let start = (offset as usize).min(copy.len());
        let end = (start + bytes.len()).min(copy.len());
        copy[start..end].copy_from_slice(&bytes[..end - start]);
        twin[start..end].copy_from_slice(&bytes[..end - start]);
    }
    Ok(head)
}
