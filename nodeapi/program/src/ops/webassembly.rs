//! `WebAssembly`, for `nodeapi/js/src/interpose/webassembly.ts`.

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue, ThrowKind};
use oac_node_ops::webassembly::{Handle, Kind, Machine, Outcome, Value, WasmError};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "wasm_validate", run: validate },
    OpDecl { name: "wasm_module", run: module },
    OpDecl { name: "wasm_imports", run: imports },
    OpDecl { name: "wasm_exports", run: exports },
    OpDecl { name: "wasm_custom_sections", run: custom_sections },
    OpDecl { name: "wasm_host_function", run: host_function },
    OpDecl { name: "wasm_instantiate", run: instantiate },
    OpDecl { name: "wasm_function_type", run: function_type },
    OpDecl { name: "wasm_call", run: call },
    OpDecl { name: "wasm_resume", run: resume },
    OpDecl { name: "wasm_abandon", run: abandon },
    OpDecl { name: "wasm_memory_new", run: memory_new },
    OpDecl { name: "wasm_memory_grow", run: memory_grow },
    OpDecl { name: "wasm_memory_place", run: memory_place },
    OpDecl { name: "wasm_table_new", run: table_new },
    OpDecl { name: "wasm_table_size", run: table_size },
    OpDecl { name: "wasm_table_get", run: table_get },
    OpDecl { name: "wasm_table_set", run: table_set },
    OpDecl { name: "wasm_table_grow", run: table_grow },
    OpDecl { name: "wasm_global_new", run: global_new },
    OpDecl { name: "wasm_global_type", run: global_type },
    OpDecl { name: "wasm_global_get", run: global_get },
    OpDecl { name: "wasm_global_set", run: global_set },
];

/// The code tells the glue which class of error to throw.
fn thrown(error: WasmError) -> OpError {
    let (kind, code) = match error {
        WasmError::Compile(_) => (ThrowKind::Error, "wasm:CompileError"),
        WasmError::Link(_) => (ThrowKind::Error, "wasm:LinkError"),
        WasmError::Runtime(_) => (ThrowKind::Error, "wasm:RuntimeError"),
        WasmError::Range(_) => (ThrowKind::Range, ""),
        WasmError::UnknownObject => (ThrowKind::Type, ""),
    };
    OpError::Throw { kind, code, message: error.to_string() }
}

fn optional(args: &OpArgs<'_>, index: usize) -> Result<Option<u32>, OpError> {
    if args.is_nullish(index) { Ok(None) } else { args.u32(index).map(Some) }
}

/// Values from `first` on, as the letters say; a function is its number.
fn values(args: &OpArgs<'_>, first: usize, letters: &str) -> Result<Vec<Value>, OpError> {
    letters.chars().enumerate().map(|(offset, letter)| value(args, first + offset, letter)).collect()
}

fn value(args: &OpArgs<'_>, index: usize, letter: char) -> Result<Value, OpError> {
    Ok(match letter {
        'i' => Value::I32(args.i32(index)?),
        'I' => Value::I64(args.i64(index)?),
        'f' => Value::F32(args.num(index)? as f32),
        'F' => Value::F64(args.num(index)?),
        _ => Value::Func(optional(args, index)?),
    })
}

fn to_op(value: &Value) -> OpValue {
    match *value {
        Value::I32(value) => OpValue::Int(value),
        Value::I64(value) => OpValue::BigInt(value),
        Value::F32(value) => OpValue::Num(f64::from(value)),
        Value::F64(value) => OpValue::Num(value),
        Value::Func(function) => function.map_or(OpValue::Null, OpValue::from),
    }
}

fn list(values: &[Value]) -> OpValue {
    OpValue::List(values.iter().map(to_op).collect())
}

/// `[-1, results]` or `[callback, arguments]`.
fn outcome(outcome: Result<Outcome, WasmError>) -> OpResult {
    Ok(OpValue::List(match outcome.map_err(thrown)? {
        Outcome::Done(results) => vec![OpValue::Int(-1), list(&results)],
        Outcome::HostCall { callback, arguments } => vec![callback.into(), list(&arguments)],
    }))
}

fn validate(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(state.get::<Machine>().validate(args.bytes(0)?).into())
}

fn module(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(state.get::<Machine>().module(args.bytes(0)?).map_err(thrown)?.into())
}

/// `wasm_imports(module)`: `[module, name, kind, …]`.
fn imports(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let imports = state.get::<Machine>().imports(args.u32(0)?).map_err(thrown)?;
    let flat =
        imports.into_iter().flat_map(|(module, name, kind)| [module.into(), name.into(), kind.name().into()]);
    Ok(OpValue::List(flat.collect()))
}

