//! Symbols as keys of `WeakMap` and `WeakSet`, which Boa does not take. A collection with such keys holds them in a map of its own.

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::object::builtins::JsMap;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{
    Context, JsArgs as _, JsObject, JsResult, JsString, JsSymbol, JsValue, NativeFunction, js_string,
};

/// What a method does with a key that is a symbol: the map of the collection, the collection, the method's arguments.
type WithSymbol = fn(&JsMap, &JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

const METHODS: &[(&str, &str, WithSymbol)] = &[
    ("WeakMap", "get", |map, _, args, context| map.get(args.get_or_undefined(0).clone(), context)),
    ("WeakMap", "has", has),
    ("WeakMap", "delete", delete),
    ("WeakMap", "set", |map, this, args, context| {
        map.set(args.get_or_undefined(0).clone(), args.get_or_undefined(1).clone(), context)?;
        Ok(this.clone())
    }),
    ("WeakSet", "has", has),
    ("WeakSet", "delete", delete),
    ("WeakSet", "add", |map, this, args, context| {
        map.set(args.get_or_undefined(0).clone(), true, context)?;
        Ok(this.clone())
    }),
];

fn has(map: &JsMap, _: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    map.has(args.get_or_undefined(0).clone(), context)
}

fn delete(map: &JsMap, _: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    map.delete(args.get_or_undefined(0).clone(), context)
}

/// Teaches a realm's collections.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let Some(held) = JsSymbol::new_private(None) else {
        return Ok(());
    };
    for &(class, name, with_symbol) in METHODS {
        let global = context.global_object();
        let Some(constructor) = global.get(JsString::from(class), context)?.as_object() else { continue };
        let Some(prototype) = constructor.get(js_string!("prototype"), context)?.as_object() else {
            continue;
        };
        let Some(original) = prototype.get(JsString::from(name), context)?.as_object() else { continue };
        let method = NativeFunction::from_copy_closure_with_captures(
            move |this, args, (original, held): &(JsObject, JsSymbol), context| {
                let key = args.get_or_undefined(0);
                match (key.as_symbol(), this.as_object()) {
                    (Some(_), Some(collection)) => {
                        let map = map_of(&collection, held, context)?;
                        with_symbol(&map, this, args, context)
                    }
                    _ => original.call(this, args, context),
                }
            },
            (original, held.clone()),
        );
        let length = if name == "set" { 2 } else { 1 };
        let method =
            FunctionObjectBuilder::new(context.realm(), method).name(JsString::from(name)).length(length);
        let property = PropertyDescriptor::builder().value(method.build()).writable(true).configurable(true);
        prototype.define_property_or_throw(JsString::from(name), property.enumerable(false), context)?;
    }
    Ok(())
}

/// The map in which a collection holds its symbols.
fn map_of(collection: &JsObject, held: &JsSymbol, context: &mut Context) -> JsResult<JsMap> {
    if let Some(map) = collection.get(held.clone(), context)?.as_object() {
        return JsMap::from_object(map);
    }
    let map = JsMap::new(context);
    collection.set(held.clone(), map.clone(), false, context)?;
    Ok(map)
}
