//! ECMAScript modules as numbers: compile, say what is requested, be given it, link, evaluate.
//!
//! Modules live as long as the realm, so a number never dangles. All of it but the namespace needs the diffs of
//! `patches/`: QuickJS-ng itself resolves imports while it compiles.

use super::value::Val;

/// What the realm has compiled.
#[derive(Default)]
pub(super) struct Modules {
    /// Scripts by the number `compileScript` gave.
    pub(super) scripts: Vec<Val>,
    /// Further realms by the number `createRealm` gave.
    pub(super) realms: Vec<super::value::Cx>,
    #[cfg(feature = "patched")]
    records: Vec<patched::Record>,
}

#[cfg(not(feature = "patched"))]
mod unpatched {
    use super::super::value::{Args, Cx, Js};
    use super::super::{Intrinsic, Shared};

    pub(super) const TABLE: &[(&str, Intrinsic)] = &[
        ("moduleCompile", missing),
        ("moduleSynthetic", missing),
        ("moduleRequests", missing),
        ("moduleLink", missing),
        ("moduleInstantiate", missing),
        ("moduleEvaluate", missing),
        ("moduleNamespace", missing),
        ("moduleStatus", missing),
        ("moduleError", missing),
        ("moduleIsAsync", missing),
        ("moduleImportMeta", missing),
        ("moduleSetExport", missing),
        ("setImportCallback", nothing),
    ];

    fn missing(_: &Shared, cx: Cx, _: &Args<'_>) -> Js {
        let message =
            "ECMAScript modules need the engine built with the diffs of patches/ (cargo xtask build)";
        cx.throw_new("Error", message, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM")
    }

    fn nothing(_: &Shared, cx: Cx, _: &Args<'_>) -> Js {
        Ok(cx.undefined())
    }

    pub(in super::super) fn install(_: Cx) {}
}

#[cfg(not(feature = "patched"))]
pub(super) use unpatched::install;
#[cfg(not(feature = "patched"))]
pub(super) const TABLE: &[(&str, super::Intrinsic)] = unpatched::TABLE;

#[cfg(feature = "patched")]
pub(super) use patched::install;
#[cfg(feature = "patched")]
pub(super) const TABLE: &[(&str, super::Intrinsic)] = patched::TABLE;

#[cfg(feature = "patched")]
mod patched {
    use std::ffi::CString;

    use rquickjs_sys as q;

    use super::super::script::realm;
    use super::super::value::{Args, Cx, Js, Thrown, Val};
    use super::super::{Intrinsic, Shared, shared_of};
    use crate::hashbang::without_hashbang;

    type Def = *mut q::JSModuleDef;

    unsafe extern "C" {
        fn JS_SetDynamicImportFunc(rt: *mut q::JSRuntime, func: Option<DynamicImport>);
        fn JS_GetModuleRequestCount(m: Def) -> i32;
        fn JS_GetModuleRequestName(ctx: *mut q::JSContext, m: Def, index: i32) -> q::JSValue;
        fn JS_GetModuleRequestAttributes(ctx: *mut q::JSContext, m: Def, index: i32) -> q::JSValue;
        fn JS_SetModuleRequest(m: Def, index: i32, target: Def);
        fn JS_IsModuleAsync(m: Def) -> bool;
        fn JS_GetModuleStatus(m: Def) -> i32;
        fn JS_GetModuleException(ctx: *mut q::JSContext, m: Def, exception: *mut q::JSValue) -> bool;
        fn JS_LinkModule(ctx: *mut q::JSContext, m: Def) -> i32;
        fn JS_EvaluateModule(ctx: *mut q::JSContext, m: Def) -> q::JSValue;
    }

    type DynamicImport =
        unsafe extern "C" fn(*mut q::JSContext, q::JSValue, q::JSValue, q::JSValue) -> q::JSValue;

    /// `JS_EVAL_FLAG_NO_RESOLVE` of the patched header.
    const EVAL_FLAG_NO_RESOLVE: u32 = 1 << 8;

    /// One module.
    pub(super) struct Record {
        def: Def,
        /// Which modules were given for its requests; `None` until `moduleLink`.
        linked: Option<Vec<usize>>,
        /// Runs when a synthetic module is evaluated.
        evaluate: Option<Val>,
    }

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

