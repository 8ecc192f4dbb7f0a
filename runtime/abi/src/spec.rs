//! The vocabulary of the call table.

use crate::Errno;

/// The import module a call lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// `oac`: our own calls. They return an `i64`: zero or more is the result, below zero is `-errno`.
    Oac,
    /// `wasi_snapshot_preview1`. They return an `i32`: WASI's own errno, 0 for success.
    Wasi,
}

impl Module {
    /// The module's name as a wasm import.
    pub const fn import_name(self) -> &'static str {
        match self {
            Module::Oac => "oac",
            Module::Wasi => "wasi_snapshot_preview1",
        }
    }
}

/// How one declared parameter appears in wasm, and what travels for it.
///
/// "Travels" means: every parameter that is not listed as taking no slot owns one `i64` in the request. Bytes that go in are
/// concatenated, in order, into the request's input; bytes that come out are written, in order, into regions of the
/// output whose capacities are those slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// wasm `i32`, sign-extended into its slot.
    I32,
    /// wasm `i32`, zero-extended into its slot.
    U32,
    /// wasm `i64`.
    I64,
    /// wasm `i64`, read as unsigned.
    U64,
    /// wasm `(ptr, len)`: `len` bytes go in; the slot is the length.
    InBytes,
    /// wasm `(ptr, cap)`: at most `cap` bytes come out; the slot is the capacity.
    OutBytes,
    /// wasm `(ptr)`: exactly `size` bytes come out; the slot is `size`.
    OutFixed(u32),
    /// wasm `(iovs_ptr, iovs_len)`: the bytes of all `(ptr, len)` pairs go in, joined; the slot is their total.
    InIovs,
    /// wasm `(iovs_ptr, iovs_len)`: the bytes that come out are dealt over the pairs; the slot is their total.
    OutIovs,
    /// wasm `(ptr)`: `size` × (the scalar parameter with index `count`) bytes go in; the slot is that product.
    InCounted {
        /// Bytes an element.
        size: u32,
        /// Index, among the declared parameters, of the element count.
        count: u32,
    },
    /// wasm `(ptr)`: `size` × (the scalar parameter with index `count`) bytes may come out; the slot is that product.
    OutCounted {
        /// Bytes an element.
        size: u32,
        /// Index, among the declared parameters, of the element count.
        count: u32,
    },
    /// wasm `(pointers_ptr, strings_ptr)`: NUL-terminated strings come out (capacity [`crate::bounds::STRINGS_BYTES_MAX`]); the
    /// marshaller stores them at `strings_ptr` and the address of each at `pointers_ptr`. WASI's `args_get`, `environ_get`.
    OutStrings,
}

impl Kind {
    /// Whether bytes of this parameter are part of the request's input.
    pub const fn goes_in(self) -> bool {
        matches!(self, Kind::InBytes | Kind::InIovs | Kind::InCounted { .. })
    }

    /// Whether this parameter owns a region of the output.
    pub const fn comes_out(self) -> bool {
        matches!(
            self,
            Kind::OutBytes | Kind::OutFixed(_) | Kind::OutIovs | Kind::OutCounted { .. } | Kind::OutStrings
        )
    }
}

/// One declared parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name, as in the man page.
    pub name: &'static str,
    /// How it travels.
    pub kind: Kind,
}

/// Who answers a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// The kernel.
    Kernel,
    /// The host, beside the program, without a trip to the kernel: time and randomness.
    Host,
}

/// How far a call is implemented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// All of its documented behaviour.
    Full,
    /// Some of it; the note says what is missing.
    Partial(&'static str),
    /// None: it fails with this errno.
    Missing(Errno),
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CallSpec {
    /// The number that travels.
    pub number: u16,
    /// The import module.
    pub module: Module,
    /// The import name.
    pub name: &'static str,
    /// The declared parameters, in order.
    pub params: &'static [Param],
    /// Who answers.
    pub served: Served,
    /// How far it is implemented.
    pub support: Support,
    /// What it does: one or a few sentences.
    pub doc: &'static str,
}
