//! The port's parts that need an engine's patches: a test for each diff of `patches/` that adds to it. Included as `tests.rs` is.

use super::Tested;
use crate::{Engine, OpState, OpValue};

/// Runs the body of a function of `host`; its result must be `expected`.
#[track_caller]
fn check(body: &str, expected: impl Into<OpValue>) {
    let mut engine = Tested::new(OpState::default(), &[]);
    let source = format!("(host) => {{ const {{ engine }} = host; {body} }}");
    assert_eq!(engine.run_host_script(&source, "check.js"), Ok(expected.into()), "{body}");
}

#[test]
fn async_context_flows_through_reactions_and_await() {
    check(
        "const log = []; engine.setAsyncContext('a'); Promise.resolve().then(() => log.push(engine.getAsyncContext())); \
         (async () => { await null; log.push(engine.getAsyncContext()); })(); engine.setAsyncContext('b'); \
         engine.runMicrotasks(); log.push(engine.getAsyncContext()); return log.join()",
        "a,a,b",
    );
}

#[test]
fn dynamic_import_asks_the_host() {
    check(
        "let got; engine.setImportCallback((referrer, specifier, attributes) => { got = [referrer, specifier, attributes?.type]; return Promise.resolve('ns'); }); \
         let value; engine.compileFunction(\"return import('x', { with: { type: 'json' } })\", 'from.js', [], 0)().then((v) => { value = v; }); \
         engine.runMicrotasks(); return [...got, value].join()",
        "from.js,x,json,ns",
    );
}

#[test]
fn modules_are_compiled_before_what_they_import() {
    check(
        "const a = engine.moduleCompile(\"import { x } from './b'; export const y = x + 1;\", 'a.js'); \
         const b = engine.moduleSynthetic('b.js', ['x'], () => engine.moduleSetExport(b, 'x', 41)); \
         const [[specifier]] = engine.moduleRequests(a); engine.moduleLink(a, [b]); engine.moduleInstantiate(a); \
         engine.moduleEvaluate(a); engine.runMicrotasks(); \
         return [specifier, engine.moduleNamespace(a).y, engine.moduleStatus(a), engine.moduleIsAsync(a)].join()",
        "./b,42,5,false",
    );
    check("return engine.moduleIsAsync(engine.moduleCompile('await 1', 't.js'))", true);
    check(
        "const m = engine.moduleCompile(\"import 'x'\", 'm.js'); try { engine.moduleInstantiate(m); } catch (e) { return e.name; }",
        "TypeError",
    );
}

#[test]
fn endless_recursion_is_a_range_error() {
    let mut engine = Tested::new(OpState::default(), &[]);
    engine.limit_call_depth(100);
    let source = "() => { let d = 0; function f() { d++; f(); } try { f(); } catch (e) { return `${e.name} ${d > 90 && d < 101}`; } }";
    assert_eq!(engine.run_host_script(source, "t.js"), Ok("RangeError true".into()));
}

#[test]
fn private_symbols_are_not_reflected() {
    check(
        "const s = engine.privateSymbol('p'); const o = {}; o[s] = 1; return [o[s], Reflect.ownKeys(o).length].join()",
        "1,0",
    );
}

#[test]
fn iterators_are_previewed_without_moving() {
    check(
        "const it = new Map([[1, 2], [3, 4]]).entries(); it.next(); const [entries, pairs] = engine.previewIterator(it); \
         return [entries.join(), pairs, it.next().value.join()].join('|')",
        "3,4|true|3,4",
    );
}

#[test]
fn the_wrapper_of_a_function_has_no_line() {
    check(
        "let line; engine.setStackFormatter((e, sites) => { line = sites[0].getLineNumber(); return null; }); \
         try { engine.compileFunction('throw new Error()', 'f.js', [], 0)(); } catch {} return line",
        1,
    );
}

#[test]
fn a_thrown_error_is_captured_once() {
    check(
        "let count = 0; engine.setStackFormatter((e) => { count++; Object.defineProperty(e, 'stack', { value: '' }); return null; }); \
         const f = () => { throw new Error(); }; const g = () => f(); try { g(); } catch {} return count",
        1,
    );
}

#[test]
fn a_global_object_can_be_a_view_of_another_object() {
    let run = |script: &str| {
        format!(
            "const [realm] = engine.createRealm(); const object = {{ a: 1, get b() {{ return this === object; }} }}; \
             const view = engine.viewGlobal(realm, object); const run = (text) => engine.runInRealm(realm, text, 'r.js', 0); {script}"
        )
    };
    check(
        &run(
            "run('a += 1; var c = 3; function d() {} let e = 5; Array = 7'); return Object.keys(object).join()",
        ),
        "a,b,c,d,Array",
    );
    check(
        &run("return run('[a, b, typeof Map, typeof none, e = 1, this === globalThis].join()')"),
        "1,true,function,undefined,1,true",
    );
    check(
        &run("try { return run('\"use strict\"; none = 1') } catch (error) { return error.name }"),
        "ReferenceError",
    );
    check(&run("try { return run('none') } catch (error) { return error.name }"), "ReferenceError");
    check(
        &run(
            "object.self = object; return run('self === globalThis && delete a && !(\"a\" in self)') && !('a' in object)",
        ),
        true,
    );
    check(
        &run("run('Object.defineProperty(this, \"f\", { get: () => 6 })'); return object.f + run('f')"),
        12,
    );
    check(
        &run(
            "return run('Object.getOwnPropertyNames(this)').filter((name) => ['a', 'Map', 'globalThis'].includes(name)).length",
        ),
        3,
    );
    check(&run("return view === run('this') && view !== object"), true);
    check(
        &run(
            "const fn = engine.compileFunction('return typeof a + (Array === other)', 'f.js', ['other'], 0, realm); return fn(Array)",
        ),
        "numberfalse",
    );
}

#[test]
fn what_is_watched_can_be_ended() {
    check(
        "let asked = 0; try { engine.runWatched(() => ++asked > 3, () => { for (;;) { try { for (;;); } catch {} } }); } \
         catch (error) { return asked + error.message } return 'ran on'",
        "4interrupted",
    );
    check("return engine.runWatched(() => false, () => 5)", 5);
    check(
        "const inner = () => { try { return engine.runWatched(() => true, () => { for (;;); }); } catch { return 'inner' } }; \
         return engine.runWatched(() => false, inner)",
        "inner",
    );
}

#[test]
fn private_symbols_can_be_put_on_frozen_objects() {
    check("const s = engine.privateSymbol('p'); const o = Object.freeze({}); o[s] = 5; return o[s]", 5);
}

#[test]
fn a_shared_buffer_over_foreign_memory_can_be_detached() {
    check(
        "const b = engine.externalArrayBuffer(8, 4, true); const before = [b instanceof SharedArrayBuffer, b.byteLength]; \
         engine.detachArrayBuffer(b); return [...before, b.byteLength].join()",
        "true,4,0",
    );
}
