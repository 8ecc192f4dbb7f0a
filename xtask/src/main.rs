//! `cargo xtask`: everything that is done to this workspace beyond a plain `cargo build`.
//!
//! A step prints its name when it starts and its time when it ends. A failing step says which command failed and
//! prints the line that repeats it. Nothing here knows how the container works: it knows which files are made from
//! which, and in what order.
//!
//! Start reading at [`build`], which is the order of the whole build, then [`cache`], which decides what is skipped.

mod bench;
mod build;
mod cache;
mod check;
mod command;
mod conformance;
mod error;
mod example_job;
mod generate;
mod js_engine;
mod node_compat;
mod node_library;
mod outcome;
mod patched;
mod run;
mod setup;
mod specs;
mod step;
mod tidy;
mod workspace;

use error::{Error, Result};
use workspace::Workspace;

const HELP: &str = "\
cargo xtask <command>

  setup              fetch what the build needs: Rust targets, a C compiler for wasm, the pinned Node package,
                     wasm-bindgen, Chromium, npm packages. What is there already is left alone.
  build [PART…]      setup, then everything: target/release/oac (self-contained) and js/dist.
                     Parts: glue, programs, oac, web. `build oac` makes programs first; `build programs` stops there.
                     Only when named: boa, the `node` program with the engine Boa, and oac with that inside.
  run [--no-serve]   build; npm install and start examples/express in a container, request its page, stop it;
                     then serve the demo page and print its address (--no-serve leaves that out).
  test [PART…]       setup and every check, counted. Parts: fmt, clippy, tidy, unit, specs, conformance,
                     native, browser; boa only when named. `test conformance FILTER` runs the cases or commands with FILTER in their name.
  specs [FILTER] [--bless | --engine boa]
                     run tests/specs/<area>/<case> whose path contains FILTER in target/release/oac.
                     --bless writes the expected files by running the case on real Node or real dash instead;
                     --engine boa runs those of tests/specs/node on Boa, of which tests/specs/boa.txt says what fails.
  node-compat --path DIR [GROUP | FILE]… [--jobs N] [--engine boa]
                     run Node's own tests, of which DIR is a checkout, and bring tests/node-compat (or its boa/) up to date.
                     An error if a file that passed fails.
  bench [PART…] [--no-build]
                     measure, and renew what was measured in docs/benchmarks.md. Parts: files, container, network, npm, engines (these on this
                     machine only), rest. --no-build measures what was built last.
  tidy               the rules of the code that compilers do not check. Prints `path:line: rule: what to do`.
  gen                write docs/syscalls.md and js/src/generated/abi.ts from the system-call table.
  fmt                format Rust.
  deny               cargo-deny over deny.toml (installs cargo-deny on first use, which takes minutes).

Results go under target/ (or CARGO_TARGET_DIR) and js/dist. Unchanged inputs are not built again.
";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = dispatch(&arguments) {
        eprintln!("\nerror: {error}");
        std::process::exit(error.exit_code());
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(Error::Usage("no command was given".to_owned()));
    };
    if matches!(command.as_str(), "help" | "--help" | "-h") || rest.iter().any(|a| a == "--help" || a == "-h")
    {
        print!("{HELP}");
        return Ok(());
    }
    let workspace = Workspace::find()?;
    match command.as_str() {
        "setup" => setup::everything(&workspace).map(drop),
        "build" => build::run(&workspace, rest),
        "run" => run::run(&workspace, rest),
        "test" => check::run(&workspace, rest),
        "specs" => specs::run(&workspace, rest),
        "node-compat" => node_compat::run(&workspace, rest),
        "bench" => bench::run(&workspace, rest),
        "tidy" => tidy::run(&workspace),
        "gen" => generate::run(&workspace),
        "fmt" => workspace.cargo(["fmt", "--all"]).run(),
        "deny" => check::deny(&workspace),
        other => Err(Error::Usage(format!("`{other}` is not a command"))),
    }
}
