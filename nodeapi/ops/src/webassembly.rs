//! `WebAssembly` for engines that lack it: an interpreter (`wasmi`) behind numbered modules, functions, memories, tables, globals.
//!
//! A call that reaches an imported JavaScript function is suspended and handed out as [`Outcome::HostCall`]; the glue makes the call
//! and [`Machine::resume`]s with the results. So nothing here calls back, and calls nest as JavaScript nests them.
//!
//! Everything lives in one store until the process ends, which is what keeps the memory behind an `ArrayBuffer` valid.
//! Not supported: SIMD, threads, values of type `externref`.

use std::collections::HashMap;

use wasmi::{
    Engine, Error, Extern, ExternType, F32, F64, Func, FuncType, Global, Instance, Memory, MemoryType,
    Module, Mutability, Nullable, Ref, ResumableCall, ResumableCallHostTrap, Store, Table, TableType, Val,
    ValType,
};

/// A value on its way in or out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// `i32`.
    I32(i32),
    /// `i64`, a BigInt in JavaScript.
    I64(i64),
    /// `f32`.
    F32(f32),
    /// `f64`.
    F64(f64),
    /// `funcref`: the function's number.
    Func(Option<u32>),
}

/// What a module imports or exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function.
    Function,
    /// A table.
    Table,
    /// A linear memory.
    Memory,
    /// A global variable.
    Global,
}

impl Kind {
    /// As the JavaScript API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Table => "table",
            Self::Memory => "memory",
            Self::Global => "global",
        }
    }

    fn of(ty: &ExternType) -> Self {
        match ty {
            ExternType::Func(_) => Self::Function,
            ExternType::Table(_) => Self::Table,
            ExternType::Memory(_) => Self::Memory,
            ExternType::Global(_) => Self::Global,
        }
    }
}

/// Something an instance exports or is given: its kind and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// What it is.
    pub kind: Kind,
    /// Its number among its kind.
    pub id: u32,
}

/// How far a call got.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It returned.
    Done(Vec<Value>),
    /// It waits for the JavaScript function with this number.
    HostCall {
        /// The number given to [`Machine::host_function`].
        callback: u32,
        /// Its arguments.
        arguments: Vec<Value>,
    },
}

/// Why an operation failed; the variants are the error classes of the JavaScript API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WasmError {
    /// `WebAssembly.CompileError`.
    #[error("{0}")]
    Compile(String),
    /// `WebAssembly.LinkError`.
    #[error("{0}")]
    Link(String),
    /// `WebAssembly.RuntimeError`.
    #[error("{0}")]
    Runtime(String),
    /// `RangeError`.
    #[error("{0}")]
    Range(&'static str),
    /// No such module, function …: the glue is wrong.
    #[error("no such WebAssembly object")]
    UnknownObject,
}

/// What an imported function fails with to suspend the call.
#[derive(Debug)]
struct Suspended {
    callback: u32,
    arguments: Vec<Val>,
}

impl std::fmt::Display for Suspended {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("an imported function was called where calls cannot wait")
    }
}

impl wasmi::errors::HostError for Suspended {}

/// The modules and objects of a process.
pub struct Machine {
    engine: Engine,
    store: Store<()>,
    modules: Vec<(Module, Vec<String>)>,
    functions: Vec<Func>,
    /// Numbers of functions by how their handles print: `wasmi` compares them in no other way.
    known_functions: HashMap<String, u32>,
    memories: Vec<Memory>,
    tables: Vec<Table>,
    globals: Vec<Global>,
    /// Calls that wait, the innermost last, and the type of the function that was called.
    suspended: Vec<(ResumableCallHostTrap, FuncType)>,
}

impl Default for Machine {
    fn default() -> Self {
        let engine = Engine::default();
        let store = Store::new(&engine, ());
        Self {
            engine,
            store,
            modules: Vec::new(),
            functions: Vec::new(),
            known_functions: HashMap::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            suspended: Vec::new(),
        }
    }
}

fn put<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    (list.len() - 1) as u32
}

fn find<T>(list: &[T], id: u32) -> Result<&T, WasmError> {
    list.get(id as usize).ok_or(WasmError::UnknownObject)
}

