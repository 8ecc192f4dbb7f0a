//! From nothing to a running script.
//!
//! Two phases, so that an image of the first can be kept (Wizer's contract, `wizer.initialize`): [`initialize`] boots the
//! realm from the embedded library and reads nothing of its surroundings (no clock, randomness, environment, argument);
//! [`start_and_run`] is what every process does: it boots if that has not been done, takes the surroundings in, and runs.

use std::cell::RefCell;
use std::ffi::c_void;

use oac_engine::{Engine, EngineError, OpState};

use crate::{JsEngine, event_loop, ops};

thread_local! {
    /// The realm that `initialize` made; in an image it is there from the first instruction.
    static BOOTED: RefCell<Option<JsEngine>> = const { RefCell::new(None) };
}

/// Loads the glue: a module system of a few lines over the embedded sources, then `glue:main`.
const LOADER: &str = r"(host) => {
  const cache = new Map();
  const load = (id) => {
    let module = cache.get(id);
    if (module !== undefined) return module.exports;
    const source = host.ops.program_source('glue:' + id);
    if (source === undefined) throw new Error('the glue has no module ' + id);
    module = { exports: {} };
    cache.set(id, module);
    const folder = id.split('/').slice(0, -1);
    const require = (request) => {
      const path = [...folder];
      for (const part of request.split('/')) {
        if (part === '..') path.pop();
        else if (part !== '.') path.push(part);
      }
      return load(path.join('/').replace(/\.js$/, ''));
    };
    const params = ['exports', 'require', 'module', 'host'];
    host.engine.compileFunction(source, 'glue:' + id, params, 0)(module.exports, require, module, host);
    return module.exports;
  };
  host.loadGlue = load;
  host.hasGlue = (id) => host.ops.program_source('glue:' + id) !== undefined;
  load('main');
}";

fn boot() -> Result<JsEngine, EngineError> {
    let mut engine = JsEngine::with_reentrant(OpState::default(), ops::ALL, ops::REENTRANT);
    engine.run_host_script(LOADER, "glue:loader")?;
    Ok(engine)
}

/// Boots the realm ahead of time. Exported to the imager.
#[cfg(target_family = "wasm")]
#[unsafe(export_name = "wizer.initialize")]
pub(crate) extern "C" fn initialize() {
    match boot() {
        Ok(mut engine) => {
            engine.collect_garbage();
            BOOTED.with(|slot| *slot.borrow_mut() = Some(engine));
        }
        Err(error) => {
            eprintln!("node: cannot boot: {error}");
            std::process::abort();
        }
    }
}

/// Everything a process does.
pub(crate) fn start_and_run() -> ! {
    let booted = BOOTED.with(|slot| slot.borrow_mut().take());
    let mut engine = match booted.map_or_else(boot, Ok) {
        Ok(engine) => engine,
        Err(error) => {
            eprintln!("node: cannot boot: {error}");
            std::process::exit(10);
        }
    };
    engine.set_stack_switch(call_on_stack);
    event_loop::run(engine)
}

/// The host's machine stacks for the engine's deep recursion: `stack_call`.
extern "C" fn call_on_stack(run: extern "C" fn(*mut c_void), arg: *mut c_void) -> i32 {
    // A function pointer is a number of the table there, and a pointer has 32 bits.
    match oac_sys::raw::stack_call(run as usize as u32, arg as usize as u32) {
        Ok(answer) => answer as i32,
        Err(errno) => -i32::from(errno.number()),
    }
}
