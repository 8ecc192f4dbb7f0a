//! What a guest imports, exports and has: what its caller needs to know of it.

use wasmparser::{CustomSectionReader, Parser, Payload};

/// A type's letters: `i` i32, `I` i64, `f` f32, `F` f64, `x` externref, `r` funcref, `v` v128, `?` any other.
pub(crate) fn letter(ty: wasmparser::ValType) -> char {
    use wasmparser::{RefType, ValType};
    match ty {
        ValType::I32 => 'i',
        ValType::I64 => 'I',
        ValType::F32 => 'f',
        ValType::F64 => 'F',
        ValType::V128 => 'v',
        ValType::Ref(RefType::EXTERNREF) => 'x',
        ValType::Ref(RefType::FUNCREF) => 'r',
        ValType::Ref(_) => '?',
    }
}

/// A function as its callers know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callable {
    /// Letters of its parameters.
    pub params: String,
    /// Letters of its results.
    pub results: String,
    /// The entry that calls it; `None` when values of its type cannot cross (`v`, `r`, `?`).
    pub entry: Option<u32>,
}

/// Elements of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `funcref`.
    Function,
    /// `externref`: the host program keeps the table.
    External,
}

/// A memory's limits, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryShape {
    /// At first.
    pub initial: u32,
    /// At most.
    pub maximum: Option<u32>,
    /// Whether the module takes it for one that threads share; the guest's is one thread's all the same.
    pub shared: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// What it holds.
    pub element: Element,
    /// Elements at first.
    pub initial: u32,
    /// Elements at most.
    pub maximum: Option<u32>,
    /// The guest itself changes its functions, so that nobody else knows what it holds.
    pub changed: bool,
    /// Functions `() -> size`, `(delta) -> size before`, `(index, function or -1) -> ()`; of a table of functions only.
    pub accessors: Option<[u32; 3]>,
}

/// A global variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalShape {
    /// Its type's letter.
    pub letter: char,
    /// Whether it can be set.
    pub mutable: bool,
    /// The function `() -> value`.
    pub getter: u32,
    /// The function `(value) -> ()`, of a mutable one.
    pub setter: Option<u32>,
}

/// What an import is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportKind {
    /// A function, with the letters of its type.
    Function {
        /// Letters of its parameters.
        params: String,
        /// Letters of its results.
        results: String,
    },
    /// A memory, by its number.
    Memory(u32),
    /// A table, by its number.
    Table(u32),
    /// A global, by its number.
    Global(u32),
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module's name.
    pub module: String,
    /// The name in it.
    pub name: String,
    /// What it is.
    pub kind: ImportKind,
}

/// What an export is, with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ExportKind {
    Function(u32),
    Memory(u32),
    Table(u32),
    Global(u32),
    Tag(u32),
}

/// An export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ExportKind,
}

/// An active segment of functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The table it goes to.
    pub table: u32,
    /// The functions; `None` is null.
    pub functions: Vec<Option<u32>>,
}

/// A guest from the outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// In their order.
    pub imports: Vec<Import>,
    /// In their order.
    pub exports: Vec<Export>,
    /// All functions by their numbers: imported, the guest's own, accessors.
    pub functions: Vec<Callable>,
    /// Imported ones first.
    pub memories: Vec<MemoryShape>,
    /// Imported ones first.
    pub tables: Vec<TableShape>,
    /// Imported ones first.
    pub globals: Vec<GlobalShape>,
    /// How many of the globals are imported.
    pub imported_globals: u32,
    /// Active segments of functions, in their order.
    pub segments: Vec<Segment>,
}

impl Shape {
    /// The layout of the frame that links an instance.
    pub fn link_frame(&self) -> crate::control::LinkFrame {
        crate::control::LinkFrame {
            memories: self.memories.len() as u32,
            globals: self.imported_globals,
            segments: self.segments.len() as u32,
        }
    }
}

/// The contents of the custom sections with a name.
pub fn custom_sections<'a>(module: &'a [u8], name: &str) -> Vec<&'a [u8]> {
    let payloads = Parser::new(0).parse_all(module).map_while(Result::ok);
    payloads
        .filter_map(|payload| match payload {
            Payload::CustomSection(section) if section.name() == name => {
                Some(CustomSectionReader::data(&section))
            }
            _ => None,
        })
        .collect()
}
