//! The two-phase start of a program: its initialisation is run here, once, and its memory and globals are written back into the
//! module as their initial values.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use wasmtime::{Engine, Instance, Module, OptLevel, Store, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, ValType, Wizer};

use crate::imports;

/// What a program exports for us to call.
const INIT_EXPORT: &str = "wizer.initialize";

#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error("it is not a WebAssembly module: {0}")]
    Parse(#[from] wasmparser::BinaryReaderError),
    #[error("it cannot be snapshotted: {0:#}")]
    Instrument(wasmtime::Error),
    #[error("it cannot be instantiated: {0:#}")]
    Instantiate(wasmtime::Error),
    #[error("`{INIT_EXPORT}` failed: {0:#}")]
    Initialize(wasmtime::Error),
    #[error("its state cannot be written back: {0:#}")]
    Write(wasmtime::Error),
}

/// The module with its initialisation done, or the same module where there is none to do.
pub(crate) fn snapshot(wasm: &[u8]) -> Result<Vec<u8>, SnapshotError> {
    if !exports_init(wasm)? {
        return Ok(wasm.to_vec());
    }
    let mut wizer = Wizer::new();
    // The init function must not be run again, so its export goes away.
    wizer.init_func(INIT_EXPORT).keep_init_func(false);
    let (context, instrumented) = wizer.instrument(wasm).map_err(SnapshotError::Instrument)?;

    let mut config = oac_container::engine_config();
    // This code runs once: compiling it well would take longer than running it.
    config.cranelift_opt_level(OptLevel::None);
    let engine = Engine::new(&config).map_err(SnapshotError::Instantiate)?;
    let module = Module::new(&engine, &instrumented).map_err(SnapshotError::Instantiate)?;
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(u64::MAX / 2);
    let linker = imports::linker(&engine, &module).map_err(SnapshotError::Instantiate)?;
    let instance = linker.instantiate(&mut store, &module).map_err(SnapshotError::Instantiate)?;
    let mut run = |name: &str| instance.get_typed_func::<(), ()>(&mut store, name)?.call(&mut store, ());
    if module.get_export("_initialize").is_some() {
        run("_initialize").map_err(SnapshotError::Initialize)?;
    }
    run(INIT_EXPORT).map_err(SnapshotError::Initialize)?;

    let mut state = State { store, instance };
    let mut writing = pin!(wizer.snapshot(&context, &mut state));
    match writing.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.map_err(SnapshotError::Write),
        Poll::Pending => unreachable!("`State` answers at once, and nothing else is awaited"),
    }
}

fn exports_init(wasm: &[u8]) -> Result<bool, wasmparser::BinaryReaderError> {
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::ExportSection(exports) = payload? {
            for export in exports {
                if export?.name == INIT_EXPORT {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

struct State {
    store: Store<()>,
    instance: Instance,
}

impl InstanceState for State {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let global = self.instance.get_global(&mut self.store, name).expect("wizer exported this global");
        match global.get(&mut self.store) {
            Val::I32(value) => SnapshotVal::I32(value),
            Val::I64(value) => SnapshotVal::I64(value),
            Val::F32(value) => SnapshotVal::F32(value),
            Val::F64(value) => SnapshotVal::F64(value),
            Val::V128(value) => SnapshotVal::V128(value.as_u128()),
            _ => unreachable!("wizer refuses mutable globals of reference types"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory = self.instance.get_memory(&mut self.store, name).expect("wizer exported this memory");
        contents(memory.data(&self.store));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // These modules stand here as bytes, for an assembler among the dependencies would have the engine compiled twice: with
    // its features for tests, and without.

    /// ```wat
    /// (module
    ///     (import "oac" "getpid" (func $getpid (result i64)))
    ///     (memory (export "memory") 1)
    ///     (global $g (export "g") (mut i32) (i32.const 1))
    ///     (func (export "wizer.initialize")
    ///         (i64.store (i32.const 8) (call $getpid))
    ///         (global.set $g (i32.const 42)))
    ///     (func (export "_start")))
    /// ```
    const INITIALISED: &[u8] = b"\0asm\x01\x00\x00\x00\x01\x08\x02`\x00\x01~`\x00\x00\x02\x0e\x01\x03oac\x06getpid\x00\x00\
        \x03\x03\x02\x01\x01\x05\x03\x01\x00\x01\x06\x06\x01\x7f\x01A\x01\x0b\x07*\x04\x06memory\x02\x00\x01g\x03\x00\x10wizer.\
        initialize\x00\x01\x06_start\x00\x02\x0a\x12\x02\x0d\x00A\x08\x10\x007\x03\x00A*$\x00\x0b\x02\x00\x0b";

    /// `(module (func (export "_start")))`
    const PLAIN: &[u8] =
        b"\0asm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x07\x0a\x01\x06_start\x00\x00\x0a\x04\
        \x01\x02\x00\x0b";

    /// `(module (func (export "wizer.initialize") unreachable))`
    const TRAPPING: &[u8] =
        b"\0asm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x07\x14\x01\x10wizer.initialize\x00\
        \x00\x0a\x05\x01\x03\x00\x00\x0b";

    #[test]
    fn memory_and_globals_survive() {
        let image = snapshot(INITIALISED).unwrap();
        let engine = Engine::default();
        let module = Module::new(&engine, &image).unwrap();
        assert!(module.get_export("wizer.initialize").is_none());
        let mut store = Store::new(&engine, ());
        let linker = imports::linker(&engine, &module).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        // ENOSYS is 38.
        assert_eq!(memory.data(&store)[8..16], (-38i64).to_le_bytes());
        assert_eq!(instance.get_global(&mut store, "g").unwrap().get(&mut store).i32(), Some(42));
    }

    #[test]
    fn a_module_without_initialisation_is_copied() {
        assert_eq!(snapshot(PLAIN).unwrap(), PLAIN);
    }

    #[test]
    fn failures_say_what_failed() {
        assert!(snapshot(TRAPPING).unwrap_err().to_string().starts_with("`wizer.initialize` failed: "));
        assert!(snapshot(b"not wasm").unwrap_err().to_string().starts_with("it is not a WebAssembly module"));
    }
}
