//! What QuickJS does with our diffs, and Boa does not.

use super::Tested;
use crate::{Engine as _, OpState};

/// Runs the body of a function of `host`; its result must be the text `expected`.
#[track_caller]
fn check(body: &str, expected: &str) {
    let mut engine = Tested::new(OpState::default(), &[]);
    let source = format!("(host) => {{ const {{ engine }} = host; {body} }}");
    assert_eq!(engine.run_host_script(&source, "check.js"), Ok(expected.into()), "{body}");
}

/// The whole list is in the specs error-wording and syntax-error-wording, with what V8 says beside it.
#[test]
fn errors_are_worded_as_by_v8() {
    for (wrong, message) in [
        ("null in 5", "Cannot use 'in' operator to search for 'null' in 5"),
        ("BigInt(1.5)", "The number 1.5 cannot be converted to a BigInt because it is not an integer"),
        (
            "Object.defineProperty(Object.freeze({}), 'a', {})",
            "Cannot define property a, object is not extensible",
        ),
        ("new RegExp('(')", "Invalid regular expression: /(/: Unterminated group"),
        ("new Function('let a; let a')", "Identifier 'a' has already been declared"),
        ("new Function('foo bar')", "Unexpected identifier 'bar'"),
    ] {
        check(&format!("try {{ {wrong}; }} catch (e) {{ return e.message; }}"), message);
    }
}

#[test]
fn the_statement_that_threw_is_known() {
    let site = |code: &str| {
        format!(
            "try {{ engine.compileFunction(\"{code}\", 'f.js', [], 0)(); }} catch (e) {{ return String(engine.throwSite(e)); }}"
        )
    };
    check(&site("const e = new Error();\\n  throw e"), "f.js,2,3");
    check(&site("  throw 5"), "f.js,1,3");
    // Passing on is no throwing; an error of the engine has no statement.
    check(&site("try { throw {} } finally { 1 }"), "f.js,1,7");
    check(&site("try { throw {} } catch {} null.x"), "undefined");
    check("try { throw 1; } catch {} return String(engine.throwSite('other'))", "undefined");
}

#[test]
fn places_are_tokens_counted_in_utf_16_units() {
    let column = |code: &str| {
        format!(
            "let at; engine.setStackFormatter((e, sites) => {{ at = `${{sites[0].getLineNumber()}}:${{sites[0].getColumnNumber()}}`; return null; }}); \
             try {{ engine.compileFunction(\"{code}\", 'f.js', [], 0)(); }} catch {{}} return at"
        )
    };
    check(&column("const o = {};o.a.b"), "1:18");
    check(&column("/* ä€😀 */ null.x"), "1:17");
    check(&column("`\\n\\u{1f600}`;null.x"), "2:10");
    check(&column("const f = () => {}; f()()"), "1:24");
    check(&column("let u; u[1]"), "1:9");
    check(&column("const c = 1; c = 2"), "1:16");
    check(&column("1n + 1"), "1:4");
}

#[test]
fn eval_says_where_it_was_called() {
    check(
        "const files = []; engine.setStackFormatter((e, sites) => { files.push(sites[0].getFileName()); return null; }); \
         engine.compileFunction('function f() { return eval(\"new Error()\") } f(); new Function(\"return new Error()\")()', 'f.js', [], 0)(); \
         return files.join('|')",
        "eval at f (f.js:1:23), <anonymous>|eval at <anonymous> (f.js:1:50), <anonymous>",
    );
}
