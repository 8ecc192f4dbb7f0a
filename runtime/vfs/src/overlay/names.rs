//! Names in the upper layer: making, linking, removing, renaming, and the whiteouts that these leave.

use oac_abi::Errno;

use super::{
    Overlay, UPPER,
    layers::{OPAQUE, REDIRECT, is_whiteout},
};
use crate::{Caller, Ino, NewNode, RenameMode, XattrMode};

const WHITEOUT: NewNode<'static> = NewNode::Device { mode: 0, rdev: 0 };

impl Overlay {
    /// What the upper layer has under a name, and whether it is a whiteout.
    fn in_upper(&self, dir: Ino, name: &[u8]) -> Result<Option<(Ino, bool)>, Errno> {
        self.layers.with(UPPER, |fs| match fs.lookup(dir, name) {
            Ok(ino) => Ok(Some((ino, is_whiteout(&fs.metadata(ino)?)))),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(errno),
        })
    }

    /// A free name in a living directory, and that directory's inode in the upper layer.
    fn free_name(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.living_directory(dir)?;
        if self.find(dir, name)?.is_some() {
            return Err(Errno::EEXIST);
        }
        self.copy_up(caller, dir, u64::MAX)
    }

    /// Puts something new under a free name by `make`, in the place of a whiteout if there is one.
    fn put_new<R>(
        &mut self,
        dir: Ino,
        name: &[u8],
        caller: &Caller,
        make: impl FnOnce(&mut Overlay, &[u8]) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        if self.in_upper(dir, name)?.is_none() {
            return make(self, name);
        }
        let temporary = self.temporary_name(dir, name.len())?;
        let made = make(self, &temporary)?;
        self.layers.with(UPPER, |fs| {
            fs.rename(caller, (dir, &temporary), (dir, name), RenameMode::Exchange)?;
            fs.unlink(caller, dir, &temporary)
        })?;
        Ok(made)
    }

    pub(super) fn make(
        &mut self,
        caller: &Caller,
        dir: Ino,
        name: &[u8],
        node: NewNode<'_>,
    ) -> Result<Ino, Errno> {
        let upper = self.free_name(caller, dir, name)?;
        let over_lower = self.in_upper(upper, name)?.is_some();
        let is_dir = matches!(node, NewNode::Directory { .. });
        self.put_new(upper, name, caller, |overlay, name| {
            overlay.layers.with(UPPER, |fs| {
                let made = fs.create(caller, upper, name, node)?;
                if is_dir && over_lower {
                    // What is beneath was removed once: it must not come back in what is made now.
                    if let Err(errno) = fs.set_xattr(caller, made, OPAQUE, b"y", XattrMode::Set) {
                        let _ = fs.remove_dir(caller, upper, name);
                        return Err(errno);
                    }
                }
                Ok(made)
            })
        })?;
        self.changed(dir);
        self.seen(dir, name)?.ok_or(Errno::EIO)
    }

    pub(super) fn add_link(&mut self, caller: &Caller, ino: Ino, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        self.living_directory(dir)?;
        if self.find(dir, name)?.is_some() {
            return Err(Errno::EEXIST);
        }
        if self.node(ino)?.is_dir {
            return Err(Errno::EPERM);
        }
        if self.links(ino)? == 0 {
            return Err(Errno::ENOENT);
        }
        let copy = self.copy_up(caller, ino, u64::MAX)?;
        let upper = self.copy_up(caller, dir, u64::MAX)?;
        self.put_new(upper, name, caller, |overlay, name| {
            overlay.link_in_upper(caller, ino, copy, (upper, name))
        })?;
        let node = self.node_mut(ino)?;
        node.links = node.links.map(|links| links + 1);
        node.place = Some((dir, name.to_vec()));
        Ok(())
    }

    /// Takes a name off a file, in the overlay's own books.
    fn lose_name(&mut self, ino: Ino, dir: Ino, name: &[u8]) {
        if let Ok(node) = self.node_mut(ino) {
            node.links = node.links.map(|links| links.saturating_sub(1));
            if node.place.as_ref().is_some_and(|place| *place == (dir, name.to_vec())) {
                node.place = None;
            }
        }
        self.forget_if_unused(ino);
    }

    /// The directories in a directory must be counted again.
    fn changed(&mut self, dir: Ino) {
        if let Ok(node) = self.node_mut(dir) {
            node.subdirectories = None;
        }
    }

