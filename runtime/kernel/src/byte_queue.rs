//! A bounded queue of bytes: what is inside a pipe, or has come to a stream socket.

use std::collections::VecDeque;

/// Bytes in the order in which they came, never more than the limit.
#[derive(Debug)]
pub(crate) struct ByteQueue {
    bytes: VecDeque<u8>,
    limit: usize,
    /// How many have been taken since the beginning: positions in the stream are counted from there.
    taken: u64,
}

impl ByteQueue {
    pub(crate) fn new(limit: usize) -> ByteQueue {
        ByteQueue { bytes: VecDeque::new(), limit, taken: 0 }
    }

    /// Appends as much as there is room for; gives how much.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(self.room());
        self.bytes.extend(&bytes[..len]);
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
        self.limit.saturating_sub(self.bytes.len())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut queue = ByteQueue::new(5);
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
}
