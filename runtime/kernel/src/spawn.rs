//! Making tasks: finding the program, detecting what it is, handing things down.

use std::{collections::BTreeSet, sync::Arc};

use oac_abi::{
    Errno,
    bounds::{self, INTERPRETER_LINE_BYTES_MAX, INTERPRETERS_MAX},
    flags::{at, open},
    spawn::SpawnRequest,
};
use oac_vfs::{FileSystems as _, HeldPlace, LastLink, Node, Place, Want};

use crate::{
    HostRequest, Image, Kernel, TaskId,
    credentials::Credentials,
    description::{DescriptionId, File, OpenDirectory},
    fd_table::{Fd, FdEntry, FdTable},
    signals::SignalState,
    task::{GroupId, Life, State, Strings, Task, TaskKind},
    world::World,
};

/// How a file begins that stands for a registered program; its name and a newline follow.
pub(crate) const PROGRAM_MARK: &[u8] = b"\x7fOAC program ";

const WASM_MAGIC: &[u8] = b"\0asm";
const FIRST_PREOPEN: Fd = Fd(3);

/// What spawn has found out about a program.
struct Found {
    image: Image,
    argv: Vec<Vec<u8>>,
}

impl Kernel {
    /// Starts a task as a child of another.
    ///
    /// # Errors
    /// EAGAIN when there are too many tasks, E2BIG, EBADF for a descriptor that is handed down, ENOENT, EACCES, ENOEXEC, ELOOP for
    /// the program, ENOTDIR for the working directory.
    pub(crate) fn spawn(&mut self, parent: TaskId, request: SpawnRequest) -> Result<TaskId, Errno> {
        // The host's own tasks are not the container's to count: it may have one for every stream.
        let programs = self.tasks.iter().filter(|(_, task)| task.kind.is_program()).count();
        if programs >= self.config.limits.tasks {
            return Err(Errno::EAGAIN);
        }
        let env: Strings = match request.env {
            Some(env) => Arc::new(env),
            None => Arc::clone(&self.tasks.get(parent)?.env),
        };
        check_strings(&request.argv)?;
        check_strings(&env)?;
        let cwd = self.spawn_directory(parent, request.cwd.as_deref())?;
        let descriptions = self.descriptions_to_hand_down(parent, &request.fds)?;
        let found = self.find_program(parent, cwd.place(), &request.program, request.argv, &env)?;
        let (parent_life, parent_group) = (self.tasks.life(parent)?, self.tasks.get(parent)?.group);
        let (shared, umask) = (parent_life.namespace, parent_life.umask);
        let capabilities = Arc::clone(&parent_life.capabilities);
        let credentials = parent_life.credentials.clone();
        let namespace = if request.flags & SpawnRequest::SHARE_NAMESPACE != 0 {
            self.namespaces.share(shared)
        } else {
            let copy = self.namespaces.get(shared)?.clone();
            self.namespaces.add(copy)
        };
        let id = self.tasks.next_id();
        let leads = request.flags & (SpawnRequest::NEW_GROUP | SpawnRequest::NEW_SESSION) != 0;
        let kind = match &found.image {
            Image::Program(name) => TaskKind::Program(name.clone()),
            Image::Wasm(_) => TaskKind::Wasm,
        };
        let life = Life {
            cwd,
            namespace,
            fds: FdTable::new(self.config.limits.fds),
            preopen: None,
            umask,
            signals: SignalState::default(),
            credentials,
            capabilities,
            stopped: false,
            pending: None,
            interrupted: false,
        };
        let task = Task {
            parent,
            group: if leads { GroupId(id.0) } else { parent_group },
            kind,
            argv: Arc::new(found.argv),
            env,
            children: BTreeSet::new(),
            state: State::Living(Box::new(life)),
        };
        self.tasks.insert(id, task);
        self.hand_down(id, descriptions)?;
        self.preopen_root(id)?;
        self.requests.push_back(HostRequest::Start { task: id, image: found.image });
        Ok(id)
    }

