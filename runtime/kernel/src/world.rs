//! The filesystems as one task sees them: those of the table, and `/task`, which is a view of the kernel's own state.

use oac_abi::Errno;
use oac_vfs::{Caller, FileSystem, FileSystems, FsId, FsTable, Held, LastLink, Node, Place, Walker};

use crate::{
    Kernel, TaskId,
    answer::Answer,
    capabilities::PathUse,
    description::{Descriptions, File},
    namespaces::Namespaces,
    task::Tasks,
    task_files::TaskFiles,
};

/// The filesystem of `/task`. It is not in the table: it exists for one operation at a time.
pub(crate) const TASK_FS: FsId = FsId(0xffff);

/// Filesystems for one operation by one task.
pub(crate) struct World<'k> {
    pub(crate) table: &'k mut FsTable,
    pub(crate) tasks: &'k Tasks,
    pub(crate) files: &'k Descriptions,
    pub(crate) namespaces: &'k Namespaces,
    pub(crate) caller: TaskId,
}

impl FileSystems for World<'_> {
    fn with<R>(
        &mut self,
        fs: FsId,
        act: impl FnOnce(&mut dyn FileSystem) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        if fs == TASK_FS {
            return act(&mut TaskFiles {
                table: self.table,
                tasks: self.tasks,
                files: self.files,
                namespaces: self.namespaces,
                caller: self.caller,
            });
        }
        self.table.with(fs, act)
    }

    fn hold(&mut self, node: Node) -> Held {
        if node.fs == TASK_FS { self.table.hold_unpinned(node) } else { self.table.hold(node) }
    }
}

impl Kernel {
    /// The filesystems, for a task's operation.
    pub(crate) fn world(&mut self, caller: TaskId) -> World<'_> {
        World {
            table: &mut self.filesystems,
            tasks: &self.tasks,
            files: &self.files,
            namespaces: &self.namespaces,
            caller,
        }
    }

    /// Acts with a walker in a task's namespace.
    pub(crate) fn walk<R>(
        &mut self,
        task: TaskId,
        act: impl FnOnce(&mut Walker<'_, World<'_>>) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let caller = self.caller(task);
        self.walk_as(task, &caller, act)
    }

    /// The same on behalf of somebody else than it acts as.
    pub(crate) fn walk_as<R>(
        &mut self,
        task: TaskId,
        caller: &Caller,
        act: impl FnOnce(&mut Walker<'_, World<'_>>) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let namespace = self.namespaces.get(self.tasks.life(task)?.namespace)?;
        let mut world = World {
            table: &mut self.filesystems,
            tasks: &self.tasks,
            files: &self.files,
            namespaces: &self.namespaces,
            caller: task,
        };
        act(&mut Walker::new(&mut world, namespace, caller))
    }

    /// Finds what exists at a path.
    ///
    /// # Errors
    /// As the walk; EBADF and ENOTDIR for the directory descriptor.
    pub(crate) fn existing(
        &mut self,
        task: TaskId,
        dirfd: i32,
        path: &[u8],
        last_link: LastLink,
    ) -> Result<Place, Errno> {
        let start = self.start(task, dirfd, path)?;
        self.find_permitted(task, (start, path), last_link, &[PathUse::Read])?.existing()
    }

    /// Where a path-taking call starts: the working directory, or the directory behind a descriptor.
    ///
    /// # Errors
    /// EBADF, ENOTDIR.
    pub(crate) fn start(&self, task: TaskId, dirfd: i32, path: &[u8]) -> Result<Place, Errno> {
        let life = self.tasks.life(task)?;
        if dirfd == oac_abi::flags::at::FDCWD || path.first() == Some(&b'/') {
            return Ok(life.cwd.place());
        }
        match &self.description(task, dirfd)?.file {
            File::Directory(directory) => Ok(directory.place.place()),
            File::Path(place) => Ok(place.place()),
            _ => Err(Errno::ENOTDIR),
        }
    }

    /// Acts on a filesystem on a task's behalf.
    pub(crate) fn with_fs<R>(
        &mut self,
        task: TaskId,
        fs: FsId,
        act: impl FnOnce(&mut dyn FileSystem) -> Result<R, Errno>,
    ) -> Answer<R> {
        Ok(self.world(task).with(fs, act)?)
    }
}
