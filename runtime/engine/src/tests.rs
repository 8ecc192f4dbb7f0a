//! The port, as scripts and programs see it: each engine includes this file, and calls itself `Tested`. What needs an engine's
//! patches is in `tests_patched.rs`.

use super::Tested;
use crate::{Engine, EngineError, OpArgs, OpDecl, OpError, OpResult, OpState, OpValue, ThrowKind};

fn engine(ops: &[OpDecl]) -> Tested {
    Tested::new(OpState::default(), &[ops])
}

/// Runs the body of a function of `host`; its result must be `expected`.
#[track_caller]
fn check(body: &str, expected: impl Into<OpValue>) {
    let mut engine = engine(&[]);
    let source = format!("(host) => {{ const {{ engine }} = host; {body} }}");
    assert_eq!(engine.run_host_script(&source, "check.js"), Ok(expected.into()), "{body}");
}

fn echo(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::List(vec![
        args.num(0)?.into(),
        args.str(1)?.into_owned().into(),
        args.bytes(2)?.to_vec().into(),
        args.bool(3).into(),
        args.is_nullish(4).into(),
        args.i64(5)?.to_string().into(),
    ]))
}

#[test]
fn values_cross_both_ways() {
    let mut engine = engine(&[OpDecl { name: "echo", run: echo }]);
    let source = "(host) => host.ops.echo(1.5, 'é\\ud800', new Uint8Array([1, 2, 3]).subarray(1), true, null, 9007199254740993n)";
    let expected = vec![
        OpValue::Num(1.5),
        OpValue::Str("é\u{FFFD}".into()),
        OpValue::Bytes(vec![2, 3]),
        OpValue::Bool(true),
        OpValue::Bool(true),
        OpValue::Str("9007199254740993".into()),
    ];
    assert_eq!(engine.run_host_script(source, "t.js"), Ok(OpValue::List(expected)));
}

#[test]
fn wrong_arguments_and_failures_are_exceptions_or_numbers() {
    fn fail(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
        match args.i32(0)? {
            0 => Err(OpError::Errno(2)),
            _ => Err(OpError::Throw { kind: ThrowKind::Range, code: "ERR_SPEC", message: "no".into() }),
        }
    }
    let mut engine = engine(&[OpDecl { name: "fail", run: fail }]);
    let source = "(host) => {
        const caught = (f) => { try { return String(f()); } catch (e) { return `${e.name} ${e.code} ${e.message}`; } };
        return [caught(() => host.ops.fail(0)), caught(() => host.ops.fail(1)), caught(() => host.ops.fail('x'))].join('|');
    }";
    let expected = "-2|RangeError ERR_SPEC no|TypeError ERR_INVALID_ARG_TYPE argument 0 of a native operation must be a number";
    assert_eq!(engine.run_host_script(source, "t.js"), Ok(expected.into()));
}

#[test]
fn overlapping_views_are_refused() {
    fn copy(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
        args.bytes_mut(0)?.copy_from_slice(args.bytes(1)?);
        Ok(OpValue::Undefined)
    }
    let mut engine = engine(&[OpDecl { name: "copy", run: copy }]);
    let source = "(host) => {
        const a = new Uint8Array([1, 2, 3, 4]);
        host.ops.copy(a.subarray(0, 2), a.subarray(2));
        try { host.ops.copy(a.subarray(0, 2), a.subarray(1, 3)); } catch (e) { return `${[...a]} ${e.name}`; }
    }";
    assert_eq!(engine.run_host_script(source, "t.js"), Ok("3,4,3,4 TypeError".into()));
}

#[test]
fn resources_are_found_by_number_and_type() {
    let mut state = OpState::default();
    let id = state.add_resource(String::from("kept"));
    assert_eq!(state.resource::<String>(id).map(|s| s.as_str()), Ok("kept"));
    assert!(state.resource::<u32>(id).is_err());
    assert_eq!(state.take_resource::<String>(id), Ok("kept".to_owned()));
    assert!(!state.drop_resource(id));
}

#[test]
fn entries_are_called_and_missing_ones_named() {
    let mut engine = engine(&[]);
    engine
        .run_host_script("(host) => host.engine.setEntry('sum', (list) => list[0] + list[1])", "t.js")
        .expect("the script runs");
    let list = OpValue::List(vec![OpValue::Int(1), OpValue::Int(2)]);
    assert_eq!(engine.call("sum", &[list]), Ok(OpValue::Int(3)));
    assert_eq!(engine.call("none", &[]), Err(EngineError::NoEntry("none".into())));
}

#[test]
fn an_uncaught_exception_is_text() {
    let error =
        engine(&[]).run_host_script("() => { throw new TypeError('why') }", "t.js").expect_err("it throws");
    assert!(error.to_string().starts_with("TypeError: why"), "{error}");
}

#[test]
fn functions_are_compiled_with_names_and_parameters() {
    check("return engine.compileFunction('return a + b', 'f.js', ['a', 'b'], 0)(1, 2)", 3);
    check("return engine.compileFunction('#!/bin/x\\nreturn 1', 'f.js', [], 0)()", 1);
    check("return engine.runScript(engine.compileScript('1 + 1', 's.js', 0))", 2);
}

#[test]
fn realms_have_globals_of_their_own() {
    check(
        "const [realm, global] = engine.createRealm(); global.x = 20; \
         return [engine.runInRealm(realm, 'var y = x + 1; y', 'r.js', 0), global.y, typeof y, engine.runInRealm(realm, '[]', 'r.js', 0) instanceof Array].join()",
        "21,21,undefined,false",
    );
}

#[test]
fn promises_show_their_state() {
    check("return engine.promiseDetails(Promise.resolve(5))", vec_list([1, 5]));
    check("return engine.promiseDetails({})", ());
    check(
        "engine.setRejectionCallback((...a) => { log.push(a[0], a[2]) }); const log = []; \
           const p = Promise.reject(7); p.catch(() => {}); return log.join()",
        "0,7,1,7",
    );
    check(
        "const log = []; engine.enqueueMicrotask(() => log.push('a')); Promise.resolve().then(() => log.push('b')); \
           log.push('sync'); engine.runMicrotasks(); return log.join()",
        "sync,a,b",
    );
}

fn vec_list<const N: usize>(items: [i32; N]) -> OpValue {
    OpValue::List(items.into_iter().map(OpValue::Int).collect())
}

#[test]
fn values_can_be_looked_into() {
    check(
        "const t = {}, h = {}; const [a, b] = engine.proxyDetails(new Proxy(t, h)); return a === t && b === h",
        true,
    );
    check(
        "return engine.classId(new Map()) === engine.classId(new Map([[1, 2]])) && engine.classId(new Map()) !== engine.classId({})",
        true,
    );
    check(
        "return engine.ownNonIndexProperties(Object.assign([1, 2], { x: 1 }), false).map(String).join()",
        "length,x",
    );
    check("return [engine.isConstructor(class {}), engine.isConstructor(() => {})].join()", "true,false");
}

#[test]
fn buffers_are_detached_and_copied() {
    check("const b = new ArrayBuffer(4); engine.detachArrayBuffer(b); return b.byteLength", 0);
    check("return new Uint8Array(engine.arrayBufferOfBytes(new Uint8Array([1, 2]).subarray(1)))[0]", 2);
    check("return engine.memoryUsage()[0] > 0", true);
}

#[test]
fn stacks_reach_the_formatter() {
    check(
        "let seen = 0; engine.setStackFormatter((error, sites) => { seen = sites.length; return null; }); \
         (function f() { new Error('x'); })(); return seen >= 2",
        true,
    );
}
