//! The shell and the small tools around it, as one program.
//!
//! It knows the container only by its system calls (`oac-sys`): no kernel, no host. There is no fork in the container;
//! what a shell forks for, this one starts itself anew for, with the text of what is to run (`shell/subshell.rs`).
//! POSIX section numbers are those of the Shell Command Language, 2018 edition; messages and exit codes are dash's.
//!
//! Start reading at [`syntax`], then [`parser`], then `shell`.
//!
//! ```
//! use oac_userland::parser::Parser;
//!
//! let list = Parser::new("npm install && node server.js").next_command().unwrap().unwrap();
//! assert_eq!(list[0].rest.len(), 1);
//! ```

pub mod parser;
pub mod syntax;

mod env_tool;
mod invocation;
mod shell;

pub use invocation::{Invocation, run};
