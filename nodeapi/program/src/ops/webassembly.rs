//! `WebAssembly`, for `nodeapi/js/src/webassembly`: modules are grafted (`oac-graft`) and run by the host's own engine,
//! as guests in this program's memory.

use std::{
    alloc::{Layout, alloc_zeroed, dealloc},
    cell::Cell,
    collections::HashMap,
};

use oac_abi::guest::GuestTrap;
use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue, Reenter, ReentrantOp, ThrowKind};
use oac_graft::{
    Element, ExportKind, Graft, GraftError, ImportKind, PAGE_BYTES, Shape, control, graft, traps,
};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "wasm_validate", run: validate },
    OpDecl { name: "wasm_module", run: module },
    OpDecl { name: "wasm_bytes", run: bytes },
    OpDecl { name: "wasm_custom_sections", run: custom_sections },
    OpDecl { name: "wasm_load", run: load },
    OpDecl { name: "wasm_stack", run: stack },
    OpDecl { name: "wasm_trap_message", run: trap_message },
    OpDecl { name: "wasm_memory_new", run: memory_new },
    OpDecl { name: "wasm_memory_grow", run: memory_grow },
];

/// `wasm_enter(guest, entry, frame, function)`: 0, how the guest trapped, or a negative errno.
pub(crate) const ENTER: ReentrantOp = ReentrantOp { name: "wasm_enter", run: enter };

/// Bytes for the frames of calls between scripts and guests.
const FRAMES_BYTES: usize = 1 << 20;
/// Before the frames: what `control` lays out, padded to whole slots.
const HEAD_BYTES: usize = 16;
/// Pages of a memory, at most: half of what this program itself can have.
const PAGES_MAX: u64 = 32_768;

thread_local! {
    /// The way back into scripts while a guest runs.
    static REENTER: Cell<Option<*const dyn Reenter>> = const { Cell::new(None) };
}

/// Modules by their numbers, and the memories of guests by the addresses of their descriptions.
#[derive(Default)]
struct Guests {
    modules: Vec<(Vec<u8>, Graft)>,
    memories: HashMap<usize, Memory>,
    stack: Option<usize>,
}

/// A guest's memory: a description that the guest reads, and the room that it has been given.
struct Memory {
    base: *mut u8,
    reserved: usize,
    maximum: u64,
}

fn thrown(error: &GraftError) -> OpError {
    OpError::Throw { kind: ThrowKind::Error, code: "wasm:CompileError", message: error.to_string() }
}

fn out_of_memory() -> OpError {
    OpError::Throw { kind: ThrowKind::Range, code: "", message: "could not allocate memory".into() }
}

fn validate(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(oac_graft::validate(args.bytes(0)?).is_ok().into())
}

/// `wasm_module(bytes)`: its number and its shape.
fn module(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let guest = args.bytes(0)?;
    let graft = graft(guest).map_err(|error| thrown(&error))?;
    let shape = shape(&graft.shape);
    let modules = &mut state.get::<Guests>().modules;
    modules.push((guest.to_vec(), graft));
    Ok(OpValue::Record(vec![("id", (modules.len() - 1).into()), ("shape", shape)]))
}

/// `wasm_bytes(module)`: what it was made of.
fn bytes(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let modules = &state.get::<Guests>().modules;
    let (bytes, _) = modules.get(args.usize(0)?).ok_or_else(|| OpError::arg(0, "a module"))?;
    Ok(bytes.clone().into())
}

fn list<T>(items: &[T], value: impl Fn(&T) -> OpValue) -> OpValue {
    OpValue::List(items.iter().map(value).collect())
}

fn optional(value: Option<u32>) -> OpValue {
    value.map_or(OpValue::Null, OpValue::from)
}

