//! Calls on extended attributes. xattr(7).

use oac_abi::{
    Errno,
    bounds::{NAME_BYTES_MAX, XATTR_BYTES_MAX},
    flags::{inotify, xattr},
};
use oac_vfs::{FileSystems as _, Node, Want, XattrMode};

use crate::{Kernel, TaskId, answer::Answer, arguments::Out, dispatch::Sys};

impl Sys<'_> {
    pub(crate) fn getxattrat(
        self,
        dirfd: i32,
        path: &[u8],
        at_flags: u32,
        name: &[u8],
        value: Out<'_>,
    ) -> Answer {
        check_name(name)?;
        let node = self.kernel.subject(self.task, dirfd, path, at_flags)?.node;
        self.kernel.require_xattr(self.task, node, name, false)?;
        let found = self.kernel.world(self.task).with(node.fs, |fs| fs.get_xattr(node.ino, name))?;
        put_or_measure(value, &found)
    }

    pub(crate) fn setxattrat(
        self,
        dirfd: i32,
        path: &[u8],
        at_flags: u32,
        name: &[u8],
        value: &[u8],
        flags: u32,
    ) -> Answer {
        // With both, what is there is in the way and what is not is missing: XATTR_CREATE comes first.
        let mode = match flags {
            0 => XattrMode::Set,
            xattr::REPLACE => XattrMode::Replace,
            1 | 3 => XattrMode::Create,
            _ => return Err(Errno::EINVAL.into()),
        };
        check_name(name)?;
        if value.len() > XATTR_BYTES_MAX {
            return Err(Errno::E2BIG.into());
        }
        let subject = self.kernel.subject(self.task, dirfd, path, at_flags)?;
        let node = subject.node;
        self.kernel.require_xattr(self.task, node, name, true)?;
        let caller = self.kernel.caller(self.task);
        let mut world = self.kernel.world(self.task);
        world.with(node.fs, |fs| {
            if flags == xattr::CREATE | xattr::REPLACE && fs.get_xattr(node.ino, name).is_err() {
                return Err(Errno::ENODATA);
            }
            fs.set_xattr(&caller, node.ino, name, value, mode)
        })?;
        self.kernel.note(self.task, &subject, inotify::ATTRIB);
        Ok(0)
    }

    pub(crate) fn listxattrat(self, dirfd: i32, path: &[u8], at_flags: u32, names: Out<'_>) -> Answer {
        let node = self.kernel.subject(self.task, dirfd, path, at_flags)?.node;
        let found = self.kernel.world(self.task).with(node.fs, |fs| fs.list_xattr(node.ino));
        // What has no attributes has an empty list.
        let found = match found {
            Err(Errno::EOPNOTSUPP) => Vec::new(),
            found => found?,
        };
        let root = self.kernel.caller(self.task).is_root();
        let mut list = Vec::new();
        for name in found.iter().filter(|name| root || !name.starts_with(b"trusted.")) {
            list.extend_from_slice(name);
            list.push(0);
        }
        put_or_measure(names, &list)
    }

    pub(crate) fn removexattrat(self, dirfd: i32, path: &[u8], at_flags: u32, name: &[u8]) -> Answer {
        check_name(name)?;
        let subject = self.kernel.subject(self.task, dirfd, path, at_flags)?;
        let node = subject.node;
        self.kernel.require_xattr(self.task, node, name, true)?;
        let caller = self.kernel.caller(self.task);
        self.kernel.world(self.task).with(node.fs, |fs| fs.remove_xattr(&caller, node.ino, name))?;
        self.kernel.note(self.task, &subject, inotify::ATTRIB);
        Ok(0)
    }
}

fn check_name(name: &[u8]) -> Result<(), Errno> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(Errno::ERANGE);
    }
    if name.contains(&0) { Err(Errno::EINVAL) } else { Ok(()) }
}

/// With no room at all the length alone is asked for.
fn put_or_measure(out: Out<'_>, bytes: &[u8]) -> Answer {
    if !out.buf.is_empty() {
        out.put(bytes)?;
    }
    Ok(bytes.len() as i64)
}

impl Kernel {
    /// Whether a task may read, or change, an attribute: `user.` as the file's contents, `trusted.` and to change `security.` as root;
    /// there are no others.
    ///
    /// # Errors
    /// EACCES, EPERM, ENODATA, EOPNOTSUPP.
    fn require_xattr(&mut self, task: TaskId, node: Node, name: &[u8], write: bool) -> Result<(), Errno> {
        const STICKY: u32 = 0o1000;
        let caller = self.caller(task);
        let class = name.split(|&byte| byte == b'.').next().unwrap_or_default();
        let refused = if write { Errno::EPERM } else { Errno::ENODATA };
        if name.len() == class.len() + 1 {
            // A class without a name. Linux looks at the permissions first, and there are none to such a thing.
            return Err(Errno::EINVAL);
        }
        match class {
            b"security" if name.len() > class.len() => {
                return if write && !caller.is_root() { Err(Errno::EPERM) } else { Ok(()) };
            }
            b"trusted" if name.len() > class.len() => {
                return if caller.is_root() { Ok(()) } else { Err(refused) };
            }
            b"user" if name.len() > class.len() => {}
            _ => return Err(Errno::EOPNOTSUPP),
        }
        let stat = self.world(task).stat(node)?;
        if !stat.is_file() && !stat.is_dir() {
            return Err(refused);
        }
        let owner = caller.is_root() || caller.uid == stat.uid;
        if write && stat.is_dir() && stat.mode & STICKY != 0 && !owner {
            return Err(Errno::EPERM);
        }
        oac_vfs::permitted(&stat, &caller, if write { Want::WRITE } else { Want::READ })?;
        Ok(())
    }
}
