//! Making tasks: finding the program, detecting what it is, handing things down.

use std::{collections::BTreeSet, sync::Arc};

use oac_abi::{
    Errno,
    bounds::{self, INTERPRETER_LINE_BYTES_MAX, INTERPRETERS_MAX},
    flags::{at, open},
    limit::Usage,
    spawn::SpawnRequest,
};
use oac_vfs::{FileSystems as _, HeldPlace, LastLink, Node, Place, Want};

use crate::{
    Allowed, HostRequest, Image, Kernel, LogEvent, TaskId,
    credentials::Credentials,
    description::{DescriptionId, File, OpenDirectory},
    fd_table::{Fd, FdEntry, FdTable},
    limits::ResourceLimits,
    namespaces::NamespaceId,
    signals::SignalState,
    task::{GroupId, Life, SessionId, State, Strings, Task, TaskKind},
    terminal::PtyId,
    world::world,
};

/// How a file begins that stands for a registered program; its name and a newline follow.
pub(crate) const PROGRAM_MARK: &[u8] = b"\x7fOAC program ";

const WASM_MAGIC: &[u8] = b"\0asm";
const FIRST_PREOPEN: Fd = Fd(3);

/// What spawn has found out about a program.
struct Found {
    image: Image,
    argv: Vec<Vec<u8>>,
    /// The program's file, or its interpreter's.
    file: Vec<u8>,
}

/// What a child begins with besides its program.
struct Attributes {
    /// `None`: its own.
    group: Option<GroupId>,
    /// `None`: its own.
    session: Option<SessionId>,
    terminal: Option<PtyId>,
    credentials: Credentials,
    limits: ResourceLimits,
    signals: SignalState,
    umask: u32,
}

impl Kernel {
    /// Starts a task as a child of another.
    ///
    /// # Errors
    /// EAGAIN when there are too many tasks, E2BIG, EBADF for a descriptor that is handed down, ENOENT, EACCES, ENOEXEC, ELOOP for
    /// the program, ENOTDIR for the working directory; EPERM for a group, credentials, limits or capabilities that are not the
    /// caller's to give, ENOTTY for a terminal that is none.
    pub(crate) fn spawn(&mut self, parent: TaskId, request: SpawnRequest) -> Result<TaskId, Errno> {
        self.spawn_as(parent, request, None)
    }

    /// The same, with a number that was given out already.
    pub(crate) fn spawn_as(
        &mut self,
        parent: TaskId,
        request: SpawnRequest,
        number: Option<TaskId>,
    ) -> Result<TaskId, Errno> {
        // The host's own tasks are not the container's to count: it may have one for every stream.
        let programs = self.tasks.iter().filter(|(_, task)| task.kind.is_program()).count();
        if programs + self.prepared.len() + self.threads.running() >= self.config.limits.tasks
            || self.exhausted
        {
            return Err(Errno::EAGAIN);
        }
        self.require_process_room(parent)?;
        let own = self.capabilities(parent)?;
        let capabilities = Arc::new(own.narrowed(&request.narrowing)?);
        let env: Strings = match request.env.as_ref() {
            Some(env) => Arc::new(env.clone()),
            None => Arc::clone(&self.tasks.get(parent)?.env),
        };
        check_strings(&request.argv)?;
        check_strings(&env)?;
        let cwd = self.spawn_directory(parent, request.cwd.as_deref())?;
        let descriptions = self.descriptions_to_hand_down(parent, &request.fds)?;
        let attributes = self.attributes(parent, &request)?;
        let found = self.find_program(parent, cwd.place(), &request.program, request.argv.clone(), &env)?;
        // One whose path cannot be said has none to show; it runs all the same.
        let file = self.path_of_file(parent, cwd.place(), &found.file).unwrap_or_default();
        let namespace = self.spawn_namespace(parent, request.flags & SpawnRequest::SHARE_NAMESPACE != 0)?;
        let id = number.unwrap_or_else(|| self.tasks.next_id());
        let kind = match &found.image {
            Image::Program(name) => TaskKind::Program(name.clone()),
            Image::Wasm(_) => TaskKind::Wasm,
        };
        let life = Life {
            cwd,
            namespace,
            // What it begins with counts for its limit, but is not refused by it; its `/` comes on top.
            fds: FdTable::new(self.config.limits.fds.saturating_add(1)),
            preopen: None,
            umask: attributes.umask,
            signals: attributes.signals,
            credentials: attributes.credentials,
            stopped: false,
            pending: None,
            restarted: false,
            interrupted: false,
            limits: attributes.limits,
            alarm: None,
            capabilities: Arc::clone(&capabilities),
        };
        let origin = self.tasks.get(parent).ok().filter(|parent| parent.kind.is_program());
        let task = Task {
            parent,
            origin: origin.map_or(id, |parent| parent.origin),
            group: attributes.group.unwrap_or(GroupId(id.0)),
            session: attributes.session.unwrap_or(SessionId(id.0)),
            kind,
            file: file.into_bytes().into(),
            begun_ns: self.now.monotonic_ns,
            argv: Arc::new(found.argv),
            env: capabilities.permitted_env(&env).map_or(env, Arc::new),
            children: BTreeSet::new(),
            main_user_ns: 0,
            usage: Usage::default(),
            children_usage: Usage::default(),
            change: None,
            state: State::Living(Box::new(life)),
        };
        self.tasks.insert(id, task);
        self.settle(id, descriptions, attributes.terminal)?;
        self.log_spawn(id, parent);
        self.requests.push_back(HostRequest::Start { task: id, image: found.image });
        Ok(id)
    }

