//! Terminal attributes with Linux's numbers. termios(3), ioctl_tty(2).

/// `c_iflag`.
pub mod input {
    #![allow(missing_docs)]
    pub const IGNBRK: u32 = 0o1;
    pub const BRKINT: u32 = 0o2;
    pub const IGNPAR: u32 = 0o4;
    pub const PARMRK: u32 = 0o10;
    pub const INPCK: u32 = 0o20;
    pub const ISTRIP: u32 = 0o40;
    pub const INLCR: u32 = 0o100;
    pub const IGNCR: u32 = 0o200;
    pub const ICRNL: u32 = 0o400;
    pub const IUCLC: u32 = 0o1000;
    pub const IXON: u32 = 0o2000;
    pub const IXANY: u32 = 0o4000;
    pub const IXOFF: u32 = 0o10000;
    pub const IMAXBEL: u32 = 0o20000;
    pub const IUTF8: u32 = 0o40000;
}

/// `c_oflag`.
pub mod output {
    #![allow(missing_docs)]
    pub const OPOST: u32 = 0o1;
    pub const OLCUC: u32 = 0o2;
    pub const ONLCR: u32 = 0o4;
    pub const OCRNL: u32 = 0o10;
    pub const ONOCR: u32 = 0o20;
    pub const ONLRET: u32 = 0o40;
    /// Tabs are written as spaces: the value of TABDLY that is called XTABS.
    pub const XTABS: u32 = 0o14000;
}

/// `c_cflag`.
pub mod control {
    #![allow(missing_docs)]
    pub const B38400: u32 = 0o17;
    pub const CS8: u32 = 0o60;
    pub const CREAD: u32 = 0o200;
    pub const PARENB: u32 = 0o400;
}

/// `c_lflag`.
pub mod local {
    #![allow(missing_docs)]
    pub const ISIG: u32 = 0o1;
    pub const ICANON: u32 = 0o2;
    pub const ECHO: u32 = 0o10;
    pub const ECHOE: u32 = 0o20;
    pub const ECHOK: u32 = 0o40;
    pub const ECHONL: u32 = 0o100;
    pub const NOFLSH: u32 = 0o200;
    pub const TOSTOP: u32 = 0o400;
    pub const ECHOCTL: u32 = 0o1000;
    pub const ECHOPRT: u32 = 0o2000;
    pub const ECHOKE: u32 = 0o4000;
    pub const IEXTEN: u32 = 0o100000;
}

/// Indices into `c_cc`.
pub mod special {
    #![allow(missing_docs)]
    pub const VINTR: usize = 0;
    pub const VQUIT: usize = 1;
    pub const VERASE: usize = 2;
    pub const VKILL: usize = 3;
    pub const VEOF: usize = 4;
    pub const VTIME: usize = 5;
    pub const VMIN: usize = 6;
    pub const VSTART: usize = 8;
    pub const VSTOP: usize = 9;
    pub const VSUSP: usize = 10;
    pub const VEOL: usize = 11;
    pub const VREPRINT: usize = 12;
    pub const VDISCARD: usize = 13;
    pub const VWERASE: usize = 14;
    pub const VLNEXT: usize = 15;
    pub const VEOL2: usize = 16;
    /// How many there are.
    pub const COUNT: usize = 19;
}

/// When tcsetattr acts.
pub mod actions {
    #![allow(missing_docs)]
    pub const NOW: u32 = 0;
    pub const DRAIN: u32 = 1;
    pub const FLUSH: u32 = 2;
}

/// What tcflush throws away.
pub mod flush {
    #![allow(missing_docs)]
    pub const INPUT: u32 = 0;
    pub const OUTPUT: u32 = 1;
    pub const BOTH: u32 = 2;
}

/// `struct termios` as the kernel has it (TCGETS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Termios {
    /// [`input`].
    pub input: u32,
    /// [`output`].
    pub output: u32,
    /// [`control`].
    pub control: u32,
    /// [`local`].
    pub local: u32,
    /// The line discipline's number; 0, N_TTY.
    pub line: u8,
    /// Special characters, by [`special`]; 0 turns one off.
    pub characters: [u8; special::COUNT],
}

impl Default for Termios {
    /// What a new pseudo-terminal has on Linux.
    fn default() -> Termios {
        let mut characters = [0; special::COUNT];
        for (index, byte) in [
            (special::VINTR, 3),
            (special::VQUIT, 28),
            (special::VERASE, 127),
            (special::VKILL, 21),
            (special::VEOF, 4),
            (special::VMIN, 1),
            (special::VSTART, 17),
            (special::VSTOP, 19),
            (special::VSUSP, 26),
            (special::VREPRINT, 18),
            (special::VDISCARD, 15),
            (special::VWERASE, 23),
            (special::VLNEXT, 22),
        ] {
            characters[index] = byte;
        }
        Termios {
            input: input::ICRNL | input::IXON,
            output: output::OPOST | output::ONLCR,
            control: control::B38400 | control::CS8 | control::CREAD,
            local: local::ISIG
                | local::ICANON
                | local::ECHO
                | local::ECHOE
                | local::ECHOK
                | local::ECHOCTL
                | local::ECHOKE
                | local::IEXTEN,
            line: 0,
            characters,
        }
    }
}

impl Termios {
    /// Whether an input flag is set.
    pub const fn has_input(&self, flag: u32) -> bool {
        self.input & flag != 0
    }

    /// Whether a local flag is set.
    pub const fn has_local(&self, flag: u32) -> bool {
        self.local & flag != 0
    }

    /// Bytes of an encoded record.
    pub const BYTES: usize = 36;

    /// Four u32s (input, output, control, local), line u8 at 16, 19 characters at 17.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        for (chunk, field) in out.chunks_exact_mut(4).zip([self.input, self.output, self.control, self.local])
        {
            chunk.copy_from_slice(&field.to_le_bytes());
        }
        out[16] = self.line;
        out[17..].copy_from_slice(&self.characters);
        out
    }

    /// The reverse of [`Termios::encode`].
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Termios {
        let at = |index: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[index * 4 + i]));
        Termios {
            input: at(0),
            output: at(1),
            control: at(2),
            local: at(3),
            line: bytes[16],
            characters: std::array::from_fn(|i| bytes[17 + i]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_round_trip() {
        let mut termios = Termios { line: 7, ..Termios::default() };
        termios.characters[special::COUNT - 1] = 9;
        assert_eq!(Termios::decode(&termios.encode()), termios);
    }
}
