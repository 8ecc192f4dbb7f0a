//! Values across the border between scripts and ops.

use std::borrow::Cow;
use std::cell::RefCell;

use boa_engine::object::builtins::{AlignedVec, JsArray, JsArrayBuffer, JsUint8Array};
use boa_engine::string::JsStrVariant;
use boa_engine::{
    Context, JsArgs as _, JsBigInt, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue,
};

use super::put;
use crate::port::{ArgSource, OpError, OpResult, OpValue, ThrowKind};

/// Arguments of an op; keeps the texts it hands out until the op returns.
pub(super) struct BoaArgs<'a> {
    args: &'a [JsValue],
    texts: RefCell<Vec<Box<[u8]>>>,
}

impl<'a> BoaArgs<'a> {
    pub(super) fn new(args: &'a [JsValue]) -> Self {
        BoaArgs { args, texts: RefCell::default() }
    }
}

/// A string as WTF-8: UTF-8 in which a lone surrogate keeps its three-byte form.
pub(super) fn wtf8(text: &JsString) -> Vec<u8> {
    match text.variant() {
        JsStrVariant::Latin1(bytes) if bytes.is_ascii() => bytes.to_vec(),
        JsStrVariant::Latin1(bytes) => {
            bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes()
        }
        JsStrVariant::Utf16(units) => {
            let mut out = Vec::with_capacity(units.len() * 3);
            for unit in char::decode_utf16(units.iter().copied()) {
                match unit {
                    Ok(char) => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
                    Err(lone) => {
                        let unit = lone.unpaired_surrogate();
                        out.extend([
                            0xE0 | (unit >> 12) as u8,
                            0x80 | (unit >> 6 & 0x3F) as u8,
                            0x80 | (unit & 0x3F) as u8,
                        ]);
                    }
                }
            }
            out
        }
    }
}

/// The integer of a BigInt, without the bits above the lowest 64.
fn low_bits(value: &JsBigInt) -> Option<i64> {
    value.to_string().parse::<i128>().ok().map(|value| value as i64)
}

impl ArgSource for BoaArgs<'_> {
    fn len(&self) -> usize {
        self.args.len()
    }

    fn is_nullish(&self, index: usize) -> bool {
        self.args.get_or_undefined(index).is_null_or_undefined()
    }

    fn num(&self, index: usize) -> Option<f64> {
        let value = self.args.get_or_undefined(index);
        value
            .as_number()
            .or_else(|| value.as_boolean().map(f64::from))
            .or_else(|| value.as_bigint().map(|big| big.to_f64()))
    }

    fn big(&self, index: usize) -> Option<i64> {
        match self.args.get_or_undefined(index).as_bigint() {
            Some(value) => low_bits(&value),
            None => self.num(index).map(|number| number as i64),
        }
    }

    fn str(&self, index: usize) -> Option<Cow<'_, str>> {
        let text = self.args.get_or_undefined(index).as_string()?;
        Some(Cow::Owned(text.to_std_string_lossy()))
    }

    fn wtf8(&self, index: usize) -> Option<&[u8]> {
        let text = self.args.get_or_undefined(index).as_string()?;
        let mut texts = self.texts.borrow_mut();
        texts.push(wtf8(&text).into_boxed_slice());
        let text: *const [u8] = &raw const **texts.last()?;
        // SAFETY: a boxed text stays where it is, and none is taken out before `self` ends.
        Some(unsafe { &*text })
    }

    fn utf16(&self, index: usize) -> Option<Vec<u16>> {
        Some(self.args.get_or_undefined(index).as_string()?.to_vec())
    }

    fn bytes(&self, index: usize) -> Option<(*mut u8, usize)> {
        self.args.get_or_undefined(index).as_object()?.memory()
    }
}

/// A new `Uint8Array` over a buffer of its own.
fn byte_array(bytes: &[u8], context: &mut Context) -> JsResult<JsValue> {
    let buffer = JsArrayBuffer::from_byte_block(AlignedVec::from_slice(64, bytes), context)?;
    Ok(JsUint8Array::from_array_buffer(buffer, context)?.into())
}

