//! The `node` program: Node's own JavaScript library on a JavaScript engine, as a wasm32-wasip1 program of the container.
//!
//! It deliberately knows nothing of Node's API: that is the library's, over the glue of `nodeapi/js`, over the ops of
//! `ops/`. What is here is the order of things: boot (once, perhaps before an image is taken), start, the event loop.
//!
//! Start reading at [`boot`], then `event_loop.rs`, then `ops/mod.rs`.

mod boot;
mod event_loop;
mod library;
mod ops;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "boa")]
use oac_engine::Boa as JsEngine;
#[cfg(not(feature = "boa"))]
use oac_engine::QuickJs as JsEngine;

fn main() {
    if !library::is_present() {
        eprintln!("node: this program was built without Node's library; build it with `cargo xtask build`");
        std::process::exit(70);
    }
    boot::start_and_run()
}
