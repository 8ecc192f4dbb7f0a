//! The whole build, in order.
//!
//! ```text
//! nodeapi/js ──tsc──▶ glue ─┐
//! pinned Node ──────▶ lib ──┤
//! patches/** ──────▶ engine┴─cargo (wasm32-wasip1)─▶ programs ─snapshot, AOT─▶ target/programs
//! target/programs ──cargo (release)──▶ target/release/oac
//! oac-web ──cargo (wasm32-unknown-unknown), wasm-bindgen──▶ js/dist ◀──tsc── js/src
//! target/programs/*.wasm ──copied──▶ js/dist/programs
//! ```
//! Cargo decides by itself what to compile again; the other steps are stamped with the hash of what they read.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cache::Inputs;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::js_engine::JsEngine;
use crate::node_library::NodeLibrary;
use crate::setup::{self, CCompiler};
use crate::step::{Done, cached_step, step};
use crate::workspace::Workspace;
use crate::{node_library, patched};

/// A program that runs in the container.
struct Program {
    /// Its name in a shell, and of its files under target/programs.
    name: &'static str,
    /// The crate whose binary it is.
    package: &'static str,
    /// Cargo's profile: what runs long is fast, what is many and runs short is small.
    profile: &'static str,
    /// Whether its memory is captured after its bootstrap.
    snapshot: bool,
}

const PROGRAMS: [Program; 4] = [
    Program { name: "node", package: "oac-node", profile: "program", snapshot: true },
    Program { name: "npm", package: "oac-npm", profile: "program", snapshot: false },
    Program { name: "sh", package: "oac-userland", profile: "program", snapshot: false },
    Program { name: "coreutils", package: "oac-coreutils", profile: "utilities", snapshot: false },
];

/// The feature that counts on our patches.
pub(crate) const PATCHED: &str = "oac-node/patched";
const PROGRAM_TARGET: &str = "wasm32-wasip1";
const WEB_TARGET: &str = "wasm32-unknown-unknown";

/// `cargo xtask build [PART…]`.
///
/// # Errors
/// Those of the first step that fails.
pub(crate) fn run(workspace: &Workspace, parts: &[String]) -> Result<()> {
    const PARTS: [&str; 5] = ["glue", "programs", "boa", "oac", "web"];
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        return Err(Error::Usage(format!("`{unknown}` is not a part of the build ({})", PARTS.join(", "))));
    }
    let wants = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let boa = parts.iter().any(|part| part == "boa");
    if wants("glue") || wants("programs") || boa || wants("oac") || wants("web") {
        step("setup: Rust targets", setup::targets)?;
        step("setup: npm packages", || setup::npm_packages(workspace))?;
        glue(workspace)?;
    }
    if wants("programs") || boa || wants("oac") || wants("web") {
        let c_compiler = step("setup: C compiler for wasm", || CCompiler::ensure(workspace))?;
        let library = step("setup: Node's library", || node_library::ensure(workspace))?;
        // The other programs are the same for each engine, and stand beside it.
        programs(workspace, &c_compiler, &library)?;
        if boa {
            boa_program(workspace, &c_compiler, &library)?;
        }
    }
    if wants("oac") || boa {
        oac(workspace)?;
    }
    if wants("web") {
        let wasm_bindgen = step("setup: wasm-bindgen", || setup::wasm_bindgen(workspace))?;
        web(workspace, &wasm_bindgen)?;
    }
    Ok(())
}

/// nodeapi/js/src → nodeapi/js/dist.
fn glue(workspace: &Workspace) -> Result<Done> {
    cached_step("glue (TypeScript)", || typescript(&workspace.path("nodeapi/js")))
}

