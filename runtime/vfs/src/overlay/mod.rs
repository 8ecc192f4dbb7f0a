//! Trees over each other, the top one of which takes all changes: copy-on-write for a tree that is not ours to change.
//!
//! A file of a lower layer is copied up when it is first changed; what is removed is covered by a whiteout; a directory that is renamed
//! remembers where its lower parts are. All that is kept in the upper tree in the form of Linux's overlayfs. Unlike there,
//! everything behaves as in a plain directory: directories can be renamed, names of one file stay names of one file when it is copied up,
//! and what is open for reading sees what is written afterwards.
//!
//! Changing a layer beside the overlay gives undefined results, as on Linux, but no worse than wrong files and errnos. The overlay keeps a
//! few words for every file that has been looked up, until that is removed.

mod copy_up;
mod layers;
mod names;
mod operations;

use std::collections::BTreeMap;

use oac_abi::{Errno, bounds, flags::mode as kind};

pub use self::layers::Layer;
use self::layers::{Found, Layers, Part, is_whiteout};
use crate::{Access, DirEntry, Handle, Ino};

const ROOT: Ino = Ino(1);
/// The layer that takes changes, when there is one.
const UPPER: usize = 0;
/// Layers of one overlay.
pub const LAYERS_MAX: usize = 64;

/// One file of the overlay.
#[derive(Debug)]
struct Node {
    is_dir: bool,
    /// Where it is: a directory's parts from the top, one part of anything else.
    parts: Vec<Part>,
    /// A name that leads here; `None` for the root and for what has lost it.
    place: Option<(Ino, Vec<u8>)>,
    /// Where a directory lay that has been removed.
    last_place: Option<(Ino, Vec<u8>)>,
    /// Where a directory is in the layers beneath the top one, once it has been renamed.
    redirect: Option<Vec<u8>>,
    /// Names of a file that came from a lower layer: its copy knows only those that it has itself.
    links: Option<u32>,
    /// Directories in a merged directory, once they have been counted.
    subdirectories: Option<u32>,
    /// Open handles and pins. While there are any, the first part is pinned once.
    holds: u32,
    handles: Vec<Handle>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    ino: Ino,
    layer: usize,
    handle: Handle,
    access: Access,
}

/// Trees over each other.
pub struct Overlay {
    layers: Layers,
    /// Whether the first layer takes changes; else everything is EROFS.
    writable: bool,
    nodes: BTreeMap<Ino, Node>,
    /// The number of a file by where it is. A copy has that of its original.
    numbers: BTreeMap<Part, Ino>,
    last: u64,
    open: BTreeMap<Handle, Open>,
    last_handle: u64,
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Overlay({} layers, {} files seen)", self.layers.layers.len(), self.nodes.len())
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        for (layer, root) in self.layers.roots(0) {
            self.layers.with(layer, |fs| fs.unpin(root));
        }
    }
}

impl Overlay {
    /// An overlay of `lower` trees, the first of them topmost, and over them `upper`, which takes all changes; without it nothing can be
    /// changed.
    ///
    /// # Errors
    /// EINVAL without a lower tree, with more than 64 trees, over an overlay that is over another, or when `upper` keeps no extended attributes or device nodes (a directory of
    /// the host does not); ENOTDIR.
    pub fn new(upper: Option<Layer>, lower: Vec<Layer>) -> Result<Overlay, Errno> {
        if lower.is_empty() || lower.len() + usize::from(upper.is_some()) > LAYERS_MAX {
            return Err(Errno::EINVAL);
        }
        let writable = upper.is_some();
        let layers = Layers { layers: upper.into_iter().chain(lower).collect() };
        // Each overlay on another multiplies what one operation costs.
        let depth = layers.layers.iter().map(|layer| layer.fs.lock().stack_depth()).max();
        if depth.unwrap_or(0) >= bounds::OVERLAYS_DEPTH_MAX {
            return Err(Errno::EINVAL);
        }
        let parts = layers.roots(0);
        for &part in &parts {
            if !layers.stat(part)?.is_dir() {
                return Err(Errno::ENOTDIR);
            }
        }
        if writable {
            let root = layers.layers[UPPER].root;
            match layers.with(UPPER, |fs| fs.get_xattr(root, layers::OPAQUE)) {
                Ok(_) | Err(Errno::ENODATA) => {}
                Err(_) => return Err(Errno::EINVAL),
            }
        }
        for &(layer, root) in &parts {
            layers.with(layer, |fs| fs.pin(root));
        }
        let mut overlay = Overlay {
            layers,
            writable,
            nodes: BTreeMap::new(),
            numbers: BTreeMap::new(),
            last: ROOT.0,
            open: BTreeMap::new(),
            last_handle: 0,
        };
        overlay.numbers.extend(parts.iter().map(|&part| (part, ROOT)));
        let root = Node {
            is_dir: true,
            parts,
            place: None,
            last_place: None,
            redirect: None,
            links: None,
            subdirectories: None,
            holds: 0,
            handles: Vec::new(),
        };
        overlay.nodes.insert(ROOT, root);
        Ok(overlay)
    }

