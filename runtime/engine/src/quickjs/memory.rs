//! Array buffers, the heap, and the time zone of dates.

use rquickjs_sys as q;

use super::value::{Args, Cx, Js};
use super::{Intrinsic, Shared};

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("detachArrayBuffer", detach_array_buffer),
    ("arrayBufferOfBytes", array_buffer_of_bytes),
    ("externalArrayBuffer", external_array_buffer),
    ("memoryUsage", memory_usage),
    ("collectGarbage", collect_garbage),
    ("setTimezone", set_timezone),
];

/// `detachArrayBuffer(buffer)`.
fn detach_array_buffer(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    // SAFETY: plain call; QuickJS ignores anything that is not an ArrayBuffer.
    unsafe { q::JS_DetachArrayBuffer(cx.raw(), args.get(0).raw()) };
    Ok(cx.undefined())
}

/// `arrayBufferOfBytes(view)`: a new ArrayBuffer with the bytes of `view`.
fn array_buffer_of_bytes(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let value = args.get(0);
    match value.memory() {
        None => cx.type_error("arrayBufferOfBytes needs a byte view"),
        Some((_, 0)) => cx.array_buffer_copy(&[]),
        // SAFETY: `memory` gives `len` readable bytes while the argument lives.
        Some((data, len)) => cx.array_buffer_copy(unsafe { std::slice::from_raw_parts(data, len) }),
    }
}

/// `externalArrayBuffer(address, length, shared?)`: an ArrayBuffer (or SharedArrayBuffer) over memory that an op owns. The caller detaches it before that memory
/// moves or is freed.
fn external_array_buffer(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let number = |index: usize| args.get(index).as_num().unwrap_or(0.0) as usize;
    let (address, length) = (number(0) as *mut u8, number(1));
    let shared = args.int(2) != 0;
    // SAFETY: the glue passes what an op just gave it, and detaches the buffer before the op's memory can move; QuickJS
    // frees nothing, as it is given no function for that.
    let buffer = unsafe {
        q::JS_NewArrayBuffer(cx.raw(), address, length as _, 0, None, std::ptr::null_mut(), shared)
    };
    cx.own(buffer)
}

/// `memoryUsage()`: `[bytes allocated, bytes used, bytes in array buffers]`.
fn memory_usage(_: &Shared, cx: Cx, _: &Args<'_>) -> Js {
    // SAFETY: the struct is plain data that QuickJS fills.
    let usage = unsafe {
        let mut usage: q::JSMemoryUsage = std::mem::zeroed();
        q::JS_ComputeMemoryUsage(cx.rt(), &raw mut usage);
        usage
    };
    cx.list([
        cx.num(usage.malloc_size as f64),
        cx.num(usage.memory_used_size as f64),
        cx.num(usage.binary_object_size as f64),
    ])
}

fn collect_garbage(_: &Shared, cx: Cx, _: &Args<'_>) -> Js {
    // SAFETY: plain call.
    unsafe { q::JS_RunGC(cx.rt()) };
    Ok(cx.undefined())
}

#[cfg(feature = "patched")]
unsafe extern "C" {
    fn JS_SetTimezoneFunc(ctx: *mut q::JSContext, func: q::JSValue);
}

/// `setTimezone(fn)`: dates ask `fn(ms)` for the minutes that local time is behind UTC; `undefined` for what the system says.
/// Nothing changes without the patched library.
fn set_timezone(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let func = args.get(0).clone();
    #[cfg(feature = "patched")]
    // SAFETY: takes over the reference.
    unsafe {
        JS_SetTimezoneFunc(cx.raw(), func.into_raw());
    }
    #[cfg(not(feature = "patched"))]
    drop(func);
    Ok(cx.undefined())
}
