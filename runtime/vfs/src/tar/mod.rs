//! A tar archive as a read-only filesystem: its members are found once, their contents stay where they are in the archive.
//!
//! What no tree can have is left out: members outside of the root (`..`), hard links to nothing, block devices, names that are too
//! long. A later member replaces an earlier one of the same name. Compressed archives are refused: decompressing is the caller's matter.

mod header;

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use oac_abi::{
    Errno, bounds,
    flags::mode as kind,
    stat::{Stat, StatFs},
};

use self::header::{Member, Members};
use crate::{
    Access, Caller, DirEntry, FileSystem, Handle, Ino, NewNode, RenameMode, SetAttributes, WriteAt, Written,
};

/// Why an archive cannot be a filesystem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It is something else, or damaged.
    #[error("no tar archive: there is no valid header at byte {offset}")]
    Header {
        /// Where in the archive.
        offset: usize,
    },
    /// It ends in the middle of a member.
    #[error("the tar archive is cut off at byte {offset}")]
    Truncated {
        /// Where the member begins that is not all there.
        offset: usize,
    },
    /// It has something that is not supported.
    #[error("the tar archive has {what} at byte {offset}, which is not supported")]
    Unsupported {
        /// Where in the archive.
        offset: usize,
        /// What it is.
        what: &'static str,
    },
    /// It has too many members.
    #[error("the tar archive has more than {max} members")]
    TooMany {
        /// The bound.
        max: usize,
    },
}

impl ArchiveError {
    /// As the errno of a call.
    pub fn errno(&self) -> Errno {
        match self {
            ArchiveError::Header { .. } | ArchiveError::Truncated { .. } => Errno::EINVAL,
            ArchiveError::Unsupported { .. } => Errno::EOPNOTSUPP,
            ArchiveError::TooMany { .. } => Errno::ENOSPC,
        }
    }
}

#[derive(Debug)]
enum Body {
    Directory { entries: BTreeMap<Vec<u8>, usize>, subdirectories: u32, parent: usize, name: Vec<u8> },
    File(Range<usize>),
    Symlink(Vec<u8>),
    Device(u64),
    Fifo,
}

#[derive(Debug)]
struct Node {
    mode: u32,
    uid: u32,
    gid: u32,
    mtime_ns: i64,
    links: u32,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    body: Body,
}

/// An archive as a filesystem. Cloning shares the archive and what has been found in it.
#[derive(Clone, Debug)]
pub struct TarFs {
    archive: Arc<[u8]>,
    /// By inode number less one; the first is the root.
    nodes: Arc<Vec<Node>>,
}

impl TarFs {
    /// Reads the headers of an uncompressed archive.
    ///
    /// # Errors
    /// When it is none, is cut off, has sparse files, or more than TAR_MEMBERS_MAX members.
    pub fn new(archive: impl Into<Arc<[u8]>>) -> Result<TarFs, ArchiveError> {
        TarFs::with_limit(archive.into(), bounds::TAR_MEMBERS_MAX)
    }

    fn with_limit(archive: Arc<[u8]>, max: usize) -> Result<TarFs, ArchiveError> {
        let mut tree = TreeBuilder { nodes: vec![directory(0, Vec::new())] };
        let mut members = Members::new(&archive);
        let mut count = 0;
        while let Some(member) = members.next()? {
            count += 1;
            if count > max {
                return Err(ArchiveError::TooMany { max });
            }
            tree.add(member);
        }
        // What has lost its name to a later member is found by nobody.
        Ok(TarFs { archive, nodes: Arc::new(tree.nodes) })
    }

    fn node(&self, ino: Ino) -> Result<&Node, Errno> {
        let index = usize::try_from(ino.0).ok().and_then(|number| number.checked_sub(1));
        index.and_then(|index| self.nodes.get(index)).ok_or(Errno::ESTALE)
    }

    fn entries(&self, ino: Ino) -> Result<&BTreeMap<Vec<u8>, usize>, Errno> {
        match &self.node(ino)?.body {
            Body::Directory { entries, .. } => Ok(entries),
            _ => Err(Errno::ENOTDIR),
        }
    }
}

fn ino(index: usize) -> Ino {
    Ino(index as u64 + 1)
}

fn directory(parent: usize, name: Vec<u8>) -> Node {
    let body = Body::Directory { entries: BTreeMap::new(), subdirectories: 0, parent, name };
    Node { mode: 0o755, uid: 0, gid: 0, mtime_ns: 0, links: 1, xattrs: Vec::new(), body }
}

struct TreeBuilder {
    nodes: Vec<Node>,
}

impl TreeBuilder {
    fn child(&self, dir: usize, name: &[u8]) -> Option<usize> {
        match &self.nodes[dir].body {
            Body::Directory { entries, .. } => entries.get(name).copied(),
            _ => None,
        }
    }

