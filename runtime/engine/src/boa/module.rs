//! ECMAScript modules as numbers: compile, say what is requested, be given it, link, evaluate.
//!
//! Modules live as long as the realm, so a number never dangles.

use std::path::{Path, PathBuf};

use boa_engine::module::{ModulePhase, ModuleRequest, Referrer, SyntheticModuleInitializer};
use boa_engine::object::builtins::JsArray;
use boa_engine::realm::Realm;
use boa_engine::{
    Context, JsArgs as _, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, Module, Script,
    Source,
};

use super::args::{elements, int, text, type_error};
use super::{Intrinsic, Shared, source_name};
use crate::hashbang::without_hashbang;

pub(super) const TABLE: &[(&str, Intrinsic)] = &[
    ("moduleCompile", compile),
    ("moduleSynthetic", synthetic),
    ("moduleRequests", requests),
    ("moduleLink", link),
    ("moduleInstantiate", instantiate),
    ("moduleEvaluate", evaluate),
    ("moduleNamespace", namespace),
    ("moduleStatus", status),
    ("moduleError", error),
    ("moduleIsAsync", is_async),
    ("moduleImportMeta", import_meta),
    ("moduleSetExport", set_export),
    ("setImportCallback", set_import_callback),
];

/// What the realm has compiled.
#[derive(Default)]
pub(super) struct Modules {
    /// Scripts by the number `compileScript` gave.
    pub(super) scripts: Vec<Script>,
    /// Further realms by the number `createRealm` gave.
    pub(super) realms: Vec<Realm>,
    records: Vec<Record>,
    import: Option<JsObject>,
}

struct Record {
    module: Module,
    /// Numbers of what it imports from, once `moduleLink` has said them.
    linked: Option<Vec<usize>>,
}

fn add(shared: &Shared, module: Module) -> JsResult<JsValue> {
    let mut modules = shared.modules.borrow_mut();
    modules.records.push(Record { module, linked: None });
    Ok((modules.records.len() as i32 - 1).into())
}

fn module(shared: &Shared, args: &[JsValue]) -> JsResult<Module> {
    match shared.modules.borrow().records.get(int(args, 0) as usize) {
        Some(record) => Ok(record.module.clone()),
        None => type_error("no such module"),
    }
}

/// `moduleCompile(source, url)`: a module's number.
fn compile(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (source, url) = (text(args, 0, context)?, text(args, 1, context)?);
    let source = without_hashbang(&source);
    let name = source_name::encode(&url, 0);
    let module = shared.stack.parsing(&name, || {
        Module::parse(Source::from_bytes(source.as_ref()).with_path(Path::new(&name)), None, context).map_err(
            |error| match error.into_opaque(context) {
                Ok(value) => JsError::from_opaque(value),
                Err(error) => error,
            },
        )
    })?;
    add(shared, module)
}

/// `moduleSynthetic(url, exportNames, evaluate)`: a module whose exports the script sets.
fn synthetic(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let url = text(args, 0, context)?;
    let mut names = Vec::new();
    for name in elements(args.get_or_undefined(1), context)? {
        names.push(name.to_string(context)?);
    }
    let Some(steps) = args.get_or_undefined(2).as_callable() else {
        return type_error("a synthetic module is evaluated by a function");
    };
    let steps = SyntheticModuleInitializer::from_copy_closure_with_captures(
        |_, steps: &JsObject, context| steps.call(&JsValue::undefined(), &[], context).map(drop),
        steps,
    );
    add(shared, Module::synthetic(&names, steps, Some(PathBuf::from(url)), None, context))
}

/// The attributes of a request as an object; `undefined` if it has none.
fn attributes(request: &ModuleRequest, context: &mut Context) -> JsResult<JsValue> {
    if request.attributes().is_empty() {
        return Ok(JsValue::undefined());
    }
    let object = JsObject::with_object_proto(context.intrinsics());
    for attribute in request.attributes() {
        object.create_data_property_or_throw(attribute.key().clone(), attribute.value().clone(), context)?;
    }
    Ok(object.into())
}

/// `moduleRequests(module)`: `[specifier, attributes | undefined]` of each, in order.
fn requests(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut items = Vec::new();
    for request in module(shared, args)?.requests() {
        let pair = [request.specifier().clone().into(), attributes(&request, context)?];
        items.push(JsArray::from_iter(pair, context).into());
    }
    Ok(JsArray::from_iter(items, context).into())
}