    pub(super) fn remove_file(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        let ino = self.seen(dir, name)?.ok_or(Errno::ENOENT)?;
        if self.node(ino)?.is_dir {
            return Err(Errno::EISDIR);
        }
        let upper = self.copy_up(caller, dir, u64::MAX)?;
        let in_upper = self.in_upper(upper, name)?.is_some();
        if self.is_in_lower(dir, name)? {
            self.whiteout(caller, upper, name, in_upper)?;
        } else {
            self.layers.with(UPPER, |fs| fs.unlink(caller, upper, name))?;
        }
        self.lose_name(ino, dir, name);
        Ok(())
    }

    /// Covers a name, in the place of a file if there is one.
    fn whiteout(&mut self, caller: &Caller, dir: Ino, name: &[u8], taken: bool) -> Result<(), Errno> {
        if !taken {
            return self.layers.with(UPPER, |fs| fs.create(caller, dir, name, WHITEOUT)).map(drop);
        }
        let temporary = self.temporary_name(dir, name.len())?;
        self.layers.with(UPPER, |fs| {
            fs.create(caller, dir, &temporary, WHITEOUT)?;
            fs.rename(caller, (dir, &temporary), (dir, name), RenameMode::Replace)
        })
    }

    /// Removes the whiteouts in a directory of the upper layer that shows nothing any more.
    fn clear(&mut self, caller: &Caller, dir: Ino) -> Result<(), Errno> {
        let entries = self.layers.with(UPPER, |fs| fs.read_dir(dir))?;
        self.layers.with(UPPER, |fs| entries.iter().try_for_each(|entry| fs.unlink(caller, dir, &entry.name)))
    }

    pub(super) fn remove_directory(&mut self, caller: &Caller, dir: Ino, name: &[u8]) -> Result<(), Errno> {
        let ino = self.seen(dir, name)?.ok_or(Errno::ENOENT)?;
        if !self.node(ino)?.is_dir {
            return Err(Errno::ENOTDIR);
        }
        if !self.merged(ino)?.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        let upper = self.copy_up(caller, dir, u64::MAX)?;
        let is_in_lower = self.is_in_lower(dir, name)?;
        match self.in_upper(upper, name)? {
            None => self.whiteout(caller, upper, name, false)?,
            Some((gone, _)) => {
                self.clear(caller, gone)?;
                if is_in_lower {
                    let temporary = self.temporary_name(upper, name.len())?;
                    self.layers.with(UPPER, |fs| {
                        fs.create(caller, upper, &temporary, WHITEOUT)?;
                        fs.rename(caller, (upper, &temporary), (upper, name), RenameMode::Exchange)?;
                        fs.remove_dir(caller, upper, &temporary)
                    })?;
                } else {
                    self.layers.with(UPPER, |fs| fs.remove_dir(caller, upper, name))?;
                }
            }
        }
        self.changed(dir);
        let node = self.node_mut(ino)?;
        node.last_place = node.place.take();
        self.forget_if_unused(ino);
        Ok(())
    }

    /// Whether `dir` is `ancestor` or lies in it.
    fn is_within(&self, mut dir: Ino, ancestor: Ino) -> Result<bool, Errno> {
        loop {
            if dir == ancestor {
                return Ok(true);
            }
            match &self.node(dir)?.place {
                Some((parent, _)) => dir = *parent,
                None => return Ok(false),
            }
        }
    }

    fn check_replaceable(&self, moved: Ino, replaced: Ino) -> Result<(), Errno> {
        match (self.node(moved)?.is_dir, self.node(replaced)?.is_dir) {
            (false, true) => Err(Errno::EISDIR),
            (true, false) => Err(Errno::ENOTDIR),
            (true, true) if !self.merged(replaced)?.is_empty() => Err(Errno::ENOTEMPTY),
            _ => Ok(()),
        }
    }

    /// Prepares a directory of the upper layer for another place: what it shows of lower layers it shows there too, and nothing else.
    fn detach(&mut self, caller: &Caller, ino: Ino) -> Result<(), Errno> {
        let node = self.node(ino)?;
        let Some(&(_, copy)) = node.parts.first().filter(|_| node.is_dir) else { return Ok(()) };
        if node.parts.len() == 1 {
            return self.layers.with(UPPER, |fs| fs.set_xattr(caller, copy, OPAQUE, b"y", XattrMode::Set));
        }
        let path = self.lower_path(ino)?;
        self.layers.with(UPPER, |fs| fs.set_xattr(caller, copy, REDIRECT, &path, XattrMode::Set))?;
        self.node_mut(ino)?.redirect = Some(path);
        Ok(())
    }

