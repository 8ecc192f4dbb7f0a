//! Promises, microtasks and the value that flows with asynchronous control.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use boa_engine::builtins::promise::{OperationType, Promise, PromiseState};
use boa_engine::job::{GenericJob, Job, JobCallback, JobExecutor, PromiseJob};
use boa_engine::object::builtins::{JsArray, JsFunction, JsPromise};
use boa_engine::{Context, Finalize, JsArgs as _, JsData, JsObject, JsResult, JsValue, Trace};

use super::args::type_error;
use super::{Intrinsic, Shared};

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("promiseDetails", promise_details),
    ("markPromiseHandled", mark_promise_handled),
    ("setRejectionCallback", set_rejection_callback),
    ("runMicrotasks", run_microtasks),
    ("enqueueMicrotask", enqueue_microtask),
    ("getAsyncContext", get_async_context),
    ("setAsyncContext", set_async_context),
];

/// What promises need between calls.
#[derive(Default)]
pub(super) struct Promises {
    /// The value that reactions made now will run with.
    context: RefCell<JsValue>,
    rejection: RefCell<Option<JsObject>>,
    queue: RefCell<VecDeque<Microtask>>,
}

enum Microtask {
    Promise(PromiseJob),
    Generic(GenericJob),
}

/// The queue of microtasks.
pub(super) struct Jobs {
    pub(super) shared: &'static Shared,
}

impl JobExecutor for Jobs {
    fn enqueue_job(self: Rc<Self>, job: Job, _: &mut Context) {
        let job = match job {
            Job::PromiseJob(job) => Microtask::Promise(job),
            Job::GenericJob(job) => Microtask::Generic(job),
            // Timers are not of the language; asynchronous jobs are those of finalization registries, whose callbacks
            // the language need not call.
            _ => return,
        };
        self.shared.promises.queue.borrow_mut().push_back(job);
    }

    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        drain(self.shared, context);
        Ok(())
    }
}

/// Runs microtasks until none are left. One that throws (only `enqueueMicrotask` callbacks can) is reported by the script's
/// own wrapper, so what arrives here is dropped. The async context afterwards is the one from before.
pub(super) fn drain(shared: &Shared, context: &mut Context) {
    let before = shared.promises.context.borrow().clone();
    loop {
        let job = shared.promises.queue.borrow_mut().pop_front();
        let _reported = match job {
            None => break,
            Some(Microtask::Promise(job)) => job.call(context),
            Some(Microtask::Generic(job)) => job.call(context),
        };
    }
    context.clear_kept_objects();
    shared.promises.context.replace(before);
}

/// The async context in which a reaction was made.
#[derive(Trace, Finalize, JsData)]
struct AsyncContext(JsValue);

/// A reaction that remembers the async context.
pub(super) fn with_async_context(shared: &Shared, callback: JsFunction) -> JobCallback {
    JobCallback::new(callback, AsyncContext(shared.promises.context.borrow().clone()))
}

/// Before a reaction runs.
pub(super) fn enter_async_context(shared: &Shared, job: &JobCallback) {
    if let Some(AsyncContext(context)) = job.host_defined().downcast_ref::<AsyncContext>() {
        shared.promises.context.replace(context.clone());
    }
}

/// A promise was rejected without a handler, or got one after that.
pub(super) fn rejection(
    shared: &Shared,
    promise: &JsObject<Promise>,
    operation: OperationType,
    context: &mut Context,
) {
    let Some(callback) = shared.promises.rejection.borrow().clone() else {
        return;
    };
    let promise = promise.clone().upcast();
    let reason = match JsPromise::from_object(promise.clone()).map(|promise| promise.state()) {
        Ok(PromiseState::Rejected(reason)) => reason,
        _ => JsValue::undefined(),
    };
    // The event numbers are V8's: 0 rejected without a handler, 1 a handler was added after that.
    let event = match operation {
        OperationType::Reject => 0,
        OperationType::Handle => 1,
    };
    let _ignored = callback.call(&JsValue::undefined(), &[event.into(), promise.into(), reason], context);
}

/// `promiseDetails(p)`: `[state, result]`, state 0 pending, 1 fulfilled, 2 rejected; `undefined` if `p` is no promise.
fn promise_details(_: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(promise) = args.get_or_undefined(0).as_promise() else {
        return Ok(JsValue::undefined());
    };
    let (state, result) = match promise.state() {
        PromiseState::Pending => (0, JsValue::undefined()),
        PromiseState::Fulfilled(value) => (1, value),
        PromiseState::Rejected(reason) => (2, reason),
    };
    Ok(JsArray::from_iter([JsValue::from(state), result], context).into())
}

/// `markPromiseHandled(p)`: a rejection of `p` will not be reported.
fn mark_promise_handled(_: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    if let Some(promise) = args.get_or_undefined(0).as_promise() {
        promise.mark_handled();
    }
    Ok(JsValue::undefined())
}

/// `setRejectionCallback(fn)`: `fn(event, promise, reason)`.
fn set_rejection_callback(shared: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    *shared.promises.rejection.borrow_mut() = args.get_or_undefined(0).as_callable();
    Ok(JsValue::undefined())
}

fn run_microtasks(shared: &'static Shared, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    drain(shared, context);
    Ok(JsValue::undefined())
}

/// `enqueueMicrotask(fn)`: `fn` must not throw.
fn enqueue_microtask(shared: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let Some(function) = args.get_or_undefined(0).as_callable() else {
        return type_error("a microtask must be a function");
    };
    let held = shared.promises.context.borrow().clone();
    let job = PromiseJob::new(move |context| {
        shared.promises.context.replace(held);
        function.call(&JsValue::undefined(), &[], context)
    });
    shared.promises.queue.borrow_mut().push_back(Microtask::Promise(job));
    Ok(JsValue::undefined())
}

fn get_async_context(shared: &'static Shared, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(shared.promises.context.borrow().clone())
}

fn set_async_context(shared: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    shared.promises.context.replace(args.get_or_undefined(0).clone());
    Ok(JsValue::undefined())
}
