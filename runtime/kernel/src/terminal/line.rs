//! The line discipline: what a terminal does with bytes between the one who types and the program that reads, and what it
//! echoes. termios(3). It does as Linux's N_TTY does, to the order of its tests; `tests/terminal_linux.rs` compares them.
//!
//! Pure: bytes and attributes go in; bytes, echo and signals come out.

use std::collections::VecDeque;

use oac_abi::{
    bounds::{TERMINAL_ECHO_BYTES, TERMINAL_INPUT_BYTES, TERMINAL_TRANSIT_BYTES},
    signal::Signal,
    termios::{Termios, input, local, special},
};

use super::echo::{Echo, Screen, is_control};

/// A special character that is turned off; also what stands in the input for an end of file.
const DISABLED: u8 = 0;
/// What waits for the reader of the master: in its own buffer, and on its way there.
pub(super) const OUTPUT_BYTES: usize = MASTER_BYTES + TERMINAL_TRANSIT_BYTES;
/// The master's own buffer, which a flush of output does not reach.
const MASTER_BYTES: usize = TERMINAL_INPUT_BYTES - 1;

/// One byte of input, and whether a line ends with it.
#[derive(Clone, Copy, Debug)]
struct Typed {
    byte: u8,
    ends_line: bool,
}

/// Which characters an erasing character takes away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Erase {
    Character,
    Word,
    Line,
}

/// The state of one terminal's line discipline.
#[derive(Debug)]
pub(crate) struct Line {
    termios: Termios,
    input: VecDeque<Typed>,
    /// How many bytes of the input belong to finished lines.
    finished: usize,
    /// The next character is taken literally.
    literal_next: bool,
    /// Within `\…/` of ECHOPRT.
    erasing: bool,
    echo: Echo,
    screen: Screen,
    /// Bytes from the master that have found no room.
    transit: VecDeque<u8>,
    /// While bytes are being taken in: how much output there was before, for what they echo is not with the master yet.
    delivered: usize,
}

impl Default for Line {
    fn default() -> Line {
        Line {
            termios: Termios::default(),
            input: VecDeque::new(),
            finished: 0,
            literal_next: false,
            erasing: false,
            echo: Echo::new(TERMINAL_ECHO_BYTES),
            screen: Screen::new(OUTPUT_BYTES),
            transit: VecDeque::new(),
            delivered: usize::MAX,
        }
    }
}

impl Line {
    pub(crate) fn termios(&self) -> &Termios {
        &self.termios
    }

    /// Whether a read would give something. For poll(2) (`whole`), VMIN bytes must have come when there is no VTIME.
    pub(crate) fn is_readable(&self, whole: bool) -> bool {
        if self.termios.has_local(local::ICANON) {
            return self.finished > 0;
        }
        let least = usize::from(self.termios.characters[special::VMIN]);
        let wait_for_more = whole && self.termios.characters[special::VTIME] == 0 && least > 0;
        self.input.len() >= if wait_for_more { least } else { 1 }
    }

    /// Bytes that could be read, for FIONREAD.
    pub(crate) fn available_bytes(&self) -> usize {
        if self.termios.has_local(local::ICANON) {
            let ends = |typed: &&Typed| !(typed.ends_line && typed.byte == DISABLED);
            return self.input.iter().take(self.finished).filter(ends).count();
        }
        self.input.len()
    }

    /// Bytes of input, finished lines or not.
    pub(crate) fn input_bytes(&self) -> usize {
        self.input.len()
    }

    /// What the master has to read.
    pub(crate) fn output_bytes(&self) -> usize {
        self.screen.output.len()
    }

    /// Hands the master what has been written and echoed.
    pub(crate) fn take_output(&mut self, buf: &mut [u8]) -> usize {
        let len = buf.len().min(self.screen.output.len());
        for (to, from) in buf.iter_mut().zip(self.screen.output.drain(..len)) {
            *to = from;
        }
        len
    }

