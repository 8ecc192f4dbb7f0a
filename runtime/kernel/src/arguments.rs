//! A request taken apart, parameter by parameter, in the order of the table's row.

use oac_abi::{Errno, bounds::CALL_ARGS_MAX};

/// What is left of a request.
pub(crate) struct Arguments<'a> {
    slots: [i64; CALL_ARGS_MAX],
    next: usize,
    input: &'a [u8],
    out: &'a mut [u8],
    written: &'a mut [u32],
}

/// An output region, and where its length is noted.
#[derive(Debug)]
pub(crate) struct Out<'a> {
    /// The region; handlers that fill it in place then call [`Out::filled`].
    pub(crate) buf: &'a mut [u8],
    written: &'a mut u32,
}

impl Out<'_> {
    /// Notes that the first `len` bytes have been filled.
    pub(crate) fn filled(self, len: usize) {
        *self.written = len as u32;
    }

    /// Fills it from the front.
    ///
    /// # Errors
    /// ERANGE when it is too small.
    pub(crate) fn put(self, bytes: &[u8]) -> Result<(), Errno> {
        self.buf.get_mut(..bytes.len()).ok_or(Errno::ERANGE)?.copy_from_slice(bytes);
        self.filled(bytes.len());
        Ok(())
    }

    /// Fills it with as much as fits; gives how much.
    pub(crate) fn put_cut(self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(self.buf.len());
        self.buf[..len].copy_from_slice(&bytes[..len]);
        self.filled(len);
        len
    }
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(
        slots: [i64; CALL_ARGS_MAX],
        input: &'a [u8],
        out: &'a mut [u8],
        written: &'a mut [u32],
    ) -> Arguments<'a> {
        Arguments { slots, next: 0, input, out, written }
    }

    fn slot(&mut self) -> Result<i64, Errno> {
        let slot = *self.slots.get(self.next).ok_or(Errno::EINVAL)?;
        self.next += 1;
        Ok(slot)
    }

    fn length(&mut self) -> Result<usize, Errno> {
        usize::try_from(self.slot()?).map_err(|_| Errno::EINVAL)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Errno> {
        Ok(self.slot()? as i32)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Errno> {
        Ok(self.slot()? as u32)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Errno> {
        self.slot()
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Errno> {
        Ok(self.slot()? as u64)
    }

    /// Bytes that went in.
    ///
    /// # Errors
    /// EINVAL when the request holds fewer than it says.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Errno> {
        let len = self.length()?;
        let (head, rest) = self.input.split_at_checked(len).ok_or(Errno::EINVAL)?;
        self.input = rest;
        Ok(head)
    }

    /// A region for bytes that come out.
    ///
    /// # Errors
    /// EINVAL when the output is shorter than the capacities say.
    pub(crate) fn out(&mut self) -> Result<Out<'a>, Errno> {
        let capacity = self.length()?;
        if capacity > self.out.len() {
            return Err(Errno::EINVAL);
        }
        let (buf, rest) = std::mem::take(&mut self.out).split_at_mut(capacity);
        self.out = rest;
        let (written, rest) = std::mem::take(&mut self.written).split_first_mut().ok_or(Errno::EINVAL)?;
        self.written = rest;
        Ok(Out { buf, written })
    }
}