    /// Gives a new task what it begins with: its terminal, its descriptors and `/`.
    fn settle(
        &mut self,
        id: TaskId,
        descriptions: Vec<(Fd, DescriptionId)>,
        terminal: Option<PtyId>,
    ) -> Result<(), Errno> {
        let task = self.tasks.get(id)?;
        let (group, session) = (task.group, task.session);
        if let Some(pty) = terminal {
            if session.0 == id.0 {
                self.terminals.control(pty, session, group);
            } else {
                self.terminals.get_mut(pty)?.foreground = Some(group);
            }
        }
        self.hand_down(id, descriptions)?;
        self.preopen_root(id)?;
        self.apply_fd_limit(id)
    }

    fn spawn_namespace(&mut self, parent: TaskId, share: bool) -> Result<NamespaceId, Errno> {
        let shared = self.tasks.life(parent)?.namespace;
        if share {
            return Ok(self.namespaces.share(shared));
        }
        let copy = self.namespaces.get(shared)?.clone();
        Ok(self.namespaces.add(copy))
    }

    /// What posix_spawn(3) calls attributes, checked.
    fn attributes(&self, parent: TaskId, request: &SpawnRequest) -> Result<Attributes, Errno> {
        let (task, life) = (self.tasks.get(parent)?, self.tasks.life(parent)?);
        let new_session = request.flags & SpawnRequest::NEW_SESSION != 0;
        let new_group = new_session || request.flags & SpawnRequest::NEW_GROUP != 0;
        let group = match request.group {
            Some(_) if new_group => return Err(Errno::EINVAL),
            Some(0) => None,
            Some(group) if self.session_of_group(GroupId(group)) != Some(task.session) => {
                return Err(Errno::EPERM);
            }
            Some(group) => Some(GroupId(group)),
            None if new_group => None,
            None => Some(task.group),
        };
        let terminal = request.terminal.map(|fd| self.spawn_terminal(parent, fd, new_session)).transpose()?;
        let mut limits = life.limits.inherited();
        let root = self.is_root(parent)?;
        for &(resource, limit) in &request.limits {
            limits.set(resource, limit, root, &self.config.limits)?;
        }
        // What the host ignores is its own matter.
        let signals = if task.kind.is_program() {
            life.signals.inherited(request.default_signals)
        } else {
            SignalState::default()
        };
        let credentials = match &request.credentials {
            None => life.credentials.executed(),
            Some(_) if !root => return Err(Errno::EPERM),
            Some(wanted) if wanted.groups.len() > bounds::GROUPS_MAX => return Err(Errno::EINVAL),
            Some(wanted) => Credentials::of(wanted.uid, wanted.gid, &wanted.groups),
        };
        let umask = request.umask.map_or(life.umask, |umask| umask & 0o777);
        let session = (!new_session).then_some(task.session);
        Ok(Attributes { group, session, terminal, credentials, limits, signals, umask })
    }

