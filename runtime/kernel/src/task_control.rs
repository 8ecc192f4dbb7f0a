//! What writing to `/task/<id>/ctl` does: one command a write, which fails the write with its errno.

use oac_abi::{Errno, signal::Signal};
use oac_vfs::Ino;

use crate::{
    Kernel, TaskId,
    answer::{Answer, Stop, block_on},
    description::DescriptionId,
    task::State,
    task_files::{ctl_of, descriptor_of, exit_text, setting_of},
    wait_queue::WaitKey,
};

/// A command line of `ctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `start`: of a task that was made by `/task/new`.
    Start,
    /// `kill SIGNAL`: a name with or without `SIG`, or a number. Without one: TERM.
    Kill(Signal),
    /// `bind [-b|-a|-c] SOURCE TARGET`, or `bind SOURCE TARGET before|after|replace`, in paths of the namespace that is changed.
    Bind {
        /// As `flags::bind`.
        flags: u32,
        /// What is bound.
        source: Vec<u8>,
        /// Where.
        target: Vec<u8>,
    },
    /// `unbind TARGET`.
    Unbind {
        /// Where.
        target: Vec<u8>,
    },
}

impl Command {
    /// Reads one line; a newline at its end is allowed. Words are parted by spaces; `\ooo` is a byte in octal, as in the lines
    /// that a namespace prints.
    ///
    /// # Errors
    /// EINVAL for anything else.
    pub fn parse(line: &[u8]) -> Result<Command, Errno> {
        let words = words(line)?;
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        match words[..] {
            [b"start"] => Ok(Command::Start),
            [b"kill"] => Ok(Command::Kill(Signal::SIGTERM)),
            [b"kill", signal] => Ok(Command::Kill(parse_signal(signal).ok_or(Errno::EINVAL)?)),
            [b"bind", source, target] => {
                Ok(Command::Bind { flags: 0, source: source.to_vec(), target: target.to_vec() })
            }
            [b"bind", options, source, target] => {
                // The options may come first, or the order last.
                let (flags, source, target) = match parse_bind_options(options) {
                    Ok(flags) => (flags, source, target),
                    Err(_) => (parse_bind_order(target)?, options, source),
                };
                Ok(Command::Bind { flags, source: source.to_vec(), target: target.to_vec() })
            }
            [b"unbind", target] => Ok(Command::Unbind { target: target.to_vec() }),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// The words of a line: parted by spaces, `\ooo` a byte in octal.
pub(crate) fn words(line: &[u8]) -> Result<Vec<Vec<u8>>, Errno> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).map(unescape).collect()
}

fn parse_signal(word: &[u8]) -> Option<Signal> {
    let text = std::str::from_utf8(word).ok()?;
    match text.parse::<u32>() {
        Ok(number) => Signal::from_number(number),
        Err(_) => Signal::from_name(text),
    }
}

fn parse_bind_options(word: &[u8]) -> Result<u32, Errno> {
    use oac_abi::flags::bind;
    match word {
        b"-b" => Ok(bind::BEFORE),
        b"-a" => Ok(bind::AFTER),
        b"-c" => Ok(bind::REPLACE | bind::CREATE),
        b"-bc" => Ok(bind::BEFORE | bind::CREATE),
        b"-ac" => Ok(bind::AFTER | bind::CREATE),
        _ => Err(Errno::EINVAL),
    }
}

fn parse_bind_order(word: &[u8]) -> Result<u32, Errno> {
    use oac_abi::flags::bind;
    match word {
        b"replace" => Ok(bind::REPLACE),
        b"before" => Ok(bind::BEFORE),
        b"after" => Ok(bind::AFTER),
        _ => Err(Errno::EINVAL),
    }
}

fn unescape(word: &[u8]) -> Result<Vec<u8>, Errno> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'\\' {
            let [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] = after else {
                return Err(Errno::EINVAL);
            };
            out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
            rest = after;
        } else {
            out.push(byte);
            rest = after;
        }
    }
    Ok(out)
}

