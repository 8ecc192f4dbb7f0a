//! Descriptors in use: finding, making and closing them, reading and writing through them.

use oac_abi::{
    Errno,
    flags::{inotify, mode as kind, open},
    stat::Stat,
};
use oac_vfs::{Device, FileSystems as _, SeekTo, WriteAt};

use crate::{
    Kernel, LogEvent, TaskId,
    answer::{Answer, Stop},
    description::{Description, DescriptionId, File},
    fd_table::{Fd, FdEntry},
    proc::{is_uuid, uuid},
    task_files::wait_of,
    world::{CONTAINER_FS, PROC_FS, TASK_FS, is_view},
};

/// Where a read or a write happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// At the description's position, which moves on.
    Position,
    /// At an offset; the position stays.
    Offset(u64),
}

impl At {
    /// From the offset of pread(2).
    ///
    /// # Errors
    /// EINVAL when it is negative.
    pub(crate) fn offset(offset: i64) -> Result<At, Errno> {
        u64::try_from(offset).map(At::Offset).map_err(|_| Errno::EINVAL)
    }
}

impl Kernel {
    /// The description behind a task's descriptor.
    pub(crate) fn description_id(&self, task: TaskId, fd: i32) -> Result<DescriptionId, Errno> {
        Ok(self.tasks.life(task)?.fds.get(Fd::new(fd)?)?.description)
    }

    /// The description behind a task's descriptor.
    pub(crate) fn description(&self, task: TaskId, fd: i32) -> Result<&Description, Errno> {
        self.files.get(self.description_id(task, fd)?)
    }

    /// The description behind a task's descriptor.
    pub(crate) fn description_mut(&mut self, task: TaskId, fd: i32) -> Result<&mut Description, Errno> {
        let id = self.description_id(task, fd)?;
        self.files.get_mut(id)
    }

    /// Gives a task a descriptor for a new file. `flags` are open's: status flags and O_CLOEXEC.
    ///
    /// # Errors
    /// EMFILE; the file is closed then.
    pub(crate) fn install(&mut self, task: TaskId, file: File, flags: u32) -> Result<Fd, Errno> {
        let description = self.files.add(file, flags);
        let entry = FdEntry { description, cloexec: flags & open::CLOEXEC != 0 };
        let result = self.tasks.life_mut(task).and_then(|life| {
            let fd = life.fds.lowest_free(Fd(0))?;
            life.fds.put(fd, entry)?;
            Ok(fd)
        });
        if result.is_err() {
            self.release(description);
        }
        result
    }

    /// Gives up one reference to a description; the last one closes the file.
    pub(crate) fn release(&mut self, id: DescriptionId) {
        let Some(description) = self.files.release(id) else {
            self.collect_circle_of(id);
            return;
        };
        self.release_description_locks(id, &description);
        self.note_closed(&description);
        match description.file {
            File::Device { .. } | File::Signals { .. } | File::Pidfd(_) => {}
            // Their places are held by the value that is dropped here.
            File::Directory(_) | File::Path(_) => {}
            File::Thread(thread) => self.forget_thread(thread),
            File::Channel(end) => self.channel_close(end),
            File::Segment(segment) => self.segments.remove(segment),
            File::SegmentWait(waiter) => self.segments.cancel(waiter),
            File::Inotify(watcher) => self.watchers.remove(watcher),
            File::Regular { node, handle, .. } => {
                if !is_view(node.fs) {
                    // The table has the filesystem: it gave the handle.
                    let _ = self.filesystems.with(node.fs, |fs| {
                        fs.close(handle);
                        Ok(())
                    });
                }
            }
            File::PipeReader(pipe) => self.pipe_close(pipe, false),
            File::PipeWriter(pipe) => self.pipe_close(pipe, true),
            File::PipeBoth(pipe) => {
                self.pipe_close(pipe, false);
                self.pipe_close(pipe, true);
            }
            File::Socket(socket) => self.socket_close(socket),
            File::Fetch(fetch) => self.fetch_close(fetch),
            File::Terminal { pty, master, .. } => self.terminal_close(pty, master),
        }
    }

