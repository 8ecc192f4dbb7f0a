//! QuickJS-ng behind the port.
//!
//! The runtime is never freed: `JS_FreeRuntime` asserts that no value is held any more, a program ends by exiting, and a
//! wasm instance is dropped whole. That is what lets `value::Cx` be a plain copyable pointer.

mod args;
mod inspect;
mod intrinsics;
mod memory;
mod module;
#[cfg(all(test, feature = "patched"))]
mod patch_tests;
mod promise;
mod script;
#[cfg(test)]
#[path = "../tests.rs"]
mod tests;
#[cfg(all(test, feature = "patched"))]
#[path = "../tests_patched.rs"]
mod tests_patched;
mod value;

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CString;

use rquickjs_sys as q;

use crate::port::{Engine, EngineError, OpArgs, OpDecl, OpState, OpValue, Reenter, ReentrantOp, StackSwitch};
use args::{QuickArgs, to_js, to_op};
use value::{Args, Cx, Js, Val};

#[cfg(test)]
use QuickJs as Tested;

/// Frames of JavaScript calls after which a `RangeError` is thrown. The stack of a wasm instance cannot be measured from
/// inside, and its end is a trap; a native frame of the interpreter takes about 400 bytes there.
const MAX_CALL_DEPTH: u32 = 7_000;

/// The part of the machine stack that scripts may fill, natively and as the shadow stack in wasm.
const MAX_STACK_BYTES: usize = if cfg!(target_family = "wasm") { 6 << 20 } else { 4 << 20 };

/// How much is allocated between two garbage collections at first. QuickJS raises it to 1.5 times what survived.
const GC_THRESHOLD_BYTES: usize = 16 << 20;

/// Numbers that a reentrant op takes, at most.
const REENTRANT_ARGS_MAX: usize = 8;

/// A native function of the engine's own.
type Intrinsic = fn(&Shared, Cx, &Args<'_>) -> Js;

/// What native functions reach through the runtime's opaque pointer.
struct Shared {
    ops: Vec<OpDecl>,
    reentrant: &'static [ReentrantOp],
    intrinsics: Vec<(&'static str, Intrinsic)>,
    state: RefCell<OpState>,
    entries: RefCell<HashMap<String, Val>>,
    modules: RefCell<module::Modules>,
    callbacks: RefCell<Callbacks>,
    /// The questions of `runWatched`, innermost last.
    watches: RefCell<Vec<Val>>,
}

/// Script functions that the engine calls on its own account.
#[derive(Default)]
struct Callbacks {
    rejection: Option<Val>,
    /// What is told of a promise's life: init, before, after, settled.
    promise_hooks: [Option<Val>; 4],
    stack: Option<Val>,
    #[cfg(feature = "patched")]
    import: Option<Val>,
}

/// A QuickJS-ng realm.
pub struct QuickJs {
    cx: Cx,
    shared: &'static Shared,
    host: Val,
}

impl QuickJs {
    /// Makes a runtime with one realm. `ops` is a list of tables, one per binding.
    pub fn new(state: OpState, ops: &[&[OpDecl]]) -> Self {
        QuickJs::with_reentrant(state, ops, &[])
    }

    /// The same, with ops during which scripts run again.
    pub fn with_reentrant(state: OpState, ops: &[&[OpDecl]], reentrant: &'static [ReentrantOp]) -> Self {
        // SAFETY: plain calls; the runtime lives until the process ends.
        let cx = unsafe {
            let rt = q::JS_NewRuntime();
            assert!(!rt.is_null(), "no memory for a JavaScript runtime");
            q::JS_SetMaxStackSize(rt, MAX_STACK_BYTES as _);
            q::JS_SetGCThreshold(rt, GC_THRESHOLD_BYTES as _);
            let ctx = q::JS_NewContext(rt);
            assert!(!ctx.is_null(), "no memory for a JavaScript realm");
            Cx::from_raw(ctx)
        };
        let shared: &'static Shared = Box::leak(Box::new(Shared {
            ops: ops.iter().flat_map(|table| table.iter().copied()).collect(),
            reentrant,
            intrinsics: intrinsics::all(),
            state: RefCell::new(state),
            entries: RefCell::default(),
            modules: RefCell::default(),
            callbacks: RefCell::default(),
            watches: RefCell::default(),
        }));
        // SAFETY: `shared` is leaked, so the pointer stays good.
        unsafe { q::JS_SetRuntimeOpaque(cx.rt(), std::ptr::from_ref(shared).cast_mut().cast()) };
        promise::install(cx);
        module::install(cx);
        script::limit_depth(cx, MAX_CALL_DEPTH);
        let host = host_object(cx, shared).unwrap_or_else(|t| panic!("no host object: {}", cx.describe(t)));
        QuickJs { cx, shared, host }
    }
}

