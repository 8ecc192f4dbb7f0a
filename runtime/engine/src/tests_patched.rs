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
