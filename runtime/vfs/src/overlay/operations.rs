//! The operations of the filesystem trait.

use std::ops::Range;

use oac_abi::{
    Errno,
    stat::{Stat, StatFs},
};

use super::{Layer, Open, Overlay, ROOT, UPPER, layers::PRIVATE};
use crate::{
    Access, Allocation, Caller, DirEntry, FileSystem, Handle, Ino, NewNode, RenameMode, SeekTo,
    SetAttributes, SharedFs, WriteAt, Written, XattrMode,
};

impl FileSystem for Overlay {
    fn root(&self) -> Ino {
        ROOT
    }

    fn kind(&self) -> &'static str {
        "overlay"
    }

    fn stack_depth(&self) -> u32 {
        1 + self.layers.layers.iter().map(|layer| layer.fs.lock().stack_depth()).max().unwrap_or(0)
    }

    fn stat_fs(&mut self) -> Result<StatFs, Errno> {
        const OVERLAYFS_MAGIC: u64 = 0x794c_7630;
        Ok(StatFs { kind: OVERLAYFS_MAGIC, ..self.layers.with(UPPER, |fs| fs.stat_fs())? })
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.seen(dir, name)?.ok_or(Errno::ENOENT)
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        let node = self.node(dir)?;
        if !node.is_dir {
            return Err(Errno::ENOTDIR);
        }
        let place = node.place.as_ref().or(node.last_place.as_ref()).ok_or(Errno::ENOENT)?;
        self.node(place.0).map_err(|_| Errno::ENOENT)?;
        Ok(place.clone())
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let top = self.top(ino)?;
        let stat = self.layers.stat(top)?;
        let node = self.node(ino)?;
        let nlink = match node.links {
            Some(links) => links,
            None if !node.is_dir => stat.nlink,
            None if node.place.is_none() && ino != ROOT => 0,
            None if node.parts.len() == 1 => stat.nlink,
            None => 2 + self.subdirectories(ino)?,
        };
        Ok(Stat { ino: ino.0, nlink, ..stat })
    }

    fn set_attributes(&mut self, caller: &Caller, ino: Ino, change: &SetAttributes) -> Result<(), Errno> {
        if change.size.is_some() && self.node(ino)?.is_dir {
            return Err(Errno::EISDIR);
        }
        let copy = self.copy_up(caller, ino, change.size.unwrap_or(u64::MAX))?;
        self.layers.with(UPPER, |fs| fs.set_attributes(caller, copy, change))
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        self.entries(dir)
    }

    fn create(&mut self, caller: &Caller, dir: Ino, name: &[u8], node: NewNode<'_>) -> Result<Ino, Errno> {
        // A device of number 0 would be a whiteout.
        if matches!(node, NewNode::Device { .. }) {
            return Err(Errno::EPERM);
        }
        self.make(caller, dir, name, node)
    }

    fn link(&mut self, caller: &Caller, ino: Ino, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.add_link(caller, ino, dir, name)
    }

    fn unlink(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.remove_file(caller, dir, name)
    }

    fn remove_dir(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.remove_directory(caller, dir, name)
    }

    fn rename(
        &mut self,
        caller: &Caller,
        old: (Ino, &[u8]),
        new: (Ino, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        self.rename_names(caller, old, new, mode)
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        let top = self.top(ino)?;
        self.layers.with(top.0, |fs| fs.read_link(top.1))
    }

    fn open(&mut self, caller: &Caller, ino: Ino, access: Access) -> Result<Handle, Errno> {
        if access.write {
            if self.node(ino)?.is_dir {
                return Err(Errno::EISDIR);
            }
            self.copy_up(caller, ino, u64::MAX)?;
        }
        let (layer, part) = self.top(ino)?;
        let handle = self.layers.with(layer, |fs| fs.open(caller, part, access))?;
        self.last_handle += 1;
        let own = Handle(self.last_handle);
        self.open.insert(own, Open { ino, layer, handle, access });
        self.node_mut(ino)?.handles.push(own);
        self.pin(ino);
        Ok(own)
    }

    fn close(&mut self, handle: Handle) {
        let Some(open) = self.open.remove(&handle) else { return };
        self.layers.with(open.layer, |fs| fs.close(open.handle));
        if let Ok(node) = self.node_mut(open.ino) {
            node.handles.retain(|&other| other != handle);
        }
        self.unpin(open.ino);
    }

    fn read(&mut self, handle: Handle, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        let open = self.opened(handle)?;
        self.layers.with(open.layer, |fs| fs.read(open.handle, offset, buf))
    }

    fn write(&mut self, caller: &Caller, handle: Handle, at: WriteAt, buf: &[u8]) -> Result<Written, Errno> {
        let open = self.opened_for_change(handle)?;
        self.layers.with(UPPER, |fs| fs.write(caller, open.handle, at, buf))
    }

    fn sync(&mut self, handle: Handle) -> Result<(), Errno> {
        let open = self.opened(handle)?;
        self.layers.with(open.layer, |fs| fs.sync(open.handle))
    }

    fn allocate(
        &mut self,
        caller: &Caller,
        handle: Handle,
        range: Range<u64>,
        what: Allocation,
    ) -> Result<(), Errno> {
        let open = self.opened_for_change(handle)?;
        self.layers.with(UPPER, |fs| fs.allocate(caller, open.handle, range, what))
    }

    fn seek(&mut self, open: (Ino, Handle), offset: u64, to: SeekTo) -> Result<u64, Errno> {
        let top = self.top(open.0)?;
        let open = self.opened(open.1)?;
        self.layers.with(open.layer, |fs| fs.seek((top.1, open.handle), offset, to))
    }

    fn copy_range(
        &mut self,
        caller: &Caller,
        from: (Handle, u64),
        to: (Handle, u64),
        len: u64,
    ) -> Result<u64, Errno> {
        const COPY_BYTES_MAX: u64 = 1 << 20;
        let (source, target) = (self.opened(from.0)?, self.opened_for_change(to.0)?);
        if source.layer == UPPER {
            let (from, to) = ((source.handle, from.1), (target.handle, to.1));
            return self.layers.with(UPPER, |fs| fs.copy_range(caller, from, to, len));
        }
        let mut buf = vec![0; len.min(COPY_BYTES_MAX) as usize];
        let read = self.read(from.0, from.1, &mut buf)?;
        if read == 0 {
            return Ok(0);
        }
        Ok(self.write(caller, to.0, WriteAt::Offset(to.1), &buf[..read])?.bytes as u64)
    }

    fn get_xattr(&mut self, ino: Ino, name: &[u8]) -> Result<Vec<u8>, Errno> {
        if name.starts_with(PRIVATE) {
            return Err(Errno::ENODATA);
        }
        let top = self.top(ino)?;
        self.layers.with(top.0, |fs| fs.get_xattr(top.1, name))
    }

    fn set_xattr(
        &mut self,
        caller: &Caller,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<(), Errno> {
        if name.starts_with(PRIVATE) {
            return Err(Errno::EPERM);
        }
        let copy = self.copy_up(caller, ino, u64::MAX)?;
        self.layers.with(UPPER, |fs| fs.set_xattr(caller, copy, name, value, mode))
    }

    fn list_xattr(&mut self, ino: Ino) -> Result<Vec<Vec<u8>>, Errno> {
        let top = self.top(ino)?;
        let mut names = self.layers.with(top.0, |fs| fs.list_xattr(top.1))?;
        names.retain(|name| !name.starts_with(PRIVATE));
        Ok(names)
    }

    fn remove_xattr(&mut self, caller: &Caller, ino: Ino, name: &[u8]) -> Result<(), Errno> {
        // Nothing is copied up for what is not there.
        self.get_xattr(ino, name)?;
        let copy = self.copy_up(caller, ino, u64::MAX)?;
        self.layers.with(UPPER, |fs| fs.remove_xattr(caller, copy, name))
    }

    /// A fork of every layer; lower ones of which none can be made are shared, as nothing changes them from here. Names in lower layers of a
    /// file that was copied up by another of its names show the original there.
    fn fork(&mut self) -> Result<Box<dyn FileSystem>, Errno> {
        let mut forks = Vec::new();
        for (index, layer) in self.layers.layers.iter().enumerate() {
            let fork = layer.fs.lock().fork();
            let fs = match fork {
                Err(Errno::EOPNOTSUPP) if !self.is_upper((index, layer.root)) => layer.fs.clone(),
                fork => SharedFs::new(fork?),
            };
            forks.push(Layer { fs, root: layer.root });
        }
        let upper = self.writable.then(|| forks.remove(0));
        Ok(Box::new(Overlay::new(upper, forks)?))
    }

    fn pin(&mut self, ino: Ino) {
        let Some(node) = self.nodes.get_mut(&ino) else { return };
        node.holds += 1;
        if node.holds == 1
            && let Some(&part) = node.parts.first()
        {
            self.layers.with(part.0, |fs| fs.pin(part.1));
        }
    }

    fn unpin(&mut self, ino: Ino) {
        let Some(node) = self.nodes.get_mut(&ino).filter(|node| node.holds > 0) else { return };
        node.holds -= 1;
        if node.holds == 0 {
            if let Some(&part) = node.parts.first() {
                self.layers.with(part.0, |fs| fs.unpin(part.1));
            }
            self.forget_if_unused(ino);
        }
    }
}

impl Overlay {
    /// A file that was opened for writing, and so is in the upper layer.
    fn opened_for_change(&self, handle: Handle) -> Result<Open, Errno> {
        let open = self.opened(handle)?;
        if self.is_upper((open.layer, Ino(0))) && open.access.write { Ok(open) } else { Err(Errno::EBADF) }
    }
}
