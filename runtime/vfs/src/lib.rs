//! Filesystems: the trait they implement, files in memory, overlays, archives, namespaces with binds, and the walk from a path to a
//! place.
//!
//! [`FileSystem`] is the only way to files in the whole system: memory ([`MemFs`]), trees over each other ([`Overlay`]), archives
//! ([`TarFs`]), a host directory, `/task` and all others implement it, with Linux's semantics and errnos, by inode. A [`Namespace`]
//! puts such trees in the place of each other's directories; a [`Walker`] finds its way in it, as far as its [`Caller`] may go, and
//! visits whole trees. [`FsTable`] owns a container's filesystems.
//!
//! This crate deliberately knows no tasks, no descriptors, no host and no clock: who acts, and when, is handed in as a
//! [`Caller`].
//!
//! Start reading at `filesystem.rs`, then `walk.rs`.
//!
//! ```
//! use oac_vfs::{Caller, FileSystem, FsTable, LastLink, MemFs, Namespace, NewNode, Node, Walker};
//!
//! let caller = Caller::root(0);
//! let mut memory = MemFs::new(1 << 20, &caller);
//! let root = memory.root();
//! memory.create(&caller, root, b"etc", NewNode::Directory { mode: 0o755 }).unwrap();
//! let mut table = FsTable::new();
//! let fs = table.add(Box::new(memory));
//! let namespace = Namespace::new(&mut table, Node { fs, ino: root });
//! let mut walker = Walker::new(&mut table, &namespace, &caller);
//! let etc = walker.existing(namespace.root(), b"/etc/../etc", LastLink::Follow).unwrap();
//! assert_eq!(walker.path_of_dir(etc).unwrap(), b"/etc");
//! ```

mod devices;
mod filesystem;
mod memfs;
mod namespace;
mod overlay;
mod path;
mod permissions;
mod table;
mod tar;
mod text_tree;
mod visit;
mod walk;

pub use devices::{Device, device_fs};
pub use filesystem::{
    Access, Allocation, DirEntry, FileSystem, Handle, Ino, NewNode, RenameMode, SeekTo, SetAttributes,
    WriteAt, Written, XattrMode, kind_of,
};
pub use memfs::{MemFs, Quota};
pub use namespace::{BindMode, HeldPlace, MountId, Namespace, Place, bind_flags};
pub use overlay::{LAYERS_MAX, Layer, Overlay};
pub use path::check_path;
pub use permissions::{Caller, Groups, Want, may_remove, permitted};
pub use table::{FileSystems, FsId, FsTable, Held, Node, SharedFs};
pub use tar::{ArchiveError, TarFs};
pub use text_tree::TextTree;
pub use visit::{TreeVisitor, TreeWriter, Visited, copy_tree, visit_filesystem};
pub use walk::{Found, LastLink, LastPart, Walker};
