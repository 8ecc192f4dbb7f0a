//! rename(2): the one operation that touches four inodes.

use oac_abi::Errno;

use super::{MemFs, inode::Body};
use crate::{Caller, FileSystem as _, Ino, RenameMode};

impl MemFs {
    pub(super) fn rename_names(
        &mut self,
        caller: &Caller,
        old: (Ino, &[u8]),
        new: (Ino, &[u8]),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        let moved = self.lookup(old.0, old.1)?;
        self.living_directory(new.0)?;
        let replaced = match self.lookup(new.0, new.1) {
            Ok(ino) => Some(ino),
            Err(Errno::ENOENT) => None,
            Err(errno) => return Err(errno),
        };
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
        match replaced {
            Some(other) if mode == RenameMode::Exchange => {
                self.remove_name(caller, old.0, old.1)?;
                self.remove_name(caller, new.0, new.1)?;
                self.add_name(caller, old.0, old.1, other)?;
            }
            Some(other) => {
                self.check_replaceable(moved, other)?;
                self.remove_name(caller, old.0, old.1)?;
                self.remove_name(caller, new.0, new.1)?;
                self.free_if_unused(other);
            }
            None => {
                if self.tree.room_bytes() + (old.1.len() as u64) < new.1.len() as u64 {
                    return Err(Errno::ENOSPC);
                }
                self.remove_name(caller, old.0, old.1)?;
            }
        }
        self.add_name(caller, new.0, new.1, moved)
    }

    /// Whether `dir` is `ancestor` or lies in it.
    fn is_within(&self, mut dir: Ino, ancestor: Ino) -> Result<bool, Errno> {
        loop {
            if dir == ancestor {
                return Ok(true);
            }
            match &self.inode(dir)?.directory()?.parent {
                Some((parent, _)) => dir = *parent,
                None => return Ok(false),
            }
        }
    }

    fn check_replaceable(&self, moved: Ino, replaced: Ino) -> Result<(), Errno> {
        let moved_is_directory = self.inode(moved)?.is_directory();
        match &self.inode(replaced)?.body {
            Body::Directory(_) if !moved_is_directory => Err(Errno::EISDIR),
            Body::Directory(directory) if !directory.entries.is_empty() => Err(Errno::ENOTEMPTY),
            Body::Directory(_) => Ok(()),
            _ if moved_is_directory => Err(Errno::ENOTDIR),
            _ => Ok(()),
        }
    }
}