    pub(in super::super) fn install(cx: Cx) {
        // SAFETY: the function has the prototype QuickJS wants.
        unsafe { JS_SetDynamicImportFunc(cx.rt(), Some(dynamic_import)) };
    }

    unsafe extern "C" fn dynamic_import(
        ctx: *mut q::JSContext,
        referrer: q::JSValue,
        specifier: q::JSValue,
        attributes: q::JSValue,
    ) -> q::JSValue {
        // SAFETY: QuickJS passes a live context and values.
        let cx = unsafe { Cx::from_raw(ctx) };
        let callback = shared_of(cx).callbacks.borrow().import.clone();
        let result = match callback {
            None => cx.type_error("import() is not available yet"),
            Some(callback) => {
                callback.call(&cx.undefined(), &[cx.dup(referrer), cx.dup(specifier), cx.dup(attributes)])
            }
        };
        match result {
            Ok(value) => value.into_raw(),
            Err(Thrown) => q::JS_EXCEPTION,
        }
    }

    fn add(shared: &Shared, cx: Cx, def: Def, evaluate: Option<Val>) -> Js {
        let mut modules = shared.modules.borrow_mut();
        modules.records.push(Record { def, linked: None, evaluate });
        Ok(cx.int(modules.records.len() as i32 - 1))
    }

