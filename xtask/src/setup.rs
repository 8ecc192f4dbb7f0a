//! What the build needs from outside the checkout, brought here once.
//!
//! Every function looks first and installs only what is missing, so a second `setup` is quick and an offline machine
//! that has everything works. What is installed goes under target/, except Debian packages, which are installed only
//! when we run as root.

mod c_compiler;
mod chromium;
mod firefox;
mod npm_packages;
mod rust;

use std::path::PathBuf;

pub(crate) use c_compiler::CCompiler;
pub(crate) use chromium::ensure as chromium;
pub(crate) use firefox::ensure as firefox;
pub(crate) use npm_packages::ensure as npm_packages;
pub(crate) use rust::{targets, wasm_bindgen};

use crate::command::{Command, find_on_path};
use crate::error::{Error, Result};
use crate::node_library::{self, NodeLibrary};
use crate::step::step;
use crate::workspace::Workspace;

/// All that [`everything`] found or brought.
pub(crate) struct Tools {
    /// Node's library and the real Node it came from.
    pub(crate) node_library: NodeLibrary,
    /// A C compiler for wasm32-wasip1.
    pub(crate) c_compiler: CCompiler,
    /// A Chromium for the browser test.
    pub(crate) chromium: PathBuf,
}

/// Brings everything that `build` and `test` need.
///
/// # Errors
/// When something can be neither found nor installed; the message says how to install it by hand.
pub(crate) fn everything(workspace: &Workspace) -> Result<Tools> {
    step("setup: Rust targets", targets)?;
    step("setup: npm packages", || npm_packages(workspace))?;
    step("setup: wasm-bindgen", || wasm_bindgen(workspace))?;
    Ok(Tools {
        node_library: step("setup: Node's library", || node_library::ensure(workspace))?,
        c_compiler: step("setup: C compiler for wasm", || CCompiler::ensure(workspace))?,
        chromium: step("setup: Chromium", || chromium(workspace))?,
    })
}

/// Installs Debian packages if this is a Debian-like system and we are root. True if it was tried and succeeded.
fn debian_packages(packages: &[&str]) -> bool {
    if find_on_path(&["apt-get"]).is_none() || !is_root() {
        return false;
    }
    let apt = |arguments: &[&str]| {
        Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").run().is_ok()
    };
    let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
    apt(&install) || (apt(&["update"]) && apt(&install))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.trim() == "0")
}

fn missing(what: &str, remedy: &str) -> Error {
    Error::Missing { what: what.to_owned(), remedy: remedy.to_owned() }
}
