//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

use crate::error::Error;

/// What is asked for.
pub(crate) enum Request {
    /// The system-call cases.
    Cases(CasesRequest),
    /// Programs of others.
    Tools(ToolsRequest),
}

/// `cases --native FILE --wasm FILE --known FILE --scratch DIR [--show] [FILTER]`.
#[derive(Default)]
pub(crate) struct CasesRequest {
    /// The program for this machine.
    pub(crate) native: PathBuf,
    /// The same for containers.
    pub(crate) wasm: PathBuf,
    /// Known failures.
    pub(crate) known: PathBuf,
    /// Where native cases get their directories; made when missing.
    pub(crate) scratch: PathBuf,
    /// Whether native outputs are printed.
    pub(crate) show: bool,
    /// Part of the names of the cases to run.
    pub(crate) filter: String,
}

/// `tools --native DIR --wasm DIR --tree DIR --known FILE --scratch DIR [FILTER]`.
#[derive(Default)]
pub(crate) struct ToolsRequest {
    /// Where the programs are for this machine: `rg`, …
    pub(crate) native: PathBuf,
    /// Where they are for containers: `rg.wasm`, …
    pub(crate) wasm: PathBuf,
    /// The files they look at.
    pub(crate) tree: PathBuf,
    /// Known failures.
    pub(crate) known: PathBuf,
    /// Where compiled programs are kept.
    pub(crate) scratch: PathBuf,
    /// Part of the names of the commands to run.
    pub(crate) filter: String,
}

/// Reads the command line.
pub(crate) fn parse() -> Result<Request, Error> {
    let mut parser = lexopt::Parser::from_env();
    let what = match parser.next()? {
        Some(Value(word)) => word.string()?,
        Some(other) => return Err(other.unexpected().into()),
        None => return Err(lexopt::Error::from("nothing was asked for").into()),
    };
    let mut cases = CasesRequest::default();
    let mut tools = ToolsRequest::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("native") => {
                cases.native = parser.value()?.into();
                tools.native.clone_from(&cases.native);
            }
            Long("wasm") => {
                cases.wasm = parser.value()?.into();
                tools.wasm.clone_from(&cases.wasm);
            }
            Long("known") => {
                cases.known = parser.value()?.into();
                tools.known.clone_from(&cases.known);
            }
            Long("tree") => tools.tree = parser.value()?.into(),
            Long("scratch") => {
                cases.scratch = parser.value()?.into();
                tools.scratch.clone_from(&cases.scratch);
            }
            Long("show") => cases.show = true,
            Value(filter) => {
                cases.filter = filter.string()?;
                tools.filter.clone_from(&cases.filter);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    match what.as_str() {
        "cases" => Ok(Request::Cases(cases)),
        "tools" => Ok(Request::Tools(tools)),
        other => Err(lexopt::Error::from(format!("`{other}` is neither `cases` nor `tools`")).into()),
    }
}