/// `{ ops, engine, global }`.
fn host_object(cx: Cx, shared: &Shared) -> Js {
    let ops = cx.object()?;
    for (i, op) in shared.ops.iter().enumerate() {
        ops.set(op.name, native_function(cx, op.name, op_trampoline, i)?)?;
    }
    for (i, op) in shared.reentrant.iter().enumerate() {
        ops.set(op.name, native_function(cx, op.name, reentrant_trampoline, i)?)?;
    }
    let engine = cx.object()?;
    for (i, (name, _)) in shared.intrinsics.iter().enumerate() {
        engine.set(name, native_function(cx, name, intrinsic_trampoline, i)?)?;
    }
    let host = cx.object()?;
    host.set("ops", ops)?;
    host.set("engine", engine)?;
    host.set("global", cx.global())?;
    Ok(host)
}

type Trampoline = unsafe extern "C" fn(
    *mut q::JSContext,
    q::JSValue,
    std::ffi::c_int,
    *mut q::JSValue,
    std::ffi::c_int,
) -> q::JSValue;

fn native_function(cx: Cx, name: &str, run: Trampoline, index: usize) -> Js {
    let name = CString::new(name).unwrap_or_default();
    // SAFETY: a function of the prototype `generic_magic` is stored in the union as `generic` and called as what the
    // prototype says; QuickJS's own JS_NewCFunctionMagic does the same.
    let raw = unsafe {
        let generic = std::mem::transmute::<
            Trampoline,
            unsafe extern "C" fn(
                *mut q::JSContext,
                q::JSValue,
                std::ffi::c_int,
                *mut q::JSValue,
            ) -> q::JSValue,
        >(run);
        q::JS_NewCFunction2(
            cx.raw(),
            Some(generic),
            name.as_ptr(),
            0,
            q::JSCFunctionEnum_JS_CFUNC_generic_magic,
            index as _,
        )
    };
    cx.own(raw)
}

/// The [`Shared`] of a context's runtime.
fn shared_of(cx: Cx) -> &'static Shared {
    // SAFETY: `QuickJs::new` put a leaked `Shared` there before any script could run.
    unsafe { &*q::JS_GetRuntimeOpaque(cx.rt()).cast::<Shared>() }
}

/// What a native function was called with.
///
/// # Safety
/// The context is alive, and there are `argc` values at `argv` for as long as the result is used.
unsafe fn entered<'a>(
    ctx: *mut q::JSContext,
    argc: std::ffi::c_int,
    argv: *mut q::JSValue,
) -> (Cx, Args<'a>, &'static Shared) {
    // SAFETY: as the caller promises.
    unsafe {
        let cx = Cx::from_raw(ctx);
        (cx, Args::from_raw(cx, argc, argv), shared_of(cx))
    }
}

unsafe extern "C" fn op_trampoline(
    ctx: *mut q::JSContext,
    _: q::JSValue,
    argc: std::ffi::c_int,
    argv: *mut q::JSValue,
    index: std::ffi::c_int,
) -> q::JSValue {
    // SAFETY: QuickJS passes a live context and arguments.
    let (cx, args, shared) = unsafe { entered(ctx, argc, argv) };
    let outcome = {
        let source = QuickArgs::new(&args);
        (shared.ops[index as usize].run)(&mut shared.state.borrow_mut(), &OpArgs::new(&source))
    };
    args::finish(cx, outcome)
}

