//! The index of a write-ahead log, which SQLite's connections share as memory. Programs here share none: each connection has a copy, and the
//! file `-shm` is between them. What this connection wrote goes to the file, word by word, and what the others wrote comes from it,
//! whenever SQLite takes or gives up a lock of the index or wants its memory ordered. It reads nothing else as the others' before.

use std::ffi::c_int;

use oac_abi::Errno;
use oac_abi::flags::open;
use oac_abi::lock::LockKind;
use oac_sys as file;

use super::file::{lock_range, write_at};

/// Where the locks of the index are, as in SQLite's layer for Unix: eight of them, and one that says that somebody is there.
const LOCKS_FIRST: i64 = 120;
const PRESENCE: i64 = 128;
/// Compared at once.
const BLOCK_WORDS: usize = 256;

/// See above.
pub(super) struct SharedIndex {
    file: file::File,
    path: Vec<u8>,
    region_words: usize,
    regions: Vec<Region>,
}

struct Region {
    /// What SQLite reads and writes; its address does not change.
    live: Box<[u32]>,
    /// What the file held when they were last equal.
    known: Box<[u32]>,
}

/// The words as bytes.
fn bytes_of(words: &[u32]) -> &[u8] {
    // SAFETY: every byte of a u32 is a byte.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

fn bytes_of_mut(words: &mut [u32]) -> &mut [u8] {
    // SAFETY: every byte of a u32 is a byte, and every four bytes are a u32.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), size_of_val(words)) }
}

impl SharedIndex {
    /// Opens the index of the database at `path`, emptied if nobody else has it; none if another is just opening it.
    pub(super) fn open(path: &[u8], region_bytes: usize) -> Result<Option<SharedIndex>, Errno> {
        let path = [path, b"-shm"].concat();
        let flags = open::RDWR | open::CREAT | open::NOFOLLOW | open::CLOEXEC;
        let file = file::File::from_fd(file::open(&path, flags, 0o644)?);
        if lock_range(file.fd(), LockKind::Write, PRESENCE, 1)? {
            file::truncate(file.fd(), 0)?;
        }
        if !lock_range(file.fd(), LockKind::Read, PRESENCE, 1)? {
            return Ok(None);
        }
        Ok(Some(SharedIndex { file, path, region_words: region_bytes / 4, regions: Vec::new() }))
    }

    /// The memory of a region; none if nobody has made it and it is not to be made.
    pub(super) fn map(&mut self, region: usize, extend: bool) -> Result<Option<*mut u32>, Errno> {
        let bytes = ((region + 1) * self.region_words * 4) as u64;
        if file::fstat(self.file.fd())?.size < bytes {
            if !extend {
                return Ok(None);
            }
            file::truncate(self.file.fd(), bytes as i64)?;
        }
        while self.regions.len() <= region {
            let words = || vec![0; self.region_words].into_boxed_slice();
            let mut new = Region { live: words(), known: words() };
            new.pull(self.file.fd(), self.regions.len())?;
            self.regions.push(new);
        }
        Ok(Some(self.regions[region].live.as_mut_ptr()))
    }

    /// Gives what this connection wrote, and takes what the others did.
    pub(super) fn exchange(&mut self) -> Result<(), Errno> {
        let fd = self.file.fd();
        for (number, region) in self.regions.iter_mut().enumerate() {
            region.push(fd, number)?;
            region.pull(fd, number)?;
        }
        Ok(())
    }

    pub(super) fn lock(&mut self, first: c_int, count: c_int, exclusive: bool) -> Result<bool, Errno> {
        let kind = if exclusive { LockKind::Write } else { LockKind::Read };
        if !lock_range(self.file.fd(), kind, LOCKS_FIRST + i64::from(first), i64::from(count))? {
            return Ok(false);
        }
        self.exchange()?;
        Ok(true)
    }

    pub(super) fn unlock(&mut self, first: c_int, count: c_int) -> Result<(), Errno> {
        self.exchange()?;
        let start = LOCKS_FIRST + i64::from(first);
        lock_range(self.file.fd(), LockKind::Unlock, start, i64::from(count)).map(drop)
    }

    pub(super) fn close(mut self, delete: bool) -> Result<(), Errno> {
        self.exchange()?;
        if delete { file::unlink(&self.path) } else { Ok(()) }
    }
}

impl Region {
    fn offset(&self, number: usize) -> i64 {
        (number * self.live.len() * 4) as i64
    }

    /// Writes the words that differ from what the file held.
    fn push(&mut self, fd: i32, number: usize) -> Result<(), Errno> {
        let offset = self.offset(number);
        for block in (0..self.live.len()).step_by(BLOCK_WORDS) {
            let end = (block + BLOCK_WORDS).min(self.live.len());
            if self.live[block..end] == self.known[block..end] {
                continue;
            }
            let mut word = block;
            while word < end {
                if self.live[word] == self.known[word] {
                    word += 1;
                    continue;
                }
                let first = word;
                while word < end && self.live[word] != self.known[word] {
                    word += 1;
                }
                write_at(fd, offset + 4 * first as i64, bytes_of(&self.live[first..word]))?;
            }
        }
        Ok(())
    }

    /// Reads the file's words.
    fn pull(&mut self, fd: i32, number: usize) -> Result<(), Errno> {
        let offset = self.offset(number);
        let bytes = bytes_of_mut(&mut self.known);
        let mut done = 0;
        while done < bytes.len() {
            match file::pread(fd, offset + done as i64, &mut bytes[done..]) {
                // Cut off by one that begins anew: nothing of it counts.
                Ok(0) => {
                    bytes[done..].fill(0);
                    break;
                }
                Ok(count) => done += count,
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        self.live.copy_from_slice(&self.known);
        Ok(())
    }
}