impl Machine {
    /// `WebAssembly.validate`.
    pub fn validate(&self, bytes: &[u8]) -> bool {
        Module::validate(&self.engine, bytes).is_ok()
    }

    /// `new WebAssembly.Module(bytes)`.
    pub fn module(&mut self, bytes: &[u8]) -> Result<u32, WasmError> {
        let module =
            Module::new(&self.engine, bytes).map_err(|error| WasmError::Compile(error.to_string()))?;
        Ok(put(&mut self.modules, (module, export_names(bytes).unwrap_or_default())))
    }

    /// `WebAssembly.Module.imports`: module, name, kind.
    pub fn imports(&self, module: u32) -> Result<Vec<(String, String, Kind)>, WasmError> {
        let imports = find(&self.modules, module)?.0.imports();
        Ok(imports.map(|one| (one.module().to_owned(), one.name().to_owned(), Kind::of(one.ty()))).collect())
    }

    /// `WebAssembly.Module.exports`: name, kind.
    pub fn exports(&self, module: u32) -> Result<Vec<(String, Kind)>, WasmError> {
        let (module, names) = find(&self.modules, module)?;
        let kind = |name: &String| Some((name.clone(), Kind::of(&module.get_export(name)?)));
        Ok(names.iter().filter_map(kind).collect())
    }

    /// The content of the custom sections with this name.
    pub fn custom_sections(&self, module: u32, name: &str) -> Result<Vec<Vec<u8>>, WasmError> {
        let sections = find(&self.modules, module)?.0.custom_sections();
        Ok(sections.filter(|section| section.name() == name).map(|section| section.data().to_vec()).collect())
    }

    /// A function that calls JavaScript's function number `callback`, of the type that import number `import` of the module has.
    pub fn host_function(&mut self, module: u32, import: usize, callback: u32) -> Result<u32, WasmError> {
        let found = find(&self.modules, module)?.0.imports().nth(import).ok_or(WasmError::UnknownObject)?;
        let ExternType::Func(ty) = found.ty() else { return Err(WasmError::UnknownObject) };
        let function = Func::new(&mut self.store, ty.clone(), move |_, arguments, _| {
            Err(Error::host(Suspended { callback, arguments: arguments.to_vec() }))
        });
        Ok(self.number(function))
    }

    /// The number of a function: the same each time, so that JavaScript sees one object.
    fn number(&mut self, function: Func) -> u32 {
        let functions = &mut self.functions;
        *self.known_functions.entry(format!("{function:?}")).or_insert_with(|| put(functions, function))
    }

    /// `new WebAssembly.Instance`: the exports by name.
    pub fn instantiate(
        &mut self,
        module: u32,
        imports: &[Handle],
    ) -> Result<Vec<(String, Handle)>, WasmError> {
        let externs =
            imports.iter().map(|handle| self.external(*handle)).collect::<Result<Vec<Extern>, _>>()?;
        let (module, names) = find(&self.modules, module)?.clone();
        let instance = Instance::new(&mut self.store, &module, &externs).map_err(|error| {
            if error.as_trap_code().is_some() || error.downcast_ref::<Suspended>().is_some() {
                WasmError::Runtime(trap_text(&error))
            } else {
                WasmError::Link(error.to_string())
            }
        })?;
        let mut exports = Vec::with_capacity(names.len());
        for name in names {
            if let Some(item) = instance.get_export(&self.store, &name) {
                exports.push((name, self.handle(item)));
            }
        }
        Ok(exports)
    }

    fn external(&self, handle: Handle) -> Result<Extern, WasmError> {
        Ok(match handle.kind {
            Kind::Function => Extern::Func(*find(&self.functions, handle.id)?),
            Kind::Table => Extern::Table(*find(&self.tables, handle.id)?),
            Kind::Memory => Extern::Memory(*find(&self.memories, handle.id)?),
            Kind::Global => Extern::Global(*find(&self.globals, handle.id)?),
        })
    }

    fn handle(&mut self, item: Extern) -> Handle {
        match item {
            Extern::Func(item) => Handle { kind: Kind::Function, id: self.number(item) },
            Extern::Table(item) => Handle { kind: Kind::Table, id: put(&mut self.tables, item) },
            Extern::Memory(item) => Handle { kind: Kind::Memory, id: put(&mut self.memories, item) },
            Extern::Global(item) => Handle { kind: Kind::Global, id: put(&mut self.globals, item) },
        }
    }

