//! Calls that change what a task sees: bind and unbind.

use oac_abi::{Errno, flags::at};
use oac_vfs::{FileSystems as _, LastLink, bind_flags};

use crate::{Kernel, TaskId, answer::Answer, dispatch::Sys, world::world};

impl Sys<'_> {
    pub(crate) fn ns_bind(self, source: &[u8], target: &[u8], flags: u32) -> Answer {
        self.kernel.require_free_namespace(self.task)?;
        self.kernel.bind_paths(self.task, source, target, flags)?;
        Ok(0)
    }

    pub(crate) fn ns_unbind(self, target: &[u8]) -> Answer {
        self.kernel.require_free_namespace(self.task)?;
        self.kernel.unbind_path(self.task, target)?;
        self.kernel.drop_unused_filesystems();
        Ok(0)
    }
}

impl Kernel {
    /// Binds in a task's namespace; both paths are that task's.
    ///
    /// # Errors
    /// As the walk; ENOTDIR when one is a directory and the other is none; ENOSPC.
    pub(crate) fn bind_paths(
        &mut self,
        task: TaskId,
        source: &[u8],
        target: &[u8],
        flags: u32,
    ) -> Result<(), Errno> {
        let (mode, create) = bind_flags(flags)?;
        let mut find = |path: &[u8]| {
            let start = self.start(task, at::FDCWD, path)?;
            self.walk(task, |walker| {
                let found = walker.find(start, path, LastLink::Follow)?;
                Ok((found.existing()?, walker.path_of(&found)?))
            })
        };
        let (source, source_path) = find(source)?;
        let (target, target_path) = find(target)?;
        let mut world = self.world(task);
        if world.stat(source.node)?.is_dir() != world.stat(target.node)?.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        let id = self.tasks.life(task)?.namespace;
        // A copy shares its table, and the old one is replaced: the table is copied only where another task shares it.
        let mut namespace = self.namespaces.take(id)?;
        let mut world = world!(self, task);
        let result = namespace.bind(&mut world, (source, &source_path), (target, &target_path), mode, create);
        self.namespaces.put_back(id, namespace);
        result
    }

    /// Removes the binds of a path of a task's namespace.
    ///
    /// # Errors
    /// As the walk; EINVAL when nothing is bound there.
    pub(crate) fn unbind_path(&mut self, task: TaskId, target: &[u8]) -> Result<(), Errno> {
        let start = self.start(task, at::FDCWD, target)?;
        let (place, path) = self.walk(task, |walker| {
            let found = walker.find(start, target, LastLink::Follow)?;
            Ok((found.existing()?, walker.path_of(&found)?))
        })?;
        let id = self.tasks.life(task)?.namespace;
        self.namespaces.get_mut(id)?.unbind((place, &path))
    }
}
