//! `cargo xtask test`: every check there is, counted.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Instant;

use crate::command::{Command, find_on_path};
use crate::error::{Error, Result};
use crate::js_engine::JsEngine;
use crate::setup::Tools;
use crate::step::step;
use crate::workspace::Workspace;
use crate::{build, conformance, example_job, setup, specs, tidy};

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Passed, known failures that failed as they should included.
    pub(crate) passed: usize,
    /// Failed.
    pub(crate) failed: usize,
}

impl Counts {
    /// Counts these as well.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// One check, passed or failed.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: usize::from(passed), failed: usize::from(!passed) }
    }
}

const PARTS: [&str; 10] =
    ["fmt", "clippy", "tidy", "unit", "specs", "conformance", "native", "browser", "firefox", "boa"];

/// The part that runs only when it is named: the second engine takes as long to build as everything else together.
const ONLY_NAMED: &str = "boa";

/// The part of the build that a part of the tests needs.
fn needs(part: &str) -> Option<&'static str> {
    match part {
        // The `node` program compiles the glue in.
        "clippy" => Some("glue"),
        "specs" | "native" => Some("oac"),
        "browser" | "firefox" => Some("web"),
        "boa" => Some("boa"),
        _ => None,
    }
}

/// Whether a part of the tests needs what setup fetches beside the Rust targets.
fn uses_tools(part: &str) -> bool {
    !matches!(part, "fmt" | "tidy" | "conformance")
}

/// `cargo xtask test [PART… [FILTER]] [--times N]`; `--times` repeats the end-to-end jobs, FILTER is `conformance`'s.
///
/// # Errors
/// When the build fails, or any check did; all checks run before the end.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let Asked { parts, times, filter } = parse(arguments)?;
    let wants =
        |part: &str| (parts.is_empty() && part != ONLY_NAMED) || parts.iter().any(|wanted| wanted == part);
    let tools = if PARTS.into_iter().any(|part| wants(part) && uses_tools(part)) {
        Some(setup::everything(workspace)?)
    } else {
        None
    };
    let mut total = Counts::default();
    let mut failed_parts = Vec::new();
    let mut built = Vec::new();
    for part in PARTS.into_iter().filter(|part| wants(part)) {
        if let Some(needed) = needs(part).filter(|needed| !built.contains(needed)) {
            build::run(workspace, &[needed.to_owned()])?;
            built.push(needed);
        }
        let repeats = if matches!(part, "native" | "browser" | "firefox") { times } else { 1 };
        for _ in 0..repeats {
            let counts = check(workspace, tools.as_ref(), part, &filter);
            if counts.failed > 0 && !failed_parts.contains(&part) {
                failed_parts.push(part);
            }
            total.add(counts);
        }
    }
    for part in failed_parts {
        println!("failed: {part} (repeat it with `cargo xtask test {part}`)");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { Ok(()) } else { Err(Error::Checks { passed: total.passed, failed: total.failed }) }
}

/// What the arguments ask for.
struct Asked {
    parts: Vec<String>,
    times: usize,
    /// What follows `conformance`: part of the names of the cases to run.
    filter: String,
}

fn parse(arguments: &[String]) -> Result<Asked> {
    let mut parts: Vec<String> = Vec::new();
    let mut times = 1;
    let mut filter = String::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--times" {
            times = rest
                .next()
                .and_then(|number| number.parse().ok())
                .ok_or_else(|| Error::Usage("--times takes a number".to_owned()))?;
        } else if PARTS.contains(&argument.as_str()) {
            parts.push(argument.clone());
        } else if filter.is_empty() && parts.last().is_some_and(|part| part == "conformance") {
            filter.clone_from(argument);
        } else {
            return Err(Error::Usage(format!(
                "`{argument}` is not a part of the tests ({})",
                PARTS.join(", ")
            )));
        }
    }
    Ok(Asked { parts, times, filter })
}

/// Runs one part. A part that breaks off counts as one failure: the others still run.
fn check(workspace: &Workspace, tools: Option<&Tools>, part: &str, filter: &str) -> Counts {
    let fetched = || tools.expect("uses_tools says which parts need them");
    let result = step(&format!("test: {part}"), || match part {
        "fmt" => workspace.cargo(["fmt", "--all", "--check"]).run().map(|()| Counts::one(true)),
        "clippy" => clippy(workspace, fetched()),
        "tidy" => tidy::run(workspace).map(|()| Counts::one(true)),
        "unit" => unit(workspace),
        "specs" => specs::check_all(workspace, "", JsEngine::QuickJs),
        "conformance" => conformance::check(workspace, filter),
        "native" => example_job::run(workspace).map(|_| Counts::one(true)),
        "firefox" => firefox(workspace),
        "boa" => boa(workspace),
        _ => browser(workspace, fetched()),
    });
    result.unwrap_or_else(|error| {
        eprintln!("{part}: {error}");
        Counts::one(false)
    })
}

/// Clippy on the workspace as it is on this machine, and on what is compiled to wasm as wasm.
fn clippy(workspace: &Workspace, tools: &Tools) -> Result<Counts> {
    let deny = ["--", "-D", "warnings"];
    workspace.cargo(["clippy", "--workspace", "--all-targets", "--quiet"]).args(deny).run()?;
    let web = ["clippy", "--quiet", "-p", "oac-web", "--target", "wasm32-unknown-unknown"];
    workspace.cargo(web).args(deny).run()?;
    let programs = ["clippy", "--quiet", "--target", "wasm32-wasip1", "--features", build::PATCHED];
    workspace
        .cargo(programs)
        .args(["-p", "oac-sys", "-p", "oac-node", "-p", "oac-npm", "-p", "oac-userland"])
        .envs(&build::program_environment(workspace, &tools.c_compiler, &tools.node_library))
        .args(crate::patched::cargo_arguments(workspace, JsEngine::QuickJs)?)
        .args(deny)
        .run()?;
    Ok(Counts { passed: 3, failed: 0 })
}

