//! Filesystems.

mod filesystem;

pub use filesystem::{
    Access, Caller, DirEntry, FileSystem, Handle, Ino, NewNode, RenameMode, SetAttributes, WriteAt, Written,
    kind_of,
};
