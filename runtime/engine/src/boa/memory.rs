//! Array buffers, the heap, and the time zone of dates.

use std::borrow::Cow;

use boa_engine::object::builtins::{AlignedVec, JsArray, JsArrayBuffer};
use boa_engine::{Context, JsArgs as _, JsObject, JsResult, JsValue};

use super::args::{text, type_error};
use super::{Intrinsic, Shared};
use crate::port::{ArgSource, OpArgs, OpDecl, OpValue};

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("detachArrayBuffer", detach_array_buffer),
    ("arrayBufferOfBytes", array_buffer_of_bytes),
    ("externalArrayBuffer", external_array_buffer),
    ("memoryUsage", memory_usage),
    ("collectGarbage", collect_garbage),
    ("setTimezone", set_timezone),
];

/// `detachArrayBuffer(buffer)`; anything else is left alone.
fn detach_array_buffer(_: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let buffer = args.get_or_undefined(0).as_object();
    if let Some(buffer) = buffer.and_then(|object| JsArrayBuffer::from_object(object).ok()) {
        // A buffer that is detached already stays so.
        let _detached = buffer.detach(&JsValue::undefined());
    }
    Ok(JsValue::undefined())
}

/// `arrayBufferOfBytes(view)`: a new ArrayBuffer with the bytes of `view`.
fn array_buffer_of_bytes(_: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = match args.get_or_undefined(0).as_object().and_then(|object| object.memory()) {
        None => return type_error("arrayBufferOfBytes needs a byte view"),
        Some((_, 0)) => AlignedVec::new(64),
        // SAFETY: `memory` gives `len` readable bytes until scripts run.
        Some((data, len)) => AlignedVec::from_slice(64, unsafe { std::slice::from_raw_parts(data, len) }),
    };
    Ok(JsArrayBuffer::from_byte_block(bytes, context)?.into())
}

/// `externalArrayBuffer(address, length)`: an ArrayBuffer over memory that an op owns. The caller detaches it before that memory
/// moves or is freed.
fn external_array_buffer(_: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = |index: usize| args.get_or_undefined(index).as_number().unwrap_or(0.0) as usize;
    // SAFETY: the glue passes what an op just gave it, and detaches the buffer before the op's memory can move.
    Ok(unsafe { JsObject::external_array_buffer(number(0) as *mut u8, number(1), context) }.into())
}

/// Bytes that the program has of the machine. Boa does not say how much of it its values use.
fn heap_bytes() -> usize {
    #[cfg(target_arch = "wasm32")]
    {
        std::arch::wasm32::memory_size(0) << 16
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        // Natively only tests run here.
        1 << 20
    }
}

/// `memoryUsage()`: `[bytes allocated, bytes used, bytes in array buffers]`.
fn memory_usage(_: &'static Shared, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = heap_bytes() as f64;
    Ok(JsArray::from_iter([JsValue::from(bytes), bytes.into(), 0.into()], context).into())
}

fn collect_garbage(_: &'static Shared, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    context.clear_kept_objects();
    boa_engine::gc::force_collect();
    Ok(JsValue::undefined())
}

/// How dates find their local time: an op that takes a zone and milliseconds, and gives seconds east of UTC.
pub(super) struct Timezone {
    op: OpDecl,
    zone: String,
}

/// The arguments of that op.
struct ZoneArgs<'a> {
    zone: &'a str,
    ms: f64,
}

impl ArgSource for ZoneArgs<'_> {
    fn len(&self) -> usize {
        2
    }
    fn is_nullish(&self, index: usize) -> bool {
        index > 1
    }
    fn num(&self, index: usize) -> Option<f64> {
        (index == 1).then_some(self.ms)
    }
    fn big(&self, index: usize) -> Option<i64> {
        self.num(index).map(|ms| ms as i64)
    }
    fn str(&self, index: usize) -> Option<Cow<'_, str>> {
        (index == 0).then_some(Cow::Borrowed(self.zone))
    }
    fn wtf8(&self, index: usize) -> Option<&[u8]> {
        (index == 0).then_some(self.zone.as_bytes())
    }
    fn utf16(&self, index: usize) -> Option<Vec<u16>> {
        (index == 0).then(|| self.zone.encode_utf16().collect())
    }
    fn bytes(&self, _: usize) -> Option<(*mut u8, usize)> {
        None
    }
}

/// Seconds that local time is ahead of UTC.
pub(super) fn zone_offset_seconds(shared: &Shared, unix_time_seconds: i64) -> i32 {
    let timezone = shared.timezone.borrow();
    let Some(Timezone { op, zone }) = &*timezone else {
        return 0;
    };
    let args = ZoneArgs { zone, ms: unix_time_seconds as f64 * 1000.0 };
    match (op.run)(&mut shared.state.borrow_mut(), &OpArgs::new(&args)) {
        // Half a second marks summer time.
        Ok(OpValue::Num(seconds)) => seconds.floor() as i32,
        Ok(OpValue::Int(seconds)) => seconds,
        _ => 0,
    }
}

/// `setTimezone(fn, op, zone)`: dates ask the op of this name; `undefined` for UTC. Boa's dates cannot call scripts.
fn set_timezone(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if args.get_or_undefined(0).is_undefined() {
        shared.timezone.replace(None);
        return Ok(JsValue::undefined());
    }
    let (name, zone) = (text(args, 1, context)?, text(args, 2, context)?);
    let Some(op) = shared.ops.iter().find(|op| op.name == name).copied() else {
        return type_error("the op of the time zone is not there");
    };
    shared.timezone.replace(Some(Timezone { op, zone }));
    Ok(JsValue::undefined())
}
