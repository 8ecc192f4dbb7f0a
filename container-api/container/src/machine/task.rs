//! A task's thread: the program is made ready, runs from `_start`, and ends.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use oac_abi::{bounds::CALL_ARGS_MAX, nr, wire::Request};
use oac_kernel::{Image, TaskFailure};
use wasmtime::{Memory, ResourceLimiter, Store, Trap, UpdateDeadline, WasmBacktrace};

use super::{Ended, Machine, TaskHandle, guest::Guest};
use crate::{
    error::one_line,
    runtime::{HOST_STACK_BYTES, WASM_STACK_BYTES},
};

/// Elements of a program's function table, at most.
const TABLE_ELEMENTS_MAX: usize = 10_000_000;
/// Functions named in a trap's message.
const FRAMES_TOLD: usize = 4;
/// Kept free below `WASM_STACK_BYTES`, so that wasm's own check comes before the end of the thread's stack.
const STACK_BYTES: usize = WASM_STACK_BYTES + HOST_STACK_BYTES;

/// What a program's store holds.
pub(crate) struct TaskState {
    pub(crate) machine: Arc<Machine>,
    pub(crate) task: Arc<TaskHandle>,
    pub(crate) memory: Option<Memory>,
    /// Joined inputs of the call under way.
    pub(crate) input: Vec<u8>,
    /// Output regions of the call under way, before they are dealt out.
    pub(crate) output: Vec<u8>,
    /// Modules that run beside the program.
    pub(crate) guests: Vec<Guest>,
    memory_bytes_max: usize,
}

/// The program wanted more memory than its container gives to a task.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the task's memory limit is reached")]
pub(super) struct MemoryLimit;

impl ResourceLimiter for TaskState {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.memory_bytes_max {
            return Err(MemoryLimit.into());
        }
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX && maximum.is_none_or(|maximum| desired <= maximum))
    }
}

pub(super) fn spawn_thread(machine: Arc<Machine>, task: Arc<TaskHandle>, image: Image) -> io::Result<()> {
    let name = match &image {
        Image::Program(name) => format!("{} {name}", task.id),
        Image::Wasm(_) => format!("{} wasm", task.id),
    };
    thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(move || {
        let id = task.id;
        // A panic is a fault of ours; it must not take the other tasks along.
        let failure = catch_unwind(AssertUnwindSafe(|| run(&machine, task, image))).unwrap_or_else(|_| {
            let message = "oac itself failed while serving this task; its message is on oac's stderr".into();
            Some(TaskFailure::Trap { unreachable: false, message })
        });
        machine.thread_ends(id, failure);
    })?;
    Ok(())
}

/// Runs the program to its end. `None`: the kernel knows of the end already.
fn run(machine: &Arc<Machine>, task: Arc<TaskHandle>, image: Image) -> Option<TaskFailure> {
    let runtime = machine.runtime();
    let loaded = match &image {
        Image::Program(name) => runtime.program(name),
        Image::Wasm(bytes) => runtime.module(bytes),
    };
    // The image may be hundreds of megabytes; from here on the compiled module stands for it.
    drop(image);
    let module = match loaded {
        Ok(module) => module,
        Err(error) => return Some(TaskFailure::Load { message: error.to_string() }),
    };
    let state = TaskState {
        machine: machine.clone(),
        task: task.clone(),
        memory: None,
        input: Vec::new(),
        output: Vec::new(),
        guests: Vec::new(),
        memory_bytes_max: machine.memory_bytes_max.and_then(|max| max.try_into().ok()).unwrap_or(usize::MAX),
    };
    let mut store = Store::new(runtime.engine(), state);
    store.limiter(|state| state);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|context| {
        // Epochs pass for every task when one is stopped.
        if context.data().task.is_stopped() { Err(Ended.into()) } else { Ok(UpdateDeadline::Continue(1)) }
    });
    if task.is_stopped() {
        return None;
    }
    let instance = match module.instantiate(&mut store) {
        Ok(instance) => instance,
        Err(error) => return failure(&error, true),
    };
    let started =
        instance.get_typed_func::<(), ()>(&mut store, "_start").and_then(|start| start.call(&mut store, ()));
    match started {
        Ok(()) => {
            let request = Request { number: nr::EXIT, args: [0; CALL_ARGS_MAX], input: &[] };
            // It says `Ended`, as is right.
            let _ = machine.call(&task, request, &mut []);
            None
        }
        Err(error) => failure(&error, false),
    }
}

fn failure(error: &wasmtime::Error, loading: bool) -> Option<TaskFailure> {
    if error.is::<Ended>() {
        return None;
    }
    if error.is::<MemoryLimit>() {
        return Some(TaskFailure::OutOfMemory);
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => Some(TaskFailure::Trap {
            unreachable: *trap == Trap::UnreachableCodeReached,
            message: format!("{trap}{}", innermost_functions(error)),
        }),
        None if loading => Some(TaskFailure::Load { message: one_line(error) }),
        None => Some(TaskFailure::Trap { unreachable: false, message: one_line(error) }),
    }
}

/// Where it happened: `, in f called by g …`; nothing when the module carries no names.
fn innermost_functions(error: &wasmtime::Error) -> String {
    let frames = error.downcast_ref::<WasmBacktrace>().map_or(&[][..], WasmBacktrace::frames);
    let names: Vec<String> = frames
        .iter()
        .filter_map(|frame| frame.func_name())
        .map(|name| format!("{:#}", rustc_demangle::demangle(name)))
        .take(FRAMES_TOLD)
        .collect();
    if names.is_empty() { String::new() } else { format!(", in {}", names.join(" called by ")) }
}
