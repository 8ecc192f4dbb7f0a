//! The binding `cjs_lexer`.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};
use oac_node_ops::cjs_lexer;

pub(crate) const OPS: &[OpDecl] = &[OpDecl { name: "cjs_lexer_parse", run: parse }];

/// `cjs_lexer_parse(source)`: `[names, specifiers]`.
fn parse(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let found = cjs_lexer::parse(&args.path(0)?);
    let list = |items: Vec<String>| OpValue::List(items.into_iter().map(OpValue::from).collect());
    Ok(OpValue::List(vec![list(found.exports), list(found.reexports)]))
}
