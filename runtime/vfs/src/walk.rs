//! From a path to a place: path_resolution(7), with binds.

use std::borrow::Cow;

use oac_abi::{Errno, bounds, stat::Stat};

use crate::{
    Caller, DirEntry, FileSystems, Namespace, Node, Place, Want,
    path::{check_path, is_over, split_first},
    permitted,
};

/// What to do with a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLink {
    /// Go where it leads.
    Follow,
    /// Go where it leads, to make a file there: a slash at the end, the path's or a link's, is EISDIR. open(2) with O_CREAT.
    FollowToCreate,
    /// Stop at the link, unless a slash follows it: lstat(2), readlink(2).
    Keep,
    /// Stop at the link even then: for calls that make, remove or rename a name.
    Name,
}

/// How a path ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastPart {
    /// In a name.
    Name(Vec<u8>),
    /// In `.`.
    Dot,
    /// In `..`.
    DotDot,
    /// It was all slashes.
    Root,
}

/// Where a path leads: the directory, the name in it, and what bears that name, if anything does.
#[derive(Clone, Debug)]
pub struct Found {
    /// The directory that the last name is in. For a path that ends in no name: the place itself.
    pub dir: Place,
    /// The member of that directory in which the name was found, or would be made.
    pub member: Node,
    /// The last part.
    pub last: LastPart,
    /// What is there, binds taken into account.
    pub place: Option<Place>,
    /// Whether a slash followed the last name, which then must be a directory's.
    pub slash: bool,
    /// It has such a slash and is no directory.
    pub not_dir: bool,
}

impl Found {
    /// What is there.
    ///
    /// # Errors
    /// ENOENT; ENOTDIR when a slash follows something else than a directory.
    pub fn existing(&self) -> Result<Place, Errno> {
        let place = self.place.ok_or(Errno::ENOENT)?;
        if self.not_dir { Err(Errno::ENOTDIR) } else { Ok(place) }
    }
}

/// Walks paths in one namespace, on somebody's behalf: whoever may not search a directory does not get through it.
pub struct Walker<'a, F> {
    pub(crate) filesystems: &'a mut F,
    namespace: &'a Namespace,
    caller: &'a Caller,
}

