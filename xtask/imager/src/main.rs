//! `oac-imager`: makes the images of programs at build time.
//!
//! `oac-imager snapshot IN.wasm OUT.wasm` runs a program's initialisation (`wizer.initialize`) once and writes a module that
//! starts where it ended. `oac-imager aot IN.wasm OUT.cwasm` compiles a module to native code under the very
//! configuration that `oac` loads code with.
//!
//! It knows nothing of what the programs are. Start reading at `snapshot.rs`.

mod imports;
mod snapshot;

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

const HELP: &str = "oac-imager: images of programs, made at build time

  oac-imager snapshot IN.wasm OUT.wasm   run the exported `wizer.initialize` and keep the memory it leaves;
                                         a module without that export is copied as it is
  oac-imager aot IN.wasm OUT.cwasm       compile to native code, for `oac` of the same build";

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{what}\n\n{HELP}")]
    Usage { what: String },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{}: {source:#}", path.display())]
    Compile { path: PathBuf, source: wasmtime::Error },
    #[error("{}: {source}", path.display())]
    Snapshot { path: PathBuf, source: snapshot::SnapshotError },
}

fn run(arguments: &[String]) -> Result<(), Error> {
    let usage = |what: &str| Error::Usage { what: what.into() };
    let [action, source, target] = arguments else {
        return Err(usage("an action and two files are wanted"));
    };
    let (source, target) = (Path::new(source), Path::new(target));
    let wasm = std::fs::read(source).map_err(|error| Error::Read { path: source.into(), source: error })?;
    let image = match action.as_str() {
        "snapshot" => snapshot::snapshot(&wasm)
            .map_err(|error| Error::Snapshot { path: source.into(), source: error })?,
        "aot" => wasmtime::Engine::new(&oac_container::engine_config())
            .and_then(|engine| engine.precompile_module(&wasm))
            .map_err(|error| Error::Compile { path: source.into(), source: error })?,
        _ => return Err(usage(&format!("there is no action `{action}`"))),
    };
    std::fs::write(target, image).map_err(|error| Error::Write { path: target.into(), source: error })
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if matches!(arguments.first().map(String::as_str), Some("--help" | "-h")) {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oac-imager: {error}");
            ExitCode::FAILURE
        }
    }
}
