//! Random changes of trees, and trees as text to compare.

// Each test crate uses some of it; and a test may unwrap.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use oac_abi::{Errno, flags::mode};
use oac_vfs::{Access, Caller, FileSystem, Ino, NewNode, RenameMode, SetAttributes, WriteAt, XattrMode};

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }

    pub fn path(&mut self) -> Vec<&'static str> {
        (0..=self.roll(3)).map(|_| ["a", "b", "c", "d"][self.roll(4) as usize]).collect()
    }
}

/// A change by paths; names are few, so that changes meet.
#[derive(Clone, Debug)]
pub enum Change {
    MakeDir(Vec<&'static str>),
    MakeFile(Vec<&'static str>, usize),
    Symlink(Vec<&'static str>),
    Fifo(Vec<&'static str>),
    Link(Vec<&'static str>, Vec<&'static str>),
    Unlink(Vec<&'static str>),
    RemoveDir(Vec<&'static str>),
    Rename(Vec<&'static str>, Vec<&'static str>, RenameMode),
    Write(Vec<&'static str>, u64, u8),
    Truncate(Vec<&'static str>, u64),
    Chmod(Vec<&'static str>, u32),
    SetXattr(Vec<&'static str>, u8),
    Copy(Vec<&'static str>, Vec<&'static str>),
}

impl Change {
    /// `links`: whether hard links may be made.
    pub fn random(dice: &mut Dice, links: bool) -> Change {
        match dice.roll(17) {
            0..3 => Change::MakeDir(dice.path()),
            3 | 4 => Change::MakeFile(dice.path(), dice.roll(9000) as usize),
            5 => Change::Symlink(dice.path()),
            6 if links => Change::Link(dice.path(), dice.path()),
            6 => Change::Fifo(dice.path()),
            7 => Change::Unlink(dice.path()),
            8 => Change::RemoveDir(dice.path()),
            9..12 => {
                let modes = [RenameMode::Replace, RenameMode::NoReplace, RenameMode::Exchange];
                Change::Rename(dice.path(), dice.path(), modes[dice.roll(8).saturating_sub(5) as usize])
            }
            12 => Change::Write(dice.path(), dice.roll(10_000), dice.roll(256) as u8),
            13 => Change::Truncate(dice.path(), dice.roll(5000)),
            14 => Change::Chmod(dice.path(), 0o600 + dice.roll(0o177) as u32),
            15 => Change::SetXattr(dice.path(), dice.roll(3) as u8),
            _ => Change::Copy(dice.path(), dice.path()),
        }
    }

    /// Makes it.
    pub fn apply(&self, fs: &mut dyn FileSystem, now_ns: i64) -> Result<u64, Errno> {
        let caller = Caller::root(now_ns);
        let new = |fs: &mut dyn FileSystem, path: &[&str], node| {
            let (dir, name) = parent(fs, path)?;
            fs.create(&caller, dir, name, node)
        };
        match self {
            Change::MakeDir(path) => new(fs, path, NewNode::Directory { mode: 0o755 }).map(|_| 0),
            Change::MakeFile(path, size) => {
                let ino = new(fs, path, NewNode::File { mode: 0o644 })?;
                write(fs, &caller, ino, 0, &vec![b'n'; *size])
            }
            Change::Symlink(path) => new(fs, path, NewNode::Symlink { target: b"t" }).map(|_| 0),
            Change::Fifo(path) => new(fs, path, NewNode::Fifo { mode: 0o600 }).map(|_| 0),
            Change::Link(old, path) => {
                let ino = find(fs, old)?;
                let (dir, name) = parent(fs, path)?;
                fs.link(&caller, ino, dir, name).map(|()| 0)
            }
            Change::Unlink(path) => {
                let (dir, name) = parent(fs, path)?;
                fs.unlink(&caller, dir, name).map(|()| 0)
            }
            Change::RemoveDir(path) => {
                let (dir, name) = parent(fs, path)?;
                fs.remove_dir(&caller, dir, name).map(|()| 0)
            }
            Change::Rename(old, path, mode) => {
                let (old, new) = (parent(fs, old)?, parent(fs, path)?);
                fs.rename(&caller, old, new, *mode).map(|()| 0)
            }
            Change::Write(path, offset, byte) => {
                let ino = find(fs, path)?;
                write(fs, &caller, ino, *offset, &[*byte; 100])
            }
            Change::Truncate(path, size) => {
                let change = SetAttributes { size: Some(*size), ..SetAttributes::default() };
                let ino = find(fs, path)?;
                fs.set_attributes(&caller, ino, &change).map(|()| 0)
            }
            Change::Chmod(path, mode) => {
                let ino = find(fs, path)?;
                // The kernel changes no link's mode.
                let mode = (!fs.metadata(ino)?.is_symlink()).then_some(*mode);
                let change = SetAttributes { mode, uid: Some(7), ..SetAttributes::default() };
                fs.set_attributes(&caller, ino, &change).map(|()| 0)
            }
            Change::SetXattr(path, value) => {
                let ino = find(fs, path)?;
                if *value == 0 {
                    return fs.remove_xattr(&caller, ino, b"user.x").map(|()| 0);
                }
                fs.set_xattr(&caller, ino, b"user.x", &[*value], XattrMode::Set).map(|()| 0)
            }
            Change::Copy(from, to) => {
                let (from, to) = (find(fs, from)?, find(fs, to)?);
                if from == to {
                    return Ok(0);
                }
                let from = fs.open(&caller, from, Access { read: true, write: false })?;
                let to = match fs.open(&caller, to, Access { read: false, write: true }) {
                    Ok(to) => to,
                    Err(errno) => {
                        fs.close(from);
                        return Err(errno);
                    }
                };
                let result = fs.copy_range(&caller, (from, 0), (to, 0), 100_000);
                fs.close(from);
                fs.close(to);
                result
            }
        }
    }
}

fn write(
    fs: &mut dyn FileSystem,
    caller: &Caller,
    ino: Ino,
    offset: u64,
    bytes: &[u8],
) -> Result<u64, Errno> {
    let handle = fs.open(caller, ino, Access { read: true, write: true })?;
    let written = fs.write(caller, handle, WriteAt::Offset(offset), bytes);
    fs.close(handle);
    written.map(|written| written.bytes as u64)
}

pub fn find(fs: &mut dyn FileSystem, path: &[&str]) -> Result<Ino, Errno> {
    let mut at = fs.root();
    for name in path {
        at = fs.lookup(at, name.as_bytes())?;
    }
    Ok(at)
}

fn parent<'a>(fs: &mut dyn FileSystem, path: &[&'a str]) -> Result<(Ino, &'a [u8]), Errno> {
    let (name, dirs) = path.split_last().unwrap();
    Ok((find(fs, dirs)?, name.as_bytes()))
}

/// A tree as lines: path, mode, owner, links, size, content's sum, attribute. `links`: whether to show how many names files have.
pub fn text(fs: &mut dyn FileSystem, links: bool) -> String {
    let mut out = String::new();
    let root = fs.root();
    lines(fs, root, "", links, &mut out);
    out
}

fn lines(fs: &mut dyn FileSystem, dir: Ino, path: &str, links: bool, out: &mut String) {
    let caller = Caller::root(0);
    for entry in fs.read_dir(dir).unwrap() {
        let path = format!("{path}/{}", std::str::from_utf8(&entry.name).unwrap());
        let ino = fs.lookup(dir, &entry.name).unwrap();
        assert_eq!(ino, entry.ino, "{path} has another number in the listing");
        let stat = fs.metadata(ino).unwrap();
        assert_eq!((stat.ino, stat.mode & mode::FMT), (ino.0, entry.kind), "{path}");
        let nlink = if links || stat.is_dir() { stat.nlink } else { 0 };
        let xattr = fs.get_xattr(ino, b"user.x");
        assert_eq!(fs.list_xattr(ino).unwrap().len(), usize::from(xattr.is_ok()), "{path}");
        out.push_str(&format!("{path} {:o} {} {nlink} {xattr:?}", stat.mode, stat.uid));
        if stat.is_file() {
            let handle = fs.open(&caller, ino, Access { read: true, write: false }).unwrap();
            let mut content = vec![0; stat.size as usize + 1];
            assert_eq!(fs.read(handle, 0, &mut content), Ok(stat.size as usize));
            fs.close(handle);
            let sum = content.iter().fold(0u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
            out.push_str(&format!(" {} {sum:x}", stat.size));
        }
        out.push('\n');
        if stat.is_dir() {
            assert_eq!(fs.parent(ino), Ok((dir, entry.name)));
            lines(fs, ino, &path, links, out);
        }
    }
}
