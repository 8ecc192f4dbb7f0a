//! What lies over what: from a name to the files that bear it in the layers.

use oac_abi::{Errno, flags::mode, stat::Stat};

use crate::{FileSystem, Ino, SharedFs};

/// Set to `y` on a directory beneath which nothing shows. Names and meanings of these attributes, and what whiteouts are, are those of
/// Linux's overlayfs, so that trees can be exchanged with it.
pub(super) const OPAQUE: &[u8] = b"trusted.overlay.opaque";
/// On a directory that has been renamed: where in the layers beneath it was, as a path from their root.
pub(super) const REDIRECT: &[u8] = b"trusted.overlay.redirect";
/// Attributes that are the overlay's own matter.
pub(super) const PRIVATE: &[u8] = b"trusted.overlay.";

/// A directory tree that takes part in an overlay.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its filesystem.
    pub fs: SharedFs,
    /// The directory that is its root.
    pub root: Ino,
}

/// Which layer, counted from the top, and which inode there.
pub(super) type Part = (usize, Ino);

/// What bears a name.
#[derive(Debug)]
pub(super) struct Found {
    /// A directory's parts from the top; one part for anything else.
    pub(super) parts: Vec<Part>,
    pub(super) is_dir: bool,
    /// Where a directory is in the layers beneath the top one, if that is not its own path there.
    pub(super) redirect: Option<Vec<u8>>,
}

pub(super) struct Layers {
    pub(super) layers: Vec<Layer>,
}

impl Layers {
    pub(super) fn with<R>(&self, layer: usize, act: impl FnOnce(&mut dyn FileSystem) -> R) -> R {
        act(self.layers[layer].fs.lock().as_mut())
    }

    pub(super) fn stat(&self, part: Part) -> Result<Stat, Errno> {
        self.with(part.0, |fs| fs.metadata(part.1))
    }

    /// The roots of all layers from one downwards.
    pub(super) fn roots(&self, from: usize) -> Vec<Part> {
        self.layers.iter().enumerate().skip(from).map(|(layer, tree)| (layer, tree.root)).collect()
    }

    /// What bears a name in a directory of these parts.
    pub(super) fn find(&self, dir: &[Part], name: &[u8]) -> Result<Option<Found>, Errno> {
        let mut found = Found { parts: Vec::new(), is_dir: true, redirect: None };
        for &(layer, dir) in dir {
            let ino = match self.with(layer, |fs| fs.lookup(dir, name)) {
                Ok(ino) => ino,
                Err(Errno::ENOENT) => continue,
                Err(errno) => return Err(errno),
            };
            let stat = self.stat((layer, ino))?;
            if is_whiteout(&stat) {
                break;
            }
            if !stat.is_dir() {
                if found.parts.is_empty() {
                    (found.parts, found.is_dir) = (vec![(layer, ino)], false);
                }
                break;
            }
            found.parts.push((layer, ino));
            if layer + 1 == self.layers.len() || self.is_opaque((layer, ino))? {
                break;
            }
            if let Some(path) = self.xattr((layer, ino), REDIRECT)? {
                found.parts.extend(self.directory_at(layer + 1, &path)?);
                if layer == 0 {
                    found.redirect = Some(path);
                }
                break;
            }
        }
        Ok((!found.parts.is_empty()).then_some(found))
    }

    /// The parts of the directory at a path in the layers from one downwards; none when it is gone.
    fn directory_at(&self, from: usize, path: &[u8]) -> Result<Vec<Part>, Errno> {
        let mut parts = self.roots(from);
        for name in path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
            if matches!(name, b"." | b"..") || name.contains(&0) {
                return Ok(Vec::new());
            }
            match self.find(&parts, name)? {
                Some(found) if found.is_dir => parts = found.parts,
                _ => return Ok(Vec::new()),
            }
        }
        Ok(parts)
    }

    fn xattr(&self, part: Part, name: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
        match self.with(part.0, |fs| fs.get_xattr(part.1, name)) {
            Ok(value) => Ok(Some(value)),
            Err(Errno::ENODATA | Errno::EOPNOTSUPP) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    pub(super) fn is_opaque(&self, part: Part) -> Result<bool, Errno> {
        Ok(self.xattr(part, OPAQUE)?.is_some_and(|value| value == b"y"))
    }
}

/// Whether a file says that a name of the layers beneath is gone: a character device of number 0.
pub(super) fn is_whiteout(stat: &Stat) -> bool {
    stat.mode & mode::FMT == mode::CHR && stat.rdev == 0
}
