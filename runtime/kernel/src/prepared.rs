//! Tasks that are being prepared through `/task/new`: they have a number and a directory, and become tasks when `start` is written
//! to their `ctl`.
//!
//! Reading `/task/new/<type>` makes one and gives its number. Its command line, directory and environment are written to `cmd`,
//! `dir` and `env`; its descriptors 0 to 2 will be those that its maker has when it starts. It ends with its maker.

use std::collections::BTreeMap;

use oac_abi::{Errno, spawn::SpawnRequest};

use crate::{Kernel, TaskId, task_control::words};

/// The type of a task whose program is found by its command line.
pub(crate) const AUTO: &str = "auto";

/// What has been said of a task so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreparedTask {
    /// Its parent to be.
    pub(crate) maker: TaskId,
    /// [`AUTO`], or the name of a registered program.
    pub(crate) kind: String,
    pub(crate) argv: Vec<Vec<u8>>,
    /// `None`: its maker's.
    pub(crate) env: Option<Vec<Vec<u8>>>,
    /// `None`: its maker's.
    pub(crate) cwd: Option<Vec<u8>>,
}

/// All tasks that are being prepared.
pub(crate) type Prepared = BTreeMap<TaskId, PreparedTask>;

/// A file of a prepared task that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// `cmd`: words parted by blanks, as in `ctl`; or arguments ended by NULs.
    Command,
    /// `dir`: a path.
    Directory,
    /// `env`: variables on lines of their own, or ended by NULs.
    Environment,
}

impl Kernel {
    /// Begins a task of a type; gives its number.
    ///
    /// # Errors
    /// EAGAIN when there are too many tasks.
    pub(crate) fn prepare_task(&mut self, maker: TaskId, kind: &str) -> Result<TaskId, Errno> {
        let programs = self.tasks.iter().filter(|(_, task)| task.kind.is_program()).count();
        if programs + self.prepared.len() >= self.config.limits.tasks {
            return Err(Errno::EAGAIN);
        }
        let id = self.tasks.next_id();
        let kind = kind.to_string();
        self.prepared.insert(id, PreparedTask { maker, kind, argv: Vec::new(), env: None, cwd: None });
        Ok(id)
    }

    /// Writes one of its files; what was there is replaced.
    ///
    /// # Errors
    /// EINVAL for an empty command or path, E2BIG, ESRCH when it is not being prepared.
    pub(crate) fn set_prepared(&mut self, id: TaskId, setting: Setting, input: &[u8]) -> Result<(), Errno> {
        if input.len() > oac_abi::bounds::STRINGS_BYTES_MAX {
            return Err(Errno::E2BIG);
        }
        let task = self.prepared.get_mut(&id).ok_or(Errno::ESRCH)?;
        let strings = |separator: u8| {
            let strings = input.split(move |&byte| byte == separator);
            strings.filter(|string| !string.is_empty()).map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        let separator = if input.contains(&0) { 0 } else { b'\n' };
        match setting {
            Setting::Command => {
                let argv = if separator == 0 { strings(0) } else { words(input)? };
                if argv.is_empty() {
                    return Err(Errno::EINVAL);
                }
                task.argv = argv;
            }
            Setting::Directory => {
                let path = input.strip_suffix(b"\n").unwrap_or(input);
                if path.is_empty() {
                    return Err(Errno::EINVAL);
                }
                task.cwd = Some(path.to_vec());
            }
            Setting::Environment => task.env = Some(strings(separator)),
        }
        Ok(())
    }

    /// Starts it as a child of its maker.
    ///
    /// # Errors
    /// As spawn; then it stays as it is, to be mended or killed. EINVAL without a command.
    pub(crate) fn start_prepared(&mut self, id: TaskId) -> Result<(), Errno> {
        let task = self.prepared.get(&id).ok_or(Errno::ESRCH)?;
        let maker = task.maker;
        let program = match (task.kind.as_str(), task.argv.first()) {
            (AUTO, None) => return Err(Errno::EINVAL),
            (AUTO, Some(first)) => first.clone(),
            (name, _) => {
                let known = self.programs.iter().find(|(known, _)| known == name);
                known.ok_or(Errno::ENOEXEC)?.1.clone().into_bytes()
            }
        };
        let argv =
            if task.argv.is_empty() { vec![task.kind.clone().into_bytes()] } else { task.argv.clone() };
        let (env, cwd) = (task.env.clone(), task.cwd.clone());
        let fds = (0..3).filter(|&fd| self.description_id(maker, fd).is_ok()).map(|fd| (fd, fd)).collect();
        let request = SpawnRequest { program, argv, env, cwd, fds, ..SpawnRequest::default() };
        // While it is being started it is counted as what it becomes.
        let Some(prepared) = self.prepared.remove(&id) else { return Err(Errno::ESRCH) };
        let started = self.spawn_as(maker, request, Some(id));
        if started.is_err() {
            self.prepared.insert(id, prepared);
        }
        started.map(drop)
    }

    /// A maker has ended.
    pub(crate) fn forget_prepared(&mut self, maker: TaskId) {
        self.prepared.retain(|_, task| task.maker != maker);
    }
}