    fn node(&self, ino: Ino) -> Result<&Node, Errno> {
        self.nodes.get(&ino).ok_or(Errno::ESTALE)
    }

    fn node_mut(&mut self, ino: Ino) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&ino).ok_or(Errno::ESTALE)
    }

    /// The part that shows.
    fn top(&self, ino: Ino) -> Result<Part, Errno> {
        self.node(ino)?.parts.first().copied().ok_or(Errno::ESTALE)
    }

    /// A directory that has not been removed.
    fn living_directory(&self, dir: Ino) -> Result<&Node, Errno> {
        let node = self.node(dir)?;
        if !node.is_dir {
            return Err(Errno::ENOTDIR);
        }
        if node.place.is_none() && dir != ROOT { Err(Errno::ENOENT) } else { Ok(node) }
    }

    /// The number of a file by its parts: that of its topmost original, so that a copy changes nothing.
    fn number(&mut self, parts: &[Part]) -> Ino {
        let original = parts.iter().find(|&&part| !self.is_upper(part)).or(parts.first());
        let Some(&original) = original else { return ROOT };
        let last = &mut self.last;
        *self.numbers.entry(original).or_insert_with(|| {
            *last += 1;
            Ino(*last)
        })
    }

    /// The file of a name, and notes that it was seen there.
    fn see(&mut self, dir: Ino, name: &[u8], found: Found) -> Result<Ino, Errno> {
        let ino = self.number(&found.parts);
        let place = Some((dir, name.to_vec()));
        if let Some(node) = self.nodes.get_mut(&ino) {
            if node.place != place {
                node.place = place;
            }
            return Ok(ino);
        }
        let links = match found.parts.first() {
            Some(&part) if !found.is_dir && !self.is_upper(part) => Some(self.layers.stat(part)?.nlink),
            _ => None,
        };
        let node = Node {
            is_dir: found.is_dir,
            parts: found.parts,
            place,
            last_place: None,
            redirect: found.redirect,
            links,
            subdirectories: None,
            holds: 0,
            handles: Vec::new(),
        };
        self.nodes.insert(ino, node);
        Ok(ino)
    }

    /// What a name in a directory leads to.
    fn find(&self, dir: Ino, name: &[u8]) -> Result<Option<Found>, Errno> {
        match self.living_directory(dir) {
            Ok(node) => self.layers.find(&node.parts, name),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// What a name leads to, noted as seen.
    fn seen(&mut self, dir: Ino, name: &[u8]) -> Result<Option<Ino>, Errno> {
        match self.find(dir, name)? {
            Some(found) => self.see(dir, name, found).map(Some),
            None => Ok(None),
        }
    }

    /// Whether the layers beneath the top show a name in a directory, so that its removal needs a whiteout.
    fn is_in_lower(&self, dir: Ino, name: &[u8]) -> Result<bool, Errno> {
        let node = self.node(dir)?;
        let beneath = node.parts.iter().position(|&part| !self.is_upper(part)).unwrap_or(node.parts.len());
        Ok(self.layers.find(&node.parts[beneath..], name)?.is_some())
    }

    /// A directory's path in the layers beneath the top one.
    fn lower_path(&self, mut dir: Ino) -> Result<Vec<u8>, Errno> {
        let mut names: Vec<&[u8]> = Vec::new();
        let node = loop {
            let node = self.node(dir)?;
            match &node.place {
                Some((parent, name)) if node.redirect.is_none() => {
                    names.push(name);
                    dir = *parent;
                }
                _ => break node,
            }
        };
        let mut path = node.redirect.clone().unwrap_or_default();
        for name in names.iter().rev() {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        Ok(path)
    }

    fn links(&self, ino: Ino) -> Result<u32, Errno> {
        let node = self.node(ino)?;
        match node.links {
            Some(links) => Ok(links),
            None => Ok(self.layers.stat(self.top(ino)?)?.nlink),
        }
    }

    fn subdirectories(&mut self, dir: Ino) -> Result<u32, Errno> {
        if let Some(known) = self.node(dir)?.subdirectories {
            return Ok(known);
        }
        let count = self.entries(dir)?.iter().filter(|entry| entry.kind == kind::DIR).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX - 2);
        self.node_mut(dir)?.subdirectories = Some(count);
        Ok(count)
    }

    /// The merged names of a directory, each with the inode in its layer.
    fn merged(&self, dir: Ino) -> Result<BTreeMap<Vec<u8>, (Part, u32)>, Errno> {
        let mut merged = BTreeMap::new();
        let node = match self.living_directory(dir) {
            Ok(node) => node,
            Err(Errno::ENOENT) => return Ok(merged),
            Err(errno) => return Err(errno),
        };
        for &(layer, part) in &node.parts {
            for entry in self.layers.with(layer, |fs| fs.read_dir(part))? {
                merged.entry(entry.name).or_insert(((layer, entry.ino), entry.kind));
            }
        }
        let mut whiteouts = Vec::new();
        for (name, &(part, type_bits)) in &merged {
            if type_bits == kind::CHR && is_whiteout(&self.layers.stat(part)?) {
                whiteouts.push(name.clone());
            }
        }
        for name in whiteouts {
            merged.remove(&name);
        }
        Ok(merged)
    }

    fn entries(&mut self, dir: Ino) -> Result<Vec<DirEntry>, Errno> {
        let mut entries = Vec::new();
        for (name, (part, type_bits)) in self.merged(dir)? {
            let ino = if type_bits == kind::DIR {
                // Its number is that of the topmost lower part.
                let Some(found) = self.find(dir, &name)? else { continue };
                self.number(&found.parts)
            } else {
                self.number(&[part])
            };
            entries.push(DirEntry { name, ino, kind: type_bits });
        }
        Ok(entries)
    }

    fn opened(&self, handle: Handle) -> Result<Open, Errno> {
        self.open.get(&handle).copied().ok_or(Errno::EBADF)
    }

    /// Whether a part is in the layer that takes changes.
    fn is_upper(&self, part: Part) -> bool {
        self.writable && part.0 == UPPER
    }

    /// Forgets a file that has neither names nor holds.
    fn forget_if_unused(&mut self, ino: Ino) {
        let Ok(node) = self.node(ino) else { return };
        if node.holds > 0 || node.place.is_some() || ino == ROOT {
            return;
        }
        if !node.is_dir && self.links(ino).is_ok_and(|links| links > 0) {
            return;
        }
        let Some(node) = self.nodes.remove(&ino) else { return };
        if let Some(&part) = node.parts.first().filter(|&&part| node.links.is_some() && self.is_upper(part)) {
            self.layers.with(UPPER, |fs| fs.unpin(part.1));
        }
        for part in &node.parts {
            if self.numbers.get(part) == Some(&ino) {
                self.numbers.remove(part);
            }
        }
    }
}