impl<'a, F: FileSystems> Walker<'a, F> {
    /// A walker.
    pub fn new(filesystems: &'a mut F, namespace: &'a Namespace, caller: &'a Caller) -> Walker<'a, F> {
        Walker { filesystems, namespace, caller }
    }

    /// Walks `path` from `start` (from the root, when it begins with a slash). The last name need not exist.
    ///
    /// # Errors
    /// ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, EINVAL for a NUL, and what the filesystems give.
    pub fn find(&mut self, start: Place, path: &[u8], last_link: LastLink) -> Result<Found, Errno> {
        check_path(path)?;
        let mut rest: Cow<'_, [u8]> = Cow::Borrowed(path);
        let mut at = 0;
        let mut here = if path[0] == b'/' { self.namespace.root() } else { start };
        // Metadata of `here`, where the step to it has asked for that anyway.
        let mut known = None;
        let mut links = 0;
        let mut last = LastPart::Root;
        loop {
            let Some((name, after)) = split_first(&rest[at..]) else {
                return Ok(Found {
                    dir: here,
                    member: here.node,
                    last,
                    place: Some(here),
                    slash: false,
                    not_dir: false,
                });
            };
            let next = rest.len() - after.len();
            self.require_searchable(here, known)?;
            match name {
                b"." | b".." => {
                    if name.len() == 2 {
                        (here, known) = (self.parent(here)?, None);
                    }
                    last = if name.len() == 2 { LastPart::DotDot } else { LastPart::Dot };
                    at = next;
                    continue;
                }
                _ if name.len() > bounds::NAME_BYTES_MAX => return Err(Errno::ENAMETOOLONG),
                _ => {}
            }
            let is_last = is_over(after);
            let slash = is_last && !after.is_empty();
            if slash && last_link == LastLink::FollowToCreate {
                return Err(Errno::EISDIR);
            }
            let Some((member, child)) = self.lookup(here, name)? else {
                if !is_last {
                    return Err(Errno::ENOENT);
                }
                let member = self.namespace.creation_member(here);
                return Ok(Found {
                    dir: here,
                    member,
                    last: LastPart::Name(name.to_vec()),
                    place: None,
                    slash,
                    not_dir: false,
                });
            };
            let stat = self.stat(child)?;
            let follow = !is_last
                || match last_link {
                    LastLink::Follow | LastLink::FollowToCreate => true,
                    LastLink::Keep => slash,
                    LastLink::Name => false,
                };
            if stat.is_symlink() && follow {
                links += 1;
                if links > bounds::SYMLINKS_MAX {
                    return Err(Errno::ELOOP);
                }
                let target = self.filesystems.with(child.node.fs, |fs| fs.follow_link(child.node.ino))?;
                if target.is_empty() {
                    return Err(Errno::ENOENT);
                }
                if target[0] == b'/' {
                    (here, known) = (self.namespace.root(), None);
                }
                let mut longer = target;
                longer.extend_from_slice(after);
                (rest, at, last) = (Cow::Owned(longer), 0, LastPart::Root);
                continue;
            }
            if is_last {
                let (last, not_dir) = (LastPart::Name(name.to_vec()), slash && !stat.is_dir());
                return Ok(Found { dir: here, member, last, place: Some(child), slash, not_dir });
            }
            (here, known, at) = (child, Some(stat), next);
        }
    }

    /// Walks to something that exists.
    ///
    /// # Errors
    /// As [`Walker::find`].
    pub fn existing(&mut self, start: Place, path: &[u8], last_link: LastLink) -> Result<Place, Errno> {
        self.find(start, path, last_link)?.existing()
    }

    /// The path of what `find` found, every link resolved.
    ///
    /// # Errors
    /// ENOENT when a directory on the way has been removed.
    pub fn path_of(&mut self, found: &Found) -> Result<Vec<u8>, Errno> {
        let mut path = self.path_of_dir(found.dir)?;
        if let LastPart::Name(name) = &found.last {
            if path != b"/" {
                path.push(b'/');
            }
            path.extend_from_slice(name);
        }
        Ok(path)
    }

    /// The path of a directory.
    ///
    /// # Errors
    /// ENOENT when it has been removed, or a bind on the way undone; ENAMETOOLONG.
    pub fn path_of_dir(&mut self, place: Place) -> Result<Vec<u8>, Errno> {
        if self.stat(place)?.nlink == 0 {
            return Err(Errno::ENOENT);
        }
        let mut names: Vec<Vec<u8>> = Vec::new();
        let mut here = place;
        let mut len = 0;
        loop {
            match self.namespace.covered_by(here) {
                Ok(None) => break,
                Ok(Some(covered)) => here = covered,
                Err(()) => {
                    let (parent, name) = self.parent_in_fs(here)?;
                    len += name.len() + 1;
                    if len >= bounds::PATH_BYTES_MAX {
                        return Err(Errno::ENAMETOOLONG);
                    }
                    names.push(name);
                    here = parent;
                }
            }
        }
        if names.is_empty() {
            return Ok(b"/".to_vec());
        }
        Ok(names.iter().rev().flat_map(|name| [b"/", &name[..]].concat()).collect())
    }

    /// Every name of a directory with its metadata's inode and type, unions merged: what is listed is what would be opened.
    ///
    /// # Errors
    /// ENOTDIR; ENOENT when it has been removed.
    pub fn list(&mut self, dir: Place) -> Result<Vec<DirEntry>, Errno> {
        if self.stat(dir)?.nlink == 0 {
            return Err(Errno::ENOENT);
        }
        let namespace = self.namespace;
        let mut all: Vec<DirEntry> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        let several = namespace.is_union(dir);
        for member in namespace.members(dir) {
            for entry in self.filesystems.with(member.fs, |fs| fs.read_dir(member.ino))? {
                if several && !seen.insert(entry.name.clone()) {
                    continue;
                }
                all.push(entry);
            }
        }
        Ok(all)
    }

    /// The directories that a place shows, in the order in which names are looked up in them: more than one for a union.
    pub fn members(&self, place: Place) -> Vec<Node> {
        self.namespace.members(place).collect()
    }

    /// Metadata of a place.
    ///
    /// # Errors
    /// ENOENT.
    pub fn stat(&mut self, place: Place) -> Result<Stat, Errno> {
        self.filesystems.stat(place.node)
    }

    /// A name in a directory: the member that has it, and what it leads to.
    pub(crate) fn lookup(&mut self, dir: Place, name: &[u8]) -> Result<Option<(Node, Place)>, Errno> {
        let namespace = self.namespace;
        for member in namespace.members(dir) {
            match self.filesystems.with(member.fs, |fs| fs.lookup(member.ino, name)) {
                Ok(ino) => {
                    let place = Place { mount: dir.mount, node: Node { fs: member.fs, ino } };
                    return Ok(Some((member, self.namespace.enter(place))));
                }
                Err(Errno::ENOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(None)
    }

    fn require_searchable(&mut self, place: Place, known: Option<Stat>) -> Result<(), Errno> {
        let stat = known.map_or_else(|| self.stat(place), Ok)?;
        if !stat.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        permitted(&stat, self.caller, Want::EXECUTE)
    }

    /// `..`: of a mount's top it is the parent of what the mount covers; of `/` it is `/`.
    fn parent(&mut self, place: Place) -> Result<Place, Errno> {
        let mut here = place;
        loop {
            match self.namespace.covered_by(here) {
                Ok(None) => return Ok(self.namespace.root()),
                Ok(Some(covered)) => here = covered,
                Err(()) => {
                    let (parent, _) = self.parent_in_fs(here)?;
                    // Something may have been bound over it since we went down from it.
                    return Ok(self.namespace.enter(parent));
                }
            }
        }
    }

    fn parent_in_fs(&mut self, place: Place) -> Result<(Place, Vec<u8>), Errno> {
        let node = place.node;
        let (ino, name) = self.filesystems.with(node.fs, |fs| {
            // A root that is no mount's top: its bind has been undone under somebody who stood in it.
            if node.ino == fs.root() { Err(Errno::ENOENT) } else { fs.parent(node.ino) }
        })?;
        Ok((Place { mount: place.mount, node: Node { fs: node.fs, ino } }, name))
    }
}
