//! What a terminal shows: output with its processing, and the echo that waits to be shown.
//!
//! Echo is kept as operations until there is room, because what erasing a tab takes depends on the column that the output has
//! reached by then.

use std::collections::VecDeque;

use oac_abi::termios::{Termios, input, local, output};

/// Begins an operation; twice, it is the byte itself.
const OPERATION: u8 = 0xff;
const MOVE_BACK: u8 = 0x80;
const SET_LINE_COLUMN: u8 = 0x81;
const ERASE_TAB: u8 = 0x82;
const AFTER_TAB: u8 = 0x80;
const TAB_COLUMNS: usize = 8;
/// Echo is shown when this much has come together, or when the bytes at hand are all taken in.
const BLOCK_BYTES: usize = 256;
/// Kept free, so that one block and an operation still fit.
const RESERVE_BYTES: usize = BLOCK_BYTES + 32;

pub(super) fn is_control(byte: u8) -> bool {
    byte.is_ascii_control()
}

/// Where output and echo go: to the master, and which column they have reached.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) output: VecDeque<u8>,
    limit: usize,
    pub(super) stopped: bool,
    column: usize,
    /// Where the line that is being typed begins.
    line_column: usize,
}

impl Screen {
    pub(super) fn new(limit: usize) -> Screen {
        Screen { output: VecDeque::new(), limit, stopped: false, column: 0, line_column: 0 }
    }

    pub(super) fn room(&self) -> usize {
        if self.stopped { 0 } else { self.limit - self.output.len() }
    }

    /// Writes as it is, if there is room.
    fn put(&mut self, bytes: &[u8]) -> bool {
        let fits = bytes.len() <= self.room();
        if fits {
            self.output.extend(bytes);
        }
        fits
    }

    /// Writes one byte with the processing that `c_oflag` asks for; `false` when there is no room.
    pub(super) fn put_processed(&mut self, mut byte: u8, termios: &Termios) -> bool {
        let has = |flag: u32| termios.output & flag == flag;
        if !has(output::OPOST) || self.room() == 0 {
            return self.put(&[byte]);
        }
        match byte {
            b'\n' => {
                if has(output::ONLRET) {
                    self.column = 0;
                }
                if has(output::ONLCR) {
                    let fits = self.put(b"\r\n");
                    if fits {
                        (self.column, self.line_column) = (0, 0);
                    }
                    return fits;
                }
                self.line_column = self.column;
            }
            b'\r' if has(output::ONOCR) && self.column == 0 => return true,
            b'\r' if has(output::OCRNL) => {
                byte = b'\n';
                if has(output::ONLRET) {
                    (self.column, self.line_column) = (0, 0);
                }
            }
            b'\r' => (self.column, self.line_column) = (0, 0),
            b'\t' => {
                let columns = TAB_COLUMNS - self.column % TAB_COLUMNS;
                if has(output::XTABS) {
                    let fits = self.put(&[b' '; TAB_COLUMNS][..columns]);
                    self.column += if fits { columns } else { 0 };
                    return fits;
                }
                self.column += columns;
            }
            b'\x08' => self.column = self.column.saturating_sub(1),
            _ if !is_control(byte) => {
                if has(output::OLCUC) {
                    byte = byte.to_ascii_uppercase();
                }
                if !(termios.has_input(input::IUTF8) && byte & 0xc0 == 0x80) {
                    self.column += 1;
                }
            }
            _ => {}
        }
        self.put(&[byte])
    }
}

/// Echo that has not been shown.
#[derive(Debug)]
pub(super) struct Echo {
    operations: VecDeque<u8>,
    limit: usize,
    /// How much of it may be shown.
    committed: usize,
    /// How much of it belongs to characters that are complete.
    marked: usize,
}

impl Echo {
    pub(super) fn new(limit: usize) -> Echo {
        Echo { operations: VecDeque::new(), limit, committed: 0, marked: 0 }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.operations.len()
    }

    pub(super) fn clear(&mut self) {
        self.operations.clear();
        (self.committed, self.marked) = (0, 0);
    }

    /// A byte as it is.
    pub(super) fn raw(&mut self, byte: u8) {
        if byte == OPERATION {
            self.operations.push_back(OPERATION);
        }
        self.operations.push_back(byte);
    }

