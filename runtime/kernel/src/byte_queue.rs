//! A bounded queue of bytes: what is inside a pipe, or has come to a stream socket.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use oac_abi::bounds::{BUFFERED_BYTES_MAX, PIPE_ATOMIC_BYTES};

/// What all queues of a container hold together. Beyond `BUFFERED_BYTES_MAX` a queue takes no more than an atomic write, so that
/// everybody goes on, slowly; as Linux makes the pipes of a user small who has too many (pipe(7), pipe-user-pages-soft).
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffered(Arc<AtomicUsize>);

impl Buffered {
    fn is_tight(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= BUFFERED_BYTES_MAX
    }
}

/// Bytes in the order in which they came, never more than the limit.
#[derive(Debug)]
pub(crate) struct ByteQueue {
    bytes: VecDeque<u8>,
    limit: usize,
    buffered: Buffered,
    /// How many have been taken since the beginning: positions in the stream are counted from there.
    taken: u64,
}

impl ByteQueue {
    /// An empty queue, counted in `buffered`.
    pub(crate) fn new(limit: usize, buffered: &Buffered) -> ByteQueue {
        ByteQueue { bytes: VecDeque::new(), limit, buffered: buffered.clone(), taken: 0 }
    }

    /// Appends as much as there is room for; gives how much.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(self.room());
        self.bytes.extend(&bytes[..len]);
        self.buffered.0.fetch_add(len, Ordering::Relaxed);
        len
    }

    /// Moves bytes out; gives how many.
    pub(crate) fn take(&mut self, buf: &mut [u8]) -> usize {
        let len = self.peek(buf);
        self.skip(len);
        len
    }

    /// Copies bytes out; gives how many.
    pub(crate) fn peek(&self, buf: &mut [u8]) -> usize {
        let len = buf.len().min(self.bytes.len());
        let (front, back) = self.bytes.as_slices();
        let first = front.len().min(len);
        buf[..first].copy_from_slice(&front[..first]);
        buf[first..len].copy_from_slice(&back[..len - first]);
        len
    }

    /// Throws away up to `len` bytes; gives how many.
    pub(crate) fn skip(&mut self, len: usize) -> usize {
        let len = len.min(self.bytes.len());
        self.bytes.drain(..len);
        self.taken += len as u64;
        if self.bytes.is_empty() && self.buffered.is_tight() {
            self.bytes.shrink_to_fit();
        }
        self.buffered.0.fetch_sub(len, Ordering::Relaxed);
        len
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How much more it takes.
    pub(crate) fn room(&self) -> usize {
        let limit = if self.buffered.is_tight() { self.limit.min(PIPE_ATOMIC_BYTES) } else { self.limit };
        limit.saturating_sub(self.bytes.len())
    }

    /// Sets the limit; what is inside stays, although it may be more.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// The position in the stream of the next byte that is read.
    pub(crate) fn read_position(&self) -> u64 {
        self.taken
    }

    /// The position in the stream of the next byte that is written.
    pub(crate) fn write_position(&self) -> u64 {
        self.taken + self.bytes.len() as u64
    }
}

impl Drop for ByteQueue {
    fn drop(&mut self) {
        self.buffered.0.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut queue = ByteQueue::new(5, &Buffered::default());
        assert_eq!(queue.put(b"abc"), 3);
        assert_eq!(queue.put(b"defg"), 2, "the limit");
        let mut buf = [0; 4];
        assert_eq!(queue.peek(&mut buf), 4);
        assert_eq!(queue.take(&mut buf), 4);
        assert_eq!(&buf, b"abcd");
        assert_eq!(queue.put(b"fghij"), 4, "around the end of the store");
        assert_eq!(queue.take(&mut buf), 4);
        assert_eq!(&buf, b"efgh");
        assert_eq!((queue.read_position(), queue.write_position()), (8, 9));
        queue.set_limit(0);
        assert_eq!((queue.room(), queue.put(b"x"), queue.len()), (0, 0, 1));
        queue.skip(usize::MAX);
        assert!(queue.is_empty());
    }

    #[test]
    fn queues_are_small_when_too_much_is_buffered() {
        let buffered = Buffered::default();
        let mut large = ByteQueue::new(usize::MAX, &buffered);
        let mut other = ByteQueue::new(100_000, &buffered);
        assert_eq!(large.put(&vec![0; BUFFERED_BYTES_MAX]), BUFFERED_BYTES_MAX);
        assert_eq!(other.put(&[0; 50_000]), PIPE_ATOMIC_BYTES, "an atomic write fits an empty queue");
        assert_eq!(other.put(&[0; 1]), 0);
        assert_eq!(other.take(&mut [0; 10]), 10);
        assert_eq!(other.put(&[0; 100]), 10);
        drop(large);
        assert_eq!(other.put(&[0; 50_000]), 50_000);
        drop(other);
        assert_eq!(buffered.0.load(Ordering::Relaxed), 0);
    }
}
