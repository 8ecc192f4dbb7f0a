//! open(2): from a path and flags to a descriptor.

use oac_abi::{
    Errno,
    flags::{inotify, mode as kind, open},
    stat::Stat,
};
use oac_vfs::{
    Device, FileSystems as _, Found, HeldPlace, LastLink, LastPart, NewNode, Node, Place, SetAttributes,
    Want, permitted,
};

use crate::{
    Kernel, LogEvent, TaskId,
    answer::Answer,
    capabilities::PathUse,
    description::{DescriptionId, File, OpenDirectory, Origin},
    fd_table::{Fd, FdEntry},
    open_names::Entry,
    permission::new_file_mode,
    proc,
    world::{PROC_FS, TASK_FS, is_view},
};

/// What a file of `/task` or `/proc` leads to.
enum Behind {
    /// It is a file of its own.
    Nothing,
    /// What a descriptor stands for, which is shared.
    Description(DescriptionId),
    /// A file that is opened anew, by the name that it was opened by.
    File(Place, Stat, Option<Entry>),
}

impl Kernel {
    /// openat(2).
    ///
    /// # Errors
    /// As that.
    pub(crate) fn open_path(
        &mut self,
        task: TaskId,
        dirfd: i32,
        path: &[u8],
        flags: u32,
        mode: u32,
    ) -> Answer<Fd> {
        if let Some(continued) = self.continue_fifo(task) {
            let (file, opening) = continued?;
            let fd = self.install(task, file, opening.flags)?;
            self.note_opened(task, fd, opening.node, opening.entry, opening.flags)?;
            self.log_open(task, (dirfd, path), fd, flags);
            return Ok(fd);
        }
        let create = flags & open::CREAT != 0 && flags & open::PATH == 0;
        let exclusive = create && flags & open::EXCL != 0;
        if create && flags & open::DIRECTORY != 0 || flags & open::ACCMODE == open::ACCMODE {
            return Err(Errno::EINVAL.into());
        }
        // Before anything is made: a file that no descriptor can be had for must not appear.
        self.tasks.life(task)?.fds.require_room(1)?;
        let keep = exclusive || flags & open::NOFOLLOW != 0;
        let last_link = match (keep, create) {
            (true, true) => LastLink::Name,
            (true, false) => LastLink::Keep,
            (false, true) => LastLink::FollowToCreate,
            (false, false) => LastLink::Follow,
        };
        let start = self.start(task, dirfd, path)?;
        let found = self.find_permitted(task, (start, path), last_link, uses(flags, create))?;
        if create && found.slash {
            return Err(Errno::EISDIR.into());
        }
        let (place, fresh) = match found.place {
            Some(_) if exclusive => return Err(Errno::EEXIST.into()),
            Some(_) if found.not_dir => return Err(Errno::ENOTDIR.into()),
            Some(place) => (place, false),
            None if create => (self.create_file(task, &found, mode)?, true),
            None => return Err(Errno::ENOENT.into()),
        };
        let stat = self.world(task).stat(place.node)?;
        if create && !fresh && stat.is_dir() {
            return Err(Errno::EISDIR.into());
        }
        if !fresh && flags & open::PATH == 0 {
            self.require_open(task, place.node, &stat, flags)?;
        }
        let (place, stat, reached) = match self.behind(task, place, flags)? {
            Behind::Nothing => (place, stat, None),
            Behind::Description(id) => return Ok(self.share_description(task, id, flags)?),
            Behind::File(place, stat, entry) => (place, stat, Some(entry)),
        };
        // A new file has nothing to truncate.
        let flags = if fresh { flags & !open::TRUNC } else { flags };
        let entry = reached.unwrap_or_else(|| self.entry_of(task, found, place));
        let way = open::PATH | open::DIRECTORY;
        let file = if stat.mode & kind::FMT == kind::FIFO && flags & way == 0 && !is_view(place.node.fs) {
            self.open_fifo(task, place.node, entry.clone(), flags)?
        } else {
            self.open_place(task, place, &stat, flags)?
        };
        let fd = self.install(task, file, flags)?;
        self.note_opened(task, fd, place.node, entry, flags)?;
        self.log_open(task, (dirfd, path), fd, flags);
        Ok(fd)
    }