    /// A character; a control character as `^X` with ECHOCTL.
    pub(super) fn character(&mut self, byte: u8, termios: &Termios) {
        if byte != OPERATION && termios.has_local(local::ECHOCTL) && is_control(byte) && byte != b'\t' {
            self.operations.push_back(OPERATION);
            self.operations.push_back(byte);
        } else {
            self.raw(byte);
        }
    }

    /// Goes back over a character and writes a space in its place.
    pub(super) fn wipe(&mut self) {
        for byte in *b"\x08 \x08" {
            self.raw(byte);
        }
    }

    pub(super) fn move_back(&mut self) {
        self.operations.extend([OPERATION, MOVE_BACK]);
    }

    pub(super) fn set_line_column(&mut self) {
        self.operations.extend([OPERATION, SET_LINE_COLUMN]);
    }

    pub(super) fn erase_tab(&mut self, columns: usize, after_tab: bool) {
        let columns = (columns % TAB_COLUMNS) as u8 | if after_tab { AFTER_TAB } else { 0 };
        self.operations.extend([OPERATION, ERASE_TAB, columns]);
    }

    /// Says that what has been added is complete; shows it when much has come together.
    pub(super) fn commit(&mut self, screen: &mut Screen, termios: &Termios) {
        let len = self.operations.len();
        self.marked = len;
        if len < BLOCK_BYTES || len % BLOCK_BYTES > self.committed % BLOCK_BYTES {
            return;
        }
        self.committed = len;
        self.show(screen, termios);
    }

    /// Shows all that is complete.
    pub(super) fn process(&mut self, screen: &mut Screen, termios: &Termios) {
        if self.marked > 0 {
            self.committed = self.marked;
            self.show(screen, termios);
        }
    }

    /// Shows everything, unless the terminal does not echo.
    pub(super) fn flush(&mut self, screen: &mut Screen, termios: &Termios) {
        if termios.local & (local::ECHO | local::ECHONL) != 0 && self.committed < self.operations.len() {
            self.committed = self.operations.len();
            self.show(screen, termios);
        }
    }

    fn show(&mut self, screen: &mut Screen, termios: &Termios) {
        while self.committed > 0 && self.show_next(screen, termios) {}
        while self.committed >= self.limit - RESERVE_BYTES {
            self.drop_front(self.front_len());
        }
    }

    fn front_len(&self) -> usize {
        match (self.operations.front(), self.operations.get(1)) {
            (Some(&OPERATION), Some(&ERASE_TAB)) => 3,
            (Some(&OPERATION), _) => 2,
            _ => 1,
        }
    }

    fn drop_front(&mut self, len: usize) {
        self.operations.drain(..len.min(self.operations.len()));
        self.committed = self.committed.saturating_sub(len);
        self.marked = self.marked.saturating_sub(len);
    }

    /// Shows the first operation; `false` when there is no room.
    fn show_next(&mut self, screen: &mut Screen, termios: &Termios) -> bool {
        let at = |index: usize| self.operations.get(index).copied().unwrap_or_default();
        let shown = match (at(0), at(1)) {
            (OPERATION, ERASE_TAB) => {
                let columns = usize::from(at(2));
                let from = if columns & usize::from(AFTER_TAB) == 0 { screen.line_column } else { 0 };
                let back = TAB_COLUMNS - (columns + from) % TAB_COLUMNS;
                let fits = screen.put(&[b'\x08'; TAB_COLUMNS][..back]);
                screen.column = screen.column.saturating_sub(if fits { back } else { 0 });
                fits
            }
            (OPERATION, SET_LINE_COLUMN) => {
                screen.line_column = screen.column;
                true
            }
            (OPERATION, MOVE_BACK) => {
                screen.column = screen.column.saturating_sub(1);
                true
            }
            (OPERATION, OPERATION) => {
                let fits = screen.put(&[OPERATION]);
                screen.column += usize::from(fits);
                fits
            }
            (OPERATION, control) => {
                let fits = screen.put(&[b'^', control ^ 0o100]);
                screen.column += if fits { 2 } else { 0 };
                fits
            }
            (byte, _) => screen.put_processed(byte, termios),
        };
        if shown {
            self.drop_front(self.front_len());
        }
        shown
    }
}
