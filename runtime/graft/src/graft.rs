//! Reads a guest section by section, checks it, and writes the grafted module.

use std::collections::BTreeMap;

use thiserror::Error;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, HeapType, ImportSection,
    Instruction, MemoryType, Module, RefType, TableSection, TableType, TagSection, TypeSection, ValType,
    reencode::{self, Reencode},
};
use wasmparser::{
    DataKind, ElementItems, ElementKind, ExternalKind, FuncValidatorAllocations, FunctionBody, Operator,
    Parser, Payload, TypeRef, ValidPayload, Validator, WasmFeatures,
};

use crate::{
    ENTRY_START,
    access::{self, Scratch, load, store},
    glue,
    reencode::{Translator, table, val_type},
    requests,
    shape::{
        Callable, Element, Export, ExportKind, GlobalShape, Import, ImportKind, MemoryShape, Segment, Shape,
        TableShape, letter,
    },
    traps,
};

/// Why a guest was refused.
#[derive(Debug, Error)]
pub enum GraftError {
    /// It is not valid WebAssembly, or needs what is not supported.
    #[error("{message} @+{offset}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where, in bytes from the start.
        offset: usize,
    },
    /// It is valid, but something in it cannot be grafted.
    #[error("{0} not supported")]
    Unsupported(&'static str),
    /// A fault of this crate.
    #[error("cannot rewrite the module: {0}")]
    Internal(&'static str),
}

impl From<wasmparser::Error> for GraftError {
    fn from(error: wasmparser::Error) -> GraftError {
        GraftError::Invalid { message: error.message().to_string(), offset: error.offset() }
    }
}

impl From<reencode::Error<GraftError>> for GraftError {
    fn from(error: reencode::Error<GraftError>) -> GraftError {
        match error {
            reencode::Error::UserError(error) => error,
            reencode::Error::ParseError(error) => error.into(),
            _ => GraftError::Internal("an instruction that cannot be written"),
        }
    }
}

/// A grafted module, and what its caller must know of it.
#[derive(Debug)]
pub struct Graft {
    /// The module to instantiate beside the host program.
    pub module: Vec<u8>,
    /// The guest from the outside.
    pub shape: Shape,
}

/// Parameters and results in the grafted module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Signature {
    pub(crate) params: Vec<ValType>,
    pub(crate) results: Vec<ValType>,
}

/// Numbers of what is added to the guest's own functions, globals and tables.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) memories: u32,
    pub(crate) trampoline_type: u32,
    globals: u32,
    functions: u32,
    tables: u32,
}

impl Layout {
    pub(crate) fn stack(&self) -> u32 {
        self.globals
    }

    pub(crate) fn trampoline(&self) -> u32 {
        self.globals + 1
    }

    pub(crate) fn instance(&self) -> u32 {
        self.globals + 2
    }

    /// Where a memory's description lies.
    pub(crate) fn cell(&self, memory: u32) -> u32 {
        self.globals + 3 + 3 * memory
    }

    /// Where a memory begins.
    pub(crate) fn base(&self, memory: u32) -> u32 {
        self.cell(memory) + 1
    }

    /// A memory's length in bytes, an i64.
    pub(crate) fn length(&self, memory: u32) -> u32 {
        self.cell(memory) + 2
    }

    pub(crate) fn trap(&self) -> u32 {
        self.functions
    }

    pub(crate) fn reload(&self) -> u32 {
        self.functions + 1
    }

    pub(crate) fn request(&self, request: i32) -> u32 {
        self.functions + 1 + request.unsigned_abs()
    }

    fn first_accessor(&self) -> u32 {
        self.functions + 2 + requests::ALL.len() as u32
    }

    /// The table of all functions that can be called from outside.
    pub(crate) fn own_table(&self) -> u32 {
        table(self.tables)
    }
}

/// What guests may use. Garbage-collected and typed references, 64-bit memories and stack switching are left out.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::THREADS
        | WasmFeatures::EXCEPTIONS
}

/// Whether it is a module that can be grafted.
///
/// # Errors
/// As [`graft`].
pub fn validate(guest: &[u8]) -> Result<(), GraftError> {
    graft(guest).map(drop)
}