    /// Room for what the program writes.
    pub(crate) fn output_room(&self) -> usize {
        self.screen.room()
    }

    /// Room for what the master writes.
    pub(crate) fn transit_room(&self) -> usize {
        TERMINAL_TRANSIT_BYTES - self.transit.len()
    }

    /// What the program writes; gives how many bytes have been taken.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> usize {
        self.echo.process(&mut self.screen, &self.termios);
        let mut taken = 0;
        while taken < bytes.len() && self.screen.put_processed(bytes[taken], &self.termios) {
            taken += 1;
        }
        taken
    }

    /// One read(2) of the program. In canonical mode at most one line, without the character that stands for an end of file.
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> usize {
        if !self.termios.has_local(local::ICANON) {
            let len = buf.len().min(self.input.len());
            for (to, from) in buf.iter_mut().zip(self.input.drain(..len)) {
                *to = from.byte;
            }
            self.finished = self.finished.saturating_sub(len);
            return len;
        }
        let mut len = 0;
        while len < buf.len() && self.finished > 0 {
            let Some(typed) = self.input.pop_front() else { break };
            self.finished -= 1;
            if typed.ends_line && typed.byte == DISABLED {
                return len;
            }
            buf[len] = typed.byte;
            len += 1;
            if typed.ends_line {
                return len;
            }
        }
        // A read that ends exactly before an end of file takes that along: the next one is not to find it.
        let at_end = self.input.front().is_some_and(|next| next.ends_line && next.byte == DISABLED);
        if len > 0 && self.finished > 0 && at_end {
            self.input.pop_front();
            self.finished -= 1;
        }
        len
    }

    /// tcsetattr(3).
    pub(crate) fn set_termios(&mut self, new: Termios) {
        let old = std::mem::replace(&mut self.termios, new);
        if (old.local ^ new.local) & local::ICANON != 0 {
            for typed in &mut self.input {
                typed.ends_line = false;
            }
            self.finished = 0;
            // What was read byte by byte becomes a line.
            if new.has_local(local::ICANON)
                && let Some(last) = self.input.back_mut()
            {
                last.ends_line = true;
                self.finished = self.input.len();
            }
            self.erasing = false;
            self.literal_next = false;
        }
        if !new.has_input(input::IXON) && old.has_input(input::IXON) {
            self.start();
        }
    }

    /// Throws the input away, also what is on its way.
    pub(crate) fn flush_input(&mut self) {
        self.transit.clear();
        self.reset_input();
    }

    /// Throws away what the master has written and nobody has taken in.
    pub(crate) fn flush_transit(&mut self) {
        self.transit.clear();
    }

    fn reset_input(&mut self) {
        self.input.clear();
        self.finished = 0;
        self.erasing = false;
    }

    /// Throws away what was written and is on its way to the master.
    pub(crate) fn flush_output(&mut self) {
        self.screen.output.truncate(self.delivered.min(MASTER_BYTES));
    }

    /// Throws away all that waits for the master: its own tcflush(3).
    pub(crate) fn discard_output(&mut self) {
        self.screen.output.clear();
    }

    fn start(&mut self) {
        if std::mem::take(&mut self.screen.stopped) {
            self.echo.process(&mut self.screen, &self.termios);
        }
    }

    /// Takes bytes that the master writes, as many as there is room for on the way.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(self.transit_room());
        self.transit.extend(&bytes[..len]);
        len
    }

    /// Takes in what is on its way, as far as there is room. The signals are for the foreground group, in their order.
    pub(crate) fn receive(&mut self, signals: &mut Vec<Signal>) {
        loop {
            let count = self.transit.len().min(self.input_room());
            if count == 0 {
                return;
            }
            self.delivered = self.screen.output.len();
            for _ in 0..count {
                if let Some(byte) = self.transit.pop_front() {
                    self.take(byte, signals);
                }
            }
            self.echo.flush(&mut self.screen, &self.termios);
            self.delivered = usize::MAX;
        }
    }

    /// How many bytes may be taken in. A line that fills the buffer goes on, one byte at a time, each in the place of the last:
    /// else nobody could ever end it.
    fn input_room(&mut self) -> usize {
        let free = TERMINAL_INPUT_BYTES - self.input.len();
        let each = if self.termios.has_input(input::PARMRK) { 3 } else { 1 };
        if free.div_ceil(each) > 1 {
            return free.div_ceil(each) - 1;
        }
        let endless = self.termios.has_local(local::ICANON) && self.finished == 0;
        if endless && free == 0 {
            self.input.pop_back();
        }
        usize::from(endless)
    }

    fn is_special(&self, index: usize, byte: u8) -> bool {
        byte != DISABLED && self.termios.characters[index] == byte
    }

    fn take(&mut self, mut byte: u8, signals: &mut Vec<Signal>) {
        let termios = self.termios;
        if termios.has_input(input::ISTRIP) {
            byte &= 0x7f;
        }
        if termios.has_input(input::IUCLC) && termios.has_local(local::IEXTEN) {
            byte = byte.to_ascii_lowercase();
        }
        if std::mem::take(&mut self.literal_next) {
            return self.take_plain(byte);
        }
        if self.is_flow(byte) || self.is_signal(byte, signals) {
            return;
        }
        if !self.changes_meaning(byte) {
            return self.take_plain(byte);
        }
        if termios.has_input(input::IXANY) && termios.has_input(input::IXON) {
            self.start();
        }
        match byte {
            b'\r' if termios.has_input(input::IGNCR) => return,
            b'\r' if termios.has_input(input::ICRNL) => byte = b'\n',
            b'\n' if termios.has_input(input::INLCR) => byte = b'\r',
            _ => {}
        }
        if termios.has_local(local::ICANON) && self.take_canonical(byte) {
            return;
        }
        if byte == b'\n' && termios.has_local(local::ECHO) {
            self.finish_erasing();
            self.echo.raw(b'\n');
            self.echo.commit(&mut self.screen, &self.termios);
            return self.put(byte);
        }
        self.echo_and_put(byte);
    }

    /// Whether a character is one that is looked at beyond flow control and signals; the others are ordinary in every mode.
    fn changes_meaning(&self, byte: u8) -> bool {
        let termios = &self.termios;
        match byte {
            b'\r' if termios.input & (input::IGNCR | input::ICRNL) != 0 => return true,
            b'\n' if termios.has_input(input::INLCR) || termios.has_local(local::ICANON) => return true,
            _ => {}
        }
        let extended = termios.has_local(local::IEXTEN);
        let any = |indices: &[usize]| indices.iter().any(|&index| self.is_special(index, byte));
        termios.has_local(local::ICANON)
            && (any(&[special::VERASE, special::VKILL, special::VEOF, special::VEOL])
                || extended && any(&[special::VWERASE, special::VLNEXT, special::VEOL2])
                || extended && termios.has_local(local::ECHO) && any(&[special::VREPRINT]))
    }

    /// Start and stop.
    fn is_flow(&mut self, byte: u8) -> bool {
        if !self.termios.has_input(input::IXON) {
            return false;
        }
        if self.is_special(special::VSTART, byte) {
            self.screen.stopped = false;
            self.echo.process(&mut self.screen, &self.termios);
            return true;
        }
        let stops = self.is_special(special::VSTOP, byte);
        self.screen.stopped |= stops;
        stops
    }

    fn is_signal(&mut self, byte: u8, signals: &mut Vec<Signal>) -> bool {
        if !self.termios.has_local(local::ISIG) {
            return false;
        }
        let known = [
            (special::VINTR, Signal::SIGINT),
            (special::VQUIT, Signal::SIGQUIT),
            (special::VSUSP, Signal::SIGTSTP),
        ];
        let Some(&(_, signal)) = known.iter().find(|&&(index, _)| self.is_special(index, byte)) else {
            return false;
        };
        signals.push(signal);
        if !self.termios.has_local(local::NOFLSH) {
            self.echo.clear();
            self.flush_output();
            self.reset_input();
        }
        if self.termios.has_input(input::IXON) {
            self.screen.stopped = false;
        }
        if self.termios.has_local(local::ECHO) {
            self.echo.character(byte, &self.termios);
            self.echo.commit(&mut self.screen, &self.termios);
        } else {
            self.echo.process(&mut self.screen, &self.termios);
        }
        true
    }

    fn take_plain(&mut self, byte: u8) {
        if self.termios.has_input(input::IXANY) && self.termios.has_input(input::IXON) {
            self.start();
        }
        self.echo_and_put(byte);
    }

    fn echo_and_put(&mut self, byte: u8) {
        if self.termios.has_local(local::ECHO) {
            self.finish_erasing();
            self.echo_within_line(byte);
        }
        self.put(byte);
    }

    /// Echoes a character; the first of a line remembers the column where the line begins, for tabs that are erased.
    fn echo_within_line(&mut self, byte: u8) {
        if self.finished == self.input.len() {
            self.echo.set_line_column();
        }
        self.echo.character(byte, &self.termios);
        self.echo.commit(&mut self.screen, &self.termios);
    }

    fn put(&mut self, byte: u8) {
        if byte == 0xff && self.termios.has_input(input::PARMRK) {
            self.input.push_back(Typed { byte, ends_line: false });
        }
        self.input.push_back(Typed { byte, ends_line: false });
    }

    fn end_line(&mut self, byte: u8) {
        self.input.push_back(Typed { byte, ends_line: true });
        self.finished = self.input.len();
    }

    /// A character of canonical mode; whether it has been dealt with.
    fn take_canonical(&mut self, byte: u8) -> bool {
        let (termios, extended) = (self.termios, self.termios.has_local(local::IEXTEN));
        let echo = termios.has_local(local::ECHO);
        let kills = self.is_special(special::VKILL, byte);
        let erase = if self.is_special(special::VERASE, byte) {
            Some(Erase::Character)
        } else if self.is_special(special::VWERASE, byte) && (extended || kills) {
            Some(Erase::Word)
        } else if kills {
            Some(Erase::Line)
        } else {
            None
        };
        if let Some(erase) = erase {
            self.erase(erase);
            self.echo.commit(&mut self.screen, &self.termios);
        } else if extended && self.is_special(special::VLNEXT, byte) {
            self.literal_next = true;
            if echo {
                self.finish_erasing();
                if termios.has_local(local::ECHOCTL) {
                    self.echo.raw(b'^');
                    self.echo.raw(b'\x08');
                    self.echo.commit(&mut self.screen, &self.termios);
                }
            }
        } else if extended && echo && self.is_special(special::VREPRINT, byte) {
            self.finish_erasing();
            self.echo.character(byte, &self.termios);
            self.echo.raw(b'\n');
            for typed in self.input.iter().skip(self.finished) {
                self.echo.character(typed.byte, &self.termios);
            }
            self.echo.commit(&mut self.screen, &self.termios);
        } else if byte == b'\n' {
            if echo || termios.has_local(local::ECHONL) {
                self.echo.raw(b'\n');
                self.echo.commit(&mut self.screen, &self.termios);
            }
            self.end_line(byte);
        } else if self.is_special(special::VEOF, byte) {
            self.end_line(DISABLED);
        } else if self.is_special(special::VEOL, byte) || extended && self.is_special(special::VEOL2, byte) {
            if echo {
                self.echo_within_line(byte);
            }
            if byte == 0xff && termios.has_input(input::PARMRK) {
                self.input.push_back(Typed { byte, ends_line: false });
            }
            self.end_line(byte);
        } else {
            return false;
        }
        true
    }

    fn finish_erasing(&mut self) {
        if std::mem::take(&mut self.erasing) {
            self.echo.raw(b'/');
        }
    }

    fn is_continuation(&self, byte: u8) -> bool {
        self.termios.has_input(input::IUTF8) && byte & 0xc0 == 0x80
    }

    fn erase(&mut self, what: Erase) {
        let termios = self.termios;
        let echo = termios.has_local(local::ECHO);
        if self.finished == self.input.len() {
            return;
        }
        if what == Erase::Line {
            let quietly = local::ECHOK | local::ECHOKE | local::ECHOE;
            if !echo || termios.local & quietly != quietly {
                self.input.truncate(self.finished);
                if echo {
                    self.finish_erasing();
                    self.echo.character(termios.characters[special::VKILL], &termios);
                    // A new line if ECHOK is on and ECHOKE is off.
                    if termios.has_local(local::ECHOK) {
                        self.echo.raw(b'\n');
                    }
                }
                return;
            }
        }
        let mut in_word = false;
        while self.input.len() > self.finished {
            let mut head = self.input.len() - 1;
            while self.is_continuation(self.input[head].byte) && head > self.finished {
                head -= 1;
            }
            let first = self.input[head].byte;
            // Half a character stays.
            if self.is_continuation(first) {
                break;
            }
            if what == Erase::Word {
                let of_word = is_alphanumeric(first) || first == b'_';
                if !of_word && in_word {
                    break;
                }
                in_word |= of_word;
            }
            let erased: Vec<u8> = self.input.drain(head..).map(|typed| typed.byte).collect();
            if echo {
                self.echo_erased(&erased, what);
            }
            if what == Erase::Character {
                break;
            }
        }
        if self.input.len() == self.finished && echo {
            self.finish_erasing();
        }
    }

    fn echo_erased(&mut self, erased: &[u8], what: Erase) {
        let termios = self.termios;
        let first = erased.first().copied().unwrap_or_default();
        if termios.has_local(local::ECHOPRT) {
            if !std::mem::replace(&mut self.erasing, true) {
                self.echo.raw(b'\\');
            }
            self.echo.character(first, &termios);
            for &byte in &erased[1..] {
                self.echo.raw(byte);
                self.echo.move_back();
            }
        } else if what == Erase::Character && !termios.has_local(local::ECHOE) {
            self.echo.character(termios.characters[special::VERASE], &termios);
        } else if first == b'\t' {
            self.echo_erased_tab();
        } else {
            let shown = termios.has_local(local::ECHOCTL);
            if is_control(first) && shown {
                self.echo.wipe();
            }
            if !is_control(first) || shown {
                self.echo.wipe();
            }
        }
    }

    /// A tab goes back to where it began: behind the columns since the line's start, or since the tab before.
    fn echo_erased_tab(&mut self) {
        let (mut columns, mut after_tab) = (0, false);
        for typed in self.input.iter().skip(self.finished).rev() {
            match typed.byte {
                b'\t' => {
                    after_tab = true;
                    break;
                }
                byte if is_control(byte) => {
                    columns += if self.termios.has_local(local::ECHOCTL) { 2 } else { 0 };
                }
                byte if self.is_continuation(byte) => {}
                _ => columns += 1,
            }
        }
        self.echo.erase_tab(columns, after_tab);
    }
}

/// As the kernel's ctype has it: Latin-1.
fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0xc0 && byte != 0xd7 && byte != 0xf7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echo_that_nobody_shows_is_bounded() {
        let mut line = Line::default();
        let mut buf = [0; TERMINAL_INPUT_BYTES];
        line.send(b"\x13");
        for _ in 0..100 {
            line.send(&[b'x'; 99]);
            line.send(b"\n");
            line.receive(&mut Vec::new());
            line.read(&mut buf);
            assert!(line.echo.len() <= TERMINAL_ECHO_BYTES);
        }
        assert_eq!(line.output_bytes(), 0);
        line.send(b"\x11");
        line.receive(&mut Vec::new());
        assert!(line.output_bytes() > TERMINAL_ECHO_BYTES / 2, "what is left of it is shown");
    }
}
