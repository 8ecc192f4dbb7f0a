//! Promises, microtasks and the value that flows with asynchronous control.

use rquickjs_sys as q;

use super::value::{Args, Cx, Js, Thrown, Val};
use super::{Intrinsic, Shared, shared_of};

#[cfg(feature = "patched")]
unsafe extern "C" {
    fn JS_GetAsyncContext(ctx: *mut q::JSContext) -> q::JSValue;
    fn JS_SetAsyncContext(ctx: *mut q::JSContext, context: q::JSValue);
}

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("promiseDetails", promise_details),
    ("markPromiseHandled", mark_promise_handled),
    ("setRejectionCallback", set_rejection_callback),
    ("setPromiseHooks", set_promise_hooks),
    ("runMicrotasks", run_microtasks),
    ("enqueueMicrotask", enqueue_microtask),
    ("getAsyncContext", get_async_context),
    ("setAsyncContext", set_async_context),
];

/// Puts the rejection tracker in its place.
pub(super) fn install(cx: Cx) {
    // SAFETY: the callback has the prototype QuickJS wants and needs no opaque pointer.
    unsafe { q::JS_SetHostPromiseRejectionTracker(cx.rt(), Some(rejection), std::ptr::null_mut()) };
}

unsafe extern "C" fn rejection(
    ctx: *mut q::JSContext,
    promise: q::JSValue,
    reason: q::JSValue,
    is_handled: bool,
    _: *mut std::ffi::c_void,
) {
    // SAFETY: QuickJS passes a live context.
    let cx = unsafe { Cx::from_raw(ctx) };
    let Some(callback) = shared_of(cx).callbacks.borrow().rejection.clone() else {
        return;
    };
    // The event numbers are V8's: 0 rejected without a handler, 1 a handler was added after that.
    let args = [cx.int(i32::from(is_handled)), cx.dup(promise), cx.dup(reason)];
    if let Err(thrown) = callback.call(&cx.undefined(), &args) {
        cx.take_exception(thrown);
    }
}

/// Runs microtasks until none are left. One that throws (only `enqueueMicrotask` callbacks can) is reported by the script's
/// own wrapper, so what arrives here is dropped. The async context afterwards is the one from before.
pub(super) fn drain(cx: Cx) {
    let context = current_context(cx);
    // SAFETY: plain calls; the out pointer outlives the call.
    unsafe {
        loop {
            let mut ctx = std::ptr::null_mut();
            match q::JS_ExecutePendingJob(cx.rt(), &raw mut ctx) {
                0 => break,
                1.. => {}
                _ => drop(Cx::from_raw(ctx).take_exception(Thrown)),
            }
        }
    }
    replace_context(cx, context);
}

/// `promiseDetails(p)`: `[state, result]`, state 0 pending, 1 fulfilled, 2 rejected; `undefined` if `p` is no promise.
fn promise_details(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let promise = args.get(0);
    // SAFETY: plain calls.
    let (state, result) = unsafe {
        (q::JS_PromiseState(cx.raw(), promise.raw()), cx.own(q::JS_PromiseResult(cx.raw(), promise.raw()))?)
    };
    if state == q::JSPromiseStateEnum_JS_PROMISE_NOT_A_PROMISE {
        return Ok(cx.undefined());
    }
    cx.list([cx.int(state), result])
}

/// `markPromiseHandled(p)`: a rejection of `p` will not be reported.
fn mark_promise_handled(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    // SAFETY: plain call.
    unsafe { q::JS_PromiseMarkAsHandled(cx.raw(), args.get(0).raw()) };
    Ok(cx.undefined())
}

/// `setRejectionCallback(fn)`: `fn(event, promise, reason)`.
fn set_rejection_callback(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    shared.callbacks.borrow_mut().rejection = Some(args.get(0).clone());
    Ok(cx.undefined())
}

/// `setPromiseHooks(init, before, after, settled)`: each `fn(promise, parent)` or undefined; they must not throw. `before` and `after`
/// surround a reaction of the promise, `settled` comes at each attempt to resolve or reject it. Without the patched library
/// reactions are not told of.
fn set_promise_hooks(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let hooks = std::array::from_fn(|index| Some(args.get(index).clone()).filter(Val::is_function));
    let any = hooks.iter().any(Option::is_some);
    shared.callbacks.borrow_mut().promise_hooks = hooks;
    // SAFETY: the callback has the prototype QuickJS wants and needs no opaque pointer.
    unsafe { q::JS_SetPromiseHook(cx.rt(), any.then_some(promise_hook as _), std::ptr::null_mut()) };
    Ok(cx.undefined())
}

