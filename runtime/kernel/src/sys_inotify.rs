//! Calls that watch files: inotify(7).

use oac_abi::{
    Errno,
    flags::{at, inotify, open},
};
use oac_vfs::{FileSystems as _, LastLink, Want};

use crate::{
    Kernel, TaskId,
    answer::{Answer, block_on},
    description::File,
    dispatch::Sys,
    inotify::WatcherId,
    wait_queue::WaitKey,
};

impl Sys<'_> {
    pub(crate) fn inotify_init(self, flags: u32) -> Answer {
        if flags & !(open::NONBLOCK | open::CLOEXEC) != 0 {
            return Err(Errno::EINVAL.into());
        }
        self.kernel.tasks.life(self.task)?.fds.require_room(1)?;
        let watcher = self.kernel.watchers.add()?;
        let fd = self.kernel.install(self.task, File::Inotify(watcher), flags | open::RDONLY)?;
        Ok(i64::from(fd.0))
    }

    pub(crate) fn inotify_add_watch(self, fd: i32, path: &[u8], mask: u32) -> Answer {
        const KNOWN: u32 = inotify::ALL_EVENTS
            | inotify::UNMOUNT
            | inotify::Q_OVERFLOW
            | inotify::IGNORED
            | inotify::ONLYDIR
            | inotify::DONT_FOLLOW
            | inotify::EXCL_UNLINK
            | inotify::MASK_CREATE
            | inotify::MASK_ADD
            | inotify::ISDIR
            | inotify::ONESHOT;
        let both = inotify::MASK_ADD | inotify::MASK_CREATE;
        if mask & KNOWN == 0 {
            return Err(Errno::EINVAL.into());
        }
        self.kernel.description_id(self.task, fd)?;
        if mask & both == both {
            return Err(Errno::EINVAL.into());
        }
        let watcher = self.kernel.watcher(self.task, fd)?;
        let last_link = if mask & inotify::DONT_FOLLOW != 0 { LastLink::Keep } else { LastLink::Follow };
        let place = self.kernel.existing(self.task, at::FDCWD, path, last_link)?;
        if mask & inotify::ONLYDIR != 0 && !self.kernel.world(self.task).stat(place.node)?.is_dir() {
            return Err(Errno::ENOTDIR.into());
        }
        self.kernel.require(self.task, place.node, Want::READ)?;
        let nodes = self.kernel.walk(self.task, |walker| Ok(walker.members(place)))?;
        let mut world = self.kernel.world(self.task);
        let held = nodes.into_iter().map(|node| world.hold(node)).collect();
        Ok(i64::from(self.kernel.watchers.watch(watcher, held, mask)?))
    }

    pub(crate) fn inotify_rm_watch(self, fd: i32, watch: i32) -> Answer {
        let watcher = self.kernel.watcher(self.task, fd)?;
        self.kernel.watchers.unwatch(watcher, watch)?;
        self.kernel.waits.wake(WaitKey::Watcher(watcher));
        Ok(0)
    }
}

impl Kernel {
    fn watcher(&self, task: TaskId, fd: i32) -> Result<WatcherId, Errno> {
        let description = self.description(task, fd)?;
        match description.file {
            File::Inotify(watcher) => Ok(watcher),
            File::Path(_) => Err(Errno::EBADF),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Reads events: as many as there are and fit.
    pub(crate) fn inotify_read(
        &mut self,
        watcher: WatcherId,
        nonblocking: bool,
        buf: &mut [u8],
    ) -> Answer<usize> {
        match self.watchers.read(watcher, buf)? {
            Some(len) => Ok(len),
            None if nonblocking => Err(Errno::EAGAIN.into()),
            None => block_on(WaitKey::Watcher(watcher)),
        }
    }
}
