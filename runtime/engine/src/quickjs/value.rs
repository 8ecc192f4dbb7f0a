//! The only file that speaks to QuickJS's reference counts: an owned value, the realm it belongs to, and the calls of the
//! C API wrapped so that the rest of the engine is safe code.
//!
//! Invariant: the runtime and the context live until the process ends (see `QuickJs`), so a [`Cx`] never dangles.

use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use rquickjs_sys as q;

/// A realm. Copyable because realms are never freed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Cx(*mut q::JSContext);

/// A value was thrown; it waits in the context (see [`Cx::take_exception`]).
#[derive(Debug, Clone, Copy)]
pub(super) struct Thrown;

/// What intrinsics return.
pub(super) type Js<T = Val> = Result<T, Thrown>;

/// An owned reference to a JavaScript value.
pub(super) struct Val {
    cx: Cx,
    raw: q::JSValue,
}

/// A borrowed one: an argument on the engine's stack.
pub(super) struct ValRef(ManuallyDrop<Val>);

impl Deref for ValRef {
    type Target = Val;
    fn deref(&self) -> &Val {
        &self.0
    }
}

impl Clone for Val {
    fn clone(&self) -> Self {
        // SAFETY: `raw` is alive while `self` is.
        Val { cx: self.cx, raw: unsafe { q::JS_DupValue(self.cx.0, self.raw) } }
    }
}

impl Drop for Val {
    fn drop(&mut self) {
        // SAFETY: we own one reference; the context is never freed.
        unsafe { q::JS_FreeValue(self.cx.0, self.raw) }
    }
}

/// Arguments of a call from a script.
pub(super) struct Args<'a> {
    cx: Cx,
    values: &'a [q::JSValue],
}

impl<'a> Args<'a> {
    /// # Safety
    /// `argv` must point to `argc` live values of `ctx` for as long as the result is used.
    pub(super) unsafe fn from_raw(cx: Cx, argc: i32, argv: *mut q::JSValue) -> Self {
        let values = if argc <= 0 {
            &[][..]
        } else {
            // SAFETY: the caller's promise.
            unsafe { std::slice::from_raw_parts(argv, argc as usize) }
        };
        Args { cx, values }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The argument, `undefined` if missing.
    pub(super) fn get(&self, index: usize) -> ValRef {
        let raw = self.values.get(index).copied().unwrap_or(q::JS_UNDEFINED);
        ValRef(ManuallyDrop::new(Val { cx: self.cx, raw }))
    }

    /// The argument as a string.
    pub(super) fn string(&self, index: usize) -> Js<String> {
        self.get(index).to_text()
    }

    /// The argument as an integer; 0 for anything that is not a number.
    pub(super) fn int(&self, index: usize) -> i32 {
        self.get(index).as_num().map_or(0, |n| n as i32)
    }
}

/// What kind of value it is, as far as QuickJS's tags tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Undefined,
    Null,
    Bool,
    Number,
    BigInt,
    String,
    Symbol,
    Object,
    Other,
}

impl Cx {
    /// # Safety
    /// `ctx` must live until the process ends.
    pub(super) unsafe fn from_raw(ctx: *mut q::JSContext) -> Self {
        Cx(ctx)
    }

    pub(super) fn raw(self) -> *mut q::JSContext {
        self.0
    }

    pub(super) fn rt(self) -> *mut q::JSRuntime {
        // SAFETY: the context is alive.
        unsafe { q::JS_GetRuntime(self.0) }
    }

    /// Takes ownership of a value the C API returned.
    pub(super) fn own(self, raw: q::JSValue) -> Js {
        // SAFETY: reads the tag only.
        if unsafe { q::JS_IsException(raw) } { Err(Thrown) } else { Ok(Val { cx: self, raw }) }
    }

    /// Borrows a value that the caller keeps alive.
    pub(super) fn borrow(self, raw: q::JSValue) -> ValRef {
        ValRef(ManuallyDrop::new(Val { cx: self, raw }))
    }