    fn is_directory(&self, index: usize) -> bool {
        matches!(self.nodes[index].body, Body::Directory { .. })
    }

    fn put(&mut self, dir: usize, name: &[u8], index: usize) {
        if let Body::Directory { entries, .. } = &mut self.nodes[dir].body
            && let Some(replaced) = entries.insert(name.to_vec(), index)
        {
            self.nodes[replaced].links -= 1;
        }
    }

    /// The names of a path in the archive; `None` when it leads out of it or is too long.
    fn names(path: &[u8]) -> Option<Vec<&[u8]>> {
        if path.len() >= bounds::PATH_BYTES_MAX || path.contains(&0) {
            return None;
        }
        let names: Vec<&[u8]> =
            path.split(|&byte| byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect();
        let fits = names.iter().all(|name| name.len() <= bounds::NAME_BYTES_MAX && *name != b"..");
        fits.then_some(names)
    }

    /// The directory of these names, made where it is missing; `None` when something else is in the way.
    fn make_directories(&mut self, names: &[&[u8]]) -> Option<usize> {
        let mut at = 0;
        for name in names {
            at = match self.child(at, name) {
                Some(child) if self.is_directory(child) => child,
                Some(_) => return None,
                None => {
                    self.nodes.push(directory(at, name.to_vec()));
                    let new = self.nodes.len() - 1;
                    self.put(at, name, new);
                    if let Body::Directory { subdirectories, .. } = &mut self.nodes[at].body {
                        *subdirectories += 1;
                    }
                    new
                }
            };
        }
        Some(at)
    }

    fn find(&self, path: &[u8]) -> Option<usize> {
        Self::names(path)?.into_iter().try_fold(0, |at, name| self.child(at, name))
    }

    /// Puts a member into the tree, if it can be there.
    fn add(&mut self, member: Member) -> Option<()> {
        let names = Self::names(&member.path)?;
        // Old archives mark directories by a slash alone.
        let is_dir = member.kind == b'5' || matches!(member.kind, 0 | b'0') && member.path.ends_with(b"/");
        if is_dir {
            let index = self.make_directories(&names)?;
            self.describe(index, member);
            return Some(());
        }
        let (name, dirs) = names.split_last()?;
        let dir = self.make_directories(dirs)?;
        if self.child(dir, name).is_some_and(|there| self.is_directory(there)) {
            return None;
        }
        let body = match member.kind {
            b'1' => {
                let index = self.find(&member.target).filter(|&index| !self.is_directory(index))?;
                self.nodes[index].links += 1;
                self.put(dir, name, index);
                return Some(());
            }
            b'2' if member.target.is_empty() => return None,
            b'2' => Body::Symlink(member.target.clone()),
            b'3' => Body::Device(member.rdev),
            b'4' => return None,
            b'6' => Body::Fifo,
            _ => Body::File(member.content.clone()),
        };
        let node = Node { mode: 0, uid: 0, gid: 0, mtime_ns: 0, links: 1, xattrs: Vec::new(), body };
        self.nodes.push(node);
        let index = self.nodes.len() - 1;
        self.put(dir, name, index);
        self.describe(index, member);
        Some(())
    }

    fn describe(&mut self, index: usize, member: Member) {
        let node = &mut self.nodes[index];
        node.mode = if matches!(node.body, Body::Symlink(_)) { 0o777 } else { member.mode };
        (node.uid, node.gid, node.mtime_ns) = (member.uid, member.gid, member.mtime_ns);
        // The last of several records with one name counts.
        node.xattrs = member.xattrs.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect();
    }
}

impl FileSystem for TarFs {
    fn root(&self) -> Ino {
        ino(0)
    }

    fn kind(&self) -> &'static str {
        "tar"
    }

    fn is_read_only(&self) -> bool {
        true
    }

    fn stat_fs(&mut self) -> Result<StatFs, Errno> {
        // Nobody has given tar a number of its own: that of another read-only filesystem, squashfs.
        const SQUASHFS_MAGIC: u64 = 0x7371_7368;
        let blocks = (self.archive.len() as u64).div_ceil(4096);
        let files = self.nodes.len() as u64;
        Ok(StatFs { kind: SQUASHFS_MAGIC, block_bytes: 4096, blocks, files, ..StatFs::default() })
    }

    fn lookup(&mut self, dir: Ino, name: &[u8]) -> Result<Ino, Errno> {
        self.entries(dir)?.get(name).map(|&index| ino(index)).ok_or(Errno::ENOENT)
    }

    fn parent(&mut self, dir: Ino) -> Result<(Ino, Vec<u8>), Errno> {
        match &self.node(dir)?.body {
            Body::Directory { parent, name, .. } => Ok((ino(*parent), name.clone())),
            _ => Err(Errno::ENOTDIR),
        }
    }

