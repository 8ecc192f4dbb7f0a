//! Calls that take paths: open, stat, make, remove, rename, link, attributes, the working directory.

use oac_abi::{
    Errno, bounds,
    flags::{UTIME_NOW_NS, UTIME_OMIT_NS, at, inotify, mode as kind, open, rename},
    stat::Stat,
};
use oac_vfs::{
    FileSystems as _, Found, HeldPlace, LastLink, LastPart, NewNode, Node, Place, RenameMode, SetAttributes,
    Want, permitted,
};

use crate::{
    Kernel, TaskId,
    answer::Answer,
    arguments::Out,
    capabilities::PathUse,
    description::File,
    dispatch::Sys,
    file_events::{Move, Subject},
    permission::{NewTime, mode_change, new_file_mode, owner_change, time_change},
};

/// Whether a path-taking call follows a link at the end of its path.
fn last_link(flags: u32) -> LastLink {
    if flags & at::SYMLINK_NOFOLLOW != 0 { LastLink::Keep } else { LastLink::Follow }
}

fn refuse_flags(flags: u32, known: u32) -> Result<(), Errno> {
    if flags & !known == 0 { Ok(()) } else { Err(Errno::EINVAL) }
}

/// What watches hear of a change of attributes: one time alone counts as the access that it seems to follow from.
fn happening(change: &SetAttributes) -> u32 {
    let owner_or_mode = change.mode.is_some() || change.uid.is_some() || change.gid.is_some();
    let mut mask = if owner_or_mode { inotify::ATTRIB } else { 0 };
    if change.size.is_some() {
        mask |= inotify::MODIFY;
    }
    mask | match (change.atime_ns, change.mtime_ns) {
        (Some(_), Some(_)) => inotify::ATTRIB,
        (Some(_), None) => inotify::ACCESS,
        (None, Some(_)) => inotify::MODIFY,
        (None, None) => 0,
    }
}

