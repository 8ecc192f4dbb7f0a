//! Terminals: the ioctls of ioctl_tty(2).

use oac_abi::{Errno, flags::open, termios::Termios};

use super::{Answer, files, sys, word_at};

const TCGETS: u32 = 0x5401;
const TCSETS: u32 = 0x5402;
const TCFLSH: u32 = 0x540b;
const TIOCSCTTY: u32 = 0x540e;
const TIOCGPGRP: u32 = 0x540f;
const TIOCSPGRP: u32 = 0x5410;
const TIOCGWINSZ: u32 = 0x5413;
const TIOCSWINSZ: u32 = 0x5414;
const TIOCGPTN: u32 = 0x8004_5430;
const TIOCSPTLCK: u32 = 0x4004_5431;
const TIOCGPTPEER: u32 = 0x5441;

pub(crate) fn tcgetattr(fd: i32, out: &mut [u8]) -> Answer {
    // Linux's record is the table's: four words, the line discipline, 19 characters.
    let mut record = [0u8; Termios::BYTES];
    sys!(SYS_ioctl, fd, TCGETS, record.as_mut_ptr())?;
    out[..Termios::BYTES].copy_from_slice(&record);
    Ok(0)
}

pub(crate) fn tcsetattr(fd: i32, actions: u32, termios: &[u8]) -> Answer {
    if actions > 2 || termios.len() < Termios::BYTES {
        return Err(Errno::EINVAL);
    }
    sys!(SYS_ioctl, fd, TCSETS + actions, termios.as_ptr())
}

/// Rows and columns, of a record that has pixels behind them.
pub(crate) fn tcgetwinsize(fd: i32, size: &mut [u8]) -> Answer {
    let mut record = [0u8; 8];
    sys!(SYS_ioctl, fd, TIOCGWINSZ, record.as_mut_ptr())?;
    size[..4].copy_from_slice(&record[..4]);
    Ok(0)
}

pub(crate) fn tcsetwinsize(fd: i32, size: &[u8]) -> Answer {
    let mut record = [0u8; 8];
    record[..4].copy_from_slice(&size[..4]);
    sys!(SYS_ioctl, fd, TIOCSWINSZ, record.as_ptr())
}

pub(crate) fn openpty(flags: u32, fds: &mut [u8]) -> Answer {
    let flags = flags | open::RDWR | open::NOCTTY;
    let master = files::openat(oac_abi::flags::at::FDCWD, b"/dev/ptmx", flags, 0)? as i32;
    let unlocked = [0u8; 4];
    sys!(SYS_ioctl, master, TIOCSPTLCK, unlocked.as_ptr())?;
    let slave = sys!(SYS_ioctl, master, TIOCGPTPEER, flags)? as i32;
    fds[..4].copy_from_slice(&master.to_le_bytes());
    fds[4..8].copy_from_slice(&slave.to_le_bytes());
    Ok(0)
}

pub(crate) fn tcgetpgrp(fd: i32) -> Answer {
    let mut group = [0u8; 4];
    sys!(SYS_ioctl, fd, TIOCGPGRP, group.as_mut_ptr())?;
    Ok(word_at(&group, 0).into())
}

pub(crate) fn tcsetpgrp(fd: i32, group: i32) -> Answer {
    let group = group.to_le_bytes();
    sys!(SYS_ioctl, fd, TIOCSPGRP, group.as_ptr())
}

pub(crate) fn tcsetctty(fd: i32) -> Answer {
    sys!(SYS_ioctl, fd, TIOCSCTTY, 0)
}

pub(crate) fn ptsnumber(fd: i32) -> Answer {
    let mut number = [0u8; 4];
    sys!(SYS_ioctl, fd, TIOCGPTN, number.as_mut_ptr())?;
    Ok(word_at(&number, 0).into())
}

pub(crate) fn tcflush(fd: i32, queue: u32) -> Answer {
    sys!(SYS_ioctl, fd, TCFLSH, queue)
}
