//! Extended attributes of memory files. xattr(7).

use std::sync::Arc;

use oac_abi::{Errno, bounds};

use super::MemFs;
use crate::{Caller, Ino, XattrMode};

impl MemFs {
    pub(super) fn xattr(&self, ino: Ino, name: &[u8]) -> Result<Vec<u8>, Errno> {
        let xattrs = self.inode(ino)?.xattrs.as_ref();
        xattrs.and_then(|xattrs| xattrs.get(name)).cloned().ok_or(Errno::ENODATA)
    }

    pub(super) fn put_xattr(
        &mut self,
        caller: &Caller,
        ino: Ino,
        name: &[u8],
        value: &[u8],
        mode: XattrMode,
    ) -> Result<(), Errno> {
        let inode = self.inode(ino)?;
        let old = inode.xattrs.as_ref().and_then(|xattrs| xattrs.get(name));
        match (mode, old) {
            (XattrMode::Create, Some(_)) => return Err(Errno::EEXIST),
            (XattrMode::Replace, None) => return Err(Errno::ENODATA),
            _ => {}
        }
        let given_back = old.map_or(0, |old| (name.len() + old.len()) as u64);
        let taken = (name.len() + value.len()) as u64;
        if inode.xattr_bytes() - given_back + taken > bounds::XATTRS_BYTES_MAX as u64 {
            return Err(Errno::ENOSPC);
        }
        self.tree.check_room(taken.saturating_sub(given_back))?;
        self.tree.used_bytes = self.tree.used_bytes - given_back + taken;
        let inode = self.inode_mut(ino)?;
        Arc::make_mut(inode.xattrs.get_or_insert_default()).insert(name.to_vec(), value.to_vec());
        inode.ctime_ns = caller.now_ns;
        Ok(())
    }

    pub(super) fn drop_xattr(&mut self, caller: &Caller, ino: Ino, name: &[u8]) -> Result<(), Errno> {
        self.xattr(ino, name)?;
        let inode = self.inode_mut(ino)?;
        let xattrs = Arc::make_mut(inode.xattrs.get_or_insert_default());
        let given_back = xattrs.remove(name).map_or(0, |value| name.len() + value.len());
        if xattrs.is_empty() {
            inode.xattrs = None;
        }
        inode.ctime_ns = caller.now_ns;
        self.tree.used_bytes -= given_back as u64;
        Ok(())
    }
}
