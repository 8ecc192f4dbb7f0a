//! The device files of `/dev`. What reading and writing them does is the kernel's matter: it goes by `st_rdev`.

use oac_abi::Errno;

use crate::{Caller, FileSystem, MemFs, NewNode};

/// `st_rdev` as makedev(3) packs small numbers.
const fn rdev(major: u64, minor: u64) -> u64 {
    major << 8 | minor
}

/// A character device that the kernel knows. Numbers as Linux's `Documentation/admin-guide/devices.txt` gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// Reads end at once, writes vanish.
    Null,
    /// Reads give zeros, writes vanish.
    Zero,
    /// Reads give zeros, writes fail with ENOSPC.
    Full,
    /// Random bytes, from the container's seed.
    Random,
}

impl Device {
    /// The device with this number.
    pub fn from_rdev(number: u64) -> Option<Device> {
        match (number >> 8, number & 0xff) {
            (1, 3) => Some(Device::Null),
            (1, 5) => Some(Device::Zero),
            (1, 7) => Some(Device::Full),
            (1, 8 | 9) => Some(Device::Random),
            _ => None,
        }
    }
}

/// A filesystem for `/dev`: null, zero, full, random, urandom, and links to the caller's own descriptors: stdin, stdout,
/// stderr, fd.
///
/// # Errors
/// None in practice: it is made with room enough.
pub fn device_fs(caller: &Caller) -> Result<MemFs, Errno> {
    const BYTES: u64 = 64 << 10;
    let mut fs = MemFs::new(BYTES, caller);
    let root = fs.root();
    for (name, number) in [
        ("null", rdev(1, 3)),
        ("zero", rdev(1, 5)),
        ("full", rdev(1, 7)),
        ("random", rdev(1, 8)),
        ("urandom", rdev(1, 9)),
    ] {
        fs.create(caller, root, name.as_bytes(), NewNode::Device { mode: 0o666, rdev: number })?;
    }
    for (name, target) in [
        ("fd", "/task/self/fd"),
        ("stdin", "/task/self/fd/0"),
        ("stdout", "/task/self/fd/1"),
        ("stderr", "/task/self/fd/2"),
    ] {
        fs.create(caller, root, name.as_bytes(), NewNode::Symlink { target: target.as_bytes() })?;
    }
    Ok(fs)
}
