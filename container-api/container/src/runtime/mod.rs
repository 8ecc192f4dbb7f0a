//! What the containers of one process share: the wasm engine, compiled programs, and where compiled code is kept.
//!
//! It is a value that the composition root makes and hands to each container; nothing here is global.

mod code_cache;
mod config;
mod programs;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use oac_abi::{CALLS, CallSpec};
use sha2::{Digest, Sha256};
use wasmtime::{Engine, ExternType, InstancePre, Linker, Module, OptLevel};

use crate::{
    Error,
    error::one_line,
    machine::{TaskState, define_calls},
};

pub use code_cache::CacheDir;
pub use config::engine_config;
pub(crate) use config::{HOST_STACK_BYTES, WASM_STACK_BYTES};
pub use programs::{EmbeddedCode, EmbeddedProgram};

use code_cache::{CodeCache, CodeKey};

/// Compiled modules kept in memory; when there are more, those that are not running are dropped.
const MODULES_MAX: usize = 128;

/// How a component begins, where a module has version 1: binary format 13 of layer 1.
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// Guests up to this size are optimised; compiling a larger one well would keep a script waiting for too long.
const GUEST_OPTIMISED_BYTES_MAX: usize = 2 << 20;

/// What a [`Runtime`] is made of.
#[derive(Clone, Debug, Default)]
pub struct RuntimeOptions {
    /// Where compiled code is kept between processes.
    pub cache: CacheDir,
    /// Programs that are part of the executable.
    pub programs: Vec<EmbeddedProgram>,
    /// A directory whose `NAME.wasm` goes before the embedded program `NAME`: for work on the programs themselves.
    pub programs_dir: Option<PathBuf>,
}

/// The engine and the programs of a process. Cloning shares them.
#[derive(Clone)]
pub struct Runtime(Arc<Shared>);

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.programs.keys()).finish()
    }
}

