//! What QuickJS says with our diffs.

use super::Tested;
use crate::{Engine as _, OpState};

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
        let mut engine = Tested::new(OpState::default(), &[]);
        let source = format!("() => {{ try {{ {wrong}; }} catch (e) {{ return e.message; }} }}");
        assert_eq!(engine.run_host_script(&source, "check.js"), Ok(message.into()), "{wrong}");
    }
}