/// `wasm_exports(module)`: `[name, kind, …]`.
fn exports(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let exports = state.get::<Machine>().exports(args.u32(0)?).map_err(thrown)?;
    Ok(OpValue::List(
        exports.into_iter().flat_map(|(name, kind)| [name.into(), kind.name().into()]).collect(),
    ))
}

fn custom_sections(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let sections = state.get::<Machine>().custom_sections(args.u32(0)?, &args.str(1)?).map_err(thrown)?;
    Ok(OpValue::List(sections.into_iter().map(OpValue::from).collect()))
}

/// `wasm_host_function(module, import, callback)`: a function's number.
fn host_function(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (module, import, callback) = (args.u32(0)?, args.usize(1)?, args.u32(2)?);
    Ok(state.get::<Machine>().host_function(module, import, callback).map_err(thrown)?.into())
}

/// `wasm_instantiate(module, kind, number, kind, number …)`: `[name, kind, number, …]`.
fn instantiate(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let mut imports = Vec::new();
    for index in (1..args.len()).step_by(2) {
        let kind = match &*args.str(index)? {
            "function" => Kind::Function,
            "table" => Kind::Table,
            "memory" => Kind::Memory,
            _ => Kind::Global,
        };
        imports.push(Handle { kind, id: args.u32(index + 1)? });
    }
    let exports = state.get::<Machine>().instantiate(args.u32(0)?, &imports).map_err(thrown)?;
    let flat =
        exports.into_iter().flat_map(|(name, item)| [name.into(), item.kind.name().into(), item.id.into()]);
    Ok(OpValue::List(flat.collect()))
}

/// `wasm_function_type(function)`: `[parameters, results]`, a letter each.
fn function_type(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (params, results) = state.get::<Machine>().function_type(args.u32(0)?).map_err(thrown)?;
    Ok(OpValue::List(vec![params.into(), results.into()]))
}

/// `wasm_call(function, letters, …arguments)`.
fn call(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let arguments = values(args, 2, &args.str(1)?)?;
    outcome(state.get::<Machine>().call(args.u32(0)?, &arguments))
}

/// `wasm_resume(letters, …results)`.
fn resume(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let results = values(args, 1, &args.str(0)?)?;
    outcome(state.get::<Machine>().resume(&results))
}

fn abandon(state: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    state.get::<Machine>().abandon();
    Ok(OpValue::Undefined)
}

fn memory_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let maximum = optional(args, 1)?;
    Ok(state.get::<Machine>().memory_new(args.u32(0)?, maximum).map_err(thrown)?.into())
}

fn memory_grow(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let pages = args.usize(1)? as u64;
    Ok(state.get::<Machine>().memory_grow(args.u32(0)?, pages).map_err(thrown)?.into())
}

/// `wasm_memory_place(memory)`: `[address, bytes]`, for `host.engine.externalArrayBuffer`.
fn memory_place(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (data, length) = state.get::<Machine>().memory_place(args.u32(0)?).map_err(thrown)?;
    Ok(OpValue::List(vec![(data as usize).into(), length.into()]))
}

fn table_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let maximum = optional(args, 1)?;
    Ok(state.get::<Machine>().table_new(args.u32(0)?, maximum).map_err(thrown)?.into())
}

fn table_size(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(state.get::<Machine>().table_size(args.u32(0)?).map_err(thrown)?.into())
}

fn table_get(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let index = args.usize(1)? as u64;
    let function = state.get::<Machine>().table_get(args.u32(0)?, index).map_err(thrown)?;
    Ok(function.map_or(OpValue::Null, OpValue::from))
}

fn table_set(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (index, function) = (args.usize(1)? as u64, optional(args, 2)?);
    state.get::<Machine>().table_set(args.u32(0)?, index, function).map_err(thrown)?;
    Ok(OpValue::Undefined)
}

fn table_grow(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let (delta, function) = (args.usize(1)? as u64, optional(args, 2)?);
    Ok(state.get::<Machine>().table_grow(args.u32(0)?, delta, function).map_err(thrown)?.into())
}

/// `wasm_global_new(letter, value, mutable)`.
fn global_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let letter = args.str(0)?.chars().next().unwrap_or('?');
    Ok(state.get::<Machine>().global_new(value(args, 1, letter)?, args.bool(2)).into())
}

fn global_type(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(state.get::<Machine>().global_type(args.u32(0)?).map_err(thrown)?.to_string().into())
}

fn global_get(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let value = state.get::<Machine>().global_get(args.u32(0)?).map_err(thrown)?;
    Ok(to_op(&value))
}

/// `wasm_global_set(global, value)`.
fn global_set(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let global = args.u32(0)?;
    let letter = state.get::<Machine>().global_type(global).map_err(thrown)?;
    let value = value(args, 1, letter)?;
    state.get::<Machine>().global_set(global, value).map_err(thrown)?;
    Ok(OpValue::Undefined)
}