    /// A new reference to a value that somebody else owns.
    pub(super) fn dup(self, raw: q::JSValue) -> Val {
        self.borrow(raw).deref().clone()
    }

    pub(super) fn undefined(self) -> Val {
        Val { cx: self, raw: q::JS_UNDEFINED }
    }

    pub(super) fn null(self) -> Val {
        Val { cx: self, raw: q::JS_NULL }
    }

    pub(super) fn bool(self, v: bool) -> Val {
        Val { cx: self, raw: if v { q::JS_TRUE } else { q::JS_FALSE } }
    }

    pub(super) fn int(self, v: i32) -> Val {
        Val { cx: self, raw: q::JS_MKVAL(q::JS_TAG_INT, v) }
    }

    pub(super) fn num(self, v: f64) -> Val {
        Val { cx: self, raw: q::JS_NewFloat64(v) }
    }

    pub(super) fn big(self, v: i64) -> Js {
        // SAFETY: plain call.
        self.own(unsafe { q::JS_NewBigInt64(self.0, v) })
    }

    pub(super) fn str(self, v: &str) -> Js {
        // SAFETY: pointer and length of a live str.
        self.own(unsafe { q::JS_NewStringLen(self.0, v.as_ptr().cast(), v.len() as _) })
    }

    pub(super) fn utf16(self, v: &[u16]) -> Js {
        // SAFETY: pointer and length of a live slice.
        self.own(unsafe { q::JS_NewStringUTF16(self.0, v.as_ptr(), v.len() as _) })
    }

    pub(super) fn object(self) -> Js {
        // SAFETY: plain call.
        self.own(unsafe { q::JS_NewObject(self.0) })
    }

    pub(super) fn array(self) -> Js {
        // SAFETY: plain call.
        self.own(unsafe { q::JS_NewArray(self.0) })
    }

    pub(super) fn list(self, items: impl IntoIterator<Item = Val>) -> Js {
        let array = self.array()?;
        for (i, item) in items.into_iter().enumerate() {
            array.set_index(i as u32, item)?;
        }
        Ok(array)
    }

    pub(super) fn global(self) -> Val {
        // SAFETY: plain call; never an exception.
        Val { cx: self, raw: unsafe { q::JS_GetGlobalObject(self.0) } }
    }

    pub(super) fn array_buffer_copy(self, bytes: &[u8]) -> Js {
        // SAFETY: pointer and length of a live slice; QuickJS copies.
        self.own(unsafe { q::JS_NewArrayBufferCopy(self.0, bytes.as_ptr(), bytes.len() as _) })
    }

    pub(super) fn uint8_array_copy(self, bytes: &[u8]) -> Js {
        // SAFETY: pointer and length of a live slice; QuickJS copies.
        self.own(unsafe { q::JS_NewUint8ArrayCopy(self.0, bytes.as_ptr(), bytes.len() as _) })
    }

    /// Throws a TypeError.
    pub(super) fn type_error<T>(self, message: &str) -> Js<T> {
        self.throw_new("TypeError", message, "")
    }

    /// Throws `new globalThis[constructor](message)` with a `code` if that is not empty. Uses the engine's own constructor
    /// functions so that a script which replaced the globals does not get in the way.
    pub(super) fn throw_new<T>(self, constructor: &str, message: &str, code: &str) -> Js<T> {
        let text = CString::new(message.replace('\0', "\\0")).unwrap_or_default();
        let format = c"%s".as_ptr();
        // SAFETY: the format has one %s and one NUL-terminated string follows.
        let raw = unsafe {
            match constructor {
                "TypeError" => q::JS_NewTypeError(self.0, format, text.as_ptr()),
                "RangeError" => q::JS_NewRangeError(self.0, format, text.as_ptr()),
                "SyntaxError" => q::JS_NewSyntaxError(self.0, format, text.as_ptr()),
                _ => q::JS_NewPlainError(self.0, format, text.as_ptr()),
            }
        };
        let error = self.own(raw)?;
        if !code.is_empty() {
            error.set("code", self.str(code)?)?;
        }
        self.throw(error)
    }