/// Grafts a guest.
///
/// # Errors
/// [`GraftError::Invalid`] and [`GraftError::Unsupported`].
pub fn graft(guest: &[u8]) -> Result<Graft, GraftError> {
    let mut validator = Validator::new_with_features(features());
    let mut grafting = Grafting::default();
    let mut allocations = FuncValidatorAllocations::default();
    if guest.get(4..8).is_some_and(|version| version == [0x0d, 0, 1, 0]) {
        return Err(GraftError::Unsupported("components are"));
    }
    for payload in Parser::new(0).parse_all(guest) {
        let payload = payload?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            allocations = grafting.function(function.into_validator(allocations), &body)?;
        } else {
            grafting.section(payload)?;
        }
    }
    grafting.finish()
}

/// An active segment: what it is, into which memory or table, and where.
struct Active<'a> {
    segment: u32,
    target: u32,
    offset: wasmparser::ConstExpr<'a>,
    /// Bytes or elements.
    len: u32,
}

/// A module under way.
#[derive(Default)]
struct Grafting<'a> {
    shape: Shape,
    /// The guest's types, then ours.
    types: Vec<Signature>,
    guest_types: Vec<wasmparser::FuncType>,
    /// The type of each of the guest's functions, imported ones first.
    function_types: Vec<u32>,
    imported_functions: u32,
    global_types: Vec<wasmparser::GlobalType>,
    global_values: Vec<wasmparser::ConstExpr<'a>>,
    tags: Vec<u32>,
    start: Option<u32>,
    elements: ElementSection,
    active_elements: Vec<Active<'a>>,
    data: DataSection,
    active_data: Vec<Active<'a>>,
    bodies: Vec<Function>,
    layout: Option<Layout>,
}