unsafe extern "C" fn intrinsic_trampoline(
    ctx: *mut q::JSContext,
    _: q::JSValue,
    argc: std::ffi::c_int,
    argv: *mut q::JSValue,
    index: std::ffi::c_int,
) -> q::JSValue {
    // SAFETY: QuickJS passes a live context and arguments.
    let (cx, args, shared) = unsafe { entered(ctx, argc, argv) };
    match (shared.intrinsics[index as usize].1)(shared, cx, &args) {
        Ok(value) => value.into_raw(),
        Err(value::Thrown) => q::JS_EXCEPTION,
    }
}

unsafe extern "C" fn reentrant_trampoline(
    ctx: *mut q::JSContext,
    _: q::JSValue,
    argc: std::ffi::c_int,
    argv: *mut q::JSValue,
    index: std::ffi::c_int,
) -> q::JSValue {
    // SAFETY: QuickJS passes a live context and arguments.
    let (cx, args, shared) = unsafe { entered(ctx, argc, argv) };
    let mut numbers = [f64::NAN; REENTRANT_ARGS_MAX];
    let count = args.len().min(REENTRANT_ARGS_MAX);
    for (index, number) in numbers[..count].iter_mut().enumerate() {
        *number = args.get(index).as_num().unwrap_or(f64::NAN);
    }
    let result = (shared.reentrant[index as usize].run)(&Reentry { cx, shared }, &numbers[..count]);
    cx.num(result).into_raw()
}

/// A script that waits for a reentrant op.
struct Reentry<'a> {
    cx: Cx,
    shared: &'a Shared,
}

impl Reenter for Reentry<'_> {
    fn call(&self, entry: &str, args: &[f64]) -> Result<f64, EngineError> {
        let cx = self.cx;
        let function = self.shared.entries.borrow().get(entry).cloned();
        let function = function.ok_or_else(|| EngineError::NoEntry(entry.to_owned()))?;
        let args: Vec<Val> = args.iter().map(|&number| cx.num(number)).collect();
        match function.call(&cx.undefined(), &args) {
            Ok(value) => Ok(value.as_num().unwrap_or(f64::NAN)),
            Err(thrown) => Err(EngineError::Uncaught(cx.describe(thrown))),
        }
    }
}

impl Engine for QuickJs {
    fn run_host_script(&mut self, source: &str, file_name: &str) -> Result<OpValue, EngineError> {
        let cx = self.cx;
        let run = || {
            let function = cx.compile_global(source, file_name, 1, q::JS_EVAL_TYPE_GLOBAL)?;
            let value = function.call(&cx.undefined(), std::slice::from_ref(&self.host))?;
            to_op(&value)
        };
        run().map_err(|t| EngineError::Uncaught(cx.describe(t)))
    }

    fn call(&mut self, entry: &str, args: &[OpValue]) -> Result<OpValue, EngineError> {
        let cx = self.cx;
        let function = self.shared.entries.borrow().get(entry).cloned();
        let Some(function) = function else {
            return Err(EngineError::NoEntry(entry.to_owned()));
        };
        let run = || {
            let args = args.iter().map(|a| to_js(cx, a)).collect::<Js<Vec<_>>>()?;
            to_op(&function.call(&cx.undefined(), &args)?)
        };
        run().map_err(|t| EngineError::Uncaught(cx.describe(t)))
    }

    fn run_microtasks(&mut self) {
        promise::drain(self.cx);
    }

    fn with_state<R>(&mut self, f: impl FnOnce(&mut OpState) -> R) -> R {
        f(&mut self.shared.state.borrow_mut())
    }

    fn reseed(&mut self, entropy: [u8; 16]) {
        script::reseed(self.cx, entropy);
    }

    fn limit_call_depth(&mut self, frames: u32) {
        script::limit_depth(self.cx, frames);
    }

    fn set_stack_switch(&mut self, switch: StackSwitch) {
        script::set_stack_switch(self.cx, switch);
    }

    fn collect_garbage(&mut self) {
        // SAFETY: plain call.
        unsafe { q::JS_RunGC(self.cx.rt()) };
    }
}
