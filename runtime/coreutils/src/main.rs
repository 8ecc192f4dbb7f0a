//! The core utilities as one program, which sees by its argv\[0\] which of them it is.
//!
//! Most are those of the uutils project, compiled in ([`uutils`]). What WASI cannot tell them (permission bits, owners, which
//! machine this is) makes others wrong, so these are our own, over the container's system calls: [`list`] (`ls`), [`copy`] (`cp`),
//! [`change_mode`] (`chmod`), [`identity`] (`id`, `whoami`), [`system`] (`uname`, `hostname`, `which`). Output is GNU's.
//!
//! The shell's own (`test`, `[`, `pwd`, `env`) are in `oac-userland`.

mod change_mode;
mod copy;
mod error;
mod identity;
mod list;
mod owners;
mod stat_mode;
mod system;
#[cfg(target_os = "wasi")]
mod uutils;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use error::Failure;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let first = arguments.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
    let name = first.to_string_lossy().into_owned();
    enter_directory();
    let status = match own(&name) {
        Some(utility) => utility(&arguments[1..]).unwrap_or_else(|failure| {
            eprintln!("{name}: {failure}");
            failure.status()
        }),
        None => published(&name, arguments).unwrap_or_else(|| {
            eprintln!("coreutils: it has no utility \"{name}\"");
            127
        }),
    };
    ExitCode::from(status)
}

/// A utility: its arguments without its name; gives the exit status.
type Utility = fn(&[OsString]) -> Result<u8, Failure>;

fn own(name: &str) -> Option<Utility> {
    Some(match name {
        "chmod" => change_mode::chmod,
        "cp" => copy::cp,
        "hostname" => system::hostname,
        "id" => identity::id,
        "ls" => list::ls,
        "uname" => system::uname,
        "which" => system::which,
        "whoami" => identity::whoami,
        _ => return None,
    })
}

fn published(name: &str, arguments: Vec<OsString>) -> Option<u8> {
    #[cfg(target_os = "wasi")]
    return uutils::run(name, arguments).map(|status| status as u8);
    #[cfg(not(target_os = "wasi"))]
    {
        let _ = (name, arguments);
        None
    }
}

/// Tells WASI's library of the working directory, which it takes for `/`: `realpath` and others ask it.
fn enter_directory() {
    if let Some(path) = oac_sys::getcwd().ok().and_then(|path| String::from_utf8(path).ok()) {
        // A directory that is gone stays unknown, as elsewhere.
        let _ = std::env::set_current_dir(path);
    }
}