impl<'a> Grafting<'a> {
    fn section(&mut self, payload: Payload<'a>) -> Result<(), GraftError> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.guest_type(ty?)?;
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.import(&import?)?;
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.function_types.push(ty?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let table = table?;
                    if !matches!(table.init, wasmparser::TableInit::RefNull) {
                        return Err(GraftError::Unsupported("tables with an initial value are"));
                    }
                    self.table(&table.ty)?;
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    self.memory(&memory?)?;
                }
            }
            Payload::TagSection(tags) => {
                for tag in tags {
                    self.tags.push(tag?.func_type_idx);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    self.global_types.push(global.ty);
                    self.global_values.push(global.init_expr);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    self.export(&export?)?;
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(segments) => {
                for (index, segment) in segments.into_iter().enumerate() {
                    self.element_segment(index as u32, segment?)?;
                }
            }
            Payload::DataSection(segments) => {
                for (index, segment) in segments.into_iter().enumerate() {
                    self.data_segment(index as u32, segment?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn guest_type(&mut self, ty: wasmparser::FuncType) -> Result<(), GraftError> {
        let signature = Signature {
            params: ty.params().iter().map(|&ty| val_type(ty)).collect::<Result<_, _>>()?,
            results: ty.results().iter().map(|&ty| val_type(ty)).collect::<Result<_, _>>()?,
        };
        self.types.push(signature);
        self.guest_types.push(ty);
        Ok(())
    }

    fn import(&mut self, import: &wasmparser::Import<'_>) -> Result<(), GraftError> {
        let kind = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.function_types.push(ty);
                self.imported_functions += 1;
                let (params, results) = self.letters(ty);
                if [&params, &results].iter().any(|letters| letters.contains(['v', 'r', '?'])) {
                    return Err(GraftError::Unsupported("imported functions of v128 or funcref are"));
                }
                ImportKind::Function { params, results }
            }
            TypeRef::Memory(ty) => {
                self.memory(&ty)?;
                ImportKind::Memory(self.shape.memories.len() as u32 - 1)
            }
            TypeRef::Table(ty) => {
                self.table(&ty)?;
                ImportKind::Table(self.shape.tables.len() as u32 - 1)
            }
            TypeRef::Global(ty) => {
                if !matches!(letter(ty.content_type), 'i' | 'I' | 'f' | 'F' | 'x') {
                    return Err(GraftError::Unsupported("imported globals of v128 or funcref are"));
                }
                self.global_types.push(ty);
                self.shape.imported_globals += 1;
                ImportKind::Global(self.shape.imported_globals - 1)
            }
            TypeRef::Tag(_) => return Err(GraftError::Unsupported("imported tags are")),
        };
        self.shape.imports.push(Import { module: import.module.into(), name: import.name.into(), kind });
        Ok(())
    }

    fn memory(&mut self, ty: &wasmparser::MemoryType) -> Result<(), GraftError> {
        let pages =
            |pages: u64| u32::try_from(pages).map_err(|_| GraftError::Unsupported("64-bit memories are"));
        let (initial, maximum) = (pages(ty.initial)?, ty.maximum.map(pages).transpose()?);
        let shape = MemoryShape { initial, maximum, shared: ty.shared };
        self.shape.memories.push(shape);
        Ok(())
    }

    fn table(&mut self, ty: &wasmparser::TableType) -> Result<(), GraftError> {
        let size = |size: u64| u32::try_from(size).map_err(|_| GraftError::Unsupported("64-bit tables are"));
        let element = match letter(wasmparser::ValType::Ref(ty.element_type)) {
            'x' => Element::External,
            'r' => Element::Function,
            _ => {
                return Err(GraftError::Unsupported(
                    "tables of other references than funcref and externref are",
                ));
            }
        };
        let (initial, maximum) = (size(ty.initial)?, ty.maximum.map(size).transpose()?);
        self.shape.tables.push(TableShape { element, initial, maximum, changed: false, accessors: None });
        Ok(())
    }

    fn export(&mut self, export: &wasmparser::Export<'_>) -> Result<(), GraftError> {
        let kind = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Function(export.index),
            ExternalKind::Table => ExportKind::Table(export.index),
            ExternalKind::Memory => ExportKind::Memory(export.index),
            ExternalKind::Global => ExportKind::Global(export.index),
            ExternalKind::Tag => ExportKind::Tag(export.index),
        };
        self.shape.exports.push(Export { name: export.name.into(), kind });
        Ok(())
    }

    /// Segments keep their numbers; active ones become passive and are put in place when an instance is linked.
    fn element_segment(&mut self, index: u32, segment: wasmparser::Element<'a>) -> Result<(), GraftError> {
        let functions = self.segment_functions(&segment.items)?;
        let len = functions.len() as u32;
        let expressions: Vec<ConstExpr> = functions
            .iter()
            .map(|function| match function {
                Some(function) => ConstExpr::ref_func(*function),
                None => ConstExpr::ref_null(HeapType::FUNC),
            })
            .collect();
        let elements = Elements::Expressions(RefType::FUNCREF, expressions.into());
        match segment.kind {
            ElementKind::Passive => self.elements.passive(elements),
            ElementKind::Declared => self.elements.declared(elements),
            ElementKind::Active { table_index, offset_expr } => {
                let target = table_index.unwrap_or(0);
                self.active_elements.push(Active { segment: index, target, offset: offset_expr, len });
                if self.shape.tables[target as usize].element == Element::Function {
                    self.shape.segments.push(Segment { table: target, functions });
                }
                self.elements.passive(elements)
            }
        };
        Ok(())
    }

    /// A segment's functions. One of `externref` can hold nothing but null, and is kept as if of functions.
    fn segment_functions(&self, items: &ElementItems<'_>) -> Result<Vec<Option<u32>>, GraftError> {
        let mut functions = Vec::new();
        match items {
            ElementItems::Functions(items) => {
                for function in items.clone() {
                    functions.push(Some(function?));
                }
            }
            ElementItems::Expressions(_, items) => {
                for expression in items.clone() {
                    let mut operators = expression?.get_operators_reader();
                    functions.push(match operators.read()? {
                        Operator::RefFunc { function_index } => Some(function_index),
                        Operator::RefNull { .. } => None,
                        _ => return Err(GraftError::Unsupported("element segments that read globals are")),
                    });
                }
            }
        }
        Ok(functions)
    }

    fn data_segment(&mut self, index: u32, segment: wasmparser::Data<'a>) {
        if let DataKind::Active { memory_index, offset_expr } = segment.kind {
            let len = segment.data.len() as u32;
            self.active_data.push(Active { segment: index, target: memory_index, offset: offset_expr, len });
        }
        self.data.passive(segment.data.iter().copied());
    }

    /// The number of a type, added where it is new.
    fn intern(&mut self, signature: Signature) -> u32 {
        let found = self.types.iter().position(|known| *known == signature);
        found.unwrap_or_else(|| {
            self.types.push(signature);
            self.types.len() - 1
        }) as u32
    }

    fn letters(&self, ty: u32) -> (String, String) {
        let ty = &self.guest_types[ty as usize];
        let letters = |types: &[wasmparser::ValType]| types.iter().map(|&ty| letter(ty)).collect();
        (letters(ty.params()), letters(ty.results()))
    }

    /// The numbers of what is added. To be asked for when sections before the code have been read.
    fn layout(&mut self) -> Layout {
        if let Some(layout) = self.layout {
            return layout;
        }
        let trampoline = Signature { params: vec![ValType::I32; 3], results: vec![ValType::I32] };
        let layout = Layout {
            memories: self.shape.memories.len() as u32,
            trampoline_type: self.intern(trampoline),
            globals: self.global_types.len() as u32,
            functions: self.function_types.len() as u32,
            tables: self.shape.tables.len() as u32,
        };
        self.layout = Some(layout);
        layout
    }

    /// Checks and rewrites one function.
    fn function(
        &mut self,
        mut validator: wasmparser::FuncValidator<wasmparser::ValidatorResources>,
        body: &FunctionBody<'a>,
    ) -> Result<FuncValidatorAllocations, GraftError> {
        let layout = self.layout();
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let mut locals = Vec::new();
        for pair in body.get_locals_reader()? {
            let (count, ty) = pair?;
            locals.push((count, val_type(ty)?));
        }
        let scratch = Scratch::new(validator.len_locals());
        locals.extend(Scratch::LOCALS);
        let mut out = Function::new(locals);
        let mut operators = body.get_operators_reader()?;
        let mut skipped = 0;
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read()?;
            let dead = validator.get_control_frame(0).is_some_and(|frame| frame.unreachable);
            let aside = access::operands_aside(&operator, &validator);
            let top = validator.get_operand_type(0).flatten();
            validator.op(offset, &operator)?;
            // What cannot be reached is left out, whole blocks of it: its operands have no types.
            if dead || skipped > 0 {
                match operator {
                    Operator::Block { .. }
                    | Operator::Loop { .. }
                    | Operator::If { .. }
                    | Operator::TryTable { .. } => skipped += 1,
                    Operator::End if skipped > 0 => {
                        skipped -= 1;
                        continue;
                    }
                    _ => {}
                }
                if skipped > 0 || !matches!(operator, Operator::End | Operator::Else) {
                    continue;
                }
            }
            if access::emit(&mut out, &operator, &aside, &layout, scratch)?
                || self.changed(&mut out, &operator, top, &layout)?
            {
                continue;
            }
            out.instruction(&Translator.instruction(operator)?);
        }
        operators.finish()?;
        self.bodies.push(out);
        Ok(validator.into_allocations())
    }

    /// Emits an instruction that is not the same in the grafted module, memory instructions apart; false for any other.
    fn changed(
        &mut self,
        out: &mut Function,
        operator: &Operator<'_>,
        top: Option<wasmparser::ValType>,
        layout: &Layout,
    ) -> Result<bool, GraftError> {
        use wasmparser::{HeapType as Heap, RefType as Ref, ValType as Type};
        let external = |table: u32| self.shape.tables[table as usize].element == Element::External;
        let (request, tables): (i32, Vec<u32>) = match *operator {
            Operator::Unreachable => {
                out.instructions().i32_const(traps::UNREACHABLE as i32).call(layout.trap()).unreachable();
                return Ok(true);
            }
            Operator::RefNull { hty } if Ref::new(true, hty) == Some(Ref::EXTERNREF) => {
                out.instructions().i32_const(0);
                return Ok(true);
            }
            Operator::RefNull { hty: Heap::Abstract { .. } } => return Ok(false),
            Operator::RefIsNull if top == Some(Type::Ref(Ref::EXTERNREF)) => {
                out.instructions().i32_eqz();
                return Ok(true);
            }
            Operator::TableGet { table } if external(table) => (requests::TABLE_GET, vec![table]),
            Operator::TableSet { table } if external(table) => (requests::TABLE_SET, vec![table]),
            Operator::TableSize { table } if external(table) => (requests::TABLE_SIZE, vec![table]),
            Operator::TableGrow { table } if external(table) => (requests::TABLE_GROW, vec![table]),
            Operator::TableFill { table } if external(table) => (requests::TABLE_FILL, vec![table]),
            Operator::TableCopy { dst_table, src_table } if external(dst_table) => {
                (requests::TABLE_COPY, vec![dst_table, src_table])
            }
            Operator::TableInit { table, .. } if external(table) => {
                return Err(GraftError::Unsupported("table.init of externref is"));
            }
            Operator::TableSet { table }
            | Operator::TableFill { table }
            | Operator::TableInit { table, .. }
            | Operator::TableGrow { table }
            | Operator::TableCopy { dst_table: table, .. } => {
                self.shape.tables[table as usize].changed = true;
                return Ok(false);
            }
            _ => return Ok(false),
        };
        for table in tables {
            out.instructions().i32_const(table as i32);
        }
        out.instructions().call(layout.request(request));
        Ok(true)
    }

    fn finish(mut self) -> Result<Graft, GraftError> {
        let layout = self.layout();
        let mut functions: Vec<(u32, Function)> = Vec::new();
        for import in 0..self.imported_functions {
            let ty = self.function_types[import as usize];
            functions.push((ty, glue::outward(&layout, import as i32, &self.types[ty as usize])));
        }
        let bodies = std::mem::take(&mut self.bodies);
        functions.extend(self.function_types[self.imported_functions as usize..].iter().copied().zip(bodies));
        if functions.len() != self.function_types.len() {
            return Err(GraftError::Internal("functions without bodies"));
        }
        for ty in self.function_types.clone() {
            let (params, results) = self.letters(ty);
            self.shape.functions.push(Callable { params, results, entry: None });
        }
        let word = |count| vec![ValType::I32; count];
        let mut add = |this: &mut Self, params: Vec<ValType>, results: Vec<ValType>, function: Function| {
            let ty = this.intern(Signature { params, results });
            functions.push((ty, function));
            ty
        };
        add(&mut self, word(1), vec![], glue::trap(&layout));
        add(&mut self, vec![], vec![], glue::reload(&layout));
        for request in requests::ALL {
            let signature = glue::request_signature(request);
            let function = glue::outward(&layout, request, &signature);
            add(&mut self, signature.params, signature.results, function);
        }
        // The type of each function that can be called from outside, by its number.
        let mut types = self.function_types.clone();
        for index in 0..self.global_types.len() {
            let ty = self.global_types[index];
            let (letter, value) = (letter(ty.content_type), val_type(ty.content_type)?);
            types.push(add(&mut self, vec![], vec![value], glue::getter(index as u32)));
            let getter = self.shape.add_accessor("", &letter.to_string());
            let setter = if ty.mutable {
                types.push(add(&mut self, vec![value], vec![], glue::setter(index as u32)));
                Some(self.shape.add_accessor(&letter.to_string(), ""))
            } else {
                None
            };
            self.shape.globals.push(GlobalShape { letter, mutable: ty.mutable, getter, setter });
        }
        for index in 0..self.shape.tables.len() {
            if self.shape.tables[index].element != Element::Function {
                continue;
            }
            let [size, grow, set] = glue::table_accessors(&layout, index as u32);
            types.push(add(&mut self, vec![], word(1), size));
            types.push(add(&mut self, word(1), word(1), grow));
            types.push(add(&mut self, word(2), vec![], set));
            let accessors = [
                self.shape.add_accessor("", "i"),
                self.shape.add_accessor("i", "i"),
                self.shape.add_accessor("ii", ""),
            ];
            self.shape.tables[index].accessors = Some(accessors);
        }
        let mut entries = vec![functions.len() as u32, functions.len() as u32 + 1];
        let entry_type = self.intern(Signature { params: word(2), results: vec![] });
        let link = self.link(&layout)?;
        functions.push((entry_type, link));
        let mut start = Function::new([]);
        start.instructions().call(layout.reload());
        if let Some(function) = self.start {
            start.instructions().call(function);
        }
        start.instruction(&Instruction::End);
        functions.push((entry_type, start));
        let mut entry_of: BTreeMap<u32, u32> = BTreeMap::new();
        for (number, &ty) in types.iter().enumerate() {
            let callable = &self.shape.functions[number];
            if [&callable.params, &callable.results].iter().any(|letters| letters.contains(['v', 'r', '?'])) {
                continue;
            }
            let entry = *entry_of.entry(ty).or_insert_with(|| {
                entries.push(functions.len() as u32);
                functions.push((entry_type, glue::entry(&layout, ty, &self.types[ty as usize])));
                entries.len() as u32 - 1
            });
            self.shape.functions[number].entry = Some(entry);
        }
        debug_assert!(entries.len() as u32 > ENTRY_START);
        let module = self.write(&layout, &functions, &entries, types.len() as u32)?;
        Ok(Graft { module, shape: self.shape })
    }

    /// `(frame, _)`: notes where things are, then initialises globals, tables and memories in this order, as instantiation does.
    fn link(&mut self, layout: &Layout) -> Result<Function, GraftError> {
        let frame = self.shape.link_frame();
        let scratch = Scratch::new(2);
        let mut out = Function::new(Scratch::LOCALS);
        let word = |out: &mut Function, slot: u32, global: u32| {
            out.instructions().local_get(0);
            out.instruction(&load(ValType::I32, slot)).instructions().global_set(global);
        };
        word(&mut out, 0, layout.stack());
        word(&mut out, 1, layout.trampoline());
        word(&mut out, 2, layout.instance());
        for memory in 0..frame.memories {
            word(&mut out, frame.memory(memory), layout.cell(memory));
        }
        out.instructions().call(layout.reload());
        for global in 0..frame.globals {
            let ty = val_type(self.global_types[global as usize].content_type)?;
            out.instructions().local_get(0);
            out.instruction(&load(ty, frame.global(global))).instructions().global_set(global);
        }
        for (index, value) in self.global_values.iter().enumerate() {
            constant(&mut out, value)?;
            out.instructions().global_set(frame.globals + index as u32);
        }
        let mut segments = 0;
        for Active { segment, target, offset, len } in &self.active_elements {
            if self.shape.tables[*target as usize].element == Element::External {
                // Null where null is already.
                continue;
            }
            out.instructions().local_get(0);
            constant(&mut out, offset)?;
            out.instruction(&store(ValType::I32, frame.segment(segments)));
            constant(&mut out, offset)?;
            out.instructions()
                .i32_const(0)
                .i32_const(*len as i32)
                .table_init(table(*target), *segment)
                .elem_drop(*segment);
            segments += 1;
        }
        for Active { segment, target, offset, len } in &self.active_data {
            constant(&mut out, offset)?;
            out.instructions().i32_const(0).i32_const(*len as i32);
            access::init(&mut out, layout, *target, *segment, scratch);
            out.instructions().data_drop(*segment);
        }
        out.instruction(&Instruction::End);
        Ok(out)
    }

    fn write(
        &self,
        layout: &Layout,
        functions: &[(u32, Function)],
        entries: &[u32],
        callables: u32,
    ) -> Result<Vec<u8>, GraftError> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        for signature in &self.types {
            types.ty().function(signature.params.iter().copied(), signature.results.iter().copied());
        }
        module.section(&types);
        let mut imports = ImportSection::new();
        let memory =
            MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
        imports.import("oac", "memory", EntityType::Memory(memory));
        imports.import("oac", "table", EntityType::Table(functions_table(0, None)));
        module.section(&imports);
        let mut declared = FunctionSection::new();
        for (ty, _) in functions {
            declared.function(*ty);
        }
        module.section(&declared);
        let mut tables = TableSection::new();
        for shape in &self.shape.tables {
            // The place of a table that the host program keeps is taken by an empty one, so that numbers stay.
            let own = shape.element == Element::Function;
            tables.table(if own {
                functions_table(shape.initial, shape.maximum)
            } else {
                functions_table(0, Some(0))
            });
        }
        tables.table(functions_table(callables, Some(callables)));
        module.section(&tables);
        if !self.tags.is_empty() {
            let mut tags = TagSection::new();
            for &func_type_idx in &self.tags {
                tags.tag(wasm_encoder::TagType { kind: wasm_encoder::TagKind::Exception, func_type_idx });
            }
            module.section(&tags);
        }
        module.section(&self.globals(layout)?);
        let mut exports = ExportSection::new();
        for (entry, &function) in entries.iter().enumerate() {
            exports.export(&entry.to_string(), wasm_encoder::ExportKind::Func, function);
        }
        module.section(&exports);
        let mut elements = self.elements.clone();
        let guests = 0..self.function_types.len() as u32;
        let accessors = layout.first_accessor()..layout.first_accessor() + callables - guests.end;
        let all: Vec<u32> = guests.chain(accessors).collect();
        elements.active(Some(layout.own_table()), &ConstExpr::i32_const(0), Elements::Functions(all.into()));
        module.section(&elements);
        module.section(&DataCountSection { count: self.data.len() });
        let mut code = CodeSection::new();
        for (_, function) in functions {
            code.function(function);
        }
        module.section(&code);
        module.section(&self.data);
        Ok(module.finish())
    }

