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
    /// The caller's controlling terminal.
    Terminal,
    /// Opening it makes a pseudo-terminal, whose master it gives.
    PtyMaster,
    /// The slave of the pseudo-terminal with this number.
    PtySlave(u32),
}

impl Device {
    /// The device with this number.
    pub fn from_rdev(number: u64) -> Option<Device> {
        match (number >> 8, number & 0xff) {
            (1, 3) => Some(Device::Null),
            (1, 5) => Some(Device::Zero),
            (1, 7) => Some(Device::Full),
            (1, 8 | 9) => Some(Device::Random),
            (5, 0) => Some(Device::Terminal),
            (5, 2) => Some(Device::PtyMaster),
            (136, minor) => Some(Device::PtySlave(minor as u32)),
            _ => None,
        }
    }

    /// The device's number; of several the first.
    pub fn rdev(self) -> u64 {
        match self {
            Device::Null => rdev(1, 3),
            Device::Zero => rdev(1, 5),
            Device::Full => rdev(1, 7),
            Device::Random => rdev(1, 8),
            Device::Terminal => rdev(5, 0),
            Device::PtyMaster => rdev(5, 2),
            Device::PtySlave(number) => rdev(136, number.into()),
        }
    }
}

/// A filesystem for `/dev`: null, zero, full, random, urandom, tty, ptmx, an empty directory pts for the kernel to fill, and
/// links to the caller's own descriptors: stdin, stdout, stderr, fd.
///
/// # Errors
/// None in practice: it is made with room enough.
pub fn device_fs(caller: &Caller) -> Result<MemFs, Errno> {
    // Room for the files of all terminals.
    const BYTES: u64 = 1 << 20;
    let mut fs = MemFs::new(BYTES, caller);
    let root = fs.root();
    for (name, number) in [
        ("null", rdev(1, 3)),
        ("zero", rdev(1, 5)),
        ("full", rdev(1, 7)),
        ("random", rdev(1, 8)),
        ("urandom", rdev(1, 9)),
        ("tty", Device::Terminal.rdev()),
        ("ptmx", Device::PtyMaster.rdev()),
    ] {
        fs.create(caller, root, name.as_bytes(), NewNode::Device { mode: 0o666, rdev: number })?;
    }
    fs.create(caller, root, b"pts", NewNode::Directory { mode: 0o755 })?;
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        fs.create(caller, root, name.as_bytes(), NewNode::Symlink { target: target.as_bytes() })?;
    }
    Ok(fs)
}
