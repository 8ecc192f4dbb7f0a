//! Terminals.

use oac_abi::{flags::poll as bits, termios::Termios};

use super::{Errno, Result, Text, raw, read, two, wait_ready};

/// A pseudo-terminal: its master and its slave.
pub(crate) fn openpty(flags: u32) -> Result<(i32, i32)> {
    let mut fds = [0; 8];
    raw::openpty(flags, &mut fds)?;
    Ok(two(&fds))
}

pub(crate) fn tcgetattr(fd: i32) -> Result<Termios> {
    let mut record = [0; Termios::BYTES];
    raw::tcgetattr(fd, &mut record)?;
    Ok(Termios::decode(&record))
}

pub(crate) const TCSANOW: u32 = 0;
pub(crate) const TCSAFLUSH: u32 = 2;

pub(crate) fn tcsetattr(fd: i32, actions: u32, termios: &Termios) -> Result<()> {
    raw::tcsetattr(fd, actions, &termios.encode()).map(drop)
}

/// Changes a terminal's attributes at once.
pub(crate) fn change(fd: i32, change: impl FnOnce(&mut Termios)) -> Result<()> {
    let mut termios = tcgetattr(fd)?;
    change(&mut termios);
    tcsetattr(fd, TCSANOW, &termios)
}

pub(crate) fn isatty(fd: i32) -> bool {
    tcgetattr(fd).is_ok()
}

/// Rows and columns.
pub(crate) fn tcgetwinsize(fd: i32) -> Result<(u16, u16)> {
    let mut size = [0; 4];
    raw::tcgetwinsize(fd, &mut size)?;
    Ok((u16::from_le_bytes([size[0], size[1]]), u16::from_le_bytes([size[2], size[3]])))
}

pub(crate) fn tcsetwinsize(fd: i32, rows: u16, columns: u16) -> Result<()> {
    let [r0, r1] = rows.to_le_bytes();
    let [c0, c1] = columns.to_le_bytes();
    raw::tcsetwinsize(fd, &[r0, r1, c0, c1]).map(drop)
}

pub(crate) fn tcgetpgrp(fd: i32) -> Result<i32> {
    raw::tcgetpgrp(fd).map(|group| group as i32)
}

pub(crate) fn tcsetpgrp(fd: i32, group: i32) -> Result<()> {
    raw::tcsetpgrp(fd, group).map(drop)
}

pub(crate) fn tcsetctty(fd: i32) -> Result<()> {
    raw::tcsetctty(fd).map(drop)
}

pub(crate) fn ptsnumber(fd: i32) -> Result<i64> {
    raw::ptsnumber(fd)
}

pub(crate) const TCIFLUSH: u32 = 0;

pub(crate) fn tcflush(fd: i32, queue: u32) -> Result<()> {
    raw::tcflush(fd, queue).map(drop)
}

/// Bytes that a read would give at once.
pub(crate) fn fionread(fd: i32) -> Result<i64> {
    raw::fionread(fd)
}

/// What comes out at the master, up to this text: the discipline works on its own time, and hands its output over in pieces.
pub(crate) fn echoed(master: i32, until: &str) -> Result<Text> {
    let mut all = Vec::new();
    while !all.ends_with(until.as_bytes()) {
        match read(master, 100) {
            Ok(Text(bytes)) if bytes.is_empty() => break,
            Ok(Text(bytes)) => all.extend(bytes),
            Err(Errno::EAGAIN) => drop(wait_ready(master, bits::IN)?),
            Err(errno) => return Err(errno),
        }
    }
    Ok(Text(all))
}
