//! Copying up: what is to be changed is first brought into the upper layer.

use oac_abi::{Errno, flags::mode, stat::Stat};

use super::{Overlay, Part, UPPER};
use crate::{Access, Caller, Handle, Ino, NewNode, SeekTo, SetAttributes, WriteAt, XattrMode};

/// Bytes copied at once.
const BUFFER_BYTES: u64 = 256 << 10;

impl Overlay {
    /// Brings a file into the upper layer, if it is not there, and the directories in which it lies; gives its inode there.
    /// `length`: no more of the content than this is wanted.
    pub(super) fn copy_up(&mut self, caller: &Caller, ino: Ino, length: u64) -> Result<Ino, Errno> {
        if !self.writable {
            return Err(Errno::EROFS);
        }
        // From the file upwards to the first directory that is there; trees may be deeper than a stack.
        let mut missing = vec![ino];
        while let Some(&last) = missing.last() {
            if self.is_upper(self.top(last)?) {
                missing.pop();
                break;
            }
            match &self.node(last)?.place {
                Some((dir, _)) => missing.push(*dir),
                None => break,
            }
        }
        while let Some(next) = missing.pop() {
            self.copy_one_up(caller, next, length)?;
        }
        Ok(self.top(ino)?.1)
    }

    /// The same when the directory is in the upper layer, and the file is not.
    fn copy_one_up(&mut self, caller: &Caller, ino: Ino, length: u64) -> Result<(), Errno> {
        let top = self.top(ino)?;
        let root = Caller::root(caller.now_ns);
        let node = self.node(ino)?;
        match node.place.clone() {
            Some((dir, name)) => {
                let dir = self.top(dir)?.1;
                let copy = self.copy_to(&root, top, (dir, &name), length)?;
                self.replace_top(ino, copy)
            }
            None if node.is_dir => Err(Errno::ENOENT),
            None => {
                let copy = self.copy_nameless(&root, top, length)?;
                self.replace_top(ino, copy)?;
                // The pin that kept it until now.
                self.layers.with(UPPER, |fs| fs.unpin(copy));
                Ok(())
            }
        }
    }

    /// Makes a copy without a name, pinned once.
    fn copy_nameless(&mut self, root: &Caller, from: Part, length: u64) -> Result<Ino, Errno> {
        let dir = self.layers.layers[UPPER].root;
        let name = self.temporary_name(dir, 0)?;
        let copy = self.copy_to(root, from, (dir, &name), length)?;
        self.layers.with(UPPER, |fs| {
            fs.pin(copy);
            fs.unlink(root, dir, &name)
        })?;
        Ok(copy)
    }

    /// A name that nobody has in a directory of the upper layer, at least as long as another, so that a rename to that needs no room.
    pub(super) fn temporary_name(&mut self, dir: Ino, length: usize) -> Result<Vec<u8>, Errno> {
        for number in 0.. {
            let name = format!("{:.<length$}", format!("#overlay{number}")).into_bytes();
            match self.layers.with(UPPER, |fs| fs.lookup(dir, &name)) {
                Ok(_) => {}
                Err(Errno::ENOENT) => return Ok(name),
                Err(errno) => return Err(errno),
            }
        }
        Err(Errno::ENOSPC)
    }

    /// A copy under a name of the upper layer that is not taken; nothing when it fails.
    fn copy_to(&mut self, root: &Caller, from: Part, to: (Ino, &[u8]), length: u64) -> Result<Ino, Errno> {
        let stat = self.layers.stat(from)?;
        let parent = self.layers.stat((UPPER, to.0))?;
        let permissions = stat.mode & !mode::FMT;
        let target;
        let node = match stat.mode & mode::FMT {
            mode::DIR => NewNode::Directory { mode: permissions },
            mode::REG => NewNode::File { mode: permissions },
            mode::FIFO => NewNode::Fifo { mode: permissions },
            mode::SOCK => NewNode::Socket { mode: permissions },
            mode::LNK => {
                target = self.layers.with(from.0, |fs| fs.read_link(from.1))?;
                NewNode::Symlink { target: &target }
            }
            _ => return Err(Errno::EPERM),
        };
        let copy = self.layers.with(UPPER, |fs| fs.create(root, to.0, to.1, node))?;
        if let Err(errno) = self.fill_copy(root, from, &stat, copy, length) {
            let _ = self.layers.with(UPPER, |fs| match stat.is_dir() {
                true => fs.remove_dir(root, to.0, to.1),
                false => fs.unlink(root, to.0, to.1),
            });
            return Err(errno);
        }
        // To those who look, nothing has been made in the directory.
        let times = SetAttributes {
            atime_ns: Some(parent.atime_ns),
            mtime_ns: Some(parent.mtime_ns),
            ..SetAttributes::default()
        };
        self.layers.with(UPPER, |fs| fs.set_attributes(root, to.0, &times))?;
        Ok(copy)
    }

    fn fill_copy(
        &mut self,
        root: &Caller,
        from: Part,
        stat: &Stat,
        copy: Ino,
        length: u64,
    ) -> Result<(), Errno> {
        if stat.is_file() {
            self.copy_content(root, from, copy, stat.size.min(length))?;
        }
        let names = self.layers.with(from.0, |fs| fs.list_xattr(from.1)).unwrap_or_default();
        for name in names.iter().filter(|name| !name.starts_with(super::layers::PRIVATE)) {
            let value = self.layers.with(from.0, |fs| fs.get_xattr(from.1, name))?;
            self.layers.with(UPPER, |fs| fs.set_xattr(root, copy, name, &value, XattrMode::Set))?;
        }
        let change = SetAttributes {
            mode: (!stat.is_symlink()).then_some(stat.mode & !mode::FMT),
            uid: Some(stat.uid),
            gid: Some(stat.gid),
            size: None,
            atime_ns: Some(stat.atime_ns),
            mtime_ns: Some(stat.mtime_ns),
        };
        self.layers.with(UPPER, |fs| fs.set_attributes(root, copy, &change))
    }

