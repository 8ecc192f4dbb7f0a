//! `cargo xtask run`: the shortest way from a fresh clone to a page served from a container.

use crate::command::Command;
use crate::error::{Error, Result};
use crate::step::step;
use crate::workspace::Workspace;
use crate::{build, example_job};

/// Builds, runs the example job natively, then serves the demo page until it is interrupted.
///
/// # Errors
/// Those of the build, of the job, or of the page's server.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let serve = match arguments {
        [] => true,
        [flag] if flag == "--no-serve" => false,
        [other, ..] => return Err(Error::Usage(format!("`run` knows --no-serve, not `{other}`"))),
    };
    build::run(workspace, &[])?;
    let times =
        step("example: npm install, node server.js, one request, stop", || example_job::run(workspace))?;
    println!("    boot and npm install: {:.0} ms", times.installed_ms);
    println!("    node server.js to listening: {:.0} ms", times.ready_ms - times.installed_ms);
    println!("    first response: {:.0} ms", times.first_response_ms);
    println!("    stop: {:.0} ms", times.stop_ms);
    if serve {
        println!("--- demo page (Ctrl-C ends it)");
        Command::new("node").arg(workspace.path("js/demo/serve.mjs")).dir(&workspace.root).run()?;
    }
    Ok(())
}