    pub(super) fn rename_names(
        &mut self,
        caller: &Caller,
        old: (Ino, &[u8]),
        new: (Ino, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        let moved = self.seen(old.0, old.1)?.ok_or(Errno::ENOENT)?;
        self.living_directory(new.0)?;
        let replaced = self.seen(new.0, new.1)?;
        match (mode, replaced) {
            (RenameMode::NoReplace, Some(_)) => return Err(Errno::EEXIST),
            (RenameMode::Exchange, None) => return Err(Errno::ENOENT),
            _ => {}
        }
        if self.is_within(new.0, moved)? {
            return Err(Errno::EINVAL);
        }
        if let Some(other) = replaced
            && self.is_within(old.0, other)?
        {
            let exchange = mode == RenameMode::Exchange;
            return Err(if exchange { Errno::EINVAL } else { Errno::ENOTEMPTY });
        }
        if replaced == Some(moved) {
            return Ok(());
        }
        if let (Some(other), RenameMode::Replace) = (replaced, mode) {
            self.check_replaceable(moved, other)?;
        }
        let upper = (self.copy_up(caller, old.0, u64::MAX)?, self.copy_up(caller, new.0, u64::MAX)?);
        // Noted first what was seen last: the names by which they are copied up must be those that are renamed.
        self.seen(old.0, old.1)?;
        self.name_in_upper(caller, moved, old.0, old.1)?;
        self.detach(caller, moved)?;
        let to = (upper.1, new.1);
        match replaced {
            Some(other) if mode == RenameMode::Exchange => {
                self.seen(new.0, new.1)?;
                self.name_in_upper(caller, other, new.0, new.1)?;
                self.detach(caller, other)?;
                let exchange = RenameMode::Exchange;
                self.layers.with(UPPER, |fs| fs.rename(caller, (upper.0, old.1), to, exchange))?;
                self.node_mut(other)?.place = Some((old.0, old.1.to_vec()));
            }
            _ => {
                self.move_in_upper(caller, old, (upper.0, old.1), to, moved)?;
                match replaced {
                    Some(other) if self.node(other)?.is_dir => {
                        let node = self.node_mut(other)?;
                        node.last_place = node.place.take();
                        self.forget_if_unused(other);
                    }
                    Some(other) => self.lose_name(other, new.0, new.1),
                    None => {}
                }
            }
        }
        self.node_mut(moved)?.place = Some((new.0, new.1.to_vec()));
        self.changed(old.0);
        self.changed(new.0);
        Ok(())
    }

    /// The move itself: over what the upper layer has at the new name, a whiteout or what is replaced, leaving a whiteout where a lower
    /// layer would show through.
    fn move_in_upper(
        &mut self,
        caller: &Caller,
        old: (Ino, &[u8]),
        from: (Ino, &[u8]),
        to: (Ino, &[u8]),
        moved: Ino,
    ) -> Result<(), Errno> {
        let shows_through = self.is_in_lower(old.0, old.1)?;
        let is_dir = self.node(moved)?.is_dir;
        match self.in_upper(to.0, to.1)? {
            Some((_, true)) if is_dir => {
                return self.layers.with(UPPER, |fs| {
                    fs.rename(caller, from, to, RenameMode::Exchange)?;
                    // The whiteout is where the directory was, and is wanted there or not.
                    if shows_through { Ok(()) } else { fs.unlink(caller, from.0, from.1) }
                });
            }
            Some((other, false)) if is_dir => self.clear(caller, other)?,
            _ => {}
        }
        if !shows_through {
            return self.layers.with(UPPER, |fs| fs.rename(caller, from, to, RenameMode::Replace));
        }
        let temporary = self.temporary_name(from.0, from.1.len())?;
        self.layers.with(UPPER, |fs| {
            fs.create(caller, from.0, &temporary, WHITEOUT)?;
            if let Err(errno) = fs.rename(caller, from, to, RenameMode::Replace) {
                let _ = fs.unlink(caller, from.0, &temporary);
                return Err(errno);
            }
            fs.rename(caller, (from.0, &temporary), from, RenameMode::Replace)
        })
    }
}