    /// close(2).
    ///
    /// # Errors
    /// EBADF.
    pub(crate) fn close_fd(&mut self, task: TaskId, fd: i32) -> Result<(), Errno> {
        let entry = self.tasks.life_mut(task)?.fds.take(Fd::new(fd)?)?;
        self.release_from(task, entry.description);
        Ok(())
    }

    /// read(2), pread(2).
    pub(crate) fn read_file(&mut self, task: TaskId, fd: i32, at: At, buf: &mut [u8]) -> Answer<usize> {
        let id = self.description_id(task, fd)?;
        let description = self.files.get(id)?;
        if !description.readable() {
            return Err(Errno::EBADF.into());
        }
        let nonblocking = description.nonblocking();
        if let File::Regular { node, handle, offset } = description.file {
            let from = if let At::Offset(offset) = at { offset } else { offset };
            if node.fs == TASK_FS
                && let Some(kind) = self.new_type(node.ino)
                && from == 0
                && !buf.is_empty()
            {
                let text = format!("{}\n", self.prepare_task(task, &kind)?);
                let len = text.len().min(buf.len());
                buf[..len].copy_from_slice(&text.as_bytes()[..len]);
                self.advance(id, text.len() as u64)?;
                return Ok(len);
            }
            if node.fs == TASK_FS
                && let Some(target) = wait_of(node.ino)
            {
                let len = self.wait_file_read(target, from, nonblocking, buf)?;
                self.advance(id, from + len as u64)?;
                return Ok(len);
            }
            if node.fs == PROC_FS && is_uuid(node.ino) && from == 0 {
                let mut bytes = [0; 16];
                self.random.fill(&mut bytes);
                let text = uuid(bytes);
                let len = text.len().min(buf.len());
                buf[..len].copy_from_slice(&text.as_bytes()[..len]);
                self.advance(id, len as u64)?;
                return Ok(len);
            }
            let len = self.with_fs(task, node.fs, |fs| fs.read(handle, from, buf))?;
            if at == At::Position {
                self.advance(id, from + len as u64)?;
            }
            if len > 0 {
                self.note_open(task, id, inotify::ACCESS);
            }
            return Ok(len);
        }
        if let File::Device { device, .. } = description.file {
            let len = self.device_read(device, buf);
            if len > 0 {
                self.note_open(task, id, inotify::ACCESS);
            }
            return Ok(len);
        }
        if at != At::Position {
            return Err(self.not_seekable(id));
        }
        match description.file {
            File::PipeReader(pipe) | File::PipeBoth(pipe) => {
                let len = self.pipe_read(pipe, nonblocking, buf)?;
                if len > 0 {
                    self.note_open(task, id, inotify::ACCESS);
                }
                Ok(len)
            }
            File::Socket(socket) => self.socket_read(task, socket, nonblocking, buf),
            File::Fetch(fetch) => self.fetch_read(fetch, nonblocking, buf),
            File::Terminal { pty, master, .. } => self.terminal_read(task, (pty, master), nonblocking, buf),
            File::Signals { mask } => self.signalfd_read(task, mask, nonblocking, buf),
            File::Inotify(watcher) => self.inotify_read(watcher, nonblocking, buf),
            File::Directory(_) => Err(Errno::EISDIR.into()),
            File::Pidfd(_) | File::Thread(_) | File::Channel(_) | File::Segment(_) | File::SegmentWait(_) => {
                Err(Errno::EINVAL.into())
            }
            _ => Err(Errno::EBADF.into()),
        }
    }

