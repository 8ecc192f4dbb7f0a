//! Descriptors and redirections. POSIX 2.7.
//!
//! The shell keeps a table from the numbers that scripts use to the descriptors it has open. A redirection is an entry
//! of a copied table: nothing has to be put back, and a program is started with exactly the entries of its table.

use std::collections::BTreeMap;
use std::rc::Rc;

use oac_abi::bounds::PIPE_ATOMIC_BYTES;
use oac_sys::{Errno, File, flags::open};

use super::{Interrupt, Run, Shell, ShellError};
use crate::syntax::{Redirect, Redirection};

/// The descriptors of a command.
#[derive(Clone, Debug)]
pub(super) struct Io(BTreeMap<i32, Rc<File>>);

impl Io {
    /// Those that the shell was started with.
    pub(super) fn standard() -> Self {
        let mut table = BTreeMap::new();
        for fd in 0..10 {
            // Above 2 only what the shell was really given: a subshell inherits its parent's.
            if fd <= 2 || inherited(fd) {
                table.insert(fd, Rc::new(File::from_fd(fd)));
            }
        }
        Self(table)
    }

    /// The descriptor behind a number.
    pub(super) fn get(&self, fd: i32) -> Option<i32> {
        self.0.get(&fd).map(|file| file.fd())
    }

    /// Puts a file behind a number.
    pub(super) fn set(&mut self, fd: i32, file: File) {
        self.0.insert(fd, Rc::new(file));
    }

    /// `(child's, ours)`, as spawn takes them.
    pub(super) fn pairs(&self) -> Vec<(i32, i32)> {
        self.0.iter().map(|(&fd, file)| (fd, file.fd())).collect()
    }
}

/// Whether a descriptor is open and not the directory that WASI opens for itself.
fn inherited(fd: i32) -> bool {
    oac_sys::fstat(fd).is_ok_and(|stat| stat.mode & oac_sys::flags::mode::FMT != oac_sys::flags::mode::DIR)
}

impl Shell {
    /// The descriptors of a command with these redirections; none after an error, which has been reported.
    pub(super) fn redirected(&mut self, redirects: &[Redirect]) -> Run<Option<Io>> {
        let mut io = self.io.clone();
        for redirect in redirects {
            let target = self.expand_text(&redirect.target)?;
            if let Err(error) = apply(&mut io, redirect, &target) {
                self.complain(&error);
                self.status = 2;
                return Ok(None);
            }
        }
        Ok(Some(io))
    }

    /// Runs something with other descriptors.
    pub(super) fn with_io<T>(
        &mut self,
        io: Io,
        body: impl FnOnce(&mut Self) -> Result<T, Interrupt>,
    ) -> Run<T> {
        let before = std::mem::replace(&mut self.io, io);
        let result = body(self);
        self.io = before;
        result
    }
}

fn apply(io: &mut Io, redirect: &Redirect, target: &str) -> Result<(), ShellError> {
    let flags = match redirect.operation {
        Redirection::Read => open::RDONLY,
        Redirection::Write => open::WRONLY | open::CREAT | open::TRUNC,
        Redirection::Append => open::WRONLY | open::CREAT | open::APPEND,
        Redirection::ReadWrite => open::RDWR | open::CREAT,
        Redirection::Duplicate => return duplicate(io, redirect.fd, target),
        Redirection::Text => {
            io.set(redirect.fd, text_file(&format!("{target}\n"))?);
            return Ok(());
        }
    };
    let creates = flags & open::CREAT != 0;
    let fd = oac_sys::open(target.as_bytes(), flags | open::CLOEXEC, 0o666).map_err(|errno| {
        let reason = match errno {
            Errno::ENOENT if creates => "Directory nonexistent".to_owned(),
            Errno::ENOENT => "No such file".to_owned(),
            other => super::reason(other),
        };
        ShellError::Redirect {
            action: if creates { "create" } else { "open" },
            path: target.to_owned(),
            reason,
        }
    })?;
    io.set(redirect.fd, File::from_fd(fd));
    Ok(())
}

/// `2>&1`, `>&-`.
fn duplicate(io: &mut Io, fd: i32, target: &str) -> Result<(), ShellError> {
    if target == "-" {
        io.0.remove(&fd);
        return Ok(());
    }
    let file = target.parse().ok().and_then(|number: i32| io.0.get(&number).cloned());
    let file = file.ok_or_else(|| ShellError::Descriptor(target.to_owned()))?;
    io.0.insert(fd, file);
    Ok(())
}

/// A descriptor from which a text can be read: a pipe where it fits without anybody reading, else a file without a name.
fn text_file(text: &str) -> Result<File, ShellError> {
    let failed = |errno| ShellError::System { action: "make a here-document", errno };
    if text.len() <= PIPE_ATOMIC_BYTES {
        let (read, write) = oac_sys::pipe(open::CLOEXEC).map_err(failed)?;
        oac_sys::write_all(write.fd(), text.as_bytes()).map_err(failed)?;
        return Ok(read);
    }
    let mut random = [0; 8];
    oac_sys::random(&mut random).map_err(failed)?;
    let path = format!("/tmp/sh-text-{:016x}", u64::from_le_bytes(random));
    let flags = open::RDWR | open::CREAT | open::EXCL | open::CLOEXEC;
    let file = File::from_fd(oac_sys::open(path.as_bytes(), flags, 0o600).map_err(failed)?);
    oac_sys::unlink(path.as_bytes()).map_err(failed)?;
    oac_sys::write_all(file.fd(), text.as_bytes()).map_err(failed)?;
    oac_sys::raw::lseek(file.fd(), 0, 0).map_err(failed)?;
    Ok(file)
}