    fn spawn_directory(&mut self, parent: TaskId, cwd: Option<&[u8]>) -> Result<HeldPlace, Errno> {
        let Some(path) = cwd else { return Ok(self.tasks.life(parent)?.cwd.clone()) };
        let place = self.existing(parent, at::FDCWD, path, LastLink::Follow)?;
        if !self.world(parent).stat(place.node)?.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        self.require(parent, place.node, Want::EXECUTE)?;
        Ok(HeldPlace::new(&mut self.world(parent), place))
    }

    fn descriptions_to_hand_down(
        &self,
        parent: TaskId,
        fds: &[(i32, i32)],
    ) -> Result<Vec<(Fd, DescriptionId)>, Errno> {
        let mut handed = Vec::new();
        for &(child, own) in fds {
            let child = Fd::new(child)?;
            if child.0 as usize >= self.config.limits.fds {
                return Err(Errno::EBADF);
            }
            if own >= 0 {
                handed.push((child, self.description_id(parent, own)?));
            }
        }
        Ok(handed)
    }

    fn hand_down(&mut self, child: TaskId, handed: Vec<(Fd, DescriptionId)>) -> Result<(), Errno> {
        for (fd, description) in handed {
            self.files.share(description);
            let replaced =
                self.tasks.life_mut(child)?.fds.put(fd, FdEntry { description, cloexec: false })?;
            if let Some(replaced) = replaced {
                self.release(replaced.description);
            }
        }
        Ok(())
    }

    /// Opens `/` at the first free descriptor from 3 on: where WASI programs look for their files.
    fn preopen_root(&mut self, task: TaskId) -> Result<(), Errno> {
        let namespace = self.tasks.life(task)?.namespace;
        let root = self.namespaces.get(namespace)?.root();
        let place = HeldPlace::new(&mut self.world(task), root);
        let file = File::Directory(OpenDirectory { place, listing: None, next: 0 });
        let description = self.files.add(file, open::RDONLY);
        let life = self.tasks.life_mut(task)?;
        let fd = life.fds.lowest_free(FIRST_PREOPEN)?;
        life.fds.put(fd, FdEntry { description, cloexec: true })?;
        life.preopen = Some(fd);
        Ok(())
    }

    /// Finds a program by path or in PATH, and follows `#!` lines.
    fn find_program(
        &mut self,
        parent: TaskId,
        cwd: Place,
        program: &[u8],
        argv: Vec<Vec<u8>>,
        env: &[Vec<u8>],
    ) -> Result<Found, Errno> {
        let (mut path, mut node) = self.look_up(parent, cwd, program, env)?;
        let mut argv = argv;
        for _ in 0..=INTERPRETERS_MAX {
            let head = self.read_whole(parent, node, INTERPRETER_LINE_BYTES_MAX)?;
            if let Some(rest) = head.strip_prefix(PROGRAM_MARK) {
                let name = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
                let name = String::from_utf8(name.to_vec()).map_err(|_| Errno::ENOEXEC)?;
                return Ok(Found { image: Image::Program(name), argv });
            }
            if head.starts_with(WASM_MAGIC) {
                let bytes = self.read_whole(parent, node, bounds::IMAGE_BYTES_MAX)?;
                return Ok(Found { image: Image::Wasm(bytes.into()), argv });
            }
            let (interpreter, argument) = interpreter_line(&head).ok_or(Errno::ENOEXEC)?;
            let mut longer = vec![interpreter.clone()];
            longer.extend(argument);
            longer.push(path);
            longer.extend(argv.into_iter().skip(1));
            argv = longer;
            node = self.executable(parent, cwd, &interpreter)?;
            path = interpreter;
        }
        Err(Errno::ELOOP)
    }

