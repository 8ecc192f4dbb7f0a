//! This process's terminal while a program in a container has it: raw, and given back as it was, whatever happens.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
};

use oac_container::TerminalSize;
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};
use signal_hook::consts::SIGABRT;

/// What a terminal has when there is none to ask.
const DEFAULT_SIZE: TerminalSize = TerminalSize { rows: 24, columns: 80 };

/// A terminal in raw mode. Dropping it, a panic, and abort(3) put it back.
pub(crate) struct RawTerminal {
    fd: Arc<OwnedFd>,
    before: Termios,
    on_abort: signal_hook::SigId,
}

impl RawTerminal {
    /// Standard input's terminal, made raw; `None` when it is none.
    pub(crate) fn take() -> io::Result<Option<RawTerminal>> {
        let stdin = io::stdin();
        if !isatty(&stdin) {
            return Ok(None);
        }
        let fd = Arc::new(stdin.as_fd().try_clone_to_owned()?);
        let before = tcgetattr(&*fd)?;
        let (abort_fd, abort_before) = (fd.clone(), before.clone());
        // SAFETY: the handler makes one system call, which signal-safety(7) allows (tcsetattr); it allocates nothing and takes
        // no lock.
        let on_abort = unsafe {
            signal_hook::low_level::register(SIGABRT, move || {
                let _ = tcsetattr(&*abort_fd, OptionalActions::Now, &abort_before);
            })
        }?;
        let terminal = RawTerminal { fd, before, on_abort };
        terminal.make_raw()?;
        Ok(Some(terminal))
    }

    fn make_raw(&self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        Ok(tcsetattr(&*self.fd, OptionalActions::Now, &raw)?)
    }

    fn give_back(&self) {
        // A terminal that is gone needs nothing back.
        let _ = tcsetattr(&*self.fd, OptionalActions::Drain, &self.before);
    }

    /// Stops this process as SIGTSTP would, with the terminal as it was; returns when it is continued, with the terminal raw again.
    pub(crate) fn stop(&self) -> io::Result<()> {
        self.give_back();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        self.make_raw()
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        self.give_back();
        signal_hook::low_level::unregister(self.on_abort);
    }
}

/// The size of the terminal that one of these leads to.
pub(crate) fn size() -> TerminalSize {
    let of = |fd: BorrowedFd<'_>| {
        let size = tcgetwinsize(fd).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0)?;
        Some(TerminalSize { rows: size.ws_row, columns: size.ws_col })
    };
    let found =
        of(io::stdin().as_fd()).or_else(|| of(io::stdout().as_fd())).or_else(|| of(io::stderr().as_fd()));
    found.unwrap_or(DEFAULT_SIZE)
}

/// Whether two descriptors lead to one file, as after a shell's `2>&1` or on a terminal: then what is written to them must
/// arrive in one order, through one pipe.
pub(crate) fn same_file(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |fd: BorrowedFd<'_>| -> Option<(u64, u64)> {
        let metadata = File::from(fd.try_clone_to_owned().ok()?).metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    identity(one).is_some_and(|file| identity(other) == Some(file))
}