    /// The types of a function's parameters and results, a letter each: `i` i32, `I` i64, `f` f32, `F` f64, `r` funcref, `?` others.
    pub fn function_type(&self, function: u32) -> Result<(String, String), WasmError> {
        let ty = find(&self.functions, function)?.ty(&self.store);
        let letters = |types: &[ValType]| types.iter().map(|ty| letter(*ty)).collect();
        Ok((letters(ty.params()), letters(ty.results())))
    }

    /// Calls a function.
    pub fn call(&mut self, function: u32, arguments: &[Value]) -> Result<Outcome, WasmError> {
        let function = *find(&self.functions, function)?;
        let ty = function.ty(&self.store);
        let inputs = self.inputs(ty.params(), arguments);
        let mut outputs = zeros(&ty);
        let call = function.call_resumable(&mut self.store, &inputs, &mut outputs);
        self.outcome(call, &outputs, ty)
    }

    /// Goes on with the call that was suspended last.
    pub fn resume(&mut self, results: &[Value]) -> Result<Outcome, WasmError> {
        let (waiting, outer) = self.suspended.pop().ok_or(WasmError::UnknownObject)?;
        let ty = waiting.host_func().ty(&self.store);
        let inputs = self.inputs(ty.results(), results);
        let mut outputs = zeros(&outer);
        let call = waiting.resume(&mut self.store, &inputs, &mut outputs);
        self.outcome(call, &outputs, outer)
    }

    /// Gives up the call that was suspended last: the imported function threw.
    pub fn abandon(&mut self) {
        self.suspended.pop();
    }

    fn outcome(
        &mut self,
        call: Result<ResumableCall, Error>,
        outputs: &[Val],
        outer: FuncType,
    ) -> Result<Outcome, WasmError> {
        match call {
            Ok(ResumableCall::Finished) => {
                Ok(Outcome::Done(outputs.iter().map(|value| self.value_of(value)).collect()))
            }
            Ok(ResumableCall::HostTrap(waiting)) => {
                let Some(reason) = waiting.host_error().downcast_ref::<Suspended>() else {
                    return Err(WasmError::Runtime(trap_text(waiting.host_error())));
                };
                let (callback, arguments) = (reason.callback, reason.arguments.clone());
                self.suspended.push((waiting, outer));
                let arguments = arguments.iter().map(|value| self.value_of(value)).collect();
                Ok(Outcome::HostCall { callback, arguments })
            }
            Ok(ResumableCall::OutOfFuel(_)) => Err(WasmError::Runtime("out of fuel".to_owned())),
            Err(error) => Err(WasmError::Runtime(trap_text(&error))),
        }
    }

    fn inputs(&self, types: &[ValType], values: &[Value]) -> Vec<Val> {
        let given = values.iter().copied().map(Some).chain(std::iter::repeat(None));
        types.iter().zip(given).map(|(ty, value)| self.val_of(*ty, value)).collect()
    }

    fn val_of(&self, ty: ValType, value: Option<Value>) -> Val {
        match (ty, value) {
            (ValType::FuncRef, Some(Value::Func(Some(id)))) => match self.functions.get(id as usize) {
                Some(function) => Val::FuncRef(Nullable::Val(*function)),
                None => Val::default_for_ty(ty),
            },
            (_, Some(Value::I32(value))) => Val::I32(value),
            (_, Some(Value::I64(value))) => Val::I64(value),
            (_, Some(Value::F32(value))) => Val::F32(F32::from_float(value)),
            (_, Some(Value::F64(value))) => Val::F64(F64::from_float(value)),
            _ => Val::default_for_ty(ty),
        }
    }

    fn value_of(&mut self, value: &Val) -> Value {
        match value {
            Val::I32(value) => Value::I32(*value),
            Val::I64(value) => Value::I64(*value),
            Val::F32(value) => Value::F32(value.to_float()),
            Val::F64(value) => Value::F64(value.to_float()),
            Val::FuncRef(Nullable::Val(function)) => Value::Func(Some(self.number(*function))),
            _ => Value::Func(None),
        }
    }