    fn def(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js<Def> {
        match shared.modules.borrow().records.get(args.int(0) as usize) {
            Some(record) => Ok(record.def),
            None => cx.type_error("no such module"),
        }
    }

    /// `moduleCompile(source, url, realm?)`: a module's number.
    fn compile(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let (source, url) = (args.string(0)?, args.string(1)?);
        let realm = realm(shared, cx, args, 2)?;
        let flags = q::JS_EVAL_TYPE_MODULE | q::JS_EVAL_FLAG_COMPILE_ONLY | EVAL_FLAG_NO_RESOLVE;
        let module = realm.compile_global(&without_hashbang(&source), &url, 1, flags)?;
        // SAFETY: a compiled module is a value that points to its definition; the realm keeps it.
        let def = unsafe { q::JS_VALUE_GET_PTR(module.raw()) }.cast();
        std::mem::forget(module);
        add(shared, cx, def, None)
    }

    unsafe extern "C" fn run_synthetic(ctx: *mut q::JSContext, def: Def) -> std::ffi::c_int {
        // SAFETY: QuickJS passes a live context.
        let cx = unsafe { Cx::from_raw(ctx) };
        let evaluate = shared_of(cx)
            .modules
            .borrow()
            .records
            .iter()
            .find(|r| r.def == def)
            .and_then(|r| r.evaluate.clone());
        match evaluate.map(|f| f.call(&cx.undefined(), &[])) {
            Some(Err(Thrown)) => -1,
            _ => 0,
        }
    }

    /// `moduleSynthetic(url, exportNames, evaluate)`: a module whose exports the script sets.
    fn synthetic(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let url = CString::new(args.string(0)?.replace('\0', "")).unwrap_or_default();
        // SAFETY: NUL-terminated name; the function has the prototype QuickJS wants.
        let def = unsafe { q::JS_NewCModule(cx.raw(), url.as_ptr(), Some(run_synthetic)) };
        if def.is_null() {
            return Err(Thrown);
        }
        for name in args.get(1).elements()? {
            let name = CString::new(name.to_text()?).unwrap_or_default();
            // SAFETY: the module was made just above and is not instantiated.
            if unsafe { q::JS_AddModuleExport(cx.raw(), def, name.as_ptr()) } < 0 {
                return Err(Thrown);
            }
        }
        add(shared, cx, def, Some(args.get(2).clone()))
    }

    /// `moduleRequests(module)`: `[specifier, attributes | undefined]` of each, in order.
    fn requests(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        // SAFETY: `def` is alive and indices are below the count.
        let items = unsafe {
            (0..JS_GetModuleRequestCount(def))
                .map(|i| {
                    let name = cx.own(JS_GetModuleRequestName(cx.raw(), def, i))?;
                    cx.list([name, cx.own(JS_GetModuleRequestAttributes(cx.raw(), def, i))?])
                })
                .collect::<Js<Vec<_>>>()?
        };
        cx.list(items)
    }

    /// `moduleLink(module, modules)`: gives the module for each request.
    fn link(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        let targets: Vec<usize> =
            args.get(1).elements()?.iter().map(|v| v.as_num().map_or(usize::MAX, |n| n as usize)).collect();
        let mut modules = shared.modules.borrow_mut();
        // SAFETY: `def` is alive.
        let wanted = unsafe { JS_GetModuleRequestCount(def) } as usize;
        if targets.len() != wanted || targets.iter().any(|&t| t >= modules.records.len()) {
            return cx.type_error("a module must be given for every request");
        }
        for (i, &target) in targets.iter().enumerate() {
            // SAFETY: both definitions are alive; the index is below the count.
            unsafe { JS_SetModuleRequest(def, i as i32, modules.records[target].def) };
        }
        modules.records[args.int(0) as usize].linked = Some(targets);
        Ok(cx.undefined())
    }

    /// `moduleInstantiate(module)`: links the graph below it; throws a SyntaxError for a missing export.
    fn instantiate(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        {
            let modules = shared.modules.borrow();
            let (mut queue, mut seen) = (vec![args.int(0) as usize], std::collections::HashSet::new());
            while let Some(at) = queue.pop() {
                if !seen.insert(at) {
                    continue;
                }
                let record = &modules.records[at];
                match &record.linked {
                    Some(targets) => queue.extend(targets),
                    // SAFETY: the definition is alive.
                    None if unsafe { JS_GetModuleRequestCount(record.def) } == 0 => {}
                    None => return cx.type_error("a module of the graph was not linked"),
                }
            }
        }
        // SAFETY: every request of the graph has its module.
        if unsafe { JS_LinkModule(cx.raw(), def) } < 0 { Err(Thrown) } else { Ok(cx.undefined()) }
    }

    /// `moduleEvaluate(module)`: a promise.
    fn evaluate(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        // SAFETY: `def` is alive.
        unsafe {
            if JS_GetModuleStatus(def) < STATUS_LINKED {
                return cx.type_error("the module is not instantiated");
            }
            cx.own(JS_EvaluateModule(cx.raw(), def))
        }
    }

    fn namespace(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        // SAFETY: `def` is alive.
        cx.own(unsafe { q::JS_GetModuleNamespace(cx.raw(), def) })
    }

    /// `JS_MODULE_STATUS_LINKED` of quickjs.c.
    const STATUS_LINKED: i32 = 2;

    /// `moduleStatus(module)`: 0 unlinked, 1 linking, 2 linked, 3 evaluating, 4 evaluating asynchronously, 5 evaluated.
    fn status(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        // SAFETY: `def` is alive.
        Ok(cx.int(unsafe { JS_GetModuleStatus(def) }))
    }

    /// `moduleError(module)`: `[error]` if evaluation threw, else `undefined`.
    fn error(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        let mut raw = q::JS_UNDEFINED;
        // SAFETY: `def` is alive and the out pointer outlives the call.
        if unsafe { JS_GetModuleException(cx.raw(), def, &raw mut raw) } {
            return cx.list([cx.own(raw)?]);
        }
        Ok(cx.undefined())
    }

    /// `moduleIsAsync(module)`: whether it has a top-level `await` of its own.
    fn is_async(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        // SAFETY: `def` is alive.
        Ok(cx.bool(unsafe { JS_IsModuleAsync(def) }))
    }

    fn import_meta(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        // SAFETY: `def` is alive.
        cx.own(unsafe { q::JS_GetImportMeta(cx.raw(), def) })
    }

    /// `moduleSetExport(module, name, value)`: of a synthetic, instantiated module.
    fn set_export(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        let def = def(shared, cx, args)?;
        let name = CString::new(args.string(1)?).unwrap_or_default();
        // SAFETY: `def` is alive; the call takes over the value's reference.
        let done =
            unsafe { q::JS_SetModuleExport(cx.raw(), def, name.as_ptr(), args.get(2).clone().into_raw()) };
        if done < 0 { Err(Thrown) } else { Ok(cx.undefined()) }
    }

    /// `setImportCallback(fn)`: `fn(referrerFileName, specifier, attributes)` gives what `import()` resolves to.
    fn set_import_callback(shared: &Shared, cx: Cx, args: &Args<'_>) -> Js {
        shared.callbacks.borrow_mut().import = Some(args.get(0).clone());
        Ok(cx.undefined())
    }
}
