//! A host program for tests: a memory, a function table with a trampoline in it, and guests beside them, run by an interpreter.

// Each test crate uses some of it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use oac_graft::{
    Callable, ENTRY_LINK, ENTRY_START, ExportKind, ImportKind, PAGE_BYTES, SLOT_BYTES, Shape, control,
    requests, traps,
};
use wasmi::{
    AsContext, AsContextMut, Caller, Config, Engine, Func, Instance, Linker, Memory, MemoryType, Module,
    Nullable, Ref, RefType, Store, Table, TableType, TypedFunc,
};

/// A value by its bits: the letter of its type, and 64 bits.
pub type Bits = (char, u64);

/// A guest's imported function.
pub type Import = Rc<dyn Fn(&mut World<'_>, &[Bits]) -> Result<Vec<Bits>, String>>;

/// What the interpreter's store holds.
#[derive(Default)]
pub struct State {
    memory: Option<Memory>,
    next_free: u32,
    guests: Vec<Rc<Guest>>,
    /// What an import failed with.
    thrown: Option<String>,
}

/// The store during a call.
pub type World<'a> = Caller<'a, State>;

/// A guest that runs.
pub struct Guest {
    number: usize,
    pub shape: Shape,
    instance: RefCell<Option<Instance>>,
    imports: Vec<Option<Import>>,
    memories: Vec<u32>,
    external_tables: RefCell<HashMap<u32, Vec<u32>>>,
    pub globals: Vec<u64>,
}

pub struct Host {
    pub store: Store<State>,
    engine: Engine,
    linker: Linker<State>,
}

/// Where the stack of frames lies, and its length.
const STACK: u32 = 64;
const FRAMES: u32 = 1024;
const FRAMES_BYTES: u32 = 1 << 20;

fn word(memory: Memory, store: impl AsContext, at: u32) -> u32 {
    let mut bytes = [0; 4];
    memory.read(store, at as usize, &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

fn set_word(memory: Memory, store: impl AsContextMut, at: u32, value: u32) {
    memory.write(store, at as usize, &value.to_le_bytes()).unwrap();
}

fn slot(memory: Memory, store: impl AsContext, frame: u32, index: u32) -> u64 {
    let mut bytes = [0; 8];
    memory.read(store, (frame + index * SLOT_BYTES) as usize, &mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

fn set_slot(memory: Memory, store: impl AsContextMut, frame: u32, index: u32, value: u64) {
    memory.write(store, (frame + index * SLOT_BYTES) as usize, &value.to_le_bytes()).unwrap();
}

fn trim(letter: char, bits: u64) -> Bits {
    (letter, if matches!(letter, 'I' | 'F') { bits } else { bits & 0xffff_ffff })
}

fn allocate(mut store: impl AsContextMut<Data = State>, bytes: u64) -> Option<u32> {
    let context = store.as_context_mut();
    let memory = context.data().memory.unwrap();
    let at = context.data().next_free.next_multiple_of(PAGE_BYTES as u32);
    let end = u64::from(at) + bytes;
    if end > 1 << 31 {
        return None;
    }
    let pages = end.div_ceil(PAGE_BYTES).saturating_sub(memory.size(&store));
    memory.grow(&mut store, pages).ok()?;
    store.as_context_mut().data_mut().next_free = end as u32;
    Some(at)
}

fn trampoline(mut world: World<'_>, instance: i32, import: i32, frame: i32) -> i32 {
    let guest = world.data().guests[instance as usize].clone();
    match answer(&mut world, &guest, import, frame as u32) {
        Ok(()) => 0,
        Err(message) => {
            world.data_mut().thrown = Some(message);
            1
        }
    }
}

fn answer(world: &mut World<'_>, guest: &Guest, import: i32, frame: u32) -> Result<(), String> {
    let memory = world.data().memory.unwrap();
    if import < 0 {
        return request(world, guest, import, frame);
    }
    let ImportKind::Function { params, results } = &guest
        .shape
        .imports
        .iter()
        .filter(|import| matches!(import.kind, ImportKind::Function { .. }))
        .nth(import as usize)
        .unwrap()
        .kind
    else {
        unreachable!()
    };
    let arguments: Vec<Bits> = params
        .chars()
        .enumerate()
        .map(|(index, letter)| trim(letter, slot(memory, &*world, frame, index as u32)))
        .collect();
    let call = guest.imports[import as usize].clone().ok_or("an import that is not there")?;
    let values = call(world, &arguments)?;
    for (index, _) in results.chars().enumerate() {
        set_slot(memory, &mut *world, frame, index as u32, values[index].1);
    }
    Ok(())
}

fn request(world: &mut World<'_>, guest: &Guest, import: i32, frame: u32) -> Result<(), String> {
    let memory = world.data().memory.unwrap();
    let arg = |world: &World<'_>, index: u32| slot(memory, world, frame, index) as u32;
    if import == requests::MEMORY_GROW {
        let (delta, index) = (arg(world, 0), arg(world, 1));
        let before = grow(&mut *world, guest, index, delta);
        set_slot(memory, world, frame, 0, before.map_or(u64::from(u32::MAX), u64::from));
        return Ok(());
    }
    let mut tables = guest.external_tables.borrow_mut();
    let out_of_bounds = || "out of bounds table access".to_string();
    match import {
        requests::TABLE_GET => {
            let (index, table) = (arg(world, 0), arg(world, 1));
            let value = *tables[&table].get(index as usize).ok_or_else(out_of_bounds)?;
            set_slot(memory, world, frame, 0, value.into());
        }
        requests::TABLE_SET => {
            let (index, value, table) = (arg(world, 0), arg(world, 1), arg(world, 2));
            *tables.get_mut(&table).unwrap().get_mut(index as usize).ok_or_else(out_of_bounds)? = value;
        }
        requests::TABLE_SIZE => {
            let size = tables[&arg(world, 0)].len();
            set_slot(memory, world, frame, 0, size as u64);
        }
        requests::TABLE_GROW => {
            let (value, delta, table) = (arg(world, 0), arg(world, 1), arg(world, 2));
            let maximum = guest.shape.tables[table as usize].maximum.unwrap_or(10_000_000).min(10_000_000);
            let elements = tables.get_mut(&table).unwrap();
            let before = elements.len();
            let fits = before as u64 + u64::from(delta) <= u64::from(maximum);
            if fits {
                elements.resize(before + delta as usize, value);
            }
            set_slot(memory, world, frame, 0, if fits { before as u64 } else { u64::from(u32::MAX) });
        }
        requests::TABLE_FILL => {
            let (start, value, count, table) = (arg(world, 0), arg(world, 1), arg(world, 2), arg(world, 3));
            let elements = tables.get_mut(&table).unwrap();
            let end = u64::from(start) + u64::from(count);
            if end > elements.len() as u64 {
                return Err(out_of_bounds());
            }
            elements[start as usize..end as usize].fill(value);
        }
        _ => {
            let (to, from, count) = (arg(world, 0) as usize, arg(world, 1) as usize, arg(world, 2) as usize);
            let (to_table, from_table) = (arg(world, 3), arg(world, 4));
            let taken =
                tables[&from_table].get(from..from.saturating_add(count)).ok_or_else(out_of_bounds)?.to_vec();
            tables
                .get_mut(&to_table)
                .unwrap()
                .get_mut(to..to.saturating_add(count))
                .ok_or_else(out_of_bounds)?
                .copy_from_slice(&taken);
        }
    }
    Ok(())
}

fn grow(mut store: impl AsContextMut<Data = State>, guest: &Guest, index: u32, delta: u32) -> Option<u32> {
    let memory = store.as_context().data().memory.unwrap();
    let cell = guest.memories[index as usize];
    let (base, bytes) = (word(memory, &store, cell), word(memory, &store, cell + 8));
    let before = (u64::from(bytes) / PAGE_BYTES) as u32;
    let pages = u64::from(before) + u64::from(delta);
    if pages > u64::from(guest.shape.memories[index as usize].maximum.unwrap_or(16_384)) {
        return None;
    }
    if delta > 0 {
        let place = allocate(&mut store, pages * PAGE_BYTES)?;
        let old = memory.data(&store)[base as usize..(base + bytes) as usize].to_vec();
        memory.write(&mut store, place as usize, &old).unwrap();
        // What it leaves must not be used by anybody.
        memory.data_mut(&mut store)[base as usize..(base + bytes) as usize].fill(0xdd);
        set_word(memory, &mut store, cell, place);
        set_word(memory, &mut store, cell + 8, (pages * PAGE_BYTES) as u32);
    }
    Some(before)
}

impl Default for Host {
    fn default() -> Host {
        let mut config = Config::default();
        config.wasm_tail_call(true).wasm_multi_memory(true).wasm_extended_const(true);
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, State::default());
        let memory = Memory::new(&mut store, MemoryType::new(32, None)).unwrap();
        store.data_mut().memory = Some(memory);
        store.data_mut().next_free = FRAMES + FRAMES_BYTES;
        set_word(memory, &mut store, STACK, FRAMES);
        set_word(memory, &mut store, STACK + control::STACK_LIMIT as u32, FRAMES + FRAMES_BYTES);
        let table =
            Table::new(&mut store, TableType::new(RefType::Func, 8, Some(8)), Ref::Func(Nullable::Null))
                .unwrap();
        let function = Func::wrap(&mut store, trampoline);
        table.set(&mut store, 5, Ref::Func(Nullable::Val(function))).unwrap();
        let mut linker = Linker::new(&engine);
        linker.define("oac", "memory", memory).unwrap();
        linker.define("oac", "table", table).unwrap();
        Host { store, engine, linker }
    }
}

/// Why a call did not return.
#[derive(Debug)]
pub enum Failure {
    /// The module was refused.
    Refused(String),
    /// It trapped: what the engine or the graft says.
    Trap(String),
}

impl Host {
    /// Instantiates a guest. `global` gives values of imported globals.
    pub fn guest(
        &mut self,
        wasm: &[u8],
        imports: Vec<Option<Import>>,
        globals: &[u64],
    ) -> Result<Rc<Guest>, Failure> {
        let graft = oac_graft::graft(wasm).map_err(|error| Failure::Refused(error.to_string()))?;
        let refused = |error: wasmi::Error| Failure::Refused(format!("the grafted module: {error}"));
        let module = Module::new(&self.engine, &graft.module).map_err(refused)?;
        let memory = self.store.data().memory.unwrap();
        let mut memories = Vec::new();
        for shape in &graft.shape.memories {
            let cell = allocate(&mut self.store, 64).unwrap();
            let bytes = u64::from(shape.initial) * PAGE_BYTES;
            let base =
                allocate(&mut self.store, bytes).ok_or_else(|| Failure::Refused("no memory".into()))?;
            set_word(memory, &mut self.store, cell, base);
            set_word(memory, &mut self.store, cell + 8, bytes as u32);
            memories.push(cell);
        }
        let external = graft.shape.tables.iter().enumerate();
        let external_tables = external
            .filter(|(_, table)| table.element == oac_graft::Element::External)
            .map(|(index, table)| (index as u32, vec![0; table.initial as usize]))
            .collect();
        let guest = Rc::new(Guest {
            number: self.store.data().guests.len(),
            shape: graft.shape,
            instance: RefCell::default(),
            imports,
            memories,
            external_tables: RefCell::new(external_tables),
            globals: globals.to_vec(),
        });
        self.store.data_mut().guests.push(guest.clone());
        let instance = self
            .linker
            .instantiate_and_start(&mut self.store, &module)
            .map_err(|error| Failure::Refused(format!("the grafted module: {error}")))?;
        *guest.instance.borrow_mut() = Some(instance);
        let frame = FRAMES;
        let layout = guest.shape.link_frame();
        for (index, value) in [STACK, 5, guest.number as u32].into_iter().enumerate() {
            set_slot(memory, &mut self.store, frame, index as u32, value.into());
        }
        for (index, &cell) in guest.memories.iter().enumerate() {
            set_slot(memory, &mut self.store, frame, layout.memory(index as u32), cell.into());
        }
        for (index, &value) in globals.iter().enumerate() {
            set_slot(memory, &mut self.store, frame, layout.global(index as u32), value);
        }
        enter(&mut self.store, &guest, ENTRY_LINK, 0, frame)?;
        enter(&mut self.store, &guest, ENTRY_START, 0, frame)?;
        Ok(guest)
    }

    /// Calls an exported function.
    pub fn call(&mut self, guest: &Guest, export: &str, arguments: &[u64]) -> Result<Vec<Bits>, Failure> {
        let kind = guest.shape.exports.iter().find(|one| one.name == export).map(|export| export.kind);
        let number = match kind {
            Some(ExportKind::Function(number)) => number,
            Some(ExportKind::Global(number)) => guest.shape.globals[number as usize].getter,
            other => return Err(Failure::Refused(format!("{export} is {other:?}"))),
        };
        call_function(&mut self.store, guest, number, arguments)
    }

    pub fn memory(&self, guest: &Guest, index: usize) -> &[u8] {
        let memory = self.store.data().memory.unwrap();
        let cell = guest.memories[index];
        let (base, bytes) = (word(memory, &self.store, cell), word(memory, &self.store, cell + 8));
        &memory.data(&self.store)[base as usize..(base + bytes) as usize]
    }
}

/// Calls a function of a guest by its number.
pub fn call_function(
    mut store: impl AsContextMut<Data = State>,
    guest: &Guest,
    number: u32,
    arguments: &[u64],
) -> Result<Vec<Bits>, Failure> {
    let Callable { results, params, entry } = &guest.shape.functions[number as usize];
    let entry = entry.ok_or_else(|| Failure::Trap("values of this type cannot cross".into()))?;
    let memory = store.as_context().data().memory.unwrap();
    let frame = word(memory, &store, STACK);
    let slots = params.len().max(results.len()) as u32;
    set_word(memory, &mut store, STACK, frame + slots * SLOT_BYTES);
    for (index, &argument) in arguments.iter().enumerate() {
        set_slot(memory, &mut store, frame, index as u32, argument);
    }
    let outcome = enter(&mut store, guest, entry, number, frame);
    let values = results
        .chars()
        .enumerate()
        .map(|(index, letter)| trim(letter, slot(memory, &store, frame, index as u32)))
        .collect();
    set_word(memory, &mut store, STACK, frame);
    outcome.map(|()| values)
}

fn enter(
    mut store: impl AsContextMut<Data = State>,
    guest: &Guest,
    entry: u32,
    number: u32,
    frame: u32,
) -> Result<(), Failure> {
    let memory = store.as_context().data().memory.unwrap();
    let top = word(memory, &store, STACK);
    let instance = guest.instance.borrow().unwrap();
    let run: TypedFunc<(i32, i32), ()> = instance
        .get_typed_func(&store, &entry.to_string())
        .map_err(|error| Failure::Refused(error.to_string()))?;
    let result = run.call(&mut store, (frame as i32, number as i32));
    let Err(error) = result else { return Ok(()) };
    set_word(memory, &mut store, STACK, top);
    let trap = STACK + control::STACK_TRAP as u32;
    let code = word(memory, &store, trap);
    set_word(memory, &mut store, trap, 0);
    Err(Failure::Trap(match code {
        0 if ["unreachable", "out of bounds memory"]
            .iter()
            .any(|words| error.to_string().contains(words)) =>
        {
            "out of bounds memory access".into()
        }
        traps::STACK => "call stack exhausted".into(),
        traps::CALLED => store.as_context_mut().data_mut().thrown.take().unwrap_or_default(),
        _ => error.to_string(),
    }))
}