fn shape(shape: &Shape) -> OpValue {
    let kind = |kind: &'static str, number: u32| [("kind", kind.into()), ("number", OpValue::from(number))];
    let mut imported = 0;
    let mut import_kind = |import: &ImportKind| match import {
        ImportKind::Function { .. } => {
            imported += 1;
            kind("function", imported - 1)
        }
        ImportKind::Memory(number) => kind("memory", *number),
        ImportKind::Table(number) => kind("table", *number),
        ImportKind::Global(number) => kind("global", *number),
    };
    let imports = shape.imports.iter().map(|import| {
        let [kind, number] = import_kind(&import.kind);
        let (module, name) = (import.module.as_str().into(), import.name.as_str().into());
        OpValue::Record(vec![("module", module), ("name", name), kind, number])
    });
    let imports = OpValue::List(imports.collect());
    let exports = list(&shape.exports, |export| {
        let [kind, number] = match export.kind {
            ExportKind::Function(number) => kind("function", number),
            ExportKind::Memory(number) => kind("memory", number),
            ExportKind::Table(number) => kind("table", number),
            ExportKind::Global(number) => kind("global", number),
            ExportKind::Tag(number) => kind("tag", number),
        };
        OpValue::Record(vec![("name", export.name.as_str().into()), kind, number])
    });
    // Many and small: `params results entry`, entry -1 where there is none.
    let functions = list(&shape.functions, |function| {
        let entry = function.entry.map_or(-1, i64::from);
        format!("{} {} {entry}", function.params, function.results).into()
    });
    let memories = list(&shape.memories, |memory| {
        let (maximum, shared) = (optional(memory.maximum), memory.shared.into());
        OpValue::Record(vec![("initial", memory.initial.into()), ("maximum", maximum), ("shared", shared)])
    });
    let tables = list(&shape.tables, |table| {
        OpValue::Record(vec![
            ("external", (table.element == Element::External).into()),
            ("initial", table.initial.into()),
            ("maximum", optional(table.maximum)),
            ("changed", table.changed.into()),
            ("accessors", list(&table.accessors.unwrap_or_default(), |&number| number.into())),
        ])
    });
    let globals = list(&shape.globals, |global| {
        OpValue::Record(vec![
            ("letter", global.letter.to_string().into()),
            ("mutable", global.mutable.into()),
            ("getter", global.getter.into()),
            ("setter", optional(global.setter)),
        ])
    });
    let segments = list(&shape.segments, |segment| {
        let functions = list(&segment.functions, |&function| optional(function));
        OpValue::Record(vec![("table", segment.table.into()), ("functions", functions)])
    });
    OpValue::Record(vec![
        ("imports", imports),
        ("exports", exports),
        ("functions", functions),
        ("memories", memories),
        ("tables", tables),
        ("globals", globals),
        ("importedGlobals", shape.imported_globals.into()),
        ("segments", segments),
    ])
}

fn known<'a>(state: &'a mut OpState, args: &OpArgs<'_>) -> Result<&'a (Vec<u8>, Graft), OpError> {
    let number = args.usize(0)?;
    state.get::<Guests>().modules.get(number).ok_or_else(|| OpError::arg(0, "the number of a module"))
}

/// `wasm_custom_sections(module, name)`.
fn custom_sections(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (guest, _) = known(state, args)?;
    let name = args.str(1)?;
    Ok(list(&oac_graft::custom_sections(guest, &name), |section| OpValue::Bytes(section.to_vec())))
}

/// `wasm_load(module)`: the number of a new guest.
fn load(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (_, graft) = known(state, args)?;
    match oac_sys::raw::guest_load(&graft.module) {
        Ok(number) => Ok((number as i32).into()),
        Err(errno) => Err(OpError::Errno(errno.number())),
    }
}

/// `wasm_stack()`: where the stack of frames lies, its bytes, how far into it the frames begin, and the trampoline's index.
fn stack(state: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    let guests = state.get::<Guests>();
    let address = match guests.stack {
        Some(address) => address,
        None => {
            let bytes = HEAD_BYTES + FRAMES_BYTES;
            let block: &'static mut [u64] = Box::leak(vec![0_u64; bytes / 8].into_boxed_slice());
            let address = block.as_ptr() as usize;
            let [top, limit] =
                [address + HEAD_BYTES, address + bytes].map(|place| place as u64 & 0xffff_ffff);
            // Two words in one: `top` at 0, `limit` at 4, as wasm's byte order has it.
            block[0] = top | limit << (8 * control::STACK_LIMIT);
            guests.stack = Some(address);
            address
        }
    };
    let index = trampoline as extern "C" fn(i32, i32, i32) -> i32 as usize;
    Ok(OpValue::List(vec![
        address.into(),
        (HEAD_BYTES + FRAMES_BYTES).into(),
        HEAD_BYTES.into(),
        index.into(),
    ]))
}

/// What guests call: an import of theirs, or a request.
extern "C" fn trampoline(instance: i32, import: i32, frame: i32) -> i32 {
    let Some(reenter) = REENTER.get() else { return 1 };
    // SAFETY: `enter` keeps it alive for as long as the guest that calls runs.
    let reenter = unsafe { &*reenter };
    let frame = f64::from(frame as u32);
    match reenter.call("wasmImport", &[f64::from(instance), f64::from(import), frame]) {
        Ok(0.0) => 0,
        // The script keeps what was thrown.
        _ => 1,
    }
}

