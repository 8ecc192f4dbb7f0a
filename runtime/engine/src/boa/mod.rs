//! Boa behind the port: an engine in Rust alone.
//!
//! It is built with the diffs of `patches/boa_engine/` (`cargo xtask` applies them); without those it does not compile. What native
//! functions share is leaked, as the realm lives until the process ends; values kept there are roots of the collector.

mod args;
mod hooks;
mod inspect;
#[cfg(test)]
mod language_tests;
mod memory;
mod module;
mod promise;
mod script;
mod source_name;
mod stack;
#[cfg(test)]
#[path = "../tests.rs"]
mod tests;
#[cfg(test)]
#[path = "../tests_patched.rs"]
mod tests_patched;
mod weak_symbols;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::{
    Context, JsArgs as _, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction,
};

use crate::port::{Engine, EngineError, OpArgs, OpDecl, OpState, OpValue, Reenter, ReentrantOp, StackSwitch};
use args::{BoaArgs, to_js, to_op};

#[cfg(test)]
use Boa as Tested;

/// Calls of scripts on the stack, at most. Boa keeps them on its heap.
const MAX_CALL_DEPTH: u32 = 9_000;

/// Numbers that a reentrant op takes, at most.
const REENTRANT_ARGS_MAX: usize = 8;

/// A native function of the engine's own.
type Intrinsic = fn(&'static Shared, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// What native functions share.
struct Shared {
    ops: Vec<OpDecl>,
    reentrant: &'static [ReentrantOp],
    intrinsics: Vec<(&'static str, Intrinsic)>,
    state: RefCell<OpState>,
    entries: RefCell<HashMap<String, JsObject>>,
    modules: RefCell<module::Modules>,
    promises: promise::Promises,
    stack: stack::Stack,
    timezone: RefCell<Option<memory::Timezone>>,
    random: Cell<u64>,
    classes: inspect::Classes,
}

/// A Boa realm.
pub struct Boa {
    context: Context,
    shared: &'static Shared,
    host: JsObject,
}

impl Boa {
    /// Makes a runtime with one realm. `ops` is a list of tables, one per binding.
    pub fn new(state: OpState, ops: &[&[OpDecl]]) -> Self {
        Boa::with_reentrant(state, ops, &[])
    }

    /// The same, with ops during which scripts run again.
    pub fn with_reentrant(state: OpState, ops: &[&[OpDecl]], reentrant: &'static [ReentrantOp]) -> Self {
        let shared: &'static Shared = Box::leak(Box::new(Shared {
            ops: ops.iter().flat_map(|table| table.iter().copied()).collect(),
            reentrant,
            intrinsics: [script::TABLE, promise::TABLE, inspect::TABLE, memory::TABLE, module::TABLE]
                .concat(),
            state: RefCell::new(state),
            entries: RefCell::default(),
            modules: RefCell::default(),
            promises: promise::Promises::default(),
            stack: stack::Stack::default(),
            timezone: RefCell::default(),
            random: Cell::new(0x9E37_79B9_7F4A_7C15),
            classes: inspect::Classes::default(),
        }));
        let mut context = Context::builder()
            .host_hooks(Rc::new(hooks::Hooks { shared }))
            .job_executor(Rc::new(promise::Jobs { shared }))
            .build()
            .unwrap_or_else(|error| panic!("no JavaScript realm: {error}"));
        script::limit_depth(&mut context, MAX_CALL_DEPTH);
        context.runtime_limits_mut().set_backtrace_limit(0);
        let host = script::prepare_realm(shared, &mut context)
            .and_then(|()| host_object(shared, &mut context))
            .unwrap_or_else(|error| panic!("no host object: {error}"));
        Boa { context, shared, host }
    }

    fn uncaught(&mut self, error: boa_engine::JsError) -> EngineError {
        EngineError::Uncaught(stack::describe(error, &mut self.context))
    }
}

/// A native function by this name.
fn native(
    context: &Context,
    name: &str,
    run: impl Fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue> + Copy + 'static,
) -> JsObject {
    let function = NativeFunction::from_copy_closure(run);
    FunctionObjectBuilder::new(context.realm(), function).name(JsString::from(name)).length(0).build().into()
}

/// Sets an own property that is writable, enumerable and configurable.
fn put(object: &JsObject, key: &str, value: impl Into<JsValue>, context: &mut Context) -> JsResult<()> {
    object.create_data_property_or_throw(JsString::from(key), value, context).map(drop)
}

