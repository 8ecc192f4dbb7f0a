//! Programs on Linux and in containers, compared: the system-call cases of `tests/conformance/program`, and programs of others.
//!
//! This builds what `oac-conformance` runs: the cases natively and for wasm, the others by `cargo install` of pinned versions, and the
//! tree of files that they look at. What of it is there already is left alone.

use std::fs;
use std::path::PathBuf;

use crate::cache::Inputs;
use crate::check::{Counts, counted, tap_line};
use crate::command::Command;
use crate::error::{Error, Result};
use crate::setup;
use crate::step::{Done, cached_step, step};
use crate::workspace::Workspace;

const WASM_TARGET: &str = "wasm32-wasip1";
const CASES_PACKAGE: &str = "oac-conformance-program";

/// A published program.
struct Tool {
    /// The binary's name.
    name: &'static str,
    /// The package and its version. Whoever raises one reads what `tools.rs` of `oac-conformance` asks of it.
    package: &'static str,
    /// Beside the defaults of `cargo install`: what does not build for wasm, or is not asked for, is left out.
    arguments: &'static [&'static str],
}

/// Later versions of jaq have a line editor in them that does not build for wasm.
const TOOLS: [Tool; 3] = [
    Tool { name: "rg", package: "ripgrep@15.2.0", arguments: &[] },
    Tool { name: "jaq", package: "jaq@2.1.0", arguments: &["--no-default-features"] },
    Tool {
        name: "coreutils",
        package: "coreutils@0.12.0",
        arguments: &["--no-default-features", "--features", COREUTILS],
    },
];

/// Of the utilities, those that read files and compute; each more costs compile time.
const COREUTILS: &str =
    "basename,cat,cksum,comm,cut,dirname,fold,head,join,ls,nl,od,paste,seq,sort,sum,tail,uniq,wc";

/// How the tools are compiled: soon rather than fast.
const TOOL_PROFILE: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// Builds what there is to build, runs what has `filter` in its name, and counts. A filter that begins with a tool's name is one of
/// commands, any other is one of cases.
///
/// # Errors
/// When something cannot be built.
pub(crate) fn check(workspace: &Workspace, filter: &str) -> Result<Counts> {
    step("setup: Rust targets", setup::targets)?;
    let of_tools = TOOLS.iter().any(|tool| filter.starts_with(tool.name));
    let runner = runner(workspace)?;
    let folder = workspace.target.join("conformance");
    let run = |what: &str, known: &str| {
        let command = Command::new(&runner).arg(what).arg("--scratch").arg(&folder);
        command.arg("--known").arg(workspace.path("tests/conformance").join(known)).arg(filter)
    };
    let mut counts = Counts::default();
    if !of_tools {
        let (native, wasm) = cases(workspace)?;
        let command = run("cases", "known_failures").arg("--native").arg(native).arg("--wasm").arg(wasm);
        counts.add(counted(command, tap_line)?);
    }
    if of_tools || filter.is_empty() {
        tools(workspace)?;
        let command = run("tools", "known_tool_failures").arg("--tree").arg(tree(workspace)?);
        let command = command.arg("--native").arg(folder.join("native/bin"));
        counts.add(counted(command.arg("--wasm").arg(folder.join("wasm/bin")), tap_line)?);
    }
    Ok(counts)
}

/// The program that compares. Built together with `oac`, so that what they share compiles once.
fn runner(workspace: &Workspace) -> Result<PathBuf> {
    step("conformance: runner (cargo, release)", || {
        let cargo = workspace.cargo(["build", "--quiet", "--release", "--bin", "oac-conformance"]);
        cargo.args(["-p", "oac", "-p", "oac-imager", "-p", "oac-conformance"]).run()
    })?;
    Ok(workspace.target.join("release/oac-conformance"))
}

/// The cases, for this machine and for containers.
fn cases(workspace: &Workspace) -> Result<(PathBuf, PathBuf)> {
    step("conformance: cases (cargo, native and wasm32-wasip1)", || {
        let build = ["build", "--quiet", "--release", "-p", CASES_PACKAGE];
        workspace.cargo(build).run()?;
        workspace.cargo(build).args(["--target", WASM_TARGET]).run()
    })?;
    let native = workspace.target.join("release").join(CASES_PACKAGE);
    let wasm = workspace.target.join(WASM_TARGET).join("release").join(format!("{CASES_PACKAGE}.wasm"));
    Ok((native, wasm))
}

/// Compiles the tools, natively and to wasm, each unless its version is there.
fn tools(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target.join("conformance");
    for (kind, extension, target) in [("native", "", None), ("wasm", ".wasm", Some(WASM_TARGET))] {
        let root = folder.join(kind);
        for tool in &TOOLS {
            let mut inputs = Inputs::of("cargo install").text(tool.package).text(kind);
            for text in
                tool.arguments.iter().chain(TOOL_PROFILE.iter().flat_map(|(name, value)| [name, value]))
            {
                inputs = inputs.text(text);
            }
            let binary = root.join("bin").join(format!("{}{extension}", tool.name));
            cached_step(&format!("conformance: {} ({kind})", tool.package), || {
                inputs.stamp().unless_current(&[&binary], || {
                    let install = ["install", "--quiet", "--locked", "--force", "--root"];
                    let mut cargo =
                        workspace.cargo(install).arg(&root).arg(tool.package).args(tool.arguments);
                    for (name, value) in TOOL_PROFILE {
                        cargo = cargo.env(name, value);
                    }
                    if let Some(target) = target {
                        cargo = cargo.args(["--target", target]);
                    }
                    // One folder for all, so that what they share compiles once.
                    cargo.env("CARGO_TARGET_DIR", folder.join("build")).run()
                })
            })?;
        }
    }
    Ok(())
}

/// This repository's files as of its last commit: a real source tree, the same for every run of one commit.
fn tree(workspace: &Workspace) -> Result<PathBuf> {
    let commit = Command::new("git").args(["rev-parse", "HEAD"]).dir(&workspace.root).output()?;
    let folder = workspace.target.join("conformance");
    let tree = folder.join("tree");
    cached_step("conformance: tree", || -> Result<Done> {
        Inputs::of("git archive").text(&commit).stamp().unless_current(&[&tree], || {
            if tree.exists() {
                fs::remove_dir_all(&tree).map_err(Error::file("remove", &tree))?;
            }
            fs::create_dir_all(&tree).map_err(Error::file("make", &tree))?;
            let archive = folder.join("tree.tar");
            let git = Command::new("git").args(["archive", "--format=tar", "HEAD", "-o"]).arg(&archive);
            git.dir(&workspace.root).run()?;
            Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&tree).run()
        })
    })?;
    Ok(tree)
}
