//! Signals and wait statuses. signal(7), wait(2).

/// A signal's number, Linux's on x86-64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(u8);

macro_rules! signals {
    ($($number:literal $name:ident $default:ident;)*) => {
        impl Signal {
            $(#[allow(missing_docs)] pub const $name: Signal = Signal($number);)*

            /// Every signal that has a name.
            pub const ALL: &[Signal] = &[$(Signal::$name),*];

            /// The name, `SIGTERM`.
            pub const fn name(self) -> &'static str {
                match self.0 { $($number => stringify!($name),)* _ => "SIGUNKNOWN" }
            }

            /// What happens when nobody asked for anything else.
            pub const fn default_action(self) -> DefaultAction {
                match self.0 { $($number => DefaultAction::$default,)* _ => DefaultAction::Terminate }
            }

            /// The signal with this name, with or without `SIG`.
            pub fn from_name(name: &str) -> Option<Signal> {
                Signal::ALL.iter().copied().find(|s| s.name() == name || &s.name()[3..] == name)
            }
        }
    };
}

/// What a signal does by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DefaultAction {
    Terminate,
    Ignore,
    Stop,
    Continue,
}

signals! {
    1 SIGHUP Terminate; 2 SIGINT Terminate; 3 SIGQUIT Terminate; 4 SIGILL Terminate; 5 SIGTRAP Terminate;
    6 SIGABRT Terminate; 7 SIGBUS Terminate; 8 SIGFPE Terminate; 9 SIGKILL Terminate; 10 SIGUSR1 Terminate;
    11 SIGSEGV Terminate; 12 SIGUSR2 Terminate; 13 SIGPIPE Terminate; 14 SIGALRM Terminate; 15 SIGTERM Terminate;
    16 SIGSTKFLT Terminate; 17 SIGCHLD Ignore; 18 SIGCONT Continue; 19 SIGSTOP Stop; 20 SIGTSTP Stop;
    21 SIGTTIN Stop; 22 SIGTTOU Stop; 23 SIGURG Ignore; 24 SIGXCPU Terminate; 25 SIGXFSZ Terminate;
    26 SIGVTALRM Terminate; 27 SIGPROF Terminate; 28 SIGWINCH Ignore; 29 SIGIO Terminate; 30 SIGPWR Terminate;
    31 SIGSYS Terminate;
}

impl Signal {
    /// The signal with this number, 1 to 31.
    pub const fn from_number(number: u32) -> Option<Signal> {
        if number >= 1 && number <= 31 { Some(Signal(number as u8)) } else { None }
    }

    /// The number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its bit in a mask: bit n-1 is signal n.
    pub const fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }
}

/// What a task wants done with a signal. A caught one is queued and read from a signalfd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Disposition {
    Default = 0,
    Ignore = 1,
    Caught = 2,
}

impl Disposition {
    /// From its number in a call.
    pub const fn from_number(number: u32) -> Option<Disposition> {
        match number {
            0 => Some(Disposition::Default),
            1 => Some(Disposition::Ignore),
            2 => Some(Disposition::Caught),
            _ => None,
        }
    }
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitStatus {
    /// It exited with this code.
    Exited(u8),
    /// A signal ended it.
    Signaled(Signal),
}

impl WaitStatus {
    /// Bytes of an encoded status.
    pub const BYTES: usize = 4;

    /// As wait(2) packs it.
    pub const fn encode(self) -> [u8; Self::BYTES] {
        let word: u32 = match self {
            WaitStatus::Exited(code) => (code as u32) << 8,
            WaitStatus::Signaled(signal) => signal.0 as u32,
        };
        word.to_le_bytes()
    }

    /// From what wait(2) packs; `None` for a stopped or nonsensical status.
    pub const fn decode(bytes: [u8; Self::BYTES]) -> Option<WaitStatus> {
        let word = u32::from_le_bytes(bytes);
        match word & 0x7f {
            0 => Some(WaitStatus::Exited((word >> 8) as u8)),
            number => match Signal::from_number(number) {
                Some(signal) => Some(WaitStatus::Signaled(signal)),
                None => None,
            },
        }
    }

    /// As a shell's `$?`: the code, or 128 and the signal's number.
    pub const fn shell_code(self) -> u8 {
        match self {
            WaitStatus::Exited(code) => code,
            WaitStatus::Signaled(signal) => 128 + signal.0,
        }
    }
}

/// What wait4 tells of a child: its end, or with WUNTRACED and WCONTINUED a change on the way there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildChange {
    /// It has ended, and is no more.
    Ended(WaitStatus),
    /// This signal has stopped it.
    Stopped(Signal),
    /// SIGCONT has made it go on.
    Continued,
}

impl ChildChange {
    const STOPPED: u32 = 0x7f;
    const CONTINUED: u32 = 0xffff;

    /// As wait(2) packs it.
    pub const fn encode(self) -> [u8; WaitStatus::BYTES] {
        match self {
            ChildChange::Ended(status) => status.encode(),
            ChildChange::Stopped(signal) => ((signal.0 as u32) << 8 | ChildChange::STOPPED).to_le_bytes(),
            ChildChange::Continued => ChildChange::CONTINUED.to_le_bytes(),
        }
    }

    /// From what wait(2) packs; `None` for a nonsensical status.
    pub fn decode(bytes: [u8; WaitStatus::BYTES]) -> Option<ChildChange> {
        let word = u32::from_le_bytes(bytes);
        match word & 0xff {
            _ if word == ChildChange::CONTINUED => Some(ChildChange::Continued),
            ChildChange::STOPPED => Signal::from_number(word >> 8).map(ChildChange::Stopped),
            _ => WaitStatus::decode(bytes).map(ChildChange::Ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_round_trip() {
        let changes = [
            ChildChange::Ended(WaitStatus::Exited(127)),
            ChildChange::Ended(WaitStatus::Signaled(Signal::SIGKILL)),
            ChildChange::Stopped(Signal::SIGTSTP),
            ChildChange::Continued,
        ];
        for change in changes {
            assert_eq!(ChildChange::decode(change.encode()), Some(change));
        }
        // What wait(2) gives on Linux for SIGTSTP's 20.
        assert_eq!(ChildChange::Stopped(Signal::SIGTSTP).encode(), 0x147f_u32.to_le_bytes());
        assert_eq!(ChildChange::decode(0x7f_u32.to_le_bytes()), None);
    }

    #[test]
    fn statuses_round_trip() {
        let statuses = (0..=255u8)
            .map(WaitStatus::Exited)
            .chain(Signal::ALL.iter().map(|&signal| WaitStatus::Signaled(signal)));
        for status in statuses {
            assert_eq!(WaitStatus::decode(status.encode()), Some(status));
        }
    }

    #[test]
    fn names() {
        assert_eq!(Signal::from_name("TERM"), Some(Signal::SIGTERM));
        assert_eq!(Signal::from_name("SIGINT"), Some(Signal::SIGINT));
        assert_eq!(Signal::from_name("NOPE"), None);
    }
}