    /// write(2), pwrite(2). A blocking write of more than fits goes on over several rounds of the call.
    pub(crate) fn write_file(&mut self, task: TaskId, fd: i32, at: At, input: &[u8]) -> Answer<usize> {
        let id = self.description_id(task, fd)?;
        let description = self.files.get(id)?;
        if !description.writable() {
            return Err(Errno::EBADF.into());
        }
        let nonblocking = description.nonblocking();
        let append = description.flags & open::APPEND != 0;
        if let File::Regular { node, handle, offset } = description.file {
            if node.fs == TASK_FS {
                return self.task_file_write(task, node.ino, input);
            }
            if node.fs == CONTAINER_FS {
                return self.container_file_write(task, node.ino, input);
            }
            // pwrite(2) on a description with O_APPEND appends, as Linux does (its BUGS section).
            let to = match at {
                _ if append => WriteAt::End,
                At::Offset(offset) => WriteAt::Offset(offset),
                At::Position => WriteAt::Offset(offset),
            };
            if input.is_empty() {
                return Ok(0);
            }
            let room = self.file_size_room(task, node, to, input.len())?;
            let caller = self.caller(task);
            let input = &input[..room];
            if !caller.is_root() {
                self.drop_privileges(task, fd)?;
            }
            let written = self.with_fs(task, node.fs, |fs| fs.write(&caller, handle, to, input))?;
            if at == At::Position {
                self.advance(id, written.end)?;
            }
            self.note_open(task, id, inotify::MODIFY);
            let bytes = written.bytes as u64;
            self.log(task, |_| LogEvent::Write { file: id.0, bytes });
            return Ok(written.bytes);
        }
        if let File::Device { device, .. } = description.file {
            return match device {
                Device::Full => Err(Errno::ENOSPC.into()),
                _ => {
                    if !input.is_empty() {
                        self.note_open(task, id, inotify::MODIFY);
                    }
                    Ok(input.len())
                }
            };
        }
        if at != At::Position {
            return Err(self.not_seekable(id));
        }
        let done = self.tasks.life(task)?.pending.map_or(0, |pending| pending.progress_bytes);
        let answer = match description.file {
            File::PipeWriter(pipe) | File::PipeBoth(pipe) => {
                let answer = self.pipe_write(task, pipe, nonblocking, input, done);
                if answer.is_ok() && !input.is_empty() {
                    self.note_open(task, id, inotify::MODIFY);
                }
                answer
            }
            File::Socket(socket) => self.socket_write(task, socket, nonblocking, input, done),
            File::Terminal { pty, master, .. } => {
                self.terminal_write(task, (pty, master), nonblocking, input, done)
            }
            File::Signals { .. }
            | File::Pidfd(_)
            | File::Thread(_)
            | File::Channel(_)
            | File::Segment(_)
            | File::SegmentWait(_) => Err(Errno::EINVAL.into()),
            _ => Err(Errno::EBADF.into()),
        };
        match answer {
            // Interrupted half-way, a write says how far it came.
            Err(Stop::Block(block)) if block.progress_bytes > 0 && self.tasks.life(task)?.interrupted => {
                Ok(block.progress_bytes)
            }
            answer => answer,
        }
    }

    fn not_seekable(&self, id: DescriptionId) -> Stop {
        match self.files.get(id).map(|description| &description.file) {
            Ok(File::Directory(_)) => Errno::EISDIR.into(),
            Ok(File::Path(_)) | Err(_) => Errno::EBADF.into(),
            Ok(_) => Errno::ESPIPE.into(),
        }
    }

    pub(crate) fn advance(&mut self, id: DescriptionId, to: u64) -> Result<(), Errno> {
        if let File::Regular { offset, .. } = &mut self.files.get_mut(id)?.file {
            *offset = to;
        }
        Ok(())
    }

    fn device_read(&mut self, device: Device, buf: &mut [u8]) -> usize {
        match device {
            // Terminals are opened as such, not as devices.
            Device::Null | Device::Terminal | Device::PtyMaster | Device::PtySlave(_) => return 0,
            Device::Zero | Device::Full => buf.fill(0),
            Device::Random => self.random.fill(buf),
        }
        buf.len()
    }