/// The tests of every crate, and the examples in their documentation; then those of our diffs to the engine, which need the
/// patched sources.
fn unit(workspace: &Workspace) -> Result<Counts> {
    let mut counts = counted(workspace.cargo(["test", "--workspace", "--no-fail-fast"]), cargo_test_line)?;
    let patched = workspace
        .cargo(["test", "-p", "oac-engine", "--features", "patched", "--no-fail-fast"])
        .args(crate::patched::cargo_arguments(workspace, JsEngine::QuickJs)?);
    counts.add(counted(patched, cargo_test_line)?);
    Ok(counts)
}

/// The second engine: its own tests, those of its diffs among them, and the specs of `node` on it.
fn boa(workspace: &Workspace) -> Result<Counts> {
    let cargo = |command: &str| -> Result<Command> {
        Ok(workspace
            .cargo([command, "-p", "oac-engine", "--no-default-features", "--features", "boa"])
            .args(crate::patched::cargo_arguments(workspace, JsEngine::Boa)?))
    };
    cargo("clippy")?.args(["--quiet", "--all-targets", "--", "-D", "warnings"]).run()?;
    let mut counts = counted(cargo("test")?.args(["--no-fail-fast"]), cargo_test_line)?;
    counts.add(specs::check_all(workspace, "", JsEngine::Boa)?);
    Ok(counts)
}

/// The package's types against those it stands in for, and the job in a real Chromium.
fn browser(workspace: &Workspace, tools: &Tools) -> Result<Counts> {
    Command::new("npm").args(["run", "--silent", "typecheck"]).dir(workspace.path("js")).run()?;
    let test = Command::new("node").arg("tests/browser/e2e.mjs").dir(&workspace.root);
    counted(test.env("OAC_CHROMIUM", &tools.chromium), tap_line)
}

/// The same checks in a real Firefox.
fn firefox(workspace: &Workspace) -> Result<Counts> {
    let executable = step("setup: Firefox", setup::firefox)?;
    let test = Command::new("node").args(["tests/browser/e2e.mjs", "--firefox"]).dir(&workspace.root);
    counted(test.env("OAC_FIREFOX", &executable), tap_line)
}

/// Runs a program whose output lines say what passed and failed, and shows them. A failing status without a failing
/// line counts as one failure, and so does a program that checks nothing.
pub(crate) fn counted(command: Command, read_line: fn(&str) -> Option<Counts>) -> Result<Counts> {
    let mut child =
        command.to_std().stdout(Stdio::piped()).spawn().map_err(|source| command.not_started(source))?;
    let stdout = child.stdout.take().expect("stdout was piped");
    let mut counts = Counts::default();
    for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
        if let Some(found) = read_line(&line) {
            counts.add(found);
        }
        println!("{line}");
    }
    let status = child.wait().map_err(|source| command.not_started(source))?;
    if (!status.success() && counts.failed == 0) || counts == Counts::default() {
        eprintln!("ended with {status}; to repeat it: {}", command.line());
        counts.failed += 1;
    }
    Ok(counts)
}

/// `test result: ok. 3 passed; 1 failed; …`
fn cargo_test_line(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| {
        let part = numbers.split("; ").find(|part| part.ends_with(word))?;
        part.split(' ').next()?.parse().ok()
    };
    Some(Counts { passed: number(" passed")?, failed: number(" failed")? })
}

/// `ok NAME` or `not ok NAME`.
pub(crate) fn tap_line(line: &str) -> Option<Counts> {
    if line.starts_with("not ok ") {
        return Some(Counts::one(false));
    }
    line.starts_with("ok ").then(|| Counts::one(true))
}

/// `cargo xtask deny`: the full check of licences, sources and advisories.
///
/// # Errors
/// When cargo-deny cannot be installed, or finds something.
pub(crate) fn deny(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let own = workspace.tools().join("bin/cargo-deny");
    let program = match find_on_path(&["cargo-deny"]) {
        Some(found) => found,
        None => {
            if !own.is_file() {
                println!("installing cargo-deny under {}", workspace.tools().display());
                workspace
                    .cargo(["install", "--quiet", "--locked", "cargo-deny", "--root"])
                    .arg(workspace.tools())
                    .env("CARGO_TARGET_DIR", workspace.target.join("tools-build"))
                    .run()?;
            }
            own
        }
    };
    Command::new(program).args(["check"]).dir(&workspace.root).run()?;
    println!("    deny: done in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_from_the_lines_that_test_programs_print() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(cargo_test_line(line), Some(Counts { passed: 12, failed: 3 }));
        assert_eq!(cargo_test_line("running 2 tests"), None);
        assert_eq!(tap_line("ok 1 boots"), Some(Counts::one(true)));
        assert_eq!(tap_line("not ok 1 boots"), Some(Counts::one(false)));
        assert_eq!(tap_line("okay"), None);
    }

    #[test]
    fn a_program_that_checks_nothing_is_a_failure() {
        let counts = counted(Command::new("true"), tap_line).expect("true runs");
        assert_eq!(counts, Counts::one(false));
    }
}
