//! Looking inside values: internal classes, proxies, iterators, own properties.

use rquickjs_sys as q;

use super::value::{Args, Cx, Js, Thrown};
use super::{Intrinsic, Shared};

#[cfg(feature = "patched")]
unsafe extern "C" {
    fn JS_NewPrivateSymbol(ctx: *mut q::JSContext, description: *const std::ffi::c_char) -> q::JSValue;
    fn JS_PreviewIterator(
        ctx: *mut q::JSContext,
        iterator: q::JSValue,
        is_key_value: *mut bool,
    ) -> q::JSValue;
    fn JS_GetThrowSite(
        ctx: *mut q::JSContext,
        value: q::JSValue,
        line: *mut std::ffi::c_int,
        column: *mut std::ffi::c_int,
    ) -> q::JSValue;
}

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("classId", class_id),
    ("proxyDetails", proxy_details),
    ("previewIterator", preview_iterator),
    ("ownNonIndexProperties", own_non_index_properties),
    ("isConstructor", is_constructor),
    ("privateSymbol", private_symbol),
    ("throwSite", throw_site),
];

/// `classId(v)`: a number that two objects share exactly if they are of one internal class (the thing that
/// `Symbol.toStringTag` cannot forge); 0 for primitives.
fn class_id(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    Ok(cx.int(args.get(0).class_id() as i32))
}

/// `proxyDetails(v)`: `[target, handler]`, `[null, null]` once revoked, `undefined` if `v` is no proxy.
fn proxy_details(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let value = args.get(0);
    // SAFETY: plain calls.
    unsafe {
        if !q::JS_IsProxy(value.raw()) {
            return Ok(cx.undefined());
        }
        let target = cx.own(q::JS_GetProxyTarget(cx.raw(), value.raw()));
        let handler = cx.own(q::JS_GetProxyHandler(cx.raw(), value.raw()));
        match (target, handler) {
            (Ok(target), Ok(handler)) => cx.list([target, handler]),
            _ => {
                cx.take_exception(Thrown);
                cx.list([cx.null(), cx.null()])
            }
        }
    }
}

/// `throwSite(v)`: `[file, line, column]` of the `throw` statement that threw `v`, if none threw another value since; else, and
/// always without the patched library, `undefined`.
fn throw_site(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    #[cfg(feature = "patched")]
    {
        let (mut line, mut column) = (0, 0);
        // SAFETY: the out pointers outlive the call.
        let file = cx.own(unsafe { JS_GetThrowSite(cx.raw(), args.get(0).raw(), &mut line, &mut column) })?;
        if !file.is_nullish() {
            return cx.list([file, cx.int(line), cx.int(column)]);
        }
    }
    let _ = args;
    Ok(cx.undefined())
}

/// `previewIterator(it)`: `[entries, isKeyValue]` of what a Map or Set iterator has still to give, without moving it;
/// `undefined` if `it` is neither, and always without the patched library.
fn preview_iterator(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    #[cfg(feature = "patched")]
    {
        let mut is_key_value = false;
        // SAFETY: the out pointer outlives the call.
        let entries =
            cx.own(unsafe { JS_PreviewIterator(cx.raw(), args.get(0).raw(), &raw mut is_key_value) })?;
        if entries.is_nullish() {
            return Ok(cx.undefined());
        }
        cx.list([entries, cx.bool(is_key_value)])
    }
    #[cfg(not(feature = "patched"))]
    {
        let _ = args;
        Ok(cx.undefined())
    }
}

/// `ownNonIndexProperties(object, onlyEnumerable)`: own keys, strings before symbols, without array indices.
fn own_non_index_properties(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let object = args.get(0);
    let mut flags = q::JS_GPN_STRING_MASK | q::JS_GPN_SYMBOL_MASK;
    if args.get(1).truthy() {
        flags |= q::JS_GPN_ENUM_ONLY;
    }
    let (mut table, mut count) = (std::ptr::null_mut(), 0u32);
    // SAFETY: out pointers outlive the call; the table is freed below with the count it came with.
    unsafe {
        if q::JS_GetOwnPropertyNames(cx.raw(), &raw mut table, &raw mut count, object.raw(), flags as _) < 0 {
            return Err(Thrown);
        }
        let mut keys = Vec::new();
        for i in 0..count as usize {
            let key = cx.own(q::JS_AtomToValue(cx.raw(), (*table.add(i)).atom))?;
            let is_index = key.as_num().is_some()
                || key
                    .as_str()
                    .is_some_and(|s| s.parse::<u32>().is_ok_and(|n| n != u32::MAX && n.to_string() == s));
            if !is_index {
                keys.push(key);
            }
        }
        q::JS_FreePropertyEnum(cx.raw(), table, count);
        cx.list(keys)
    }
}

fn is_constructor(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    // SAFETY: plain call.
    Ok(cx.bool(unsafe { q::JS_IsConstructor(cx.raw(), args.get(0).raw()) }))
}

/// `privateSymbol(description)`: a property key that no reflection shows (an ordinary symbol without the patched library).
fn private_symbol(_: &Shared, cx: Cx, args: &Args<'_>) -> Js {
    let description = std::ffi::CString::new(args.string(0)?).unwrap_or_default();
    #[cfg(feature = "patched")]
    // SAFETY: NUL-terminated description.
    let raw = unsafe { JS_NewPrivateSymbol(cx.raw(), description.as_ptr()) };
    #[cfg(not(feature = "patched"))]
    // SAFETY: NUL-terminated description.
    let raw = unsafe { q::JS_NewSymbol(cx.raw(), description.as_ptr(), false) };
    cx.own(raw)
}