    /// execvp(3)'s rule: a name with a slash is a path, others are looked for in PATH; a file that may not be executed is passed
    /// over, and remembered as EACCES.
    fn look_up(
        &mut self,
        parent: TaskId,
        cwd: Place,
        program: &[u8],
        env: &[Vec<u8>],
    ) -> Result<(Vec<u8>, Node), Errno> {
        if program.is_empty() {
            return Err(Errno::ENOENT);
        }
        if program.contains(&b'/') {
            let node = self.executable(parent, cwd, program)?;
            return Ok((program.to_vec(), node));
        }
        let path = env.iter().find_map(|string| string.strip_prefix(b"PATH="));
        let mut failure = Errno::ENOENT;
        for dir in path.unwrap_or(b"/usr/local/bin:/usr/bin:/bin").split(|&byte| byte == b':') {
            let dir = if dir.is_empty() { &b"."[..] } else { dir };
            let candidate = [dir, b"/", program].concat();
            match self.executable(parent, cwd, &candidate) {
                Ok(node) => return Ok((candidate, node)),
                Err(Errno::ENOENT | Errno::ENOTDIR) => {}
                Err(Errno::EACCES) => failure = Errno::EACCES,
                Err(errno) => return Err(errno),
            }
        }
        Err(failure)
    }

    fn executable(&mut self, parent: TaskId, cwd: Place, path: &[u8]) -> Result<Node, Errno> {
        let place = self.walk(parent, |walker| walker.existing(cwd, path, LastLink::Follow))?;
        let stat = self.world(parent).stat(place.node)?;
        if !stat.is_file() {
            return Err(Errno::EACCES);
        }
        self.require(parent, place.node, Want::EXECUTE)?;
        Ok(place.node)
    }

    /// A task that is not run as a program: init, or an actor.
    pub(crate) fn new_actor(&mut self, parent: TaskId, kind: TaskKind, name: &str) -> TaskId {
        let id = self.tasks.next_id();
        let namespace = self.namespaces.share(self.root_namespace);
        let root = self.namespaces.get(namespace).map(oac_vfs::Namespace::root);
        let mut world = World {
            table: &mut self.filesystems,
            tasks: &self.tasks,
            files: &self.files,
            namespaces: &self.namespaces,
            caller: id,
        };
        let cwd = HeldPlace::new(&mut world, root.expect("the root namespace lives as long as the kernel"));
        let life = Life {
            cwd,
            namespace,
            fds: FdTable::new(self.config.limits.fds),
            preopen: None,
            umask: 0o022,
            signals: SignalState::default(),
            credentials: Credentials::default(),
            capabilities: Arc::new(self.config.capabilities.clone()),
            stopped: false,
            pending: None,
            interrupted: false,
        };
        let env = ["HOME=/root", "PATH=/usr/local/bin:/usr/bin:/bin", "USER=root", "SHELL=/bin/sh"];
        let task = Task {
            parent,
            group: GroupId(id.0),
            kind,
            argv: Arc::new(vec![name.as_bytes().to_vec()]),
            env: Arc::new(env.iter().map(|string| string.as_bytes().to_vec()).collect()),
            children: BTreeSet::new(),
            state: State::Living(Box::new(life)),
        };
        self.tasks.insert(id, task);
        id
    }
}

/// argv or environment: no NULs, and no more than fits.
fn check_strings(strings: &[Vec<u8>]) -> Result<(), Errno> {
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    if total > bounds::STRINGS_BYTES_MAX {
        return Err(Errno::E2BIG);
    }
    if strings.iter().any(|string| string.contains(&0)) {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// `#!interpreter [one argument]`, execve(2).
fn interpreter_line(head: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let line = head.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let line = line.trim_ascii();
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (interpreter, rest) = line.split_at(end);
    let argument = rest.trim_ascii();
    if interpreter.is_empty() {
        return None;
    }
    Some((interpreter.to_vec(), (!argument.is_empty()).then(|| argument.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: Option<(&str, Option<&str>)>) {
        let found = interpreter_line(line.as_bytes());
        let expect = expect
            .map(|(interpreter, argument)| (interpreter.into(), argument.map(|argument| argument.into())));
        assert_eq!(found, expect, "{line:?}");
    }

    #[test]
    fn interpreter_lines() {
        check("#!/bin/sh\necho", Some(("/bin/sh", None)));
        check("#! /usr/bin/env node \n", Some(("/usr/bin/env", Some("node"))));
        check("#!/usr/bin/env -S node --x\n", Some(("/usr/bin/env", Some("-S node --x"))));
        check("#!\n", None);
        check("echo", None);
    }
}