impl Kernel {
    /// A write to a file of `/task`.
    pub(crate) fn task_file_write(&mut self, writer: TaskId, ino: Ino, input: &[u8]) -> Answer<usize> {
        if let Some((target, setting)) = setting_of(ino) {
            self.set_prepared(target, setting, input)?;
            return Ok(input.len());
        }
        let target = ctl_of(ino).ok_or(Errno::EBADF)?;
        let command = Command::parse(input)?;
        if self.prepared.contains_key(&target) {
            match command {
                Command::Start => self.start_prepared(target)?,
                Command::Kill(_) => drop(self.prepared.remove(&target)),
                // It has its maker's namespace, and none of its own yet.
                Command::Bind { .. } | Command::Unbind { .. } => return Err(Errno::EBUSY.into()),
            }
            return Ok(input.len());
        }
        if matches!(command, Command::Bind { .. } | Command::Unbind { .. }) {
            self.require_free_namespace(writer)?;
        }
        match command {
            // It runs, or has run.
            Command::Start => return Err(Errno::EBUSY.into()),
            Command::Kill(signal) => {
                self.signal_from(writer, i32::try_from(target.0).map_err(|_| Errno::ESRCH)?, Some(signal))?;
                if self.tasks.life(writer).is_err() {
                    return Err(Stop::Exit);
                }
            }
            Command::Bind { flags, source, target: over } => {
                self.bind_paths(target, &source, &over, flags)?
            }
            Command::Unbind { target: over } => self.unbind_path(target, &over)?,
        }
        Ok(input.len())
    }

    /// A read of `/task/<id>/wait`: blocks until the task has ended, and tells how. It need not be the reader's child, and its
    /// parent may have asked before.
    pub(crate) fn wait_file_read(
        &mut self,
        target: TaskId,
        from: u64,
        nonblocking: bool,
        buf: &mut [u8],
    ) -> Answer<usize> {
        let status = match self.tasks.get(target).map(|task| &task.state) {
            Ok(State::Living(_)) if nonblocking => return Err(Errno::EAGAIN.into()),
            Ok(State::Living(_)) => return block_on(WaitKey::TaskEnd(target)),
            Ok(State::Zombie(status)) => *status,
            Err(_) => self.exit_record(target).ok_or(Errno::ESRCH)?.status,
        };
        let text = exit_text(status);
        let rest = usize::try_from(from).ok().and_then(|from| text.get(from..)).unwrap_or_default();
        let len = rest.len().min(buf.len());
        buf[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    /// The description that a file of `/task/<id>/fd` or `stdio` stands for; `None` for other files.
    ///
    /// # Errors
    /// ENOENT when the descriptor has been closed.
    pub(crate) fn task_file_description(&self, ino: Ino) -> Result<Option<DescriptionId>, Errno> {
        let Some((task, fd)) = descriptor_of(ino) else { return Ok(None) };
        let entry = self.tasks.life(task).and_then(|life| life.fds.get(fd));
        Ok(Some(entry.map_err(|_| Errno::ENOENT)?.description))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: Result<Command, Errno>) {
        assert_eq!(Command::parse(line.as_bytes()), expect, "{line:?}");
    }

    #[test]
    fn commands() {
        check("kill", Ok(Command::Kill(Signal::SIGTERM)));
        check("kill INT\n", Ok(Command::Kill(Signal::SIGINT)));
        check("kill SIGKILL", Ok(Command::Kill(Signal::SIGKILL)));
        check("kill 9", Ok(Command::Kill(Signal::SIGKILL)));
        check("kill 0", Err(Errno::EINVAL));
        check("kill WHAT", Err(Errno::EINVAL));
        check("", Err(Errno::EINVAL));
        check("start", Ok(Command::Start));
        check("start now", Err(Errno::EINVAL));
        let bind = |flags, source: &[u8]| {
            Ok(Command::Bind { flags, source: source.to_vec(), target: b"/b".to_vec() })
        };
        check("bind /a /b", bind(0, b"/a"));
        check("bind -bc /a\\040b /b", bind(5, b"/a b"));
        check("bind /a /b replace", bind(0, b"/a"));
        check("bind /a /b before", bind(1, b"/a"));
        check("bind -b /a /b after", Err(Errno::EINVAL));
        check("bind /a /b first", Err(Errno::EINVAL));
        check("bind /a\\04 /b", Err(Errno::EINVAL));
        check("unbind /b", Ok(Command::Unbind { target: b"/b".to_vec() }));
    }
}
