//! Rust's wasm targets and wasm-bindgen's command.

use std::path::{Path, PathBuf};

use super::missing;
use crate::command::{Command, find_on_path};
use crate::error::Result;
use crate::workspace::Workspace;

const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip1"];

/// Makes sure that the standard library is there for both wasm targets.
pub(crate) fn targets() -> Result<()> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output()?;
    let rustlib = Path::new(sysroot.trim()).join("lib/rustlib");
    let absent: Vec<&str> =
        TARGETS.into_iter().filter(|target| !rustlib.join(target).join("lib").is_dir()).collect();
    if absent.is_empty() {
        return Ok(());
    }
    if find_on_path(&["rustup"]).is_none() {
        let what = format!("the Rust target {}", absent.join(" and "));
        return Err(missing(&what, "install rustup from rustup.rs, or add the target to your Rust"));
    }
    Command::new("rustup").args(["target", "add"]).args(absent).run()
}

/// The `wasm-bindgen` command whose version is the crate's in Cargo.lock: the two must match exactly.
pub(crate) fn wasm_bindgen(workspace: &Workspace) -> Result<PathBuf> {
    let version = workspace
        .locked_version("wasm-bindgen")?
        .ok_or_else(|| missing("wasm-bindgen in Cargo.lock", "is oac-web still in the workspace?"))?;
    let own = workspace.tools().join("bin/wasm-bindgen");
    let candidates = [Some(own.clone()), find_on_path(&["wasm-bindgen"])];
    if let Some(found) = candidates.into_iter().flatten().find(|program| has_version(program, &version)) {
        return Ok(found);
    }
    // Not `--locked`: the locked dependencies of some releases name crates that have been yanked since.
    workspace
        .cargo(["install", "--quiet", "wasm-bindgen-cli", "--version", &version, "--root"])
        .arg(workspace.tools())
        .env("CARGO_TARGET_DIR", workspace.target.join("tools-build"))
        .run()?;
    Ok(own)
}

fn has_version(program: &Path, version: &str) -> bool {
    program.is_file()
        && Command::new(program)
            .arg("--version")
            .output()
            .is_ok_and(|text| text.split_whitespace().nth(1) == Some(version))
}