/// Runs the `build` script of a folder's package.json, which fills its dist/.
fn typescript(folder: &Path) -> Result<Done> {
    let mut inputs = Inputs::of("npm run build");
    for entry in fs::read_dir(folder).map_err(Error::file("list", folder))? {
        let entry = entry.map_err(Error::file("list", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "src" || name.ends_with(".json") {
            inputs = inputs.text(&name).path(&entry.path())?;
        }
    }
    inputs.stamp().unless_current(&[&folder.join("dist")], || {
        Command::new("npm").args(["run", "--silent", "build"]).dir(folder).run()
    })
}

/// The environment in which the programs compile.
pub(crate) fn program_environment(
    workspace: &Workspace,
    c_compiler: &CCompiler,
    library: &NodeLibrary,
) -> Vec<(String, OsString)> {
    let mut environment = c_compiler.environment.clone();
    environment.extend([
        ("OAC_NODE_LIB".to_owned(), library.lib_dir.clone().into_os_string()),
        ("OAC_NODE_GLUE".to_owned(), workspace.path("nodeapi/js/dist").into_os_string()),
    ]);
    environment
}

/// Compiles the programs and turns them into images under target/programs.
fn programs(workspace: &Workspace, c_compiler: &CCompiler, library: &NodeLibrary) -> Result<()> {
    step("programs (cargo, wasm32-wasip1)", || {
        let mut cargo = workspace
            .cargo(["build", "--target", PROGRAM_TARGET, "--profile", "program", "--features", PATCHED])
            .envs(&program_environment(workspace, c_compiler, library))
            .args(patched::cargo_arguments(workspace, JsEngine::QuickJs)?);
        for program in PROGRAMS.iter().filter(|program| program.profile == "program") {
            cargo = cargo.args(["-p", program.package]);
        }
        cargo.run()
    })?;
    step("core utilities (cargo, wasm32-wasip1)", || {
        let cargo = workspace.cargo(["build", "--target", PROGRAM_TARGET, "--profile", "utilities"]);
        // With the same patches, so that the lock file stays as it is.
        cargo
            .args(["-p", "oac-coreutils"])
            .args(patched::cargo_arguments(workspace, JsEngine::QuickJs)?)
            .run()
    })?;
    step("imager (cargo)", || native_cargo(workspace, "oac-imager").run())?;
    let imager = imager(workspace);
    let folder = workspace.programs();
    fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;
    for program in &PROGRAMS {
        image(workspace, program, &compiled(workspace, program.profile, program.name), &imager)?;
    }
    Ok(())
}

/// The `node` program with the engine Boa. The engine is Rust alone; what else of the program is C (zstd) still needs the compiler.
fn boa_program(workspace: &Workspace, c_compiler: &CCompiler, library: &NodeLibrary) -> Result<()> {
    const PROGRAM: Program =
        Program { name: "node-boa", package: "oac-node", profile: "program", snapshot: true };
    step("node with Boa (cargo, wasm32-wasip1)", || {
        workspace
            .cargo(["build", "--target", PROGRAM_TARGET, "--profile", "program", "-p", PROGRAM.package])
            .args(["--no-default-features", "--features", "boa"])
            .envs(&program_environment(workspace, c_compiler, library))
            .args(patched::cargo_arguments(workspace, JsEngine::Boa)?)
            .run()
    })?;
    // Cargo gives it the name of the other one, which the next build of that takes back.
    let (made, kept) =
        (compiled(workspace, PROGRAM.profile, "node"), compiled(workspace, PROGRAM.profile, PROGRAM.name));
    fs::copy(&made, &kept).map_err(Error::file("copy", &made))?;
    image(workspace, &PROGRAM, &kept, &imager(workspace))
}

/// Where cargo puts a program.
fn compiled(workspace: &Workspace, profile: &str, name: &str) -> PathBuf {
    workspace.target.join(PROGRAM_TARGET).join(profile).join(format!("{name}.wasm"))
}

/// The tool that makes images.
fn imager(workspace: &Workspace) -> PathBuf {
    workspace.target.join("release").join(format!("oac-imager{}", std::env::consts::EXE_SUFFIX))
}

/// Cargo for one of the two native binaries. Both packages are always selected, so that the features of wasmtime are
/// the same in the tool that compiles ahead of time and in the tool that loads the result, and so that it compiles once.
fn native_cargo(workspace: &Workspace, binary: &str) -> Command {
    workspace.cargo(["build", "--release", "-p", "oac", "-p", "oac-imager", "--bin", binary])
}

/// Snapshot (where the program has one) and ahead-of-time compilation.
fn image(workspace: &Workspace, program: &Program, compiled: &Path, imager: &Path) -> Result<()> {
    let wasm = workspace.programs().join(format!("{}.wasm", program.name));
    let native = wasm.with_extension("cwasm");
    let inputs = Inputs::of("image").path(compiled)?.path(imager)?;
    let name = if program.snapshot { "snapshot and machine code" } else { "machine code" };
    cached_step(&format!("{}: {name}", program.name), || {
        inputs.stamp().unless_current(&[&wasm, &native], || {
            if program.snapshot {
                Command::new(imager).arg("snapshot").arg(compiled).arg(&wasm).run()?;
            } else {
                fs::copy(compiled, &wasm).map_err(Error::file("copy", compiled))?;
            }
            Command::new(imager).arg("aot").arg(&wasm).arg(&native).run()
        })
    })?;
    Ok(())
}

/// The command line, with the programs inside.
fn oac(workspace: &Workspace) -> Result<()> {
    step("oac (cargo, release)", || {
        native_cargo(workspace, "oac").env("OAC_PROGRAMS_DIR", workspace.programs()).run()
    })
}

/// js/dist: the kernel and browser host, the TypeScript, and the programs.
fn web(workspace: &Workspace, wasm_bindgen: &Path) -> Result<()> {
    step("browser host (cargo)", || {
        // wasm-bindgen reads the sections that a release otherwise strips.
        let cargo = workspace.cargo(["build", "--release", "--target", WEB_TARGET, "-p", "oac-web"]);
        cargo.env("CARGO_PROFILE_RELEASE_STRIP", "none").run()
    })?;
    let dist = workspace.path("js/dist");
    // tsc first: its stamp is void when dist/ is gone, and the steps below only add to the folder.
    cached_step("page library (TypeScript)", || typescript(&workspace.path("js")))?;
    let module = workspace.target.join(WEB_TARGET).join("release/oac_web.wasm");
    let kernel = dist.join("kernel");
    let bound = kernel.join("oac_web_bg.wasm");
    let inputs = Inputs::of("wasm-bindgen").path(&module)?.text(&wasm_bindgen.display().to_string());
    cached_step("browser host (wasm-bindgen)", || {
        inputs.stamp().unless_current(&[&bound, &kernel.join("oac_web.js")], || {
            Command::new(wasm_bindgen)
                .args(["--remove-name-section", "--remove-producers-section"])
                .args(["--target", "web", "--out-name", "oac_web", "--out-dir"])
                .arg(&kernel)
                .arg(&module)
                .run()
        })
    })?;
    let programs = dist.join("programs");
    fs::create_dir_all(&programs).map_err(Error::file("make", &programs))?;
    let boa = workspace.programs().join("node-boa.wasm").is_file().then_some("node-boa");
    for name in PROGRAMS.iter().map(|program| program.name).chain(boa) {
        let file = format!("{name}.wasm");
        let (from, to): (PathBuf, PathBuf) = (workspace.programs().join(&file), programs.join(&file));
        Inputs::of("copy")
            .path(&from)?
            .stamp()
            .unless_current(&[&to], || fs::copy(&from, &to).map(drop).map_err(Error::file("copy", &from)))?;
    }
    Ok(())
}
