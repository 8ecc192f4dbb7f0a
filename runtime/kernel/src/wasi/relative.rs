//! Relative paths of WASI modules.
//!
//! wasi-libc, and with it Rust's `std`, C, TinyGo, Swift and Python, takes the slash off an absolute path before it looks for a
//! preopened directory: `/tmp/a` and `tmp/a` reach the host as the very same call, and no choice of preopens can tell them
//! apart. (Go joins relative paths to `$PWD` itself; Zig hands them to descriptor 3 as they are.) So there is one preopened
//! directory, named `/`, and a path that comes with it is looked for in the working directory and in the root:
//!
//! 1. What begins with `/`, `./` or `../`, or is `.` or `..`, says by itself what it is relative to.
//! 2. Where only one of the two directories has the path's first name, it is meant. Where neither has, the working directory is.
//! 3. Where both have it, the one in which the whole path exists is meant; for a name to be made, the one in which its directory
//!    exists; and the working directory when that does not decide either.
//!
//! It decides between two places that the task may reach anyway, so nothing depends on it but convenience. Programs of our own
//! say what they mean, by the calls of the module `oac`, and are left alone.

use oac_abi::{Errno, flags::at};
use oac_vfs::LastLink;

use crate::{dispatch::Wasi, fd_table::Fd, task::TaskKind};

impl Wasi<'_> {
    /// The directory descriptor that a path is relative to: the one given, or FDCWD for the working directory.
    ///
    /// # Errors
    /// EBADF: preview 1 itself has no number for the working directory.
    pub(super) fn directory(&mut self, fd: i32, path: &[u8]) -> Result<i32, Errno> {
        if fd < 0 {
            return Err(Errno::EBADF);
        }
        let task = self.kernel.tasks.get(self.task)?;
        if task.kind != TaskKind::Wasm || task.life()?.preopen != Some(Fd::new(fd)?) {
            return Ok(fd);
        }
        if path.first() == Some(&b'/') {
            return Ok(fd);
        }
        let cwd = task.life()?.cwd.place();
        let root = self.kernel.namespaces.get(task.life()?.namespace)?.root();
        let first = path.split(|&byte| byte == b'/').next().unwrap_or_default();
        if cwd == root || matches!(first, b"" | b"." | b"..") {
            return Ok(at::FDCWD);
        }
        // The root first: it is memory, a working directory may be one of the host's.
        if !self.leads_somewhere(fd, first) {
            return Ok(at::FDCWD);
        }
        if !self.leads_somewhere(at::FDCWD, first) {
            return Ok(fd);
        }
        let parent = path.strip_suffix(b"/").unwrap_or(path);
        let parent = parent.iter().rposition(|&byte| byte == b'/').map(|slash| &parent[..slash]);
        for wanted in [Some(path), parent].into_iter().flatten() {
            for dir in [at::FDCWD, fd] {
                if self.leads_somewhere(dir, wanted) {
                    return Ok(dir);
                }
            }
        }
        Ok(at::FDCWD)
    }

    fn leads_somewhere(&mut self, dir: i32, path: &[u8]) -> bool {
        self.kernel.existing(self.task, dir, path, LastLink::Keep).is_ok()
    }
}
