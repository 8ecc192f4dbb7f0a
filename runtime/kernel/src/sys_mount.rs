//! ns_mount: filesystems that tasks lay over paths of their own namespace.

use oac_abi::{Errno, bounds, flags::at};
use oac_vfs::{
    Access, FileSystem, FileSystems as _, LastLink, Layer, MemFs, Node, Overlay, Place, Quota, SetAttributes,
    TarFs,
};

use crate::{
    Kernel, TaskId,
    answer::Answer,
    dispatch::Sys,
    world::{is_view, world},
};

/// Bytes read at once from an archive that is mounted.
const READ_BYTES: usize = 1 << 20;

impl Sys<'_> {
    pub(crate) fn ns_mount(self, kind: &[u8], source: &[u8], target: &[u8], options: &[u8]) -> Answer {
        self.kernel.require_free_namespace(self.task)?;
        self.kernel.mount_kind(self.task, kind, source, target, options)?;
        Ok(0)
    }
}

/// One `NAME=VALUE` of mount options.
type Setting = (Vec<u8>, Vec<u8>);

/// Options as mount(8) writes them: `NAME=VALUE,NAME=VALUE`. A backslash takes the meaning from a comma, a colon or a backslash; it is kept
/// before a colon, which only some values split at.
fn settings(options: &[u8]) -> Result<Vec<Setting>, Errno> {
    let parts = split(options, b',');
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| {
            let equals = part.iter().position(|&byte| byte == b'=').ok_or(Errno::EINVAL)?;
            Ok((part[..equals].to_vec(), part[equals + 1..].to_vec()))
        })
        .collect()
}

/// Splits at a byte that has no backslash before it, and takes the backslashes off that were before such bytes.
fn split(text: &[u8], at: u8) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new()];
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let last = parts.last_mut().expect("there is one from the beginning");
        match (byte, bytes.peek()) {
            (b'\\', Some(&next)) if next == at => {
                last.push(next);
                bytes.next();
            }
            (b'\\', Some(&next)) => {
                last.extend([byte, next]);
                bytes.next();
            }
            _ if byte == at => parts.push(Vec::new()),
            _ => last.push(byte),
        }
    }
    parts
}

/// A path from a list: backslashes that are left protect a byte that nothing splits at.
fn plain(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = path.iter();
    while let Some(&byte) = bytes.next() {
        out.push(if byte == b'\\' { *bytes.next().unwrap_or(&byte) } else { byte });
    }
    out
}

