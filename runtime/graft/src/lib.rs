//! Rewrites a wasm module, the *guest*, so that it can be instantiated beside a running wasm program, the *host program*, with its
//! memories inside the host program's memory.
//!
//! A JavaScript engine that is itself wasm has to offer `WebAssembly` to its scripts. Interpreting the guest is slow, and a second
//! linear memory cannot be shown to scripts as an `ArrayBuffer`, because theirs live in the engine's memory. So the guest is
//! *grafted*: every access to its memory is checked against that memory's bounds and moved to where the host program keeps it. What
//! comes out is an ordinary module that the machine's own wasm engine compiles; calls between the two are plain calls.
//!
//! The grafted module imports `oac.memory` and `oac.table`, the host program's own memory and function table. It exports entries
//! named by numbers, all of the type `(frame: i32, function: i32) -> ()`:
//! [`ENTRY_LINK`] initialises it, [`ENTRY_START`] runs its start function, the others call a function of one type, whose arguments and
//! results lie in the frame, 8 bytes each. The layouts are in [`control`].
//!
//! Imported functions are reached by one function of the host program, the *trampoline* `(instance, import, frame) -> status`; imports
//! below zero are [`requests`] about memories and tables. References to JavaScript's objects (`externref`) are numbers that the
//! host program deals out; tables of them are kept by the host program too.
//!
//! This crate knows no engine, no system call and no JavaScript. What it does not take is refused by name: memories of 64 bits,
//! garbage-collected types. A memory that a module declares as shared is an ordinary one: atomic instructions work on it, as one thread's.
//!
//! Start reading at `graft.rs`; `access.rs` has the rewriting of memory instructions, `glue.rs` the functions that are added.
//!
//! ```
//! let guest = b"\0asm\x01\0\0\0";
//! let graft = oac_graft::graft(guest)?;
//! assert!(graft.shape.exports.is_empty());
//! # Ok::<(), oac_graft::GraftError>(())
//! ```

mod access;
mod glue;
mod graft;
mod reencode;
mod shape;

pub use graft::{Graft, GraftError, graft, validate};
pub use shape::{
    Callable, Element, Export, ExportKind, GlobalShape, Import, ImportKind, MemoryShape, Segment, Shape,
    TableShape, custom_sections,
};

/// The entry that initialises an instance. Its frame is laid out as [`control::LinkFrame`] says.
pub const ENTRY_LINK: u32 = 0;
/// The entry that runs the start function; does nothing where there is none.
pub const ENTRY_START: u32 = 1;

/// Bytes of an argument or result in a frame.
pub const SLOT_BYTES: u32 = 8;
/// Bytes of a page of wasm memory.
pub const PAGE_BYTES: u64 = 65_536;

/// What lies in the host program's memory for an instance.
pub mod control {
    /// The stack of frames, shared by all instances: `top: u32, limit: u32, trap: u32`. `trap` says why an instance is
    /// about to execute `unreachable` ([`super::traps`]), else 0.
    pub const STACK_BYTES: u32 = 12;
    /// Offset of `limit`.
    pub const STACK_LIMIT: u64 = 4;
    /// Offset of `trap`.
    pub const STACK_TRAP: u64 = 8;
    /// A memory: `base: u32, spare: u32, bytes: u64`, 8-byte aligned.
    pub const MEMORY_BYTES: u32 = 16;
    /// Offset of `bytes`.
    pub const MEMORY_LENGTH: u64 = 8;

    /// The frame of [`super::ENTRY_LINK`], slots of 8 bytes: address of the stack, index of the trampoline in the table, number of
    /// the instance; for each memory its address; for each imported global its value; then come out, for each active segment of
    /// functions, where in its table it was put.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LinkFrame {
        /// Memories, imported ones first.
        pub memories: u32,
        /// Imported globals.
        pub globals: u32,
        /// Active segments of functions.
        pub segments: u32,
    }

    impl LinkFrame {
        /// The slot of a memory's address.
        pub const fn memory(self, index: u32) -> u32 {
            3 + index
        }

        /// The slot of an imported global's value.
        pub const fn global(self, index: u32) -> u32 {
            3 + self.memories + index
        }

        /// The slot of a segment's place.
        pub const fn segment(self, index: u32) -> u32 {
            3 + self.memories + self.globals + index
        }

        /// All slots.
        pub const fn slots(self) -> u32 {
            self.segment(self.segments)
        }
    }
}

/// Why an instance executed `unreachable`, as it notes before in its stack's `trap`; 0, nothing noted: an access outside a memory.
/// What the machine's engine finds itself (a division by zero) ends otherwise.
pub mod traps {
    /// The guest's own `unreachable`.
    pub const UNREACHABLE: u32 = 1;
    /// No room for a frame.
    pub const STACK: u32 = 2;
    /// The trampoline gave a status; any that is not zero becomes this.
    pub const CALLED: u32 = 3;
}

/// Imports below zero: what is asked of the host program. Arguments and the result lie in the frame.
pub mod requests {
    /// `(pages, memory) -> pages before, or -1`.
    pub const MEMORY_GROW: i32 = -1;
    /// `(index, table) -> reference`, of a table of `externref`, as all that follow.
    pub const TABLE_GET: i32 = -2;
    /// `(index, reference, table)`.
    pub const TABLE_SET: i32 = -3;
    /// `(table) -> size`.
    pub const TABLE_SIZE: i32 = -4;
    /// `(reference, delta, table) -> size before, or -1`.
    pub const TABLE_GROW: i32 = -5;
    /// `(start, reference, count, table)`.
    pub const TABLE_FILL: i32 = -6;
    /// `(to, from, count, to table, from table)`.
    pub const TABLE_COPY: i32 = -7;

    /// Number of arguments and of results of a request.
    pub(crate) const fn arity(request: i32) -> (usize, usize) {
        match request {
            MEMORY_GROW | TABLE_GET => (2, 1),
            TABLE_SET => (3, 0),
            TABLE_SIZE => (1, 1),
            TABLE_GROW => (3, 1),
            TABLE_FILL => (4, 0),
            _ => (5, 0),
        }
    }
    /// All of them.
    pub(crate) const ALL: [i32; 7] =
        [MEMORY_GROW, TABLE_GET, TABLE_SET, TABLE_SIZE, TABLE_GROW, TABLE_FILL, TABLE_COPY];
}