    /// What stands behind a file of `/task` or `/proc` that is a descriptor.
    fn behind(&mut self, task: TaskId, place: Place, flags: u32) -> Result<Behind, Errno> {
        let node = place.node;
        if flags & open::PATH != 0 {
            return Ok(Behind::Nothing);
        }
        if node.fs == TASK_FS {
            return Ok(self.task_file_description(node.ino)?.map_or(Behind::Nothing, Behind::Description));
        }
        let Some((owner, fd)) = proc::open_descriptor(node.ino).filter(|_| node.fs == PROC_FS) else {
            return Ok(Behind::Nothing);
        };
        let id = self.tasks.life(owner)?.fds.get(fd)?.description;
        let description = self.files.get(id)?;
        match description.file {
            // Opened anew, although perhaps no path leads to it any more, by whoever may.
            File::Regular { node, .. } if !is_view(node.fs) => {
                let entry = self.subject_of(description).and_then(|subject| subject.entry);
                let stat = self.world(task).stat(node)?;
                self.require_open(task, node, &stat, flags)?;
                Ok(Behind::File(Place { mount: place.mount, node }, stat, entry))
            }
            File::Socket(_) => Err(Errno::ENXIO),
            _ => Ok(Behind::Description(id)),
        }
    }

    /// Whether a task may open what exists. What is neither file nor directory is refused by `open_place`.
    fn require_open(&mut self, task: TaskId, node: Node, stat: &Stat, flags: u32) -> Result<(), Errno> {
        let access = Kernel::access(flags);
        let write = access.write || flags & open::TRUNC != 0;
        let refused_anyway =
            stat.is_symlink() || stat.is_dir() && write || flags & open::DIRECTORY != 0 && !stat.is_dir();
        if refused_anyway {
            return Ok(());
        }
        let want = match (access.read, write) {
            (true, true) => Want::READ | Want::WRITE,
            (false, _) => Want::WRITE,
            _ => Want::READ,
        };
        permitted(stat, &self.caller(task), want)?;
        if flags & open::NOATIME != 0 { self.require_owner(task, node) } else { Ok(()) }
    }

    /// Remembers by which name a file was opened, and tells its watches.
    fn note_opened(
        &mut self,
        task: TaskId,
        fd: Fd,
        node: Node,
        entry: Option<Entry>,
        flags: u32,
    ) -> Result<(), Errno> {
        let name = entry.map(|entry| self.open_names.open(entry.dir, entry.name));
        let id = self.description_id(task, fd.0 as i32)?;
        self.files.get_mut(id)?.origin = Some(Origin { node, name });
        if flags & open::PATH == 0 {
            self.note_open(task, id, inotify::OPEN);
            if flags & open::TRUNC != 0 {
                self.note_open(task, id, inotify::MODIFY);
            }
        }
        Ok(())
    }

    /// A file opened for writing, in the event log.
    fn log_open(&mut self, task: TaskId, (dirfd, path): (i32, &[u8]), fd: Fd, flags: u32) {
        let Ok(id) = self.description_id(task, fd.0 as i32) else { return };
        let regular = self.files.get(id).is_ok_and(|open| matches!(open.file, File::Regular { .. }));
        if !regular || !Kernel::access(flags).write {
            return;
        }
        self.log(task, |kernel| LogEvent::Open {
            file: id.0,
            path: String::from_utf8_lossy(&kernel.absolute_path(task, dirfd, path)).into_owned(),
            truncate: flags & open::TRUNC != 0,
            create: flags & open::CREAT != 0,
        });
    }

    /// A path with the directory that it starts in before it. What cannot be told stays as it is.
    pub(crate) fn absolute_path(&mut self, task: TaskId, dirfd: i32, path: &[u8]) -> Vec<u8> {
        if path.starts_with(b"/") {
            return path.to_vec();
        }
        let start = self.start(task, dirfd, path);
        let dir = start.and_then(|start| self.walk(task, |walker| walker.path_of_dir(start)));
        match dir {
            Ok(dir) if dir == b"/" => [b"/", path].concat(),
            Ok(dir) => [&dir, &b"/"[..], path].concat(),
            Err(_) => path.to_vec(),
        }
    }

