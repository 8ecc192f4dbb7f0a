//! Whole trees as a stream: to write them elsewhere, as an archive, as JSON, or into another filesystem.

use std::collections::BTreeMap;

use oac_abi::{Errno, flags::mode, stat::Stat};

use crate::{
    Access, Caller, FileSystem, FileSystems, Ino, Namespace, NewNode, Node, Place, SetAttributes, Walker,
    WriteAt, XattrMode, table::OneFs,
};

/// Bytes of a file's content handed out at once, at most.
const CONTENT_BYTES: usize = 256 << 10;

/// Attributes by their names.
type Xattrs = Vec<(Vec<u8>, Vec<u8>)>;

/// A file of a tree that is visited.
#[derive(Clone, Copy, Debug)]
pub struct Visited<'a> {
    /// Its path from the root of the tree, without a slash before it; empty for the root itself.
    pub path: &'a [u8],
    /// Its metadata. Of a regular file, as many bytes of content follow as `size` says.
    pub stat: &'a Stat,
    /// Where it leads, if it is a symbolic link.
    pub target: &'a [u8],
    /// Its extended attributes.
    pub xattrs: &'a [(Vec<u8>, Vec<u8>)],
    /// The path under which this very file has been visited already: it is another name of it, and no content follows.
    pub same_as: Option<&'a [u8]>,
}

/// What becomes of a tree that is visited.
pub trait TreeVisitor {
    /// Why it stops.
    type Error: From<Errno>;