struct Shared {
    engine: Engine,
    linker: Linker<TaskState>,
    cache: CodeCache,
    programs: HashMap<&'static str, EmbeddedProgram>,
    programs_dir: Option<PathBuf>,
    modules: Mutex<HashMap<ModuleKey, Slot>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ModuleKey {
    Embedded(&'static str),
    Wasm(CodeKey),
}

/// Filled once by whoever comes first; the others wait for it.
type Slot = Arc<OnceLock<Result<InstancePre<TaskState>, String>>>;

impl Runtime {
    /// An engine with its programs. Nothing is compiled yet.
    ///
    /// # Errors
    /// [`Error::Engine`] on a machine that wasmtime does not know.
    pub fn new(options: RuntimeOptions) -> Result<Runtime, Error> {
        let engine_error = |error: wasmtime::Error| Error::Engine(one_line(&error));
        let engine = Engine::new(&engine_config()).map_err(engine_error)?;
        let mut linker = Linker::new(&engine);
        define_calls(&engine, &mut linker).map_err(engine_error)?;
        Ok(Runtime(Arc::new(Shared {
            engine,
            linker,
            cache: CodeCache::new(&options.cache),
            programs: options.programs.into_iter().map(|program| (program.name, program)).collect(),
            programs_dir: options.programs_dir,
            modules: Mutex::default(),
        })))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Makes running programs look whether they have been stopped.
    pub(crate) fn interrupt(&self) {
        self.0.engine.increment_epoch();
    }

    /// A program by its registered name.
    pub(crate) fn program(&self, name: &str) -> Result<InstancePre<TaskState>, Error> {
        if let Some(path) = self.0.programs_dir.as_ref().map(|dir| dir.join(format!("{name}.wasm")))
            && path.exists()
        {
            let wasm = std::fs::read(&path)
                .map_err(|source| Error::ProgramFile { path, source: Arc::new(source) })?;
            return self.module(&wasm);
        }
        let program = self.0.programs.get(name).ok_or_else(|| Error::NoProgram(name.into()))?;
        self.slot(ModuleKey::Embedded(program.name), || match self.embedded(program) {
            Some(module) => self.link(&module),
            None => self.compile(&program.wasm().map_err(|error| Error::Load(error.to_string()))?),
        })
    }

    /// A module by its bytes.
    pub(crate) fn module(&self, wasm: &[u8]) -> Result<InstancePre<TaskState>, Error> {
        let key = self.0.cache_key(wasm);
        self.slot(ModuleKey::Wasm(key), || self.compile(wasm))
    }

    fn slot(
        &self,
        key: ModuleKey,
        make: impl FnOnce() -> Result<InstancePre<TaskState>, Error>,
    ) -> Result<InstancePre<TaskState>, Error> {
        let slot = {
            let mut modules = self.0.modules.lock().unwrap_or_else(PoisonError::into_inner);
            if modules.len() >= MODULES_MAX && !modules.contains_key(&key) {
                modules.clear();
            }
            modules.entry(key).or_default().clone()
        };
        slot.get_or_init(|| make().map_err(|error| error.to_string())).clone().map_err(Error::Load)
    }

    fn compile(&self, wasm: &[u8]) -> Result<InstancePre<TaskState>, Error> {
        if wasm.get(..8) == Some(COMPONENT_HEADER) {
            return Err(Error::Load(
                "it is a WebAssembly component (WASI preview 2), which containers do not run: build it for wasm32-wasip1".into(),
            ));
        }
        self.link(&self.native(wasm, &self.0.engine)?)
    }

    /// A module that is to run beside a program: compiled, or from the cache, and not linked.
    pub(crate) fn guest(&self, wasm: &[u8]) -> Result<Module, Error> {
        if wasm.len() <= GUEST_OPTIMISED_BYTES_MAX {
            return self.native(wasm, &self.0.engine);
        }
        let engine_error = |error: wasmtime::Error| Error::Engine(one_line(&error));
        let quick = Engine::new(engine_config().cranelift_opt_level(OptLevel::None)).map_err(engine_error)?;
        self.native(wasm, &quick)
    }

    /// The module's code: from the cache, or compiled by an engine that differs from ours in nothing but its effort.
    fn native(&self, wasm: &[u8], compiler: &Engine) -> Result<Module, Error> {
        let key = self.0.cache_key(wasm);
        if let Some(module) = self.0.cache.load(&self.0.engine, key) {
            return Ok(module);
        }
        let load_error = |error: wasmtime::Error| Error::Load(one_line(&error));
        let code = compiler.precompile_module(wasm).map_err(load_error)?;
        match self.0.cache.store(&self.0.engine, key, &code) {
            Some(module) => Ok(module),
            // SAFETY: this is what the engine itself, or its like, has just compiled.
            None => unsafe { Module::deserialize(&self.0.engine, &code) }.map_err(load_error),
        }
    }

    /// The code that was compiled at build time; `None` where this machine cannot run it.
    fn embedded(&self, program: &EmbeddedProgram) -> Option<Module> {
        let code = program.code.as_ref()?;
        let key = CodeKey(code.sha256);
        let engine = &self.0.engine;
        self.0.cache.load(engine, key).or_else(|| {
            // SAFETY: these bytes are part of this executable, made by the same version of the engine; another one is refused
            // by the version in their header.
            let module = unsafe { Module::deserialize(engine, code.bytes) }.ok()?;
            // A mapped file starts faster than bytes that are copied: for the next process, and for this one's next task.
            Some(self.0.cache.store(engine, key, code.bytes).unwrap_or(module))
        })
    }

    fn link(&self, module: &Module) -> Result<InstancePre<TaskState>, Error> {
        for import in module.imports() {
            let known =
                |call: &CallSpec| call.module.import_name() == import.module() && call.name == import.name();
            if !CALLS.iter().any(known) {
                return Err(Error::Load(format!(
                    "it imports `{}.{}`, which a container does not have: programs get `wasi_snapshot_preview1` and `oac`",
                    import.module(),
                    import.name()
                )));
            }
        }
        match module.get_export("_start") {
            Some(ExternType::Func(ty)) if ty.params().len() == 0 && ty.results().len() == 0 => {}
            Some(ExternType::Func(_)) => {
                return Err(Error::Load(
                    "its `_start` takes or gives values; a command's does neither".into(),
                ));
            }
            _ => {
                return Err(Error::Load(
                    "it exports no function `_start`: only commands can be run, not libraries".into(),
                ));
            }
        }
        self.0.linker.instantiate_pre(module).map_err(|error| Error::Load(one_line(&error)))
    }
}

impl Shared {
    /// Depends on the module, the engine's version and its configuration, the CPU's abilities among it.
    fn cache_key(&self, wasm: &[u8]) -> CodeKey {
        use std::hash::{Hash, Hasher};
        struct Feed(Sha256);
        impl Hasher for Feed {
            fn write(&mut self, bytes: &[u8]) {
                self.0.update(bytes);
            }
            fn finish(&self) -> u64 {
                0
            }
        }
        let mut feed = Feed(Sha256::new());
        self.engine.precompile_compatibility_hash().hash(&mut feed);
        feed.0.update(wasm);
        CodeKey(feed.0.finalize().into())
    }
}
