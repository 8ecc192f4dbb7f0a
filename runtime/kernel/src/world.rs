//! The filesystems as one task sees them: those of the table, and views of the kernel's own state.

use oac_abi::Errno;
use oac_vfs::{Caller, FileSystem, FileSystems, FsId, FsTable, Held, LastLink, Node, Place, Walker};

use crate::{
    Config, Kernel, Now, TaskId,
    answer::Answer,
    capabilities::PathUse,
    container_files::ContainerFiles,
    description::{Descriptions, File},
    namespaces::Namespaces,
    open_names::OpenNames,
    prepared::Prepared,
    proc::ProcFiles,
    socket::Sockets,
    task::Tasks,
    task_files::TaskFiles,
};

/// The filesystem of `/task`. It is not in the table: it exists for one operation at a time.
pub(crate) const TASK_FS: FsId = FsId(0xffff);

/// The filesystem of `/proc`, likewise.
pub(crate) const PROC_FS: FsId = FsId(0xfffe);

/// The filesystem of `/web/container`, likewise.
pub(crate) const CONTAINER_FS: FsId = FsId(0xfffd);

/// Whether a filesystem is a view of the kernel's own state, which nothing is held in.
pub(crate) fn is_view(fs: FsId) -> bool {
    matches!(fs, TASK_FS | PROC_FS | CONTAINER_FS)
}

/// The number that a file of a view is named by.
pub(crate) fn number(name: &[u8]) -> Option<u32> {
    // "007" is not a name of 7.
    let text = std::str::from_utf8(name).ok()?;
    text.parse::<u32>().ok().filter(|number| number.to_string() == text)
}

/// What the views show.
#[derive(Clone, Copy)]
pub(crate) struct View<'k> {
    pub(crate) tasks: &'k Tasks,
    pub(crate) files: &'k Descriptions,
    pub(crate) namespaces: &'k Namespaces,
    pub(crate) sockets: &'k Sockets,
    pub(crate) open_names: &'k OpenNames,
    pub(crate) prepared: &'k Prepared,
    pub(crate) programs: &'k [(String, String)],
    pub(crate) config: &'k Config,
    pub(crate) now: Now,
    pub(crate) caller: TaskId,
}

/// Filesystems for one operation by one task.
pub(crate) struct World<'k> {
    pub(crate) table: &'k mut FsTable,
    pub(crate) view: View<'k>,
}

/// The filesystems of a kernel for an operation by a task: as a macro, for it borrows some of the kernel's fields and leaves the
/// others.
macro_rules! world {
    ($kernel:expr, $caller:expr) => {
        $crate::world::World {
            table: &mut $kernel.filesystems,
            view: $crate::world::View {
                tasks: &$kernel.tasks,
                files: &$kernel.files,
                namespaces: &$kernel.namespaces,
                sockets: &$kernel.sockets,
                open_names: &$kernel.open_names,
                prepared: &$kernel.prepared,
                programs: &$kernel.programs,
                config: &$kernel.config,
                now: $kernel.now,
                caller: $caller,
            },
        }
    };
}
pub(crate) use world;

impl FileSystems for World<'_> {
    fn with<R>(
        &mut self,
        fs: FsId,
        act: impl FnOnce(&mut dyn FileSystem) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        match fs {
            TASK_FS => act(&mut TaskFiles { table: self.table, view: self.view }),
            PROC_FS => act(&mut ProcFiles { table: self.table, view: self.view }),
            CONTAINER_FS => act(&mut ContainerFiles { view: self.view }),
            _ => self.table.with(fs, act),
        }
    }

    fn hold(&mut self, node: Node) -> Held {
        if is_view(node.fs) { self.table.hold_unpinned(node) } else { self.table.hold(node) }
    }
}

impl Kernel {
    /// The filesystems, for a task's operation.
    pub(crate) fn world(&mut self, caller: TaskId) -> World<'_> {
        world!(self, caller)
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
        let mut world = world!(self, task);
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