    /// The guest's globals, all set by the link entry and so all mutable, then ours.
    fn globals(&self, layout: &Layout) -> Result<GlobalSection, GraftError> {
        let mut globals = GlobalSection::new();
        let mut add = |val_type: ValType| {
            let zero = match val_type {
                ValType::I64 => ConstExpr::i64_const(0),
                ValType::F32 => ConstExpr::f32_const(0.0.into()),
                ValType::F64 => ConstExpr::f64_const(0.0.into()),
                ValType::V128 => ConstExpr::v128_const(0),
                ValType::Ref(reference) => ConstExpr::ref_null(reference.heap_type),
                ValType::I32 => ConstExpr::i32_const(0),
            };
            globals.global(GlobalType { val_type, mutable: true, shared: false }, &zero);
        };
        for ty in &self.global_types {
            add(val_type(ty.content_type)?);
        }
        (0..3).for_each(|_| add(ValType::I32));
        for _ in 0..layout.memories {
            add(ValType::I32);
            add(ValType::I32);
            add(ValType::I64);
        }
        Ok(globals)
    }
}

impl Shape {
    /// One more function that can be called from outside; gives its number.
    fn add_accessor(&mut self, params: &str, results: &str) -> u32 {
        self.functions.push(Callable { params: params.into(), results: results.into(), entry: None });
        self.functions.len() as u32 - 1
    }
}

fn functions_table(minimum: u32, maximum: Option<u32>) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: minimum.into(),
        maximum: maximum.map(Into::into),
        shared: false,
    }
}

/// A constant expression as instructions.
fn constant(out: &mut Function, expression: &wasmparser::ConstExpr<'_>) -> Result<(), GraftError> {
    use wasmparser::RefType as Ref;
    let mut operators = expression.get_operators_reader();
    while !operators.is_end_then_eof() {
        match operators.read()? {
            Operator::RefNull { hty } if Ref::new(true, hty) == Some(Ref::EXTERNREF) => {
                out.instructions().i32_const(0);
            }
            operator => {
                out.instruction(&Translator.instruction(operator)?);
            }
        }
    }
    Ok(())
}