    /// `new WebAssembly.Memory`, in pages of 64 KiB.
    pub fn memory_new(&mut self, initial: u32, maximum: Option<u32>) -> Result<u32, WasmError> {
        const REFUSED: WasmError = WasmError::Range("could not allocate memory");
        let ty = MemoryType::new(initial, maximum);
        let memory = Memory::new(&mut self.store, ty).map_err(|_| REFUSED)?;
        Ok(put(&mut self.memories, memory))
    }

    /// `memory.grow`: the size before, in pages.
    pub fn memory_grow(&mut self, memory: u32, pages: u64) -> Result<u64, WasmError> {
        let memory = *find(&self.memories, memory)?;
        memory.grow(&mut self.store, pages).map_err(|_| WasmError::Range("failed to grow memory"))
    }

    /// Where a memory is now: it moves when it grows. Valid until the next call that may grow it.
    pub fn memory_place(&self, memory: u32) -> Result<(*mut u8, usize), WasmError> {
        let memory = find(&self.memories, memory)?;
        Ok((memory.data_ptr(&self.store), memory.data_size(&self.store)))
    }

    /// `new WebAssembly.Table({ element: 'anyfunc' })`.
    pub fn table_new(&mut self, initial: u32, maximum: Option<u32>) -> Result<u32, WasmError> {
        let ty = TableType::new(wasmi::RefType::Func, initial, maximum);
        let table = Table::new(&mut self.store, ty, Ref::Func(Nullable::Null))
            .map_err(|_| WasmError::Range("could not allocate table"))?;
        Ok(put(&mut self.tables, table))
    }

    /// `table.length`.
    pub fn table_size(&self, table: u32) -> Result<u64, WasmError> {
        Ok(find(&self.tables, table)?.size(&self.store))
    }

    /// `table.get`: the function's number.
    pub fn table_get(&mut self, table: u32, index: u64) -> Result<Option<u32>, WasmError> {
        let entry = find(&self.tables, table)?
            .get(&self.store, index)
            .ok_or(WasmError::Range("table index is out of bounds"))?;
        Ok(match entry {
            Ref::Func(Nullable::Val(function)) => Some(self.number(function)),
            _ => None,
        })
    }

    fn function_ref(&self, function: Option<u32>) -> Result<Ref, WasmError> {
        Ok(Ref::Func(match function {
            Some(id) => Nullable::Val(*find(&self.functions, id)?),
            None => Nullable::Null,
        }))
    }

    /// `table.set`.
    pub fn table_set(&mut self, table: u32, index: u64, function: Option<u32>) -> Result<(), WasmError> {
        let (table, value) = (*find(&self.tables, table)?, self.function_ref(function)?);
        table.set(&mut self.store, index, value).map_err(|_| WasmError::Range("table index is out of bounds"))
    }

    /// `table.grow`: the length before.
    pub fn table_grow(&mut self, table: u32, delta: u64, function: Option<u32>) -> Result<u64, WasmError> {
        let (table, value) = (*find(&self.tables, table)?, self.function_ref(function)?);
        table.grow(&mut self.store, delta, value).map_err(|_| WasmError::Range("failed to grow table"))
    }

    /// `new WebAssembly.Global`.
    pub fn global_new(&mut self, value: Value, mutable: bool) -> u32 {
        let value = match value {
            Value::I32(value) => Val::I32(value),
            Value::I64(value) => Val::I64(value),
            Value::F32(value) => Val::F32(F32::from_float(value)),
            Value::F64(value) => Val::F64(F64::from_float(value)),
            Value::Func(_) => Val::default_for_ty(ValType::FuncRef),
        };
        let mutability = if mutable { Mutability::Var } else { Mutability::Const };
        let global = Global::new(&mut self.store, value, mutability);
        put(&mut self.globals, global)
    }

    /// A global's type letter, as in [`Self::function_type`].
    pub fn global_type(&self, global: u32) -> Result<char, WasmError> {
        Ok(letter(find(&self.globals, global)?.ty(&self.store).content()))
    }

    /// `global.value`.
    pub fn global_get(&mut self, global: u32) -> Result<Value, WasmError> {
        let value = find(&self.globals, global)?.get(&self.store);
        Ok(self.value_of(&value))
    }

