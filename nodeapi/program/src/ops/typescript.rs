//! TypeScript and JSX.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};
use oac_node_ops::typescript::{strip, transform_jsx};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "typescript_strip", run: strip_types },
    OpDecl { name: "typescript_transform_jsx", run: transform },
];

/// `typescript_strip(source)`: the source with blanks for types; `undefined` where Node's own compiler has to decide.
fn strip_types(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(strip(&args.str(0)?).into())
}

/// `typescript_transform_jsx(source, fileName)`: `[code, source map]`, or `[message, offset, length]` in UTF-16 units.
fn transform(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let source = args.str(0)?;
    let units = |from: usize, to: usize| source.get(from..to).map_or(0, |text| text.encode_utf16().count());
    Ok(OpValue::List(match transform_jsx(&source, &args.str(1)?) {
        Ok(made) => vec![made.code.into(), made.map.into()],
        Err(failure) => {
            let end = failure.offset + failure.length;
            vec![failure.message.into(), units(0, failure.offset).into(), units(failure.offset, end).into()]
        }
    }))
}