impl Sys<'_> {
    pub(crate) fn openat(self, dirfd: i32, path: &[u8], flags: u32, mode: u32) -> Answer {
        Ok(i64::from(self.kernel.open_path(self.task, dirfd, path, flags, mode)?.0))
    }

    pub(crate) fn fstatat(self, dirfd: i32, path: &[u8], flags: u32, stat: Out<'_>) -> Answer {
        refuse_flags(flags, at::SYMLINK_NOFOLLOW | at::EMPTY_PATH)?;
        let record = if path.is_empty() && flags & at::EMPTY_PATH != 0 {
            self.kernel.stat_empty_path(self.task, dirfd)?
        } else {
            self.kernel.stat_path(self.task, dirfd, path, last_link(flags))?
        };
        stat.put(&record.encode())?;
        Ok(0)
    }

    pub(crate) fn mkdirat(self, dirfd: i32, path: &[u8], mode: u32) -> Answer {
        self.kernel.make_directory(self.task, dirfd, path, mode)?;
        Ok(0)
    }

    pub(crate) fn mknodat(self, dirfd: i32, path: &[u8], mode: u32, _device: u64) -> Answer {
        self.kernel.make_node(self.task, dirfd, path, mode)?;
        Ok(0)
    }

    pub(crate) fn unlinkat(self, dirfd: i32, path: &[u8], flags: u32) -> Answer {
        refuse_flags(flags, at::REMOVEDIR)?;
        self.kernel.remove(self.task, dirfd, path, flags & at::REMOVEDIR != 0)?;
        Ok(0)
    }

    pub(crate) fn renameat(
        self,
        old_dirfd: i32,
        old_path: &[u8],
        new_dirfd: i32,
        new_path: &[u8],
        flags: u32,
    ) -> Answer {
        let mode = match flags {
            0 => RenameMode::Replace,
            rename::NOREPLACE => RenameMode::NoReplace,
            rename::EXCHANGE => RenameMode::Exchange,
            _ => return Err(Errno::EINVAL.into()),
        };
        self.kernel.rename(self.task, (old_dirfd, old_path), (new_dirfd, new_path), mode)?;
        Ok(0)
    }

    pub(crate) fn linkat(
        self,
        old_dirfd: i32,
        old_path: &[u8],
        new_dirfd: i32,
        new_path: &[u8],
        flags: u32,
    ) -> Answer {
        refuse_flags(flags, at::SYMLINK_FOLLOW | at::EMPTY_PATH)?;
        let follow = if flags & at::SYMLINK_FOLLOW != 0 { LastLink::Follow } else { LastLink::Keep };
        let node = if old_path.is_empty() && flags & at::EMPTY_PATH != 0 {
            self.kernel.node_of(self.task, old_dirfd)?
        } else {
            // Through the new name it could be changed.
            self.kernel.find(self.task, old_dirfd, old_path, follow)?.existing()?.node
        };
        self.kernel.link(self.task, node, new_dirfd, new_path)?;
        Ok(0)
    }

    pub(crate) fn symlinkat(self, target: &[u8], dirfd: i32, path: &[u8]) -> Answer {
        self.kernel.make_symlink(self.task, target, dirfd, path)?;
        Ok(0)
    }

    pub(crate) fn readlinkat(self, dirfd: i32, path: &[u8], buf: Out<'_>) -> Answer {
        if buf.buf.is_empty() {
            return Err(Errno::EINVAL.into());
        }
        let target = self.kernel.read_link(self.task, dirfd, path)?;
        Ok(buf.put_cut(&target) as i64)
    }

    pub(crate) fn fchmodat(self, dirfd: i32, path: &[u8], mode: u32, flags: u32) -> Answer {
        if path.is_empty() && dirfd != at::FDCWD && self.kernel.description(self.task, dirfd)?.is_path() {
            // It stands for fchmod(2), which does not take what was opened with O_PATH.
            return Err(Errno::EBADF.into());
        }
        let subject = self.kernel.subject(self.task, dirfd, path, flags)?;
        let stat = self.kernel.world(self.task).stat(subject.node)?;
        if stat.is_symlink() {
            return Err(Errno::EOPNOTSUPP.into());
        }
        let change = mode_change(&stat, &self.kernel.caller(self.task), mode)?;
        self.kernel.set_attributes(self.task, &subject, &change)?;
        Ok(0)
    }

    pub(crate) fn fchownat(self, dirfd: i32, path: &[u8], uid: u32, gid: u32, flags: u32) -> Answer {
        let subject = self.kernel.subject(self.task, dirfd, path, flags)?;
        let given = |id: u32| (id != u32::MAX).then_some(id);
        let stat = self.kernel.world(self.task).stat(subject.node)?;
        let change = owner_change(&stat, &self.kernel.caller(self.task), given(uid), given(gid))?;
        self.kernel.set_attributes(self.task, &subject, &change)?;
        Ok(0)
    }

    pub(crate) fn utimensat(
        self,
        dirfd: i32,
        path: &[u8],
        atime_ns: i64,
        mtime_ns: i64,
        flags: u32,
    ) -> Answer {
        if atime_ns == UTIME_OMIT_NS && mtime_ns == UTIME_OMIT_NS {
            // utimensat(2), NOTES: not even the path is looked at.
            return Ok(0);
        }
        let subject = self.kernel.subject(self.task, dirfd, path, flags)?;
        let given = |time_ns: i64| match time_ns {
            UTIME_OMIT_NS => NewTime::Same,
            UTIME_NOW_NS => NewTime::Now,
            time_ns => NewTime::At(time_ns),
        };
        self.kernel.set_times(self.task, &subject, given(atime_ns), given(mtime_ns))?;
        Ok(0)
    }

    pub(crate) fn faccessat(self, dirfd: i32, path: &[u8], mode: u32, flags: u32) -> Answer {
        const EACCESS: u32 = 0x200;
        const WRITABLE: u32 = 2;
        let want = Want::from_bits(mode)?;
        refuse_flags(flags, at::SYMLINK_NOFOLLOW | at::EMPTY_PATH | EACCESS)?;
        let now_ns = self.kernel.now.realtime_ns;
        let credentials = &self.kernel.tasks.life(self.task)?.credentials;
        let caller =
            if flags & EACCESS != 0 { credentials.caller(now_ns) } else { credentials.real_caller(now_ns) };
        let stat = if path.is_empty() && flags & at::EMPTY_PATH != 0 {
            self.kernel.stat_empty_path(self.task, dirfd)?
        } else {
            let start = self.kernel.start(self.task, dirfd, path)?;
            let found = self
                .kernel
                .walk_as(self.task, &caller, |walker| walker.find(start, path, last_link(flags)))?;
            let write = if mode & WRITABLE != 0 { PathUse::Write } else { PathUse::Read };
            self.kernel.require_found(self.task, &found, &[write])?;
            let place = found.existing()?;
            self.kernel.world(self.task).stat(place.node)?
        };
        permitted(&stat, &caller, want)?;
        Ok(0)
    }

    pub(crate) fn realpathat(self, dirfd: i32, path: &[u8], buf: Out<'_>) -> Answer {
        let start = self.kernel.start(self.task, dirfd, path)?;
        let uses = &[PathUse::Read];
        let found = self.kernel.find_permitted(self.task, (start, path), LastLink::Follow, uses)?;
        found.existing()?;
        let real = self.kernel.walk(self.task, |walker| walker.path_of(&found))?;
        buf.put(&real)?;
        Ok(real.len() as i64)
    }

    pub(crate) fn chdir(self, path: &[u8]) -> Answer {
        let place = self.kernel.existing(self.task, at::FDCWD, path, LastLink::Follow)?;
        self.kernel.change_directory(self.task, place)?;
        Ok(0)
    }

    pub(crate) fn fchdir(self, fd: i32) -> Answer {
        let place = match &self.kernel.description(self.task, fd)?.file {
            File::Directory(directory) => directory.place.place(),
            File::Path(place) => place.place(),
            _ => return Err(Errno::ENOTDIR.into()),
        };
        self.kernel.change_directory(self.task, place)?;
        Ok(0)
    }

    pub(crate) fn getcwd(self, buf: Out<'_>) -> Answer {
        let place = self.kernel.tasks.life(self.task)?.cwd.place();
        let path = self.kernel.walk(self.task, |walker| walker.path_of_dir(place))?;
        buf.put(&path)?;
        Ok(path.len() as i64)
    }

    pub(crate) fn umask(self, mask: u32) -> Answer {
        let life = self.kernel.tasks.life_mut(self.task)?;
        Ok(i64::from(std::mem::replace(&mut life.umask, mask & 0o777)))
    }

    pub(crate) fn statfs(self, path: &[u8], buf: Out<'_>) -> Answer {
        let place = self.kernel.existing(self.task, at::FDCWD, path, LastLink::Follow)?;
        let facts = self.kernel.with_fs(self.task, place.node.fs, |fs| fs.stat_fs())?;
        buf.put(&facts.encode())?;
        Ok(0)
    }
}

