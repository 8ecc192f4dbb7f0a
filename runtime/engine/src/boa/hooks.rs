//! What the engine asks its embedder.

use boa_engine::builtins::promise::{OperationType, Promise};
use boa_engine::context::HostHooks;
use boa_engine::job::JobCallback;
use boa_engine::module::{ModuleRequest, Referrer};
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsObject, JsResult, JsValue};

use super::{Shared, memory, module, promise, stack};

/// The answers.
pub(super) struct Hooks {
    pub(super) shared: &'static Shared,
}

impl HostHooks for Hooks {
    fn make_job_callback(&self, callback: JsFunction, _: &mut Context) -> JobCallback {
        promise::with_async_context(self.shared, callback)
    }

    fn call_job_callback(
        &self,
        job: &JobCallback,
        this: &JsValue,
        args: &[JsValue],
        context: &mut Context,
    ) -> JsResult<JsValue> {
        promise::enter_async_context(self.shared, job);
        job.callback().call(this, args, context)
    }

    fn promise_rejection_tracker(
        &self,
        promise: &JsObject<Promise>,
        operation: OperationType,
        context: &mut Context,
    ) {
        promise::rejection(self.shared, promise, operation, context);
    }

    fn import_dynamically(
        &self,
        referrer: &Referrer,
        request: &ModuleRequest,
        context: &mut Context,
    ) -> Option<JsResult<JsValue>> {
        Some(module::import(self.shared, referrer, request, context))
    }

    fn error_created(&self, error: &JsObject, context: &mut Context) {
        stack::capture(self.shared, error, context);
    }

    fn local_timezone_offset_seconds(&self, unix_time_seconds: i64) -> i32 {
        memory::zone_offset_seconds(self.shared, unix_time_seconds)
    }
}
