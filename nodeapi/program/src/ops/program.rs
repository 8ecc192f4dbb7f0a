//! What the glue needs of the program itself: embedded sources, the clock, argv and the environment, the end.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};

use crate::library;

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "program_source", run: source },
    OpDecl { name: "program_node_ids", run: node_ids },
    OpDecl { name: "program_args", run: args },
    OpDecl { name: "program_env", run: env },
    OpDecl { name: "program_exit", run: exit },
    OpDecl { name: "program_debug", run: debug },
    OpDecl { name: "resource_drop", run: resource_drop },
];

/// `program_source(id)`: an embedded source, or `undefined`.
fn source(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(library::source(&args.str(0)?).into())
}

/// `program_node_ids()`: ids of Node's library.
fn node_ids(_: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::List(library::node_ids().map(OpValue::from).collect()))
}

/// `program_args()`: argv, the zeroth included.
fn args(_: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::List(std::env::args_os().map(|a| a.to_string_lossy().into_owned().into()).collect()))
}

/// `program_env()`: `[name, value, name, value …]`.
fn env(_: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    let pairs = std::env::vars_os().flat_map(|(k, v)| {
        [k.to_string_lossy().into_owned().into(), v.to_string_lossy().into_owned().into()]
    });
    Ok(OpValue::List(pairs.collect()))
}

/// `program_exit(status)`: never returns.
fn exit(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    std::process::exit(args.i32(0)?)
}

/// `program_debug(text)`: a line on stderr, whatever state the rest is in.
fn debug(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    eprintln!("{}", args.str(0)?);
    Ok(OpValue::Undefined)
}

/// `resource_drop(id)`: frees a native resource.
fn resource_drop(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(state.drop_resource(args.u32(0)?).into())
}