impl Kernel {
    fn umasked(&self, task: TaskId, mode: u32) -> Result<u32, Errno> {
        Ok(mode & 0o7777 & !self.tasks.life(task)?.umask)
    }

    /// fstatat(2).
    ///
    /// # Errors
    /// As the walk.
    pub(crate) fn stat_path(
        &mut self,
        task: TaskId,
        dirfd: i32,
        path: &[u8],
        last_link: LastLink,
    ) -> Result<Stat, Errno> {
        let place = self.existing(task, dirfd, path, last_link)?;
        self.world(task).stat(place.node)
    }

    /// The place for a new name: where, and the name. `may_end_in_slash`: for directories.
    fn find_new(found: &Found, may_end_in_slash: bool) -> Result<&[u8], Errno> {
        match &found.last {
            _ if found.place.is_some() => Err(Errno::EEXIST),
            LastPart::Name(_) if found.slash && !may_end_in_slash => Err(Errno::ENOENT),
            LastPart::Name(name) => Ok(name),
            LastPart::Dot | LastPart::DotDot | LastPart::Root => Err(Errno::EEXIST),
        }
    }

    /// For what is going to be made or changed.
    fn find(&mut self, task: TaskId, dirfd: i32, path: &[u8], last_link: LastLink) -> Result<Found, Errno> {
        let start = self.start(task, dirfd, path)?;
        self.find_permitted(task, (start, path), last_link, &[PathUse::Write])
    }

