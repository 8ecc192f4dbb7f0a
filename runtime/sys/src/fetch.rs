//! HTTP requests that the host makes.

use oac_abi::fetch::{RequestHead, ResponseHead};

use crate::{File, Result, raw};

/// A response's head, at most.
const HEAD_BYTES_MAX: usize = 128 << 10;

/// Starts a request; the response's body is read from the descriptor. `flags`: O_NONBLOCK, O_CLOEXEC.
pub fn fetch(head: &RequestHead, body: &[u8], flags: u32) -> Result<File> {
    raw::fetch(&head.encode(), body, flags).map(|fd| File::from_fd(fd as i32))
}

/// Waits for the response's head; EAGAIN on a non-blocking descriptor whose head is not there yet.
pub fn fetch_head(fd: i32) -> Result<ResponseHead> {
    let mut buf = vec![0; HEAD_BYTES_MAX];
    let len = raw::fetch_head(fd, &mut buf)? as usize;
    ResponseHead::decode(&buf[..len])
}