    fn copy_content(&mut self, root: &Caller, from: Part, copy: Ino, length: u64) -> Result<(), Errno> {
        let read_only = Access { read: true, write: false };
        let source = self.layers.with(from.0, |fs| fs.open(root, from.1, read_only))?;
        let write_only = Access { read: false, write: true };
        let result = match self.layers.with(UPPER, |fs| fs.open(root, copy, write_only)) {
            Ok(target) => {
                let result = self.copy_bytes(root, (from, source), target, length);
                self.layers.with(UPPER, |fs| fs.close(target));
                result
            }
            Err(errno) => Err(errno),
        };
        self.layers.with(from.0, |fs| fs.close(source));
        result?;
        let size = SetAttributes { size: Some(length), ..SetAttributes::default() };
        self.layers.with(UPPER, |fs| fs.set_attributes(root, copy, &size))
    }

    fn copy_bytes(
        &mut self,
        root: &Caller,
        (from, source): (Part, Handle),
        target: Handle,
        length: u64,
    ) -> Result<(), Errno> {
        let mut buf = vec![0; BUFFER_BYTES.min(length) as usize];
        let mut at = 0;
        while at < length {
            // Holes stay holes.
            match self.layers.with(from.0, |fs| fs.seek((from.1, source), at, SeekTo::Data)) {
                Ok(data) => at = data,
                Err(Errno::ENXIO) => break,
                Err(errno) => return Err(errno),
            }
            let want = (length.saturating_sub(at)).min(buf.len() as u64) as usize;
            let read = self.layers.with(from.0, |fs| fs.read(source, at, &mut buf[..want]))?;
            if read == 0 {
                break;
            }
            let mut done = 0;
            while done < read {
                let to = WriteAt::Offset(at + done as u64);
                let written = self.layers.with(UPPER, |fs| fs.write(root, target, to, &buf[done..read]))?;
                done += written.bytes;
            }
            at += read as u64;
        }
        Ok(())
    }

    /// A file's part in the upper layer has been made: what is open moves over to it.
    pub(super) fn replace_top(&mut self, ino: Ino, copy: Ino) -> Result<(), Errno> {
        let node = self.node_mut(ino)?;
        let old = node.parts.first().copied();
        if node.is_dir {
            node.parts.insert(0, (UPPER, copy));
        } else {
            node.parts = vec![(UPPER, copy)];
        }
        let (held, handles, from_lower) = (node.holds > 0, node.handles.clone(), node.links.is_some());
        self.numbers.insert((UPPER, copy), ino);
        self.layers.with(UPPER, |fs| {
            if held {
                fs.pin(copy);
            }
            // Other names of it may be in lower layers only: it must stay when it has none here.
            if from_lower {
                fs.pin(copy);
            }
        });
        if let Some(old) = old.filter(|_| held) {
            self.layers.with(old.0, |fs| fs.unpin(old.1));
        }
        for handle in handles {
            self.move_handle(handle, copy)?;
        }
        Ok(())
    }

    fn move_handle(&mut self, handle: Handle, copy: Ino) -> Result<(), Errno> {
        let open = self.opened(handle)?;
        let root = Caller::root(0);
        let new = self.layers.with(UPPER, |fs| fs.open(&root, copy, open.access))?;
        self.layers.with(open.layer, |fs| fs.close(open.handle));
        if let Some(open) = self.open.get_mut(&handle) {
            (open.layer, open.handle) = (UPPER, new);
        }
        Ok(())
    }

    /// Sees to it that a file of the overlay has its name in the upper layer too: after its name in `dir` was found in a lower one, or as
    /// another name of a file that has been copied up.
    pub(super) fn name_in_upper(
        &mut self,
        caller: &Caller,
        ino: Ino,
        dir: Ino,
        name: &[u8],
    ) -> Result<(), Errno> {
        let copy = self.copy_up(caller, ino, u64::MAX)?;
        let upper_dir = self.copy_up(caller, dir, u64::MAX)?;
        match self.layers.with(UPPER, |fs| fs.lookup(upper_dir, name)) {
            Ok(there) if there == copy => return Ok(()),
            Ok(_) => return Err(Errno::EIO),
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
        let root = Caller::root(caller.now_ns);
        self.link_in_upper(&root, ino, copy, (upper_dir, name))
    }

    /// Links a copied file under a free name of the upper layer; one that has no name there any more is copied once more.
    pub(super) fn link_in_upper(
        &mut self,
        root: &Caller,
        ino: Ino,
        copy: Ino,
        to: (Ino, &[u8]),
    ) -> Result<(), Errno> {
        match self.layers.with(UPPER, |fs| fs.link(root, copy, to.0, to.1)) {
            Err(Errno::ENOENT) => {
                let again = self.copy_to(root, (UPPER, copy), to, u64::MAX)?;
                self.numbers.remove(&(UPPER, copy));
                self.replace_top(ino, again)?;
                // The pin that kept it without a name.
                self.layers.with(UPPER, |fs| fs.unpin(copy));
                Ok(())
            }
            result => result,
        }
    }
}
