//! Looking inside values: internal classes, proxies, iterators, own properties.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;

use boa_engine::object::builtins::JsArray;
use boa_engine::property::PropertyKey;
use boa_engine::{Context, JsArgs as _, JsResult, JsString, JsSymbol, JsValue};

use super::args::{text, type_error};
use super::{Intrinsic, Shared};

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("classId", class_id),
    ("proxyDetails", proxy_details),
    ("previewIterator", preview_iterator),
    ("ownNonIndexProperties", own_non_index_properties),
    ("isConstructor", is_constructor),
    ("privateSymbol", private_symbol),
];

/// Numbers of internal classes: by the type of an object's data, and for functions by their kind.
pub(super) type Classes = RefCell<HashMap<(TypeId, Option<(bool, bool)>), i32>>;

/// `classId(v)`: a number that two objects share exactly if they are of one internal class (the thing that
/// `Symbol.toStringTag` cannot forge); 0 for primitives.
fn class_id(shared: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let Some(object) = args.get_or_undefined(0).as_object() else {
        return Ok(0.into());
    };
    let mut classes = shared.classes.borrow_mut();
    let next = classes.len() as i32 + 1;
    Ok((*classes.entry((object.data_type(), object.function_kind())).or_insert(next)).into())
}

/// `proxyDetails(v)`: `[target, handler]`, `[null, null]` once revoked, `undefined` if `v` is no proxy.
fn proxy_details(_: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let details = args.get_or_undefined(0).as_object().and_then(|object| object.proxy_details());
    let pair: [JsValue; 2] = match details {
        None => return Ok(JsValue::undefined()),
        Some(None) => [JsValue::null(), JsValue::null()],
        Some(Some((target, handler))) => [target.into(), handler.into()],
    };
    Ok(JsArray::from_iter(pair, context).into())
}

/// `previewIterator(it)`: `[entries, isKeyValue]` of what a Map or Set iterator has still to give, without moving it;
/// `undefined` if `it` is neither.
fn preview_iterator(_: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let preview = args.get_or_undefined(0).as_object().and_then(|object| object.iterator_preview());
    let Some((entries, pairs)) = preview else {
        return Ok(JsValue::undefined());
    };
    let entries = JsArray::from_iter(entries, context);
    Ok(JsArray::from_iter([entries.into(), pairs.into()], context).into())
}

/// `ownNonIndexProperties(object, onlyEnumerable)`: own keys, strings before symbols, without array indices.
fn own_non_index_properties(
    _: &'static Shared,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(object) = args.get_or_undefined(0).as_object() else {
        return type_error("own properties are those of an object");
    };
    let only_enumerable = args.get_or_undefined(1).to_boolean();
    let mut keys = Vec::new();
    for key in object.own_property_keys(context)? {
        if matches!(key, PropertyKey::Index(_)) {
            continue;
        }
        if only_enumerable {
            let own = object.own_property(&key, context)?;
            if !own.is_some_and(|own| own.enumerable().unwrap_or(false)) {
                continue;
            }
        }
        keys.push(JsValue::from(&key));
    }
    Ok(JsArray::from_iter(keys, context).into())
}

fn is_constructor(_: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(args.get_or_undefined(0).is_constructor().into())
}

/// `privateSymbol(description)`: a property key that no reflection shows.
fn private_symbol(_: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let description = JsString::from(text(args, 0, context)?.as_str());
    match JsSymbol::new_private(Some(description)) {
        Some(symbol) => Ok(symbol.into()),
        None => type_error("no symbols are left"),
    }
}