    fn create(
        &mut self,
        task: TaskId,
        found: &Found,
        name: &[u8],
        node: NewNode<'_>,
    ) -> Result<Place, Errno> {
        let member = found.member;
        self.require_creation(task, member)?;
        let caller = self.caller(task);
        let is_dir = matches!(node, NewNode::Directory { .. });
        let ino = self.world(task).with(member.fs, |fs| fs.create(&caller, member.ino, name, node))?;
        self.note_made(member, name, is_dir, None);
        Ok(Place { mount: found.dir.mount, node: Node { fs: member.fs, ino } })
    }

    /// mkdirat(2).
    ///
    /// # Errors
    /// As that.
    pub(crate) fn make_directory(
        &mut self,
        task: TaskId,
        dirfd: i32,
        path: &[u8],
        mode: u32,
    ) -> Result<(), Errno> {
        let found = self.find(task, dirfd, path, LastLink::Name)?;
        let name = Self::find_new(&found, true)?;
        // Only the sticky bit can be asked for besides the permissions, mkdir(2).
        let mode = self.umasked(task, mode)? & 0o1777;
        self.create(task, &found, name, NewNode::Directory { mode })?;
        Ok(())
    }

    /// mknodat(2). Devices are the kernel's own.
    ///
    /// # Errors
    /// As that; EPERM for devices and directories.
    fn make_node(&mut self, task: TaskId, dirfd: i32, path: &[u8], mode: u32) -> Result<(), Errno> {
        match mode & kind::FMT {
            0 | kind::REG | kind::FIFO | kind::SOCK | kind::CHR | kind::BLK => {}
            kind::DIR => return Err(Errno::EPERM),
            _ => return Err(Errno::EINVAL),
        }
        let found = self.find(task, dirfd, path, LastLink::Name)?;
        let name = Self::find_new(&found, false)?;
        let dir = self.world(task).stat(found.member)?;
        let bits = new_file_mode(self.umasked(task, mode)?, &dir, &self.caller(task));
        let node = match mode & kind::FMT {
            kind::FIFO => NewNode::Fifo { mode: bits },
            kind::SOCK => NewNode::Socket { mode: bits },
            kind::CHR | kind::BLK => {
                self.require_creation(task, found.member)?;
                return Err(Errno::EPERM);
            }
            _ => NewNode::File { mode: bits },
        };
        self.create(task, &found, name, node)?;
        Ok(())
    }

    /// The file of a Unix socket's name.
    ///
    /// # Errors
    /// As mknodat(2).
    pub(crate) fn make_socket_file(&mut self, task: TaskId, path: &[u8]) -> Result<Node, Errno> {
        let found = self.find(task, at::FDCWD, path, LastLink::Name)?;
        let name = Self::find_new(&found, false)?;
        let mode = self.umasked(task, 0o777)?;
        Ok(self.create(task, &found, name, NewNode::Socket { mode })?.node)
    }

    /// symlinkat(2).
    ///
    /// # Errors
    /// As that.
    pub(crate) fn make_symlink(
        &mut self,
        task: TaskId,
        target: &[u8],
        dirfd: i32,
        path: &[u8],
    ) -> Result<(), Errno> {
        oac_vfs::check_path(target)?;
        let found = self.find(task, dirfd, path, LastLink::Name)?;
        let name = Self::find_new(&found, false)?;
        self.create(task, &found, name, NewNode::Symlink { target })?;
        Ok(())
    }