    pub(super) fn throw<T>(self, value: Val) -> Js<T> {
        // SAFETY: JS_Throw takes over the reference.
        unsafe { q::JS_Throw(self.0, value.into_raw()) };
        Err(Thrown)
    }

    /// What was thrown.
    pub(super) fn take_exception(self, _: Thrown) -> Val {
        // SAFETY: plain call.
        Val { cx: self, raw: unsafe { q::JS_GetException(self.0) } }
    }

    /// Text of an exception for a terminal.
    pub(super) fn describe(self, thrown: Thrown) -> String {
        let error = self.take_exception(thrown);
        let mut text = error.to_text().unwrap_or_else(|t| {
            self.take_exception(t);
            "exception that cannot be shown".to_owned()
        });
        if error.kind() == Kind::Object
            && let Ok(stack) = error.get("stack")
            && let Some(stack) = stack.as_str()
            && !stack.is_empty()
        {
            if stack.contains(&text) {
                return stack;
            }
            text.push('\n');
            text.push_str(&stack);
        }
        text
    }

    pub(super) fn compile_global(self, source: &str, file: &str, line: i32, flags: u32) -> Js {
        let Ok(source) = CString::new(source) else {
            return self.throw_new("SyntaxError", "Invalid or unexpected token (NUL character)", "");
        };
        let file = CString::new(file.replace('\0', "")).unwrap_or_default();
        let mut options = q::JSEvalOptions {
            version: q::JS_EVAL_OPTIONS_VERSION as _,
            eval_flags: flags as _,
            filename: file.as_ptr(),
            line_num: line,
        };
        // SAFETY: the source is NUL-terminated at the length given, and options are alive.
        let raw =
            unsafe { q::JS_Eval2(self.0, source.as_ptr(), source.as_bytes().len() as _, &raw mut options) };
        self.own(raw)
    }
}

impl Val {
    pub(super) fn cx(&self) -> Cx {
        self.cx
    }

    pub(super) fn raw(&self) -> q::JSValue {
        self.raw
    }

    pub(super) fn into_raw(self) -> q::JSValue {
        ManuallyDrop::new(self).raw
    }

    pub(super) fn kind(&self) -> Kind {
        // SAFETY: reads the tag only.
        let tag = unsafe { q::JS_VALUE_GET_NORM_TAG(self.raw) };
        match tag {
            q::JS_TAG_UNDEFINED => Kind::Undefined,
            q::JS_TAG_NULL => Kind::Null,
            q::JS_TAG_BOOL => Kind::Bool,
            q::JS_TAG_INT | q::JS_TAG_FLOAT64 => Kind::Number,
            q::JS_TAG_BIG_INT | q::JS_TAG_SHORT_BIG_INT => Kind::BigInt,
            q::JS_TAG_STRING | q::JS_TAG_STRING_ROPE => Kind::String,
            q::JS_TAG_SYMBOL => Kind::Symbol,
            q::JS_TAG_OBJECT => Kind::Object,
            _ => Kind::Other,
        }
    }

    pub(super) fn is_nullish(&self) -> bool {
        matches!(self.kind(), Kind::Undefined | Kind::Null)
    }

    pub(super) fn is_function(&self) -> bool {
        // SAFETY: plain call.
        unsafe { q::JS_IsFunction(self.cx.0, self.raw) }
    }

    /// The number of a number or boolean, without conversions.
    pub(super) fn as_num(&self) -> Option<f64> {
        match self.kind() {
            Kind::Number | Kind::Bool => {
                let mut out = 0.0;
                // SAFETY: a primitive converts without running script.
                (unsafe { q::JS_ToFloat64(self.cx.0, &raw mut out, self.raw) } == 0).then_some(out)
            }
            Kind::BigInt => self.as_big().map(|v| v as f64),
            _ => None,
        }
    }