unsafe extern "C" fn promise_hook(
    ctx: *mut q::JSContext,
    kind: q::JSPromiseHookType,
    promise: q::JSValue,
    parent: q::JSValue,
    _: *mut std::ffi::c_void,
) {
    // SAFETY: QuickJS passes a live context.
    let cx = unsafe { Cx::from_raw(ctx) };
    // QuickJS numbers them in the order of `promise_hooks`.
    let hook = shared_of(cx).callbacks.borrow().promise_hooks.get(kind as usize).cloned().flatten();
    let Some(hook) = hook else { return };
    if let Err(thrown) = hook.call(&cx.undefined(), &[cx.dup(promise), cx.dup(parent)]) {
        cx.take_exception(thrown);
    }
}

fn run_microtasks(_: &Shared, cx: Cx, _: &Args<'_>) -> Js {
    drain(cx);
    Ok(cx.undefined())
}

unsafe extern "C" fn call_job(
    ctx: *mut q::JSContext,
    argc: std::ffi::c_int,
    argv: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: QuickJS passes a live context and the arguments of the job: a function and the async context.
    let (cx, args) = unsafe {
        let cx = Cx::from_raw(ctx);
        (cx, Args::from_raw(cx, argc, argv))
    };
    replace_context(cx, args.get(1).clone());
    match args.get(0).call(&cx.undefined(), &[]) {
        Ok(value) => value.into_raw(),
        Err(Thrown) => q::JS_EXCEPTION,
    }
}

/// `enqueueMicrotask(fn)`: `fn` must not throw.
fn enqueue_microtask(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let context = current_context(cx);
    let mut job = [args.get(0).raw(), context.raw()];
    // SAFETY: QuickJS takes references of its own to the job's arguments.
    let done = unsafe { q::JS_EnqueueJob(cx.raw(), Some(call_job), 2, job.as_mut_ptr()) };
    if done < 0 { Err(Thrown) } else { Ok(cx.undefined()) }
}

fn get_async_context(_: &Shared, cx: Cx, _: &Args<'_>) -> Js {
    Ok(current_context(cx))
}

fn set_async_context(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    replace_context(cx, args.get(0).clone());
    Ok(cx.undefined())
}

/// The value that promise reactions made now will run with. Always `undefined` without the patched library.
fn current_context(cx: Cx) -> Val {
    #[cfg(feature = "patched")]
    // SAFETY: gives a new reference.
    return cx.own(unsafe { JS_GetAsyncContext(cx.raw()) }).unwrap_or_else(|_| cx.undefined());
    #[cfg(not(feature = "patched"))]
    cx.undefined()
}

fn replace_context(cx: Cx, context: Val) {
    #[cfg(feature = "patched")]
    // SAFETY: takes over the reference.
    unsafe {
        JS_SetAsyncContext(cx.raw(), context.into_raw());
    }
    #[cfg(not(feature = "patched"))]
    let _ = (cx, context);
}

#[cfg(all(test, feature = "patched"))]
mod tests {
    use crate::{Engine, OpState, QuickJs};

    #[test]
    fn hooks_see_reactions_awaits_and_rejections() {
        let source = "({ engine }) => {
            const ids = new Map(), log = [];
            const id = (promise) => promise === undefined ? '-' : ids.get(promise) ?? (ids.set(promise, ids.size), ids.size - 1);
            const note = (what) => (promise, parent) => void log.push(what + id(promise) + (what === 'i' ? id(parent) : ''));
            engine.setPromiseHooks(note('i'), note('b'), note('a'), note('s'));
            Promise.resolve(1).then(() => { throw 2; }).catch(() => 0);
            (async () => { await 1; })();
            engine.runMicrotasks();
            engine.setPromiseHooks();
            Promise.resolve(1);
            return log.join(' ');
        }";
        // Order and parents are V8's.
        let expected = "i0- s0 i10 i21 i3- i43 s4 i54 b1 s1 a1 b5 s3 s5 a5 b2 s2 a2";
        let mut engine = QuickJs::new(OpState::default(), &[]);
        assert_eq!(engine.run_host_script(source, "hooks.js"), Ok(expected.into()));
    }
}