    fn metadata(&mut self, ino: Ino) -> Result<Stat, Errno> {
        let node = self.node(ino)?;
        let (type_bits, size, nlink, rdev) = match &node.body {
            Body::Directory { subdirectories, .. } => (kind::DIR, 0, 2 + subdirectories, 0),
            Body::File(content) => (kind::REG, content.len() as u64, node.links, 0),
            Body::Symlink(target) => (kind::LNK, target.len() as u64, node.links, 0),
            Body::Device(rdev) => (kind::CHR, 0, node.links, *rdev),
            Body::Fifo => (kind::FIFO, 0, node.links, 0),
        };
        Ok(Stat {
            ino: ino.0,
            mode: type_bits | node.mode,
            nlink,
            uid: node.uid,
            gid: node.gid,
            rdev,
            size,
            block_bytes: 4096,
            blocks: if type_bits == kind::REG { size.div_ceil(512) } else { 0 },
            atime_ns: node.mtime_ns,
            mtime_ns: node.mtime_ns,
            ctime_ns: node.mtime_ns,
            birthtime_ns: node.mtime_ns,
            ..Stat::default()
        })
    }

    fn set_attributes(&mut self, _: &Caller, _: Ino, _: &SetAttributes) -> Result<(), Errno> {
        Err(Errno::EROFS)
    }

    fn read_dir(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let entries = self.entries(dir)?.clone();
        let entry = |(name, index): (Vec<u8>, usize)| {
            let kind = crate::kind_of(self.metadata(ino(index))?.mode);
            Ok(DirEntry { name, ino: ino(index), kind })
        };
        entries.into_iter().map(entry).collect()
    }

    fn create(&mut self, _: &Caller, _: Ino, _: &[u8], _: NewNode<'_>) -> Result<Ino, Errno> {
        Err(Errno::EROFS)
    }

    fn link(&mut self, _: &Caller, _: Ino, _: Ino, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EROFS)
    }

    fn unlink(&mut self, _: &Caller, _: Ino, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EROFS)
    }

    fn remove_dir(&mut self, _: &Caller, _: Ino, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EROFS)
    }

    fn rename(&mut self, _: &Caller, _: (Ino, &[u8]), _: (Ino, &[u8]), _: RenameMode) -> Result<(), Errno> {
        Err(Errno::EROFS)
    }

    fn read_link(&mut self, ino: Ino) -> Result<Vec<u8>, Errno> {
        match &self.node(ino)?.body {
            Body::Symlink(target) => Ok(target.clone()),
            _ => Err(Errno::EINVAL),
        }
    }

    fn open(&mut self, _: &Caller, ino: Ino, access: Access) -> Result<Handle, Errno> {
        match (&self.node(ino)?.body, access.write) {
            (Body::Directory { .. }, true) => Err(Errno::EISDIR),
            (_, true) => Err(Errno::EROFS),
            (_, false) => Ok(Handle(ino.0)),
        }
    }

    fn close(&mut self, _: Handle) {}

    fn read(&mut self, handle: Handle, offset: u64, buf: &mut [u8]) -> Result<usize, Errno> {
        let content = match &self.node(Ino(handle.0)).map_err(|_| Errno::EBADF)?.body {
            Body::File(content) => &self.archive[content.clone()],
            Body::Directory { .. } => return Err(Errno::EISDIR),
            _ => return Err(Errno::EINVAL),
        };
        let rest = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or_default();
        let len = rest.len().min(buf.len());
        buf[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write(&mut self, _: &Caller, _: Handle, _: WriteAt, _: &[u8]) -> Result<Written, Errno> {
        Err(Errno::EBADF)
    }

    fn get_xattr(&mut self, ino: Ino, name: &[u8]) -> Result<Vec<u8>, Errno> {
        let found = self.node(ino)?.xattrs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).ok_or(Errno::ENODATA)
    }

    fn list_xattr(&mut self, ino: Ino) -> Result<Vec<Vec<u8>>, Errno> {
        Ok(self.node(ino)?.xattrs.iter().map(|(name, _)| name.clone()).collect())
    }

    fn fork(&mut self) -> Result<Box<dyn FileSystem>, Errno> {
        Ok(Box::new(self.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_bounded() {
        let mut builder = ::tar::Builder::new(Vec::new());
        for _ in 0..3 {
            let mut header = ::tar::Header::new_gnu();
            header.set_size(0);
            builder.append_data(&mut header, "same", &[][..]).unwrap();
        }
        let archive: Arc<[u8]> = builder.into_inner().unwrap().into();
        assert!(TarFs::with_limit(Arc::clone(&archive), 3).is_ok());
        let refused = TarFs::with_limit(archive, 2).unwrap_err();
        assert_eq!((&refused, refused.errno()), (&ArchiveError::TooMany { max: 2 }, Errno::ENOSPC));
    }
}