    /// The integer of a BigInt or number.
    pub(super) fn as_big(&self) -> Option<i64> {
        match self.kind() {
            Kind::BigInt => {
                let mut out = 0;
                // SAFETY: a BigInt converts without running script.
                (unsafe { q::JS_ToBigInt64(self.cx.0, &raw mut out, self.raw) } == 0).then_some(out)
            }
            Kind::Number | Kind::Bool => self.as_num().map(|n| n as i64),
            _ => None,
        }
    }

    /// JavaScript's truthiness.
    pub(super) fn truthy(&self) -> bool {
        // SAFETY: ToBoolean runs no script.
        unsafe { q::JS_ToBool(self.cx.0, self.raw) == 1 }
    }

    /// The text of a string; `None` for anything else. Lone surrogates become U+FFFD.
    pub(super) fn as_str(&self) -> Option<String> {
        (self.kind() == Kind::String).then(|| self.to_text().unwrap_or_default())
    }

    /// `String(value)`.
    pub(super) fn to_text(&self) -> Js<String> {
        let mut len = 0;
        // SAFETY: `len` outlives the call.
        let data = unsafe { q::JS_ToCStringLen(self.cx.0, &raw mut len, self.raw) };
        if data.is_null() {
            return Err(Thrown);
        }
        // SAFETY: QuickJS gives `len` bytes at `data` until JS_FreeCString.
        let text = surrogates_to_replacement(unsafe { std::slice::from_raw_parts(data.cast(), len) });
        // SAFETY: `data` came from JS_ToCStringLen.
        unsafe { q::JS_FreeCString(self.cx.0, data) };
        Ok(text)
    }

    /// UTF-16 code units of a string; `None` for anything else.
    pub(super) fn as_utf16(&self) -> Option<Vec<u16>> {
        if self.kind() != Kind::String {
            return None;
        }
        let mut len = 0;
        // SAFETY: `len` outlives the call.
        let data = unsafe { q::JS_ToCStringLenUTF16(self.cx.0, &raw mut len, self.raw) };
        if data.is_null() {
            return None;
        }
        // SAFETY: QuickJS gives `len` units at `data` until freed.
        let units = unsafe { std::slice::from_raw_parts(data, len as usize) }.to_vec();
        // SAFETY: `data` came from JS_ToCStringLenUTF16.
        unsafe { q::JS_FreeCStringUTF16(self.cx.0, data) };
        Some(units)
    }

    pub(super) fn get(&self, key: &str) -> Js {
        let key = CString::new(key).unwrap_or_default();
        // SAFETY: NUL-terminated key.
        self.cx.own(unsafe { q::JS_GetPropertyStr(self.cx.0, self.raw, key.as_ptr()) })
    }

    pub(super) fn get_index(&self, index: u32) -> Js {
        // SAFETY: plain call.
        self.cx.own(unsafe { q::JS_GetPropertyUint32(self.cx.0, self.raw, index) })
    }

    pub(super) fn set(&self, key: &str, value: Val) -> Js<()> {
        let key = CString::new(key).unwrap_or_default();
        // SAFETY: NUL-terminated key; the call takes over the value.
        let done = unsafe { q::JS_SetPropertyStr(self.cx.0, self.raw, key.as_ptr(), value.into_raw()) };
        if done < 0 { Err(Thrown) } else { Ok(()) }
    }

    pub(super) fn set_index(&self, index: u32, value: Val) -> Js<()> {
        // SAFETY: the call takes over the value.
        let done = unsafe { q::JS_SetPropertyUint32(self.cx.0, self.raw, index, value.into_raw()) };
        if done < 0 { Err(Thrown) } else { Ok(()) }
    }