/// A number of bytes: `4096`, `64k`, `16m`, `1g`.
fn size(text: &[u8]) -> Result<u64, Errno> {
    let (digits, shift) = match text.last().map(u8::to_ascii_lowercase) {
        Some(b'k') => (&text[..text.len() - 1], 10),
        Some(b'm') => (&text[..text.len() - 1], 20),
        Some(b'g') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: u64 = number(digits, 10)?;
    number.checked_mul(1 << shift).ok_or(Errno::EINVAL)
}

fn number(text: &[u8], radix: u32) -> Result<u64, Errno> {
    let text = std::str::from_utf8(text).map_err(|_| Errno::EINVAL)?;
    if text.starts_with('+') {
        return Err(Errno::EINVAL);
    }
    u64::from_str_radix(text, radix).map_err(|_| Errno::EINVAL)
}

impl Kernel {
    /// Mounts a filesystem over a path of a task's namespace.
    ///
    /// # Errors
    /// ENODEV for a kind that is not known, EINVAL for options that are not, ENOTDIR when the target is no directory; ENOSPC when there are
    /// FILESYSTEMS_MAX, or memory filesystems and archives would hold more than the container's disk; as the walk.
    fn mount_kind(
        &mut self,
        task: TaskId,
        kind: &[u8],
        source: &[u8],
        target: &[u8],
        options: &[u8],
    ) -> Result<(), Errno> {
        let start = self.start(task, at::FDCWD, target)?;
        let (place, target_path) = self.walk(task, |walker| {
            let found = walker.find(start, target, LastLink::Follow)?;
            Ok((found.existing()?, walker.path_of(&found)?))
        })?;
        if !self.world(task).stat(place.node)?.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        self.drop_unused_filesystems();
        if self.filesystems.len() >= bounds::FILESYSTEMS_MAX {
            return Err(Errno::ENOSPC);
        }
        let settings = settings(options)?;
        let (fs, held_bytes, label): (Box<dyn FileSystem>, u64, Vec<u8>) = match kind {
            b"mem" | b"tmpfs" => {
                let (fs, bytes) = self.memory_filesystem(task, &settings)?;
                (Box::new(fs), bytes, b"mem".to_vec())
            }
            b"overlay" => (Box::new(self.overlay(task, &settings)?), 0, b"overlay".to_vec()),
            b"tar" => {
                if !settings.is_empty() {
                    return Err(Errno::EINVAL);
                }
                let archive = self.archive(task, source)?;
                let bytes = archive.len() as u64;
                let fs = TarFs::new(archive).map_err(|error| error.errno())?;
                (Box::new(fs), bytes, [b"tar:", source].concat())
            }
            _ => return Err(Errno::ENODEV),
        };
        let label = if options.is_empty() { label } else { [&label, &b","[..], options].concat() };
        let root = fs.root();
        let fs = self.filesystems.add_temporary(fs);
        self.mounted.insert(fs, held_bytes);
        self.bind_root(task, Node { fs, ino: root }, &label, (place, &target_path))
    }

    /// Frees what tasks have mounted and nobody sees any more: it is bound in no namespace, nothing in it is open, and no overlay is built
    /// on it. An overlay that goes may free what it was built on.
    pub(crate) fn drop_unused_filesystems(&mut self) {
        loop {
            let mut unused = self.filesystems.unheld();
            if !unused.is_empty() {
                let open = self.files.filesystems();
                unused.retain(|fs| !open.contains(fs));
            }
            if unused.is_empty() {
                return;
            }
            for fs in unused {
                self.filesystems.remove(fs);
                self.mounted.remove(&fs);
            }
        }
    }

    fn bind_root(
        &mut self,
        task: TaskId,
        root: Node,
        label: &[u8],
        target: (Place, &[u8]),
    ) -> Result<(), Errno> {
        let id = self.tasks.life(task)?.namespace;
        let mut namespace = self.namespaces.take(id)?;
        let mut world = world!(self, task);
        let result = namespace.mount(&mut world, root, label, target);
        self.namespaces.put_back(id, namespace);
        result
    }

    /// What tasks' memory filesystems and archives may still hold: all together no more than the container's disk.
    fn mountable_bytes(&self) -> u64 {
        self.config.limits.disk_bytes.saturating_sub(self.mounted.values().sum())
    }

    /// `size=BYTES` (half of what is left without), `nr_inodes=N`, `mode=OCTAL`, as of tmpfs(5).
    fn memory_filesystem(&self, task: TaskId, settings: &[Setting]) -> Result<(MemFs, u64), Errno> {
        let caller = self.caller(task);
        let mut quota = Quota { bytes: self.mountable_bytes() / 2, inodes: bounds::MEMORY_FS_INODES };
        let mut mode = 0o1777;
        for (name, value) in settings {
            match &name[..] {
                b"size" => quota.bytes = size(value)?,
                b"nr_inodes" => quota.inodes = size(value)?,
                b"mode" => mode = number(value, 8)? as u32 & 0o7777,
                _ => return Err(Errno::EINVAL),
            }
        }
        if quota.bytes > self.mountable_bytes() {
            return Err(Errno::ENOSPC);
        }
        let mut fs = MemFs::with_quota(quota, &caller);
        let root = fs.root();
        fs.set_attributes(&caller, root, &SetAttributes { mode: Some(mode), ..SetAttributes::default() })?;
        Ok((fs, quota.bytes))
    }

    /// `lower=PATH[:PATH…]`, the first topmost, and `upper=PATH`, without which nothing can be changed.
    fn overlay(&mut self, task: TaskId, settings: &[Setting]) -> Result<Overlay, Errno> {
        let (mut lower, mut upper) = (Vec::new(), None);
        for (name, value) in settings {
            match &name[..] {
                b"lower" | b"lowerdir" => {
                    for path in split(value, b':') {
                        lower.push(self.layer_root(task, &plain(&path))?);
                    }
                }
                b"upper" | b"upperdir" => upper = Some(self.layer_root(task, &plain(value))?),
                // Linux's overlayfs needs one; this one does not.
                b"workdir" => {}
                _ => return Err(Errno::EINVAL),
            }
        }
        if upper.is_some_and(|upper| lower.contains(&upper)) {
            return Err(Errno::EINVAL);
        }
        let mut layer = |node: Node| Ok(Layer { fs: self.filesystems.share(node.fs)?, root: node.ino });
        let upper = upper.map(&mut layer).transpose()?;
        Overlay::new(upper, lower.into_iter().map(layer).collect::<Result<_, Errno>>()?)
    }

    fn layer_root(&mut self, task: TaskId, path: &[u8]) -> Result<Node, Errno> {
        let place = self.existing(task, at::FDCWD, path, LastLink::Follow)?;
        // Views of the kernel's own state are not in the table.
        if is_view(place.node.fs) { Err(Errno::EINVAL) } else { Ok(place.node) }
    }

    /// The content of a file that the task may read.
    fn archive(&mut self, task: TaskId, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let place = self.existing(task, at::FDCWD, path, LastLink::Follow)?;
        let caller = self.caller(task);
        let stat = self.world(task).stat(place.node)?;
        oac_vfs::permitted(&stat, &caller, oac_vfs::Want::READ)?;
        if stat.is_dir() {
            return Err(Errno::EISDIR);
        }
        if !stat.is_file() {
            return Err(Errno::EINVAL);
        }
        if stat.size > self.mountable_bytes() {
            return Err(Errno::ENOSPC);
        }
        self.world(task).with(place.node.fs, |fs| {
            let handle = fs.open(&caller, place.node.ino, Access { read: true, write: false })?;
            let content = read_all(fs, handle, stat.size);
            fs.close(handle);
            content
        })
    }
}

fn read_all(fs: &mut dyn FileSystem, handle: oac_vfs::Handle, size: u64) -> Result<Vec<u8>, Errno> {
    let mut content = Vec::new();
    while (content.len() as u64) < size {
        let at = content.len();
        content.resize(at + READ_BYTES.min((size - at as u64) as usize), 0);
        let read = fs.read(handle, at as u64, &mut content[at..])?;
        content.truncate(at + read);
        if read == 0 {
            break;
        }
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_split_as_mount_does() {
        let check = |options: &str, expected: Result<&[(&str, &str)], Errno>| {
            let owned = |(name, value): &(&str, &str)| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
            let expected = expected.map(|settings| settings.iter().map(owned).collect::<Vec<_>>());
            assert_eq!(settings(options.as_bytes()), expected, "{options}");
        };
        check("", Ok(&[]));
        check("size=1m,,mode=700", Ok(&[("size", "1m"), ("mode", "700")]));
        check(r"lower=/a\,b:/c\:d", Ok(&[("lower", r"/a,b:/c\:d")]));
        check("ro", Err(Errno::EINVAL));
        let paths = |text: &str| -> Vec<String> {
            let parts = split(text.as_bytes(), b':');
            parts.iter().map(|path| String::from_utf8(plain(path)).unwrap()).collect()
        };
        assert_eq!(paths(r"/a,b:/c\:d:/e\\f"), ["/a,b", "/c:d", r"/e\f"]);
    }

    #[test]
    fn sizes() {
        let check = |text: &str, expected| assert_eq!(size(text.as_bytes()), expected, "{text}");
        check("4096", Ok(4096));
        check("64K", Ok(64 << 10));
        check("1g", Ok(1 << 30));
        check("", Err(Errno::EINVAL));
        check("+1", Err(Errno::EINVAL));
        check("1x", Err(Errno::EINVAL));
        check("99999999999999g", Err(Errno::EINVAL));
    }
}