    /// lseek(2). A directory's positions are those that getdents gave.
    ///
    /// # Errors
    /// ESPIPE, EINVAL, EOVERFLOW.
    pub(crate) fn seek_file(
        &mut self,
        task: TaskId,
        fd: i32,
        offset: i64,
        whence: u32,
    ) -> Result<u64, Errno> {
        const SET: u32 = 0;
        const CURRENT: u32 = 1;
        const END: u32 = 2;
        const DATA: u32 = 3;
        const HOLE: u32 = 4;
        let id = self.description_id(task, fd)?;
        match &mut self.files.get_mut(id)?.file {
            File::Regular { node, handle, offset: position } => {
                let (node, handle, position) = (*node, *handle, *position);
                let base = match whence {
                    DATA | HOLE => {
                        let looked_for = if whence == DATA { SeekTo::Data } else { SeekTo::Hole };
                        let to = self.seek_hole(task, (node, handle), offset, looked_for)?;
                        self.advance(id, to)?;
                        return Ok(to);
                    }
                    SET => 0,
                    CURRENT => position,
                    END => self.world(task).stat(node)?.size,
                    _ => return Err(Errno::EINVAL),
                };
                let to = base.checked_add_signed(offset).ok_or(Errno::EINVAL)?;
                i64::try_from(to).map_err(|_| Errno::EINVAL)?;
                self.advance(id, to)?;
                Ok(to)
            }
            File::Directory(directory) => {
                let to = match whence {
                    SET => offset,
                    CURRENT => i64::try_from(directory.next).unwrap_or(i64::MAX).saturating_add(offset),
                    _ => return Err(Errno::EINVAL),
                };
                directory.next = usize::try_from(to).map_err(|_| Errno::EINVAL)?;
                if to == 0 {
                    directory.listing = None;
                }
                Ok(directory.next as u64)
            }
            File::Device { .. } | File::Inotify(_) | File::Signals { .. } | File::Pidfd(_) => Ok(0),
            File::Path(_) => Err(Errno::EBADF),
            _ => Err(Errno::ESPIPE),
        }
    }

    /// fstat(2).
    ///
    /// # Errors
    /// EBADF.
    pub(crate) fn stat_file(&mut self, task: TaskId, fd: i32) -> Result<Stat, Errno> {
        let id = self.description_id(task, fd)?;
        let description = self.files.get(id)?;
        let node = match &description.file {
            &File::Terminal { pty, node, .. } => match node {
                Some(node) if self.world(task).stat(node).is_ok() => node,
                // The file of a terminal that was hung up is gone.
                _ => return Ok(self.anonymous(kind::CHR, pty.0.into())),
            },
            File::Regular { node, .. } | File::Device { node, .. } => *node,
            File::Directory(directory) => directory.place.place().node,
            File::Path(place) => place.place().node,
            File::PipeReader(pipe) | File::PipeWriter(pipe) | File::PipeBoth(pipe) => {
                let Some(origin) = description.origin else { return Ok(self.anonymous(kind::FIFO, pipe.0)) };
                origin.node
            }
            File::Socket(socket) => return Ok(self.anonymous(kind::SOCK, socket.0)),
            File::Fetch(fetch) => return Ok(self.anonymous(kind::FIFO, fetch.0)),
            File::Signals { .. }
            | File::Pidfd(_)
            | File::Inotify(_)
            | File::Thread(_)
            | File::Channel(_)
            | File::SegmentWait(_) => return Ok(self.anonymous(0, 0)),
            File::Segment(segment) => return Ok(self.anonymous(0, segment.0)),
        };
        self.world(task).stat(node)
    }

    /// Metadata of what is in no filesystem.
    fn anonymous(&self, kind: u32, number: u64) -> Stat {
        let now_ns = self.now.realtime_ns;
        Stat {
            // A device number of its own, as Linux's pipefs and sockfs have.
            dev: 0xfffe,
            ino: number,
            mode: kind | 0o600,
            nlink: 1,
            block_bytes: 4096,
            atime_ns: now_ns,
            mtime_ns: now_ns,
            ctime_ns: now_ns,
            ..Stat::default()
        }
    }
}