    /// Opens a descriptor's own file in `/task`: the result shares its description, as a duplicate does (Plan 9's dup(3)).
    fn share_description(
        &mut self,
        task: TaskId,
        description: DescriptionId,
        flags: u32,
    ) -> Result<Fd, Errno> {
        let (wanted, shared) = (Kernel::access(flags), self.files.get(description)?);
        if wanted.read && !shared.readable() || wanted.write && !shared.writable() {
            return Err(Errno::EACCES);
        }
        let fds = &mut self.tasks.life_mut(task)?.fds;
        let fd = fds.lowest_free(Fd(0))?;
        fds.put(fd, FdEntry { description, cloexec: flags & open::CLOEXEC != 0 })?;
        self.files.share(description);
        Ok(fd)
    }

    fn create_file(&mut self, task: TaskId, found: &Found, mode: u32) -> Result<Place, Errno> {
        let LastPart::Name(name) = &found.last else { return Err(Errno::EISDIR) };
        let mode = mode & 0o7777 & !self.tasks.life(task)?.umask;
        self.require_creation(task, found.member)?;
        let (caller, member) = (self.caller(task), found.member);
        let ino = self.world(task).with(member.fs, |fs| {
            let mode = new_file_mode(mode, &fs.metadata(member.ino)?, &caller);
            fs.create(&caller, member.ino, name, NewNode::File { mode })
        })?;
        self.note_made(member, name, false, None);
        Ok(Place { mount: found.dir.mount, node: Node { fs: member.fs, ino } })
    }

    /// Opens what a walk has found.
    fn open_place(&mut self, task: TaskId, place: Place, stat: &Stat, flags: u32) -> Result<File, Errno> {
        let path_only = flags & open::PATH != 0;
        if flags & open::DIRECTORY != 0 && !stat.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if path_only {
            return Ok(File::Path(HeldPlace::new(&mut self.world(task), place)));
        }
        let node = place.node;
        match stat.mode & kind::FMT {
            kind::LNK => Err(Errno::ELOOP),
            kind::DIR if Kernel::access(flags).write || flags & open::TRUNC != 0 => Err(Errno::EISDIR),
            kind::DIR => {
                let place = HeldPlace::new(&mut self.world(task), place);
                Ok(File::Directory(OpenDirectory { place, listing: None, next: 0 }))
            }
            kind::CHR => match Device::from_rdev(stat.rdev).ok_or(Errno::ENXIO)? {
                device @ (Device::Terminal | Device::PtyMaster | Device::PtySlave(_)) => {
                    self.open_terminal(task, device, node, flags)
                }
                device => Ok(File::Device { device, node }),
            },
            kind::REG => {
                let (caller, access) = (self.caller(task), Kernel::access(flags));
                if flags & open::TRUNC != 0 && !is_view(node.fs) {
                    let mode = self.mode_after_write(task, node)?;
                    let change = SetAttributes { size: Some(0), mode, ..SetAttributes::default() };
                    self.world(task).with(node.fs, |fs| fs.set_attributes(&caller, node.ino, &change))?;
                }
                let handle = self.world(task).with(node.fs, |fs| fs.open(&caller, node.ino, access))?;
                Ok(File::Regular { node, handle, offset: 0 })
            }
            _ => Err(Errno::ENXIO),
        }
    }
}

/// What a path is used for that is opened with these flags.
fn uses(flags: u32, create: bool) -> &'static [PathUse] {
    let access = Kernel::access(flags);
    let write = flags & open::PATH == 0 && (access.write || create || flags & open::TRUNC != 0);
    match (write, access.read) {
        (true, true) => &[PathUse::Read, PathUse::Write],
        (true, false) => &[PathUse::Write],
        (false, _) => &[PathUse::Read],
    }
}
