//! The program `sh`. Called by another name it is that tool (`cat`, `echo`, `true` …) instead.

use std::process::ExitCode;

use oac_userland::{Invocation, run};

fn main() -> ExitCode {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    let arguments: Vec<String> = std::env::args_os().map(text).collect();
    let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    ExitCode::from(run(Invocation { arguments, environment }))
}
