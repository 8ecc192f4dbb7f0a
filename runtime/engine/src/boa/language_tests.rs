//! What Boa itself gets wrong and our diffs mend: a test for each that is not of the port.

use super::Boa;
use crate::{Engine as _, OpState, OpValue};

/// Runs the body of a function of `host`; its result must be `expected`.
#[track_caller]
fn check(body: &str, expected: impl Into<OpValue>) {
    let mut engine = Boa::new(OpState::default(), &[]);
    let source = format!("(host) => {{ const {{ engine }} = host; {body} }}");
    assert_eq!(engine.run_host_script(&source, "check.js"), Ok(expected.into()), "{body}");
}

/// `patches/boa_ast/01-class-method-names.diff`
#[test]
fn a_computed_method_name_sees_its_scope() {
    check(
        "const K = 'k'; function f() { class C { [K]() { return 1; } } return new C().k(); } return f()",
        1,
    );
}

/// `patches/boa_ast/02-this-of-nested-arrows.diff`
#[test]
fn an_arrow_in_an_arrow_has_the_method_s_this() {
    check("const o = { p: 3, f() { const g = () => (() => this.p)(); return g(); } }; return o.f()", 3);
}

/// `patches/boa_parser/01-using-name.diff`
#[test]
fn using_is_a_name() {
    check("var using = 1; using += 1; return using + 1", 3);
}

/// `patches/boa_string/01-index-of.diff`
#[test]
fn searching_starts_where_it_is_told() {
    check(
        "return ['abcabc'.indexOf('c', 3), 'abc'.indexOf('c', 9), 'a,b,'.split(',').length, 'é,é'.split(',')[1]].join()",
        "5,-1,3,é",
    );
}

/// `patches/boa_engine/*-collection-deletes.diff`
#[test]
fn collections_keep_their_order_without_what_was_deleted() {
    check(
        "const m = new Map(), s = new Set(); for (let i = 0; i < 100; i++) { m.set(i, i); s.add(i); } \
         for (let i = 0; i < 97; i++) { m.delete(i); s.delete(i); } \
         return [[...m.keys()].join(), [...s].join(), m.size, s.size, m.get(98), m.delete(5)].join('|')",
        "97,98,99|97,98,99|3|3|98|false",
    );
    check(
        "const m = new Map([[1, 1], [2, 2], [3, 3]]); const seen = []; for (const [k] of m) { seen.push(k); m.delete(2); m.set(4, 4); } \
         return seen.join()",
        "1,3,4",
    );
}

/// `patches/boa_engine/*-legacy-dates.diff`
#[test]
fn dates_are_read_as_they_always_were() {
    let date = |text: &str| format!("return new Date('{text}').toISOString()");
    check(&date("2020-01-02 03:04:05"), "2020-01-02T03:04:05.000Z");
    check(&date("Jan 2, 2020"), "2020-01-02T00:00:00.000Z");
    check(&date("2/1/2020 4:05 PM"), "2020-02-01T16:05:00.000Z");
    check(&date("Sat, 21 Nov 2026 10:00:00 +0200 (EET)"), "2026-11-21T08:00:00.000Z");
    check("return Number.isNaN(Date.parse('no date'))", true);
}

/// `patches/boa_engine/*-positions.diff`
#[test]
fn a_frame_is_where_the_call_is() {
    check(
        "let places; engine.setStackFormatter((error, sites) => { places = sites.map((s) => `${s.getLineNumber()}:${s.getColumnNumber()}`); return null; }); \
         try { engine.compileFunction('const o = {};\\n  o.x.y();', 'f.js', [], 0)(); } catch {} return places[0]",
        "2:7",
    );
}

/// `patches/boa_engine/*-binding-names.diff`
#[test]
fn errors_name_the_binding() {
    let message = |code: &str| format!("try {{ {code} }} catch (e) {{ return e.message; }}");
    check(&message("y; let y = 1;"), "Cannot access 'y' before initialization");
    check(&message("(() => z)(); let z = 1;"), "Cannot access 'z' before initialization");
    check(&message("nowhere"), "nowhere is not defined");
}

/// `patches/boa_engine/*-inline-cache.diff`
#[test]
fn cached_properties_follow_what_happens_to_them() {
    check(
        "function rd(o) { return o.p; } const P = { a: 1, p: 5 }; const o = Object.create(P); rd(o); rd(o); delete P.a; return rd(o)",
        5,
    );
    check(
        "function rd(o) { return o.p; } const o = { get p() { Object.defineProperty(this, 'p', { value: 7 }); return 1; } }; \
         return [rd(o), rd(o), rd(o)].join()",
        "1,7,7",
    );
    check(
        "function rd(o) { return o.p; } const P = { p: 1 }; const o = Object.create(P); rd(o); rd(o); \
         Object.defineProperty(P, 'p', { get: () => 2, configurable: true }); return rd(o)",
        2,
    );
    check(
        "function s(a) { a.length = 0; return a.length; } s([1]); s([1]); const b = [1, 2]; s(b); return b[0] === undefined",
        true,
    );
}

/// `patches/boa_engine/*-call-depth.diff`
#[test]
fn recursion_through_native_functions_ends_too() {
    let mut engine = Boa::new(OpState::default(), &[]);
    // The stack of a test's thread is small.
    engine.limit_call_depth(600);
    let source = "() => { let d = 0; function f() { d++; [1].map(f); } try { f(); } catch (e) { return `${e.name} ${d > 20 && d < 60}`; } }";
    assert_eq!(engine.run_host_script(source, "t.js"), Ok("RangeError true".into()));
}

/// `patches/boa_engine/*-class-text.diff`
#[test]
fn a_class_is_not_printed_as_a_function() {
    check("class A {} return String(A).startsWith('class A {')", true);
}

/// `patches/boa_engine/*-wording.diff`
#[test]
fn errors_have_the_words_of_v8() {
    let message = |code: &str| format!("try {{ {code} }} catch (e) {{ return e.message; }}");
    check(&message("undefined.x"), "Cannot read properties of undefined (reading 'x')");
    check(&message("const k = 'y'; null[k]"), "Cannot read properties of null (reading 'y')");
    check(&message("null.z = 1"), "Cannot set properties of null (setting 'z')");
}

#[test]
fn a_syntax_error_has_a_place() {
    check(
        "let at; engine.setStackFormatter((error, sites) => { at = sites[0]; return null; }); \
         try { engine.compileFunction('1;\\n  )', 'f.js', [], 0); } catch {} \
         return [at.getFileName(), at.getLineNumber(), at.getColumnNumber()].join()",
        "f.js,2,3",
    );
}
