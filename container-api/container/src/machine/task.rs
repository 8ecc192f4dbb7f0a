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
    pub(crate) usage: Usage,
}

/// What this task has of its container's budget.
pub(crate) struct Usage {
    machine: Arc<Machine>,
    memory_bytes: u64,
    /// The memory that its program began with.
    begun_bytes: Option<usize>,
    /// What the last growth took, until the next: it may yet fail.
    growth_bytes: u64,
    /// Processor time of the thread that has been counted.
    cpu_ns: u64,
}

/// The program wanted more memory than its container has left.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the container's memory limit is reached")]
pub(super) struct MemoryLimit;

/// The programs of the container have used up their processor time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the container's time limit is reached")]
pub(super) struct TimeLimit;

impl Usage {
    fn new(machine: &Arc<Machine>) -> Usage {
        Usage { machine: machine.clone(), memory_bytes: 0, begun_bytes: None, growth_bytes: 0, cpu_ns: 0 }
    }

    fn grow(&mut self, bytes: usize) -> wasmtime::Result<()> {
        let bytes = bytes as u64;
        if !self.machine.meter().take_memory(bytes) {
            return Err(MemoryLimit.into());
        }
        self.memory_bytes += bytes;
        self.growth_bytes = bytes;
        Ok(())
    }

    fn growth_failed(&mut self) {
        let bytes = std::mem::take(&mut self.growth_bytes);
        self.machine.meter().give_memory(bytes);
        self.memory_bytes -= bytes;
    }

    /// Tells the kernel; must be called on the task's thread.
    pub(crate) fn report(&self, task: &TaskHandle) {
        self.machine.report_usage(task.id, super::clocks::thread_cpu_ns(), self.memory_bytes);
    }

    /// Counts the thread's time since the last count; must be called on that thread. Whether the container has some left.
    fn count_time(&mut self) -> bool {
        let now_ns = super::clocks::thread_cpu_ns();
        let spent_ns = now_ns.saturating_sub(self.cpu_ns);
        self.cpu_ns = now_ns;
        self.machine.meter().spend(spent_ns)
    }
}

impl Drop for Usage {
    fn drop(&mut self) {
        self.count_time();
        self.machine.meter().give_memory(self.memory_bytes);
    }
}

impl ResourceLimiter for TaskState {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // RLIMIT_AS, which programs may have; beyond it they find no memory, as with malloc(3).
        let own = self.machine.with_kernel(|kernel| kernel.memory_limit_bytes(self.task.id));
        let own = own.and_then(|bytes| usize::try_from(bytes).ok());
        if [maximum, own].into_iter().flatten().any(|maximum| desired > maximum) {
            return Ok(false);
        }
        let thread = self.machine.with_kernel(|kernel| kernel.thread_memory_bytes(self.task.id));
        let begun = *self.usage.begun_bytes.get_or_insert(desired);
        if thread.is_some_and(|bytes| (desired - begun) as u64 > bytes) {
            return Err(MemoryLimit.into());
        }
        self.usage.grow(desired - current)?;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.usage.growth_failed();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX || maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.usage.grow((desired - current) * size_of::<usize>())?;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.usage.growth_failed();
        Ok(())
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
        usage: Usage::new(machine),
    };
    let mut store = Store::new(runtime.engine(), state);
    store.limiter(|state| state);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        // Epochs pass for every task when one is stopped, and with the ticks of a container in which time is limited.
        let state = context.data_mut();
        if state.machine.is_ticking() && !state.task.is_stopped() {
            if !state.usage.count_time() {
                return Err(TimeLimit.into());
            }
            state.usage.report(&state.task);
        }
        if state.task.is_stopped() { Err(Ended.into()) } else { Ok(UpdateDeadline::Continue(1)) }
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
            store.data().usage.report(&task);
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
    if error.is::<TimeLimit>() {
        return Some(TaskFailure::OutOfTime);
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