/// `moduleLink(module, modules)`: gives the module for each request.
fn link(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let module = module(shared, args)?;
    let targets: Vec<usize> = elements(args.get_or_undefined(1), context)?
        .iter()
        .map(|value| value.as_number().map_or(usize::MAX, |number| number as usize))
        .collect();
    let requests = module.requests();
    let mut modules = shared.modules.borrow_mut();
    if targets.len() != requests.len() || targets.iter().any(|&target| target >= modules.records.len()) {
        return type_error("a module must be given for every request");
    }
    for (request, &target) in requests.into_iter().zip(&targets) {
        module.set_requested(request, modules.records[target].module.clone());
    }
    modules.records[int(args, 0) as usize].linked = Some(targets);
    Ok(JsValue::undefined())
}

/// `moduleInstantiate(module)`: links the graph below it; throws a SyntaxError for a missing export.
fn instantiate(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let module = module(shared, args)?;
    {
        let modules = shared.modules.borrow();
        let (mut queue, mut seen) = (vec![int(args, 0) as usize], std::collections::HashSet::new());
        while let Some(at) = queue.pop() {
            if !seen.insert(at) {
                continue;
            }
            let record = &modules.records[at];
            match &record.linked {
                Some(targets) => queue.extend(targets),
                None if record.module.requests().is_empty() => {}
                None => return type_error("a module of the graph was not linked"),
            }
        }
    }
    module.link(context)?;
    Ok(JsValue::undefined())
}

/// `moduleEvaluate(module)`: a promise.
fn evaluate(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let module = module(shared, args)?;
    match module.phase() {
        ModulePhase::Unlinked | ModulePhase::Linking => type_error("the module is not instantiated"),
        _ => Ok(module.evaluate(context)?.into()),
    }
}

fn namespace(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(module(shared, args)?.namespace(context).into())
}

/// `moduleStatus(module)`: 0 unlinked, 1 linking, 2 linked, 3 evaluating, 4 evaluating asynchronously, 5 evaluated.
fn status(shared: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok((module(shared, args)?.phase() as i32).into())
}

/// `moduleError(module)`: `[error]` if evaluation threw, else `undefined`.
fn error(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match module(shared, args)?.evaluation_error() {
        None => Ok(JsValue::undefined()),
        Some(error) => {
            let error = error.into_opaque(context)?;
            Ok(JsArray::from_iter([error], context).into())
        }
    }
}

/// `moduleIsAsync(module)`: whether it has a top-level `await` of its own.
fn is_async(shared: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(module(shared, args)?.has_top_level_await().into())
}

fn import_meta(shared: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    match module(shared, args)?.import_meta() {
        Some(meta) => Ok(meta.into()),
        None => type_error("a synthetic module has no import.meta"),
    }
}

/// `moduleSetExport(module, name, value)`: of a synthetic, instantiated module.
fn set_export(shared: &'static Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = args.get_or_undefined(1).to_string(context)?;
    module(shared, args)?.set_export(&name, args.get_or_undefined(2).clone())?;
    Ok(JsValue::undefined())
}

/// `setImportCallback(fn)`: `fn(referrerFileName, specifier, attributes)` gives what `import()` resolves to.
fn set_import_callback(shared: &'static Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    shared.modules.borrow_mut().import = args.get_or_undefined(0).as_callable();
    Ok(JsValue::undefined())
}

/// What a dynamic `import()` gives.
pub(super) fn import(
    shared: &Shared,
    referrer: &Referrer,
    request: &ModuleRequest,
    context: &mut Context,
) -> JsResult<JsValue> {
    let callback = shared.modules.borrow().import.clone();
    let callback =
        callback.ok_or_else(|| JsNativeError::typ().with_message("import() is not available yet"))?;
    let file = referrer.path().map(|path| path.to_string_lossy().into_owned());
    let file = file.map_or_else(JsValue::null, |name| JsString::from(source_name::decode(&name).0).into());
    let attributes = attributes(request, context)?;
    callback.call(&JsValue::undefined(), &[file, request.specifier().clone().into(), attributes], context)
}