    /// linkat(2).
    ///
    /// # Errors
    /// EXDEV across filesystems, and as link(2).
    pub(crate) fn link(&mut self, task: TaskId, node: Node, dirfd: i32, path: &[u8]) -> Result<(), Errno> {
        let found = self.find(task, dirfd, path, LastLink::Name)?;
        let name = Self::find_new(&found, false)?;
        if found.member.fs != node.fs {
            return Err(Errno::EXDEV);
        }
        self.require_linkable(task, node)?;
        self.require_creation(task, found.member)?;
        let caller = self.caller(task);
        self.world(task).with(node.fs, |fs| fs.link(&caller, node.ino, found.member.ino, name))?;
        self.note_made(found.member, name, false, Some(node));
        Ok(())
    }

    /// readlinkat(2).
    ///
    /// # Errors
    /// EINVAL when it is no link.
    pub(crate) fn read_link(&mut self, task: TaskId, dirfd: i32, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let node = self.existing(task, dirfd, path, LastLink::Keep)?.node;
        self.world(task).with(node.fs, |fs| fs.read_link(node.ino))
    }

    /// unlinkat(2).
    ///
    /// # Errors
    /// EBUSY for what something is bound over, EINVAL and ENOTEMPTY for `.` and `..`, and as unlink(2), rmdir(2).
    pub(crate) fn remove(
        &mut self,
        task: TaskId,
        dirfd: i32,
        path: &[u8],
        directory: bool,
    ) -> Result<(), Errno> {
        let found = self.find(task, dirfd, path, LastLink::Name)?;
        let name = match &found.last {
            LastPart::Name(name) => name,
            _ if !directory => return Err(Errno::EISDIR),
            LastPart::Dot => return Err(Errno::EINVAL),
            LastPart::DotDot => return Err(Errno::ENOTEMPTY),
            LastPart::Root => return Err(Errno::EBUSY),
        };
        let place = found.existing()?;
        self.require_removal(task, found.member, place.node)?;
        self.refuse_mount(task, place)?;
        let (caller, member) = (self.caller(task), found.member);
        self.world(task).with(member.fs, |fs| {
            if directory {
                fs.remove_dir(&caller, member.ino, name)
            } else {
                fs.unlink(&caller, member.ino, name)
            }
        })?;
        self.note_removed(member, name, place.node, directory);
        Ok(())
    }

    /// Whether a task may rename: what stands at either name, and `..` of a directory that gets another parent. What makes the
    /// rename impossible whoever asks (a directory into itself) comes first, as on Linux.
    fn require_rename(
        &mut self,
        task: TaskId,
        (from, moved, moved_is_dir): (&Found, Node, bool),
        (to, other): (&Found, Option<(Node, bool)>),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        if self.caller(task).is_root() {
            return Ok(());
        }
        let (from, to) = (from.member, to.member);
        let allowed = self.require_removal(task, from, moved).and_then(|()| match other {
            None => self.require_creation(task, to),
            Some((other, _)) => self.require_removal(task, to, other),
        });
        let exchanged = other.filter(|_| mode == RenameMode::Exchange);
        let mismatch = exchanged.is_none() && other.is_some_and(|(_, is_dir)| is_dir != moved_is_dir);
        let allowed = allowed.and_then(|()| {
            if mismatch {
                // That is what the filesystem refuses.
                return Ok(());
            }
            let get_new_parents = [Some((moved, moved_is_dir)), exchanged].into_iter().flatten();
            for (node, is_dir) in get_new_parents.filter(|_| from != to) {
                if is_dir {
                    self.require(task, node, Want::WRITE)?;
                }
            }
            Ok(())
        });
        if allowed.is_err() {
            let into_itself = moved_is_dir && self.is_within(task, to, moved);
            let over_ancestor =
                other.is_some_and(|(other, is_dir)| is_dir && self.is_within(task, from, other));
            match (into_itself, over_ancestor) {
                (true, _) => return Err(Errno::EINVAL),
                (_, true) if mode == RenameMode::Exchange => return Err(Errno::EINVAL),
                (_, true) => return Err(Errno::ENOTEMPTY),
                _ => {}
            }
        }
        allowed
    }