    pub(super) fn length(&self) -> u32 {
        let mut len = 0i64;
        // SAFETY: `len` outlives the call.
        if unsafe { q::JS_GetLength(self.cx.0, self.raw, &raw mut len) } < 0 {
            self.cx.take_exception(Thrown);
            return 0;
        }
        len as u32
    }

    /// The elements of an array.
    pub(super) fn elements(&self) -> Js<Vec<Val>> {
        (0..self.length()).map(|i| self.get_index(i)).collect()
    }

    pub(super) fn call(&self, this: &Val, args: &[Val]) -> Js {
        let mut raw: Vec<q::JSValue> = args.iter().map(Val::raw).collect();
        // SAFETY: the arguments are alive for the call.
        self.cx.own(unsafe { q::JS_Call(self.cx.0, self.raw, this.raw, raw.len() as _, raw.as_mut_ptr()) })
    }

    /// The class number of an object, 0 for anything else.
    pub(super) fn class_id(&self) -> u32 {
        // SAFETY: plain call.
        unsafe { q::JS_GetClassID(self.raw) }
    }

    /// The memory of an ArrayBuffer, SharedArrayBuffer, typed array or DataView.
    pub(super) fn memory(&self) -> Option<(*mut u8, usize)> {
        if self.kind() != Kind::Object {
            return None;
        }
        let mut size = 0;
        // SAFETY: checks of an object's class; `size` outlives the calls.
        unsafe {
            if q::JS_IsArrayBuffer(self.raw) {
                let data = q::JS_GetArrayBuffer(self.cx.0, &raw mut size, self.raw);
                return self.non_null(data, size as usize);
            }
            if q::JS_GetTypedArrayType(self.raw) >= 0 {
                let (mut offset, mut length, mut each) = (0, 0, 0);
                let buffer = q::JS_GetTypedArrayBuffer(
                    self.cx.0,
                    self.raw,
                    &raw mut offset,
                    &raw mut length,
                    &raw mut each,
                );
                let Ok(buffer) = self.cx.own(buffer) else {
                    self.cx.take_exception(Thrown);
                    return None;
                };
                let data = q::JS_GetArrayBuffer(self.cx.0, &raw mut size, buffer.raw);
                let (data, size) = self.non_null(data, size as usize)?;
                if data.is_null() || (offset as usize) + (length as usize) > size {
                    return Some((data, 0));
                }
                return Some((data.add(offset as usize), length as usize));
            }
            if q::JS_IsDataView(self.raw) {
                let buffer = self.get("buffer").ok()?;
                let offset = self.get("byteOffset").ok()?.as_num()? as usize;
                let length = self.get("byteLength").ok()?.as_num()? as usize;
                // Of a shared buffer as well.
                let data = q::JS_GetArrayBuffer(self.cx.0, &raw mut size, buffer.raw);
                let (data, size) = self.non_null(data, size as usize)?;
                return (offset + length <= size).then(|| (data.add(offset), length));
            }
        }
        None
    }

    /// QuickJS throws (and gives NULL) for a detached buffer, and gives NULL without throwing for an empty one.
    fn non_null(&self, data: *mut u8, size: usize) -> Option<(*mut u8, usize)> {
        if data.is_null() {
            self.cx.take_exception(Thrown);
            return Some((data, 0));
        }
        Some((data, size))
    }
}

/// QuickJS hands out strings as UTF-8 in which lone surrogates are three-byte sequences.
pub(super) fn surrogates_to_replacement(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let mut out = Vec::with_capacity(bytes.len());
            let mut i = 0;
            while i < bytes.len() {
                if bytes[i] == 0xED && bytes.get(i + 1).is_some_and(|&b| b >= 0xA0) && i + 2 < bytes.len() {
                    out.extend_from_slice("\u{FFFD}".as_bytes());
                    i += 3;
                } else {
                    out.push(bytes[i]);
                    i += 1;
                }
            }
            String::from_utf8_lossy(&out).into_owned()
        }
    }
}