/// `{ ops, engine, global }`.
fn host_object(shared: &'static Shared, context: &mut Context) -> JsResult<JsObject> {
    let ops = JsObject::with_object_proto(context.intrinsics());
    for (index, op) in shared.ops.iter().enumerate() {
        let run = move |_: &JsValue, args: &[JsValue], context: &mut Context| {
            let outcome = {
                let source = BoaArgs::new(args);
                (shared.ops[index].run)(&mut shared.state.borrow_mut(), &OpArgs::new(&source))
            };
            args::finish(outcome, context)
        };
        put(&ops, op.name, native(context, op.name, run), context)?;
    }
    for (index, op) in shared.reentrant.iter().enumerate() {
        let run = move |_: &JsValue, args: &[JsValue], context: &mut Context| {
            reenter(shared, shared.reentrant[index], args, context)
        };
        put(&ops, op.name, native(context, op.name, run), context)?;
    }
    let engine = JsObject::with_object_proto(context.intrinsics());
    for (index, (name, _)) in shared.intrinsics.iter().enumerate() {
        let run = move |_: &JsValue, args: &[JsValue], context: &mut Context| {
            (shared.intrinsics[index].1)(shared, args, context)
        };
        put(&engine, name, native(context, name, run), context)?;
    }
    let host = JsObject::with_object_proto(context.intrinsics());
    put(&host, "ops", ops, context)?;
    put(&host, "engine", engine, context)?;
    let global = context.global_object();
    put(&host, "global", global, context)?;
    Ok(host)
}

fn reenter(
    shared: &'static Shared,
    op: ReentrantOp,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut numbers = [f64::NAN; REENTRANT_ARGS_MAX];
    let count = args.len().min(REENTRANT_ARGS_MAX);
    for (index, number) in numbers[..count].iter_mut().enumerate() {
        *number = args.get_or_undefined(index).as_number().unwrap_or(f64::NAN);
    }
    let way = Reentry { context: RefCell::new(context), shared };
    Ok((op.run)(&way, &numbers[..count]).into())
}

/// A script that waits for a reentrant op.
struct Reentry<'a> {
    context: RefCell<&'a mut Context>,
    shared: &'static Shared,
}

impl Reenter for Reentry<'_> {
    fn call(&self, entry: &str, args: &[f64]) -> Result<f64, EngineError> {
        let function = self.shared.entries.borrow().get(entry).cloned();
        let function = function.ok_or_else(|| EngineError::NoEntry(entry.to_owned()))?;
        let args: Vec<JsValue> = args.iter().map(|&number| number.into()).collect();
        // Scripts that run now reach the op's way back by an op of their own: this one is not borrowed twice.
        let context = &mut *self.context.borrow_mut();
        match function.call(&JsValue::undefined(), &args, context) {
            Ok(value) => Ok(value.as_number().unwrap_or(f64::NAN)),
            Err(error) => Err(EngineError::Uncaught(stack::describe(error, context))),
        }
    }
}

impl Engine for Boa {
    fn run_host_script(&mut self, source: &str, file_name: &str) -> Result<OpValue, EngineError> {
        let context = &mut self.context;
        let mut run = || {
            let function = script::evaluate(self.shared, source, file_name, 0, context)?;
            let function = function
                .as_callable()
                .ok_or_else(|| JsNativeError::typ().with_message("a host script must be a function"))?;
            let value = function.call(&JsValue::undefined(), &[self.host.clone().into()], context)?;
            to_op(&value, context)
        };
        run().map_err(|error| self.uncaught(error))
    }

    fn call(&mut self, entry: &str, args: &[OpValue]) -> Result<OpValue, EngineError> {
        let function = self.shared.entries.borrow().get(entry).cloned();
        let function = function.ok_or_else(|| EngineError::NoEntry(entry.to_owned()))?;
        let context = &mut self.context;
        let mut run = || {
            let args = args.iter().map(|arg| to_js(arg, context)).collect::<JsResult<Vec<_>>>()?;
            let value = function.call(&JsValue::undefined(), &args, context)?;
            to_op(&value, context)
        };
        run().map_err(|error| self.uncaught(error))
    }

    fn run_microtasks(&mut self) {
        promise::drain(self.shared, &mut self.context);
    }

    fn with_state<R>(&mut self, f: impl FnOnce(&mut OpState) -> R) -> R {
        f(&mut self.shared.state.borrow_mut())
    }

    fn reseed(&mut self, entropy: [u8; 16]) {
        let (low, high) = entropy.split_at(8);
        let seed =
            low.iter().zip(high).fold(0u64, |seed, (a, b)| seed << 8 | u64::from(a ^ b.rotate_left(3)));
        self.shared.random.set(seed | 1);
    }

    fn limit_call_depth(&mut self, frames: u32) {
        script::limit_depth(&mut self.context, frames);
    }

    fn set_stack_switch(&mut self, _: StackSwitch) {}

    fn collect_garbage(&mut self) {
        boa_engine::gc::force_collect();
    }
}
