//! Compiling and running scripts; realms; entry points; the bound on recursion.

use std::path::Path;

use boa_engine::object::FunctionObjectBuilder;
use boa_engine::object::builtins::JsArray;
use boa_engine::property::{Attribute, PropertyDescriptor};
use boa_engine::realm::Realm;
use boa_engine::{
    Context, JsArgs as _, JsResult, JsString, JsValue, NativeFunction, Script, Source, js_string,
};

use super::args::{elements, int, text, type_error};
use super::{Intrinsic, Shared, source_name, stack, weak_symbols};
use crate::hashbang::without_hashbang;

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("compileFunction", compile_function),
    ("compileScript", compile_script),
    ("runScript", run_script),
    ("createRealm", create_realm),
    ("runInRealm", run_in_realm),
    ("setEntry", set_entry),
    ("setStackFormatter", set_stack_formatter),
];

/// Values on the stack of the virtual machine, for each call that may be on it.
const VALUES_PER_CALL: usize = 128;

/// What the call that the program makes counts for: as much as any that native code makes.
const ENTRY_WEIGHT: usize = 12;

/// Bounds recursion: calls of scripts, and those of them that native code has made, which need the machine's stack.
pub(super) fn limit_depth(context: &mut Context, frames: u32) {
    let limits = context.runtime_limits_mut();
    limits.set_recursion_limit(frames as usize + ENTRY_WEIGHT);
    limits.set_stack_size_limit(frames as usize * VALUES_PER_CALL);
}

/// What a realm's global object has of ours.
pub(super) fn prepare_realm(shared: &'static Shared, context: &mut Context) -> JsResult<()> {
    stack::install(shared, context)?;
    weak_symbols::install(context)?;
    let random = NativeFunction::from_copy_closure(move |_, _, _| {
        // xorshift64*, Vigna 2014.
        let mut state = shared.random.get();
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        shared.random.set(state);
        let bits = state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        Ok((bits as f64 / (1u64 << 53) as f64).into())
    });
    let random =
        FunctionObjectBuilder::new(context.realm(), random).name(js_string!("random")).length(0).build();
    let global = context.global_object();
    if let Some(math) = global.get(js_string!("Math"), context)?.as_object() {
        let attributes = Attribute::WRITABLE | Attribute::CONFIGURABLE;
        let property = PropertyDescriptor::builder()
            .value(random)
            .writable(attributes.writable())
            .configurable(attributes.configurable())
            .enumerable(false);
        math.define_property_or_throw(js_string!("random"), property, context)?;
    }
    Ok(())
}

fn parse(
    shared: &Shared,
    source: &str,
    file: &str,
    added_lines: i32,
    realm: Option<Realm>,
    context: &mut Context,
) -> JsResult<Script> {
    let name = source_name::encode(file, added_lines);
    shared.stack.parsing(&name, || {
        Script::parse(Source::from_bytes(source).with_path(Path::new(&name)), realm, context).map_err(
            |error| match error.into_opaque(context) {
                Ok(value) => boa_engine::JsError::from_opaque(value),
                Err(error) => error,
            },
        )
    })
}

/// The completion value of a script whose first line is line `added_lines + 1` of the file.
pub(super) fn evaluate(
    shared: &Shared,
    source: &str,
    file: &str,
    added_lines: i32,
    context: &mut Context,
) -> JsResult<JsValue> {
    parse(shared, source, file, added_lines, None, context)?.evaluate(context)
}

/// `compileFunction(source, fileName, params, lineOffset)`: a function with this body. Its first line is line
/// `lineOffset + 1` of the file, with true columns: the wrapper has a line of its own.
fn compile_function(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (source, file) = (text(args, 0, context)?, text(args, 1, context)?);
    let mut params = Vec::new();
    for param in elements(args.get_or_undefined(2), context)? {
        params.push(param.to_string(context)?.to_std_string_lossy());
    }
    let whole = format!("(function ({}) {{\n{}\n}})", params.join(","), without_hashbang(&source));
    evaluate(shared, &whole, &file, int(args, 3) - 1, context)
}

/// `compileScript(source, fileName, lineOffset)`: a number for `runScript`.
fn compile_script(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (source, file) = (text(args, 0, context)?, text(args, 1, context)?);
    let script = parse(shared, &without_hashbang(&source), &file, int(args, 2), None, context)?;
    let mut modules = shared.modules.borrow_mut();
    modules.scripts.push(script);
    Ok((modules.scripts.len() as i32 - 1).into())
}

/// `runScript(number)`: its completion value.
fn run_script(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let script = shared.modules.borrow().scripts.get(int(args, 0) as usize).cloned();
    match script {
        Some(script) => script.evaluate(context),
        None => type_error("no such script"),
    }
}

/// `createRealm()`: `[number, global object]` of a new realm, which shares the heap and the microtasks with this one.
fn create_realm(shared: &'static Shared, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let realm = context.create_realm()?;
    let outer = context.enter_realm(realm.clone());
    let prepared = prepare_realm(shared, context);
    let global = context.global_object();
    context.enter_realm(outer);
    prepared?;
    let number = {
        let mut modules = shared.modules.borrow_mut();
        modules.realms.push(realm);
        modules.realms.len() as i32 - 1
    };
    Ok(JsArray::from_iter([JsValue::from(number), global.into()], context).into())
}

/// `runInRealm(number, source, fileName, lineOffset)`: the completion value of a script run there.
fn run_in_realm(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let realm = shared.modules.borrow().realms.get(int(args, 0) as usize).cloned();
    let Some(realm) = realm else {
        return type_error("no such realm");
    };
    let (source, file) = (text(args, 1, context)?, text(args, 2, context)?);
    let outer = context.enter_realm(realm.clone());
    let result = parse(shared, &without_hashbang(&source), &file, int(args, 3), Some(realm), context)
        .and_then(|script| script.evaluate(context));
    context.enter_realm(outer);
    result
}

/// `setEntry(name, fn)`: what the program calls by this name.
fn set_entry(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    let Some(function) = args.get_or_undefined(1).as_callable() else {
        return type_error("an entry point must be a function");
    };
    shared.entries.borrow_mut().insert(name, function);
    Ok(JsValue::undefined())
}

/// `setStackFormatter(fn)`: `fn(error, callSites)` is called when an error captures its stack.
fn set_stack_formatter(
    shared: &'static Shared,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    *shared.stack.formatter.borrow_mut() = args.get_or_undefined(0).as_callable();
    // As other engines do, which call what they find there.
    let global = context.global_object();
    if let Some(error) = global.get(js_string!("Error"), context)?.as_object() {
        error.set(JsString::from("prepareStackTrace"), args.get_or_undefined(0).clone(), false, context)?;
    }
    Ok(JsValue::undefined())
}
