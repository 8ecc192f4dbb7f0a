//! Guest modules: wasm that runs beside a program, in its memory and on its stack, as one task with it.
//!
//! A guest can do no more than its program can: it imports the program's memory and table, and nothing of the kernel.

use std::collections::HashMap;

use oac_abi::{
    Errno,
    guest::{GUESTS_MAX, GuestTrap, PROGRAM_TABLE},
};
use wasmtime::{Caller, Extern, Instance, Trap, TypedFunc};

use super::{
    Ended,
    task::{MemoryLimit, TaskState, TimeLimit},
};

/// A guest and the entries that have been called.
pub(crate) struct Guest {
    instance: Instance,
    entries: HashMap<u32, TypedFunc<(u32, u32), ()>>,
}

/// `guest_load`: the module lies at `at` in the program's memory.
pub(super) fn load(
    caller: &mut Caller<'_, TaskState>,
    at: u32,
    len: u32,
) -> wasmtime::Result<Result<i64, Errno>> {
    if caller.data().guests.len() >= GUESTS_MAX {
        return Ok(Err(Errno::EMFILE));
    }
    let (Some(Extern::Memory(memory)), Some(Extern::Table(table))) =
        (caller.get_export("memory"), caller.get_export(PROGRAM_TABLE))
    else {
        return Ok(Err(Errno::ENOEXEC));
    };
    let range = at as usize..at as usize + len as usize;
    let Some(wasm) = memory.data(&*caller).get(range) else { return Ok(Err(Errno::EFAULT)) };
    let runtime = caller.data().machine.runtime().clone();
    let Ok(module) = runtime.guest(wasm) else { return Ok(Err(Errno::ENOEXEC)) };
    let mut imports = Vec::new();
    for import in module.imports() {
        imports.push(match (import.module(), import.name()) {
            ("oac", "memory") => Extern::from(memory),
            ("oac", "table") => Extern::from(table),
            _ => return Ok(Err(Errno::ENOEXEC)),
        });
    }
    match Instance::new(&mut *caller, &module, &imports) {
        Ok(instance) => {
            let guests = &mut caller.data_mut().guests;
            guests.push(Guest { instance, entries: HashMap::new() });
            Ok(Ok(guests.len() as i64 - 1))
        }
        Err(error) if ends_the_task(&error) => Err(error),
        Err(_) => Ok(Err(Errno::ENOEXEC)),
    }
}

/// `guest_call`.
pub(super) fn call(
    caller: &mut Caller<'_, TaskState>,
    [guest, entry, frame, function]: [u32; 4],
) -> wasmtime::Result<Result<i64, Errno>> {
    let Some(known) = caller.data().guests.get(guest as usize) else { return Ok(Err(Errno::EBADF)) };
    let run = match known.entries.get(&entry) {
        Some(run) => run.clone(),
        None => {
            let instance = known.instance;
            let Ok(run) = instance.get_typed_func::<(u32, u32), ()>(&mut *caller, &entry.to_string()) else {
                return Ok(Err(Errno::ENOENT));
            };
            caller.data_mut().guests[guest as usize].entries.insert(entry, run.clone());
            run
        }
    };
    match run.call(&mut *caller, (frame, function)) {
        Ok(()) => Ok(Ok(0)),
        Err(error) if ends_the_task(&error) => Err(error),
        Err(error) => Ok(Ok(trap(&error) as i64)),
    }
}

/// Whether it is no matter of the guest's alone.
fn ends_the_task(error: &wasmtime::Error) -> bool {
    error.is::<Ended>() || error.is::<MemoryLimit>() || error.is::<TimeLimit>()
}

fn trap(error: &wasmtime::Error) -> GuestTrap {
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => GuestTrap::Unreachable,
        Some(Trap::MemoryOutOfBounds | Trap::HeapMisaligned) => GuestTrap::Memory,
        Some(Trap::TableOutOfBounds) => GuestTrap::Table,
        Some(Trap::IndirectCallToNull) => GuestTrap::NullCall,
        Some(Trap::BadSignature) => GuestTrap::Signature,
        Some(Trap::IntegerDivisionByZero) => GuestTrap::DivisionByZero,
        Some(Trap::IntegerOverflow) => GuestTrap::Overflow,
        Some(Trap::BadConversionToInteger) => GuestTrap::Conversion,
        Some(Trap::StackOverflow) => GuestTrap::Stack,
        _ => GuestTrap::Other,
    }
}