/// An op's value as the script gets it.
pub(super) fn to_js(value: &OpValue, context: &mut Context) -> JsResult<JsValue> {
    Ok(match value {
        OpValue::Undefined => JsValue::undefined(),
        OpValue::Null => JsValue::null(),
        OpValue::Bool(v) => (*v).into(),
        OpValue::Int(v) => (*v).into(),
        OpValue::Num(v) => (*v).into(),
        OpValue::BigInt(v) => JsBigInt::from(*v).into(),
        OpValue::Str(v) => JsString::from(v.as_str()).into(),
        OpValue::Utf16(v) => JsString::from(v.as_slice()).into(),
        OpValue::Latin1(v) => JsString::from(boa_engine::JsStr::latin1(v)).into(),
        OpValue::Bytes(v) => byte_array(v, context)?,
        OpValue::List(items) => {
            let items = items.iter().map(|item| to_js(item, context)).collect::<JsResult<Vec<_>>>()?;
            JsArray::from_iter(items, context).into()
        }
        OpValue::Record(fields) => {
            let object = JsObject::with_object_proto(context.intrinsics());
            for (name, field) in fields {
                let field = to_js(field, context)?;
                put(&object, name, field, context)?;
            }
            object.into()
        }
    })
}

/// A script's value as the program gets it. Objects other than byte views and arrays become `undefined`.
pub(super) fn to_op(value: &JsValue, context: &mut Context) -> JsResult<OpValue> {
    if value.is_null() {
        return Ok(OpValue::Null);
    }
    if let Some(v) = value.as_boolean() {
        return Ok(OpValue::Bool(v));
    }
    if let Some(v) = value.as_number() {
        let whole = v.fract() == 0.0 && v.abs() <= f64::from(i32::MAX) && !(v == 0.0 && v.is_sign_negative());
        return Ok(if whole { OpValue::Int(v as i32) } else { OpValue::Num(v) });
    }
    if let Some(v) = value.as_bigint() {
        return Ok(OpValue::BigInt(low_bits(&v).unwrap_or(0)));
    }
    if let Some(v) = value.as_string() {
        return Ok(OpValue::Str(v.to_std_string_lossy()));
    }
    let Some(object) = value.as_object() else {
        return Ok(OpValue::Undefined);
    };
    if let Some((data, len)) = object.memory() {
        let bytes = if len == 0 {
            Vec::new()
        } else {
            // SAFETY: `memory` gives `len` readable bytes until scripts run.
            unsafe { std::slice::from_raw_parts(data, len) }.to_vec()
        };
        return Ok(OpValue::Bytes(bytes));
    }
    if !object.is_array() {
        return Ok(OpValue::Undefined);
    }
    let items = elements(value, context)?;
    Ok(OpValue::List(items.iter().map(|item| to_op(item, context)).collect::<JsResult<Vec<_>>>()?))
}

/// The elements of an array.
pub(super) fn elements(value: &JsValue, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let Some(array) = value.as_object() else {
        return Ok(Vec::new());
    };
    let length = JsArray::from_object(array.clone())?.length(context)?;
    (0..length).map(|index| array.get(index, context)).collect()
}

/// `String(value)`.
pub(super) fn text(args: &[JsValue], index: usize, context: &mut Context) -> JsResult<String> {
    Ok(args.get_or_undefined(index).to_string(context)?.to_std_string_lossy())
}

/// The argument as an integer; 0 for anything that is not a number.
pub(super) fn int(args: &[JsValue], index: usize) -> i32 {
    args.get_or_undefined(index).as_number().map_or(0, |number| number as i32)
}

/// What a native function of an op gives back.
pub(super) fn finish(outcome: OpResult, context: &mut Context) -> JsResult<JsValue> {
    match outcome {
        Ok(value) => to_js(&value, context),
        Err(OpError::Errno(errno)) => Ok((-i32::from(errno)).into()),
        Err(OpError::Throw { kind, code, message }) => {
            let error = match kind {
                ThrowKind::Error => JsNativeError::error(),
                ThrowKind::Type => JsNativeError::typ(),
                ThrowKind::Range => JsNativeError::range(),
                ThrowKind::Syntax => JsNativeError::syntax(),
            };
            Err(coded(error.with_message(message), code, context))
        }
    }
}

/// An exception with a `code`, if that is not empty.
pub(super) fn coded(error: JsNativeError, code: &str, context: &mut Context) -> JsError {
    let error = error.into_opaque(context);
    if !code.is_empty()
        && let Err(error) = put(&error, "code", JsString::from(code), context)
    {
        return error;
    }
    JsError::from_opaque(error.into())
}

/// A `TypeError`.
pub(super) fn type_error<T>(message: &'static str) -> JsResult<T> {
    Err(JsNativeError::typ().with_message(message).into())
}