    /// A file; a directory comes before what is in it, names in the order of the listing.
    ///
    /// # Errors
    /// Those end the visit.
    fn file(&mut self, file: &Visited<'_>) -> Result<(), Self::Error>;

    /// The next bytes of the regular file that came last.
    ///
    /// # Errors
    /// Those end the visit.
    fn content(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

impl<F: FileSystems> Walker<'_, F> {
    /// Visits a tree, binds and unions as they are seen here. `all_mounts`: also what is mounted in it; else a mounted directory is visited
    /// without what is in it. Permissions are not looked at.
    ///
    /// # Errors
    /// What the visitor gives; what the filesystems give.
    pub fn visit<V: TreeVisitor>(
        &mut self,
        root: Place,
        all_mounts: bool,
        visitor: &mut V,
    ) -> Result<(), V::Error> {
        let mut seen: BTreeMap<Node, Vec<u8>> = BTreeMap::new();
        // What is still to be visited, the next one last: deep trees need no deep stack.
        let mut ahead = vec![(root, Vec::new())];
        while let Some((place, path)) = ahead.pop() {
            let stat = self.stat(place)?;
            self.visit_one(place.node, &path, &stat, &mut seen, visitor)?;
            if !stat.is_dir() || place.mount != root.mount && !all_mounts {
                continue;
            }
            let mut children = Vec::new();
            for entry in self.list(place)? {
                let Some((_, child)) = self.lookup(place, &entry.name)? else { continue };
                let slash: &[u8] = if path.is_empty() { b"" } else { b"/" };
                children.push((child, [&path, slash, &entry.name].concat()));
            }
            ahead.extend(children.into_iter().rev());
        }
        Ok(())
    }

    fn visit_one<V: TreeVisitor>(
        &mut self,
        node: Node,
        path: &[u8],
        stat: &Stat,
        seen: &mut BTreeMap<Node, Vec<u8>>,
        visitor: &mut V,
    ) -> Result<(), V::Error> {
        let mut same_as = None;
        if !stat.is_dir() && stat.nlink > 1 {
            same_as = seen.get(&node).cloned();
            seen.entry(node).or_insert_with(|| path.to_vec());
        }
        let (target, xattrs) = self.filesystems.with(node.fs, |fs| details(fs, node.ino, stat))?;
        let file = Visited { path, stat, target: &target, xattrs: &xattrs, same_as: same_as.as_deref() };
        visitor.file(&file)?;
        if stat.is_file() && same_as.is_none() {
            self.filesystems.with(node.fs, |fs| Ok(stream(fs, node.ino, stat.size, visitor)))??;
        }
        Ok(())
    }
}

fn details(fs: &mut dyn FileSystem, ino: Ino, stat: &Stat) -> Result<(Vec<u8>, Xattrs), Errno> {
    let target = if stat.is_symlink() { fs.read_link(ino)? } else { Vec::new() };
    let names = match fs.list_xattr(ino) {
        Err(Errno::EOPNOTSUPP) => Vec::new(),
        names => names?,
    };
    let mut xattrs = Vec::new();
    for name in names {
        let value = fs.get_xattr(ino, &name)?;
        xattrs.push((name, value));
    }
    Ok((target, xattrs))
}

/// Hands out exactly `size` bytes: what a file lacks of them, because it has been cut meanwhile, comes as zeros.
fn stream<V: TreeVisitor>(
    fs: &mut dyn FileSystem,
    ino: Ino,
    size: u64,
    visitor: &mut V,
) -> Result<(), V::Error> {
    let handle = fs.open(&Caller::root(0), ino, Access { read: true, write: false })?;
    let mut buf = vec![0; size.min(CONTENT_BYTES as u64) as usize];
    let mut at = 0;
    let result = loop {
        let want = (size - at).min(buf.len() as u64) as usize;
        if want == 0 {
            break Ok(());
        }
        let read = match fs.read(handle, at, &mut buf[..want]) {
            Ok(read) => read,
            Err(errno) => break Err(errno.into()),
        };
        if read == 0 {
            buf.fill(0);
        }
        let bytes = if read == 0 { &buf[..want] } else { &buf[..read] };
        at += bytes.len() as u64;
        if let Err(error) = visitor.content(bytes) {
            break Err(error);
        }
    };
    fs.close(handle);
    result
}

/// Writes a tree that is visited into a directory of a filesystem, over what is there: directories are merged, other files replaced. Owners,
/// modes, times and attributes come along; sockets and devices are left out.
pub struct TreeWriter<'a> {
    fs: &'a mut dyn FileSystem,
    root: Ino,
    caller: Caller,
    /// Files that have been written, for their further names.
    written: BTreeMap<Vec<u8>, Ino>,
    /// The regular file whose content comes, and how far it has come.
    open: Option<(crate::Handle, u64, Ino, Stat)>,
    /// Directories get their times when nothing more is put into them.
    directories: Vec<(Ino, Stat)>,
}

impl<'a> TreeWriter<'a> {
    /// A writer into the directory `root`; `now_ns` becomes ctime.
    pub fn new(fs: &'a mut dyn FileSystem, root: Ino, now_ns: i64) -> TreeWriter<'a> {
        let caller = Caller::root(now_ns);
        TreeWriter { fs, root, caller, written: BTreeMap::new(), open: None, directories: Vec::new() }
    }

    /// To be called when all has been visited.
    ///
    /// # Errors
    /// What the filesystem gives.
    pub fn finish(mut self) -> Result<(), Errno> {
        self.close()?;
        while let Some((ino, stat)) = self.directories.pop() {
            self.describe(ino, &stat)?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Errno> {
        let Some((handle, _, ino, stat)) = self.open.take() else { return Ok(()) };
        self.fs.close(handle);
        self.describe(ino, &stat)
    }

    fn describe(&mut self, ino: Ino, stat: &Stat) -> Result<(), Errno> {
        let change = SetAttributes {
            mode: (!stat.is_symlink()).then_some(stat.mode & !mode::FMT),
            uid: Some(stat.uid),
            gid: Some(stat.gid),
            size: None,
            atime_ns: Some(stat.atime_ns),
            mtime_ns: Some(stat.mtime_ns),
        };
        self.fs.set_attributes(&self.caller, ino, &change)
    }

    fn put(&mut self, file: &Visited<'_>) -> Result<(), Errno> {
        self.close()?;
        let mut names: Vec<&[u8]> = file.path.split(|&byte| byte == b'/').collect();
        let Some(name) = names.pop().filter(|name| !name.is_empty()) else {
            self.directories.push((self.root, *file.stat));
            return Ok(());
        };
        let mut dir = self.root;
        for parent in names {
            dir = self.fs.lookup(dir, parent)?;
        }
        if let Some(ino) = file.same_as.and_then(|path| self.written.get(path)).copied() {
            self.make_room(dir, name, false)?;
            return self.fs.link(&self.caller, ino, dir, name);
        }
        let mode = file.stat.mode & !mode::FMT;
        let node = match file.stat.mode & mode::FMT {
            mode::DIR => NewNode::Directory { mode },
            mode::REG => NewNode::File { mode },
            mode::LNK => NewNode::Symlink { target: file.target },
            mode::FIFO => NewNode::Fifo { mode },
            _ => return Ok(()),
        };
        let ino = match self.make_room(dir, name, file.stat.is_dir())? {
            Some(there) => there,
            None => self.fs.create(&self.caller, dir, name, node)?,
        };
        for (name, value) in file.xattrs {
            self.fs.set_xattr(&self.caller, ino, name, value, XattrMode::Set)?;
        }
        if file.stat.nlink > 1 && !file.stat.is_dir() {
            self.written.insert(file.path.to_vec(), ino);
        }
        if file.stat.is_dir() {
            self.directories.push((ino, *file.stat));
        } else if file.stat.is_file() {
            let handle = self.fs.open(&self.caller, ino, Access { read: false, write: true })?;
            self.open = Some((handle, 0, ino, *file.stat));
        } else {
            self.describe(ino, file.stat)?;
        }
        Ok(())
    }

    /// Removes what stands in the way of a new file; gives a directory that another one is merged into.
    fn make_room(&mut self, dir: Ino, name: &[u8], is_dir: bool) -> Result<Option<Ino>, Errno> {
        let there = match self.fs.lookup(dir, name) {
            Err(Errno::ENOENT) => return Ok(None),
            there => there?,
        };
        match (self.fs.metadata(there)?.is_dir(), is_dir) {
            (true, true) => Ok(Some(there)),
            (true, false) => self.fs.remove_dir(&self.caller, dir, name).map(|()| None),
            (false, _) => self.fs.unlink(&self.caller, dir, name).map(|()| None),
        }
    }
}

impl Drop for TreeWriter<'_> {
    fn drop(&mut self) {
        if let Some((handle, ..)) = self.open.take() {
            self.fs.close(handle);
        }
    }
}

impl TreeVisitor for TreeWriter<'_> {
    type Error = Errno;

    fn file(&mut self, file: &Visited<'_>) -> Result<(), Errno> {
        self.put(file)
    }

    fn content(&mut self, mut bytes: &[u8]) -> Result<(), Errno> {
        let Some((handle, at, ..)) = &mut self.open else { return Ok(()) };
        while !bytes.is_empty() {
            let written = self.fs.write(&self.caller, *handle, WriteAt::Offset(*at), bytes)?;
            *at = written.end;
            bytes = &bytes[written.bytes..];
        }
        Ok(())
    }
}

/// Copies all of a filesystem into a directory of another, as [`TreeWriter`] does. `now_ns` becomes ctime.
///
/// # Errors
/// What the filesystems give; what was copied until then stays.
pub fn copy_tree(
    from: &mut dyn FileSystem,
    to: &mut dyn FileSystem,
    root: Ino,
    now_ns: i64,
) -> Result<(), Errno> {
    let mut writer = TreeWriter::new(to, root, now_ns);
    visit_filesystem(from, &mut writer)?;
    writer.finish()
}

/// Visits all of one filesystem.
///
/// # Errors
/// What the visitor and the filesystem give.
pub fn visit_filesystem<V: TreeVisitor>(fs: &mut dyn FileSystem, visitor: &mut V) -> Result<(), V::Error> {
    let root = Node { fs: OneFs::ID, ino: fs.root() };
    let mut alone = OneFs(fs);
    let namespace = Namespace::new(&mut alone, root);
    let place = namespace.root();
    Walker::new(&mut alone, &namespace, &Caller::root(0)).visit(place, true, visitor)
}