fn enter(reenter: &dyn Reenter, args: &[f64]) -> f64 {
    let word = |index: usize| args.get(index).map_or(0, |&number| number as u32);
    // SAFETY: only the lifetime is forgotten, and the value is taken out again before this function returns.
    let reenter =
        unsafe { std::mem::transmute::<*const dyn Reenter, *const (dyn Reenter + 'static)>(reenter) };
    let before = REENTER.replace(Some(reenter));
    let result = oac_sys::raw::guest_call(word(0), word(1), word(2), word(3));
    REENTER.set(before);
    match result {
        Ok(trap) => trap as f64,
        Err(errno) => -f64::from(errno.number()),
    }
}

/// `wasm_trap_message(trap, noted)`: V8's words for how a guest trapped; `noted` is what the guest itself noted.
fn trap_message(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let trap = match (GuestTrap::from_number(args.i64(0)?), args.u32(1)?) {
        (Some(GuestTrap::Unreachable), 0) => Some(GuestTrap::Memory),
        (Some(GuestTrap::Unreachable), traps::STACK) => Some(GuestTrap::Stack),
        (trap, _) => trap,
    };
    Ok(trap.map_or("the WebAssembly module could not be called", GuestTrap::message).into())
}

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, PAGE_BYTES as usize).ok()
}

/// Zeroed room; a dangling place for no bytes.
fn allocate(bytes: usize) -> Option<*mut u8> {
    if bytes == 0 {
        return Some(PAGE_BYTES as usize as *mut u8);
    }
    // SAFETY: the layout's size is not zero.
    let base = unsafe { alloc_zeroed(layout(bytes)?) };
    (!base.is_null()).then_some(base)
}

/// A description as guests read it: base at 0, length at 8.
fn describe(cell: usize, base: *mut u8, bytes: usize) {
    // SAFETY: `cell` is one of those that `memory_new` leaked, two words long.
    unsafe {
        *(cell as *mut u64) = base as u64;
        *((cell + control::MEMORY_LENGTH as usize) as *mut u64) = bytes as u64;
    }
}

/// `wasm_memory_new(initial, maximum)`: the address of its description. Its first word is the base, the word at 8 the length.
fn memory_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let pages = args.num(0)? as u64;
    let maximum = if args.is_nullish(1) { PAGES_MAX } else { (args.num(1)? as u64).min(PAGES_MAX) };
    if pages > PAGES_MAX {
        return Err(out_of_memory());
    }
    let bytes = (pages * PAGE_BYTES) as usize;
    let base = allocate(bytes).ok_or_else(out_of_memory)?;
    let cell = Box::leak(Box::new([0_u64; 2])).as_ptr() as usize;
    describe(cell, base, bytes);
    state.get::<Guests>().memories.insert(cell, Memory { base, reserved: bytes, maximum });
    Ok(cell.into())
}

/// `wasm_memory_grow(cell, pages)`: pages before, or -1.
fn memory_grow(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (cell, delta) = (args.usize(0)?, args.num(1)? as u64);
    let Some(memory) = state.get::<Guests>().memories.get_mut(&cell) else {
        return Err(OpError::arg(0, "a memory"));
    };
    // SAFETY: the description was found among those that exist.
    let before = unsafe { *((cell + control::MEMORY_LENGTH as usize) as *const u64) };
    let pages = before / PAGE_BYTES + delta;
    if pages > memory.maximum {
        return Ok((-1).into());
    }
    let bytes = (pages * PAGE_BYTES) as usize;
    if bytes > memory.reserved {
        // Half as much again, so that growing page by page does not copy each time; less where that is not to be had.
        let generous = (bytes + bytes / 2).min((memory.maximum * PAGE_BYTES) as usize);
        let Some((base, reserved)) =
            [generous, bytes].into_iter().find_map(|size| allocate(size).map(|base| (base, size)))
        else {
            return Ok((-1).into());
        };
        // SAFETY: both blocks are `before` bytes long at least, and apart.
        unsafe {
            std::ptr::copy_nonoverlapping(memory.base, base, before as usize);
            if let Some(old) = layout(memory.reserved).filter(|layout| layout.size() > 0) {
                dealloc(memory.base, old);
            }
        }
        (memory.base, memory.reserved) = (base, reserved);
    }
    describe(cell, memory.base, bytes);
    Ok(((before / PAGE_BYTES) as u32).into())
}