    /// `global.value = …`.
    pub fn global_set(&mut self, global: u32, value: Value) -> Result<(), WasmError> {
        let global = *find(&self.globals, global)?;
        let value = self.val_of(global.ty(&self.store).content(), Some(value));
        global.set(&mut self.store, value).map_err(|_| WasmError::Range("an immutable global cannot be set"))
    }
}

/// The names in a module's export section, in its order, which `wasmi` does not keep.
fn export_names(bytes: &[u8]) -> Option<Vec<String>> {
    let mut at = 8;
    while at < bytes.len() {
        let section = bytes[at];
        at += 1;
        let length = leb(bytes, &mut at)?;
        if section != 7 {
            at += length;
            continue;
        }
        let mut names = Vec::new();
        for _ in 0..leb(bytes, &mut at)? {
            let length = leb(bytes, &mut at)?;
            names.push(String::from_utf8(bytes.get(at..at + length)?.to_vec()).ok()?);
            // The kind, then the index.
            at += length + 1;
            leb(bytes, &mut at)?;
        }
        return Some(names);
    }
    Some(Vec::new())
}

/// An unsigned LEB128 number.
fn leb(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn zeros(ty: &FuncType) -> Vec<Val> {
    ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect()
}

fn letter(ty: ValType) -> char {
    match ty {
        ValType::I32 => 'i',
        ValType::I64 => 'I',
        ValType::F32 => 'f',
        ValType::F64 => 'F',
        ValType::FuncRef => 'r',
        _ => '?',
    }
}

/// V8's wording, which programs print and match.
fn trap_text(error: &Error) -> String {
    use wasmi::TrapCode;
    let text = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => "unreachable",
        Some(TrapCode::MemoryOutOfBounds) => "memory access out of bounds",
        Some(TrapCode::TableOutOfBounds) => "table index is out of bounds",
        Some(TrapCode::IndirectCallToNull) => "null function or function signature mismatch",
        Some(TrapCode::BadSignature) => "null function or function signature mismatch",
        Some(TrapCode::IntegerDivisionByZero) => "divide by zero",
        Some(TrapCode::IntegerOverflow) => "divide result unrepresentable",
        Some(TrapCode::BadConversionToInteger) => "float unrepresentable in integer range",
        Some(TrapCode::StackOverflow) => "Maximum call stack size exceeded",
        _ => return error.to_string(),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(import "m" "f" (func (param i32) (result i32)))` and `(func (export "twice") (param i32) (result i32))`, which calls it twice.
    const MODULE: &[u8] =
        b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x02\x07\x01\x01m\x01f\0\0\x03\x02\x01\0\
        \x07\x09\x01\x05twice\0\x01\x0a\x0a\x01\x08\0\x20\0\x10\0\x10\0\x0b";

    #[test]
    fn a_call_waits_for_each_imported_function_and_goes_on() -> Result<(), WasmError> {
        let mut machine = Machine::default();
        let module = machine.module(MODULE)?;
        assert_eq!(machine.imports(module)?, [("m".to_owned(), "f".to_owned(), Kind::Function)]);
        let import = machine.host_function(module, 0, 7)?;
        let exports = machine.instantiate(module, &[Handle { kind: Kind::Function, id: import }])?;
        let twice = exports[0].1.id;
        let waiting = |value| Outcome::HostCall { callback: 7, arguments: vec![Value::I32(value)] };
        assert_eq!(machine.call(twice, &[Value::I32(1)])?, waiting(1));
        // Another call may come and go meanwhile.
        assert_eq!(machine.call(twice, &[Value::I32(50)])?, waiting(50));
        machine.abandon();
        assert_eq!(machine.resume(&[Value::I32(20)])?, waiting(20));
        assert_eq!(machine.resume(&[Value::I32(300)])?, Outcome::Done(vec![Value::I32(300)]));
        Ok(())
    }

    #[test]
    fn errors_are_of_the_class_that_javascript_expects() {
        let mut machine = Machine::default();
        assert!(matches!(machine.module(b"\0asm"), Err(WasmError::Compile(_))));
        assert!(!machine.validate(b"nonsense"));
        let module = machine.module(MODULE).expect("the module is valid");
        assert!(matches!(machine.instantiate(module, &[]), Err(WasmError::Link(_))));
    }
}
