//! Values across the border between scripts and ops.

use std::borrow::Cow;
use std::cell::RefCell;

use rquickjs_sys as q;

use super::value::{Args, Cx, Js, Kind, Thrown, Val, surrogates_to_replacement};
use crate::port::{ArgSource, OpError, OpResult, OpValue, ThrowKind};

/// Arguments of an op; keeps the C strings it hands out until the op returns.
pub(super) struct QuickArgs<'a> {
    args: &'a Args<'a>,
    strings: RefCell<Vec<(Cx, *const std::ffi::c_char)>>,
}

impl<'a> QuickArgs<'a> {
    pub(super) fn new(args: &'a Args<'a>) -> Self {
        QuickArgs { args, strings: RefCell::default() }
    }
}

impl Drop for QuickArgs<'_> {
    fn drop(&mut self) {
        for (cx, data) in self.strings.get_mut().drain(..) {
            // SAFETY: each came from JS_ToCStringLen of this context and is freed once.
            unsafe { q::JS_FreeCString(cx.raw(), data) };
        }
    }
}

impl ArgSource for QuickArgs<'_> {
    fn len(&self) -> usize {
        self.args.len()
    }

    fn is_nullish(&self, index: usize) -> bool {
        self.args.get(index).is_nullish()
    }

    fn num(&self, index: usize) -> Option<f64> {
        self.args.get(index).as_num()
    }

    fn big(&self, index: usize) -> Option<i64> {
        self.args.get(index).as_big()
    }

    fn str(&self, index: usize) -> Option<Cow<'_, str>> {
        let bytes = self.wtf8(index)?;
        Some(match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(surrogates_to_replacement(bytes)),
        })
    }

    fn wtf8(&self, index: usize) -> Option<&[u8]> {
        let value = self.args.get(index);
        if value.kind() != Kind::String {
            return None;
        }
        let cx = value.cx();
        let mut len = 0;
        // SAFETY: a string converts without running script; `len` outlives the call.
        let data = unsafe { q::JS_ToCStringLen(cx.raw(), &raw mut len, value.raw()) };
        if data.is_null() {
            cx.take_exception(Thrown);
            return None;
        }
        self.strings.borrow_mut().push((cx, data));
        // SAFETY: QuickJS gives `len` bytes at `data` until JS_FreeCString, which `drop` does.
        Some(unsafe { std::slice::from_raw_parts(data.cast(), len) })
    }

    fn utf16(&self, index: usize) -> Option<Vec<u16>> {
        self.args.get(index).as_utf16()
    }

    fn bytes(&self, index: usize) -> Option<(*mut u8, usize)> {
        self.args.get(index).memory()
    }
}

/// An op's value as the script gets it.
pub(super) fn to_js(cx: Cx, value: &OpValue) -> Js {
    Ok(match value {
        OpValue::Undefined => cx.undefined(),
        OpValue::Null => cx.null(),
        OpValue::Bool(v) => cx.bool(*v),
        OpValue::Int(v) => cx.int(*v),
        OpValue::Num(v) => cx.num(*v),
        OpValue::BigInt(v) => cx.big(*v)?,
        OpValue::Str(v) => cx.str(v)?,
        OpValue::Utf16(v) => cx.utf16(v)?,
        OpValue::Latin1(v) if v.is_ascii() => cx.str(std::str::from_utf8(v).unwrap_or_default())?,
        OpValue::Latin1(v) => cx.utf16(&v.iter().map(|&b| u16::from(b)).collect::<Vec<_>>())?,
        OpValue::Bytes(v) => cx.uint8_array_copy(v)?,
        OpValue::List(items) => {
            let array = cx.array()?;
            for (i, item) in items.iter().enumerate() {
                array.set_index(i as u32, to_js(cx, item)?)?;
            }
            array
        }
        OpValue::Record(fields) => {
            let object = cx.object()?;
            for (name, field) in fields {
                object.set(name, to_js(cx, field)?)?;
            }
            object
        }
    })
}

/// A script's value as the program gets it. Objects other than byte views and arrays become `undefined`.
pub(super) fn to_op(value: &Val) -> Js<OpValue> {
    Ok(match value.kind() {
        Kind::Null => OpValue::Null,
        Kind::Bool => OpValue::Bool(value.truthy()),
        Kind::Number => match value.as_num().unwrap_or(f64::NAN) {
            n if n.fract() == 0.0
                && n.abs() <= f64::from(i32::MAX)
                && !(n == 0.0 && n.is_sign_negative()) =>
            {
                OpValue::Int(n as i32)
            }
            n => OpValue::Num(n),
        },
        Kind::BigInt => OpValue::BigInt(value.as_big().unwrap_or(0)),
        Kind::String => OpValue::Str(value.to_text()?),
        Kind::Object => {
            if let Some((data, len)) = value.memory() {
                let bytes = if len == 0 {
                    Vec::new()
                } else {
                    // SAFETY: `memory` gives `len` readable bytes while `value` lives.
                    unsafe { std::slice::from_raw_parts(data, len) }.to_vec()
                };
                OpValue::Bytes(bytes)
            } else if is_array(value) {
                OpValue::List(value.elements()?.iter().map(to_op).collect::<Js<Vec<_>>>()?)
            } else {
                OpValue::Undefined
            }
        }
        Kind::Undefined | Kind::Symbol | Kind::Other => OpValue::Undefined,
    })
}

fn is_array(value: &Val) -> bool {
    // SAFETY: plain call.
    unsafe { q::JS_IsArray(value.raw()) }
}

/// What the trampoline of an op gives back to QuickJS.
pub(super) fn finish(cx: Cx, outcome: OpResult) -> q::JSValue {
    let result = match outcome {
        Ok(value) => to_js(cx, &value),
        Err(OpError::Errno(errno)) => Ok(cx.int(-i32::from(errno))),
        Err(OpError::Throw { kind, code, message }) => {
            let constructor = match kind {
                ThrowKind::Error => "Error",
                ThrowKind::Type => "TypeError",
                ThrowKind::Range => "RangeError",
                ThrowKind::Syntax => "SyntaxError",
            };
            cx.throw_new(constructor, &message, code)
        }
    };
    match result {
        Ok(value) => value.into_raw(),
        Err(Thrown) => q::JS_EXCEPTION,
    }
}