    /// Whether a directory is another or lies in it, within one filesystem.
    fn is_within(&mut self, task: TaskId, dir: Node, ancestor: Node) -> bool {
        let found = self.world(task).with(dir.fs, |fs| {
            let (mut here, root) = (dir.ino, fs.root());
            while here != ancestor.ino {
                if here == root {
                    return Ok(false);
                }
                here = fs.parent(here)?.0;
            }
            Ok(true)
        });
        dir.fs == ancestor.fs && found.unwrap_or(false)
    }

    fn refuse_mount(&self, task: TaskId, place: Place) -> Result<(), Errno> {
        let namespace = self.namespaces.get(self.tasks.life(task)?.namespace)?;
        if namespace.is_mount(place) { Err(Errno::EBUSY) } else { Ok(()) }
    }

    /// renameat2(2).
    ///
    /// # Errors
    /// EXDEV across filesystems, EBUSY for `.`, `..` and what something is bound over, and as rename(2).
    pub(crate) fn rename(
        &mut self,
        task: TaskId,
        old: (i32, &[u8]),
        new: (i32, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        let from = self.find(task, old.0, old.1, LastLink::Name)?;
        let to = self.find(task, new.0, new.1, LastLink::Name)?;
        let (LastPart::Name(old_name), LastPart::Name(new_name)) = (&from.last, &to.last) else {
            return Err(Errno::EBUSY);
        };
        let moved = from.existing()?;
        self.refuse_mount(task, moved)?;
        if let Some(replaced) = to.place {
            self.refuse_mount(task, replaced)?;
        }
        let moved_is_dir = self.world(task).stat(moved.node)?.is_dir();
        if (from.slash || to.slash) && !moved_is_dir {
            return Err(Errno::ENOTDIR);
        }
        if from.member.fs != to.member.fs {
            return Err(Errno::EXDEV);
        }
        let other = match to.place {
            Some(place) => Some((place.node, self.world(task).stat(place.node)?.is_dir())),
            None => None,
        };
        let same = to.place.is_some_and(|place| place.node == moved.node);
        let decided = match mode {
            RenameMode::Replace => same,
            RenameMode::NoReplace => to.place.is_some(),
            RenameMode::Exchange => same || to.place.is_none(),
        };
        if !decided {
            self.require_rename(task, (&from, moved.node, moved_is_dir), (&to, other), mode)?;
        }
        let caller = self.caller(task);
        self.world(task).with(from.member.fs, |fs| {
            fs.rename(&caller, (from.member.ino, old_name), (to.member.ino, new_name), mode)
        })?;
        // Two names of one file: nothing has happened.
        if !same {
            self.note_moved(&Move {
                from: (from.member, old_name),
                to: (to.member, new_name),
                moved: (moved.node, moved_is_dir),
                other,
                exchange: mode == RenameMode::Exchange,
            });
        }
        Ok(())
    }

    /// What the attribute calls act on.
    ///
    /// # Errors
    /// As the walk; EINVAL for unknown flags.
    pub(crate) fn subject(
        &mut self,
        task: TaskId,
        dirfd: i32,
        path: &[u8],
        flags: u32,
    ) -> Result<Subject, Errno> {
        refuse_flags(flags, at::SYMLINK_NOFOLLOW | at::EMPTY_PATH)?;
        if path.is_empty() && flags & at::EMPTY_PATH != 0 {
            return self.subject_of_fd(task, dirfd);
        }
        let found = self.find(task, dirfd, path, last_link(flags))?;
        let place = found.existing()?;
        let entry = if self.watchers.is_idle() { None } else { self.entry_of(task, found, place) };
        Ok(Subject { node: place.node, entry })
    }

    /// The same behind a descriptor.
    ///
    /// # Errors
    /// EBADF; EINVAL for what is in no filesystem.
    pub(crate) fn subject_of_fd(&self, task: TaskId, fd: i32) -> Result<Subject, Errno> {
        let named = if fd == at::FDCWD { None } else { self.subject_of(self.description(task, fd)?) };
        match named {
            Some(subject) => Ok(subject),
            None => Ok(Subject { node: self.node_of(task, fd)?, entry: None }),
        }
    }

    /// The node behind a descriptor.
    ///
    /// # Errors
    /// EINVAL for what is in no filesystem.
    pub(crate) fn node_of(&self, task: TaskId, fd: i32) -> Result<Node, Errno> {
        if fd == at::FDCWD {
            return Ok(self.tasks.life(task)?.cwd.place().node);
        }
        let description = self.description(task, fd)?;
        if let Some(origin) = description.origin {
            return Ok(origin.node);
        }
        match &description.file {
            File::Regular { node, .. }
            | File::Device { node, .. }
            | File::Terminal { node: Some(node), .. } => Ok(*node),
            File::Directory(directory) => Ok(directory.place.place().node),
            File::Path(place) => Ok(place.place().node),
            _ => Err(Errno::EINVAL),
        }
    }

    /// chmod(2) and its like on a file.
    ///
    /// # Errors
    /// As those.
    pub(crate) fn set_attributes(
        &mut self,
        task: TaskId,
        subject: &Subject,
        change: &SetAttributes,
    ) -> Result<(), Errno> {
        let (caller, node) = (self.caller(task), subject.node);
        self.world(task).with(node.fs, |fs| fs.set_attributes(&caller, node.ino, change))?;
        self.note(task, subject, happening(change));
        Ok(())
    }

    /// utimensat(2) on a file. Leaving both times alone changes nothing.
    ///
    /// # Errors
    /// As that.
    pub(crate) fn set_times(
        &mut self,
        task: TaskId,
        subject: &Subject,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        if (access, modification) == (NewTime::Same, NewTime::Same) {
            return Ok(());
        }
        let stat = self.world(task).stat(subject.node)?;
        let change = time_change(&stat, &self.caller(task), access, modification)?;
        self.set_attributes(task, subject, &change)
    }

    fn change_directory(&mut self, task: TaskId, place: Place) -> Result<(), Errno> {
        if !self.world(task).stat(place.node)?.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        self.require(task, place.node, Want::EXECUTE)?;
        let held = HeldPlace::new(&mut self.world(task), place);
        self.tasks.life_mut(task)?.cwd = held;
        Ok(())
    }

    /// Reads a whole file, for what the kernel itself needs.
    ///
    /// # Errors
    /// ENOMEM when it is longer than IMAGE_BYTES_MAX.
    pub(crate) fn read_whole(
        &mut self,
        task: TaskId,
        node: Node,
        max_bytes: usize,
    ) -> Result<Vec<u8>, Errno> {
        let caller = self.caller(task);
        let size = self.world(task).stat(node)?.size;
        if size > bounds::IMAGE_BYTES_MAX as u64 {
            return Err(Errno::ENOMEM);
        }
        let len = usize::try_from(size).unwrap_or(usize::MAX).min(max_bytes);
        self.world(task).with(node.fs, |fs| {
            let handle = fs.open(&caller, node.ino, Kernel::access(open::RDONLY))?;
            let mut bytes = vec![0; len];
            let mut done = 0;
            let result = loop {
                match fs.read(handle, done as u64, &mut bytes[done..]) {
                    Ok(0) => break Ok(()),
                    Ok(len) => done += len,
                    Err(errno) => break Err(errno),
                }
            };
            fs.close(handle);
            bytes.truncate(done);
            result.map(|()| bytes)
        })
    }
}