    /// A terminal that a child gets as its controlling one, or whose foreground it becomes.
    fn spawn_terminal(&self, parent: TaskId, fd: i32, new_session: bool) -> Result<PtyId, Errno> {
        let (pty, master) = self.terminal_of(parent, fd)?;
        if master {
            return Err(Errno::ENOTTY);
        }
        if new_session {
            return if self.terminals.get(pty)?.session.is_none() { Ok(pty) } else { Err(Errno::EPERM) };
        }
        let own = self.terminals.controlling(self.tasks.get(parent)?.session);
        if own == Some(pty) { Ok(pty) } else { Err(Errno::ENOTTY) }
    }

    fn log_spawn(&mut self, id: TaskId, parent: TaskId) {
        self.log(id, |kernel| {
            let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
            let (program, argv) = kernel.tasks.get(id).map_or_else(
                |_| Default::default(),
                |task| (task.kind.name().to_string(), task.argv.iter().map(text).collect()),
            );
            let cwd = kernel.tasks.life(id).map(|life| life.cwd.place());
            let cwd = cwd.and_then(|place| kernel.walk(id, |walker| walker.path_of_dir(place)));
            LogEvent::Spawn { parent, program, argv, cwd: cwd.as_ref().map(text).unwrap_or_default() }
        });
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
                self.require_spawn(parent, &name)?;
                return Ok(Found { image: Image::Program(name), argv, file: path });
            }
            if let Some(driver) = self.drivers.iter().find(|driver| head.starts_with(&driver.magic)) {
                let program = driver.program.clone();
                self.require_spawn(parent, &program)?;
                let file = path.clone();
                let argv = [program.clone().into_bytes(), path].into_iter().chain(argv).collect();
                return Ok(Found { image: Image::Program(program), argv, file });
            }
            if head.starts_with(WASM_MAGIC) {
                if self.capabilities(parent)?.spawn != Allowed::Any {
                    let file = self.path_of_file(parent, cwd, &path)?;
                    self.require_spawn(parent, &file)?;
                }
                let bytes = self.read_whole(parent, node, bounds::IMAGE_BYTES_MAX)?;
                return Ok(Found { image: Image::Wasm(bytes.into()), argv, file: path });
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

    /// A file's absolute path without links, as capabilities name it.
    fn path_of_file(&mut self, parent: TaskId, cwd: Place, path: &[u8]) -> Result<String, Errno> {
        let real = self.walk(parent, |walker| {
            let found = walker.find(cwd, path, LastLink::Follow)?;
            walker.path_of(&found)
        })?;
        String::from_utf8(real).map_err(|_| Errno::EACCES)
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
        let mut world = world!(self, id);
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
            restarted: false,
            interrupted: false,
            limits: ResourceLimits::new(&self.config.limits),
            alarm: None,
        };
        let env = ["HOME=/root", "PATH=/usr/local/bin:/usr/bin:/bin", "USER=root", "SHELL=/bin/sh"];
        let task = Task {
            parent,
            origin: id,
            group: GroupId(id.0),
            session: SessionId(id.0),
            kind,
            file: Arc::default(),
            begun_ns: self.now.monotonic_ns,
            argv: Arc::new(vec![name.as_bytes().to_vec()]),
            env: Arc::new(env.iter().map(|string| string.as_bytes().to_vec()).collect()),
            children: BTreeSet::new(),
            main_user_ns: 0,
            usage: Usage::default(),
            children_usage: Usage::default(),
            change: None,
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
