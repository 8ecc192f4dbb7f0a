//! The engine port: what a JavaScript engine must do for us, and the engines that do it.
//!
//! A program that runs JavaScript needs three things of an engine, and this crate is those three:
//!
//! 1. [`Engine`]: start a realm, run a script, call a named entry point, drain microtasks. The event loop of the program
//!    is written against this trait.
//! 2. [`OpDecl`]: native functions of scalars, strings and byte views, which scripts find as `host.ops.<name>`.
//!    No engine type appears in their signatures.
//! 3. The **intrinsics**: what a script cannot do in plain JavaScript (look into a promise or a proxy, compile a function
//!    with a file name, link modules …), which scripts find as `host.engine.<name>`. Every engine offers the same ones;
//!    `nodeapi/js/src/host.ts` is their list, with types.
//!
//! What this crate deliberately does not know: Node, files, sockets, clocks, system calls.
//!
//! Start reading at [`port`], then `quickjs/mod.rs` (QuickJS-ng, the feature `quickjs`, which is the default) and `boa/mod.rs` beside it
//! (Boa, the feature `boa`: no C at all).
//!
//! ```
//! # #[cfg(feature = "quickjs")] {
//! use oac_engine::{Engine, OpArgs, OpDecl, OpResult, OpState, OpValue, QuickJs};
//!
//! fn double(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
//!     Ok(OpValue::Num(args.num(0)? * 2.0))
//! }
//! let mut engine = QuickJs::new(OpState::default(), &[&[OpDecl { name: "double", run: double }]]);
//! let answer = engine.run_host_script("(host) => host.ops.double(21)", "example.js").unwrap();
//! assert_eq!(answer, OpValue::Int(42));
//! # }
//! ```
#[cfg(feature = "boa")]
mod boa;
#[cfg(any(feature = "boa", feature = "quickjs"))]
mod hashbang;
mod port;
#[cfg(feature = "quickjs")]
mod quickjs;

#[cfg(feature = "boa")]
pub use boa::Boa;
pub use port::{
    ArgSource, Engine, EngineError, OpArgs, OpDecl, OpError, OpResult, OpState, OpValue, Reenter,
    ReentrantOp, StackSwitch, ThrowKind,
};
#[cfg(feature = "quickjs")]
pub use quickjs::QuickJs;
