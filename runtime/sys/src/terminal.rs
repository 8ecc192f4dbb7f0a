//! Terminals. termios(3), pty(7).

use oac_abi::{Errno, termios::Termios};

use crate::{File, Result, raw};

/// A new pseudo-terminal: its master and its slave. Flags: O_NONBLOCK, O_CLOEXEC.
pub fn openpty(flags: u32) -> Result<(File, File)> {
    let mut fds = [0; 8];
    raw::openpty(flags, &mut fds)?;
    let fd = |at: usize| i32::from_le_bytes([fds[at], fds[at + 1], fds[at + 2], fds[at + 3]]);
    Ok((File::from_fd(fd(0)), File::from_fd(fd(4))))
}

/// Whether a descriptor is a terminal. isatty(3).
pub fn is_terminal(fd: i32) -> bool {
    tcgetattr(fd).is_ok()
}

/// A terminal's attributes.
pub fn tcgetattr(fd: i32) -> Result<Termios> {
    let mut record = [0; Termios::BYTES];
    raw::tcgetattr(fd, &mut record)?;
    Ok(Termios::decode(&record))
}

/// Sets them; `when` is one of `termios::actions`.
pub fn tcsetattr(fd: i32, when: u32, termios: &Termios) -> Result<()> {
    raw::tcsetattr(fd, when, &termios.encode()).map(drop)
}

/// Rows and columns.
pub fn window_size(fd: i32) -> Result<(u16, u16)> {
    let mut size = [0; 4];
    raw::tcgetwinsize(fd, &mut size)?;
    Ok((u16::from_le_bytes([size[0], size[1]]), u16::from_le_bytes([size[2], size[3]])))
}

/// Sets rows and columns; the foreground group gets SIGWINCH when they change.
pub fn set_window_size(fd: i32, rows: u16, columns: u16) -> Result<()> {
    let [r0, r1] = rows.to_le_bytes();
    let [c0, c1] = columns.to_le_bytes();
    raw::tcsetwinsize(fd, &[r0, r1, c0, c1]).map(drop)
}

/// The foreground process group of the caller's terminal.
pub fn foreground(fd: i32) -> Result<u32> {
    raw::tcgetpgrp(fd).map(|group| group as u32)
}

/// Sets the foreground process group.
pub fn set_foreground(fd: i32, group: u32) -> Result<()> {
    let group = i32::try_from(group).map_err(|_| Errno::EINVAL)?;
    raw::tcsetpgrp(fd, group).map(drop)
}
