//! `cargo xtask bench`: measures, and writes docs/benchmarks.md.
//!
//! Everything is measured in one run on one machine, beside what it is compared with: the ratios are what counts.
//! Nothing here fails because a number is bad; tests do not look at time.

mod compute;
mod container;
mod document;
mod engines;
mod measure;
mod network;
mod npm;
mod table;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::command::Command;
use crate::error::{Error, Result};
use crate::step::step;
use crate::workspace::Workspace;
use crate::{build, example_job, node_library, setup};
use document::Document;
use measure::{Sample, measure};
use table::Table;

const FILE: &str = "docs/benchmarks.md";
/// Runs of each command; the median counts.
const RUNS: usize = 15;

const INTRODUCTION: &str = "\
# Benchmarks

Written by `cargo xtask bench`, never by hand. Read the ratios: both sides of each were measured in the same run, on the
same machine, one after the other. Times are medians, memory is the largest peak. \"–\" was not measured in this run.
";

/// What can be measured by itself.
const PARTS: [&str; 7] = ["files", "compute", "container", "network", "npm", "engines", "rest"];

/// Measures `oac` as it was built last.
const NO_BUILD: &str = "--no-build";

/// `cargo xtask bench [PART…] [--no-build]`: measures, and renews the sections of the document that it has measured.
///
/// # Errors
/// When something cannot be built or run.
pub(crate) fn run(workspace: &Workspace, parts: &[String]) -> Result<()> {
    let (options, parts): (Vec<&String>, Vec<&String>) = parts.iter().partition(|part| *part == NO_BUILD);
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        return Err(Error::Usage(format!(
            "`{unknown}` is not a part of the benchmarks ({})",
            PARTS.join(", ")
        )));
    }
    let wants = |part: &str| parts.is_empty() || parts.iter().any(|wanted| *wanted == part);
    // What is measured against the machine needs the command line only.
    let needed: &[String] = if wants("rest") { &[] } else { &["oac".to_owned()] };
    if options.is_empty() {
        build::run(workspace, needed)?;
    }
    let mut text = String::new();
    if wants("rest") {
        rest(workspace, &mut text)?;
    }
    if wants("files") {
        step("bench: files", || container::files(workspace))?.write(&mut text);
    }
    if wants("network") {
        let node = step("setup: Node's library", || node_library::ensure(workspace))?.binary;
        step("bench: network", || network::network(workspace, &node))?.write(&mut text);
    }
    if wants("container") {
        step("bench: container", || container::container(workspace))?.write(&mut text);
    }
    if wants("npm") {
        step("bench: npm", || npm::npm(workspace))?.write(&mut text);
    }
    if wants("compute") {
        step("bench: compute", || compute::compute(workspace))?.write(&mut text);
    }
    if wants("engines") {
        step("bench: engines", || engines::engines(workspace))?.write(&mut text);
    }
    let path = workspace.path(FILE);
    let mut document = Document::parse(&fs::read_to_string(&path).map_err(Error::file("read", &path))?);
    document.renew(Document::parse(&text));
    let text = format!("{INTRODUCTION}\n{}\n{}", machine(), document.text());
    fs::write(&path, text).map_err(Error::file("write", &path))?;
    println!("wrote {FILE}");
    Ok(())
}

/// The command line against Node, the example job, system calls and sizes, in the page too.
fn rest(workspace: &Workspace, text: &mut String) -> Result<()> {
    let node = step("setup: Node's library", || node_library::ensure(workspace))?.binary;
    let native = step("bench: native", || native(workspace, &node))?;
    let job = step("bench: the example job, native", || example_job::run(workspace))?;
    let calls = step("bench: system calls, native", || system_calls(workspace))?;
    let page = step("bench: browser", || browser(workspace))?;
    let sizes = step("bench: sizes", || sizes(workspace))?;
    native.write(text);
    let mut table = Table::new("The example job", ["what", "native", "browser"]);
    let page_ms = |name: &str| page[name].as_f64().map_or("–".to_owned(), |ms| format!("{ms:.0} ms"));
    table.row([
        "boot of the container (natively to the end of `sh -c :`)",
        &format!("{:.1} ms", native.boot_ms),
        &page_ms("boot_ms"),
    ]);
    table.row(["`node -e 0` in a booted container", "–", &page_ms("first_node_ms")]);
    table.row([
        "`npm install` of express, network included, and `node server.js` listening",
        &format!("{:.0} ms", job.ready_ms),
        &page_ms("install_ms"),
    ]);
    table.row(["first response", &format!("{:.0} ms", job.first_response_ms), &page_ms("first_response_ms")]);
    table.write(text);
    let mut table = Table::new("System calls", ["call", "native", "browser"]);
    for (name, label) in
        [("empty", "getpid"), ("stat", "stat"), ("read_1k", "read of 1 KB"), ("read_64k", "read of 64 KB")]
    {
        let native = calls
            .iter()
            .find(|(call, _)| call == name)
            .map_or("–".to_owned(), |(_, ns)| format!("{:.2} µs", ns / 1000.0));
        let page = page[format!("syscall_{name}_us").as_str()]
            .as_f64()
            .map_or("–".to_owned(), |us| format!("{us:.1} µs"));
        table.row([label, &native, &page]);
    }
    table.write(text);
    sizes.write(text);
    Ok(())
}

/// The command line against Node itself.
struct Native {
    boot_ms: f64,
    rows: Vec<(String, Sample, Sample, &'static str)>,
}

impl Native {
    fn write(&self, text: &mut String) {
        let mut table = Table::new(
            "The command line against Node",
            ["command", "`oac run --` …", "real Node", "ratio", "goal"],
        );
        for (name, oac, node, goal) in &self.rows {
            let (oac_ms, node_ms) = (oac.wall_ms, node.wall_ms);
            table.row([
                &format!("`{name}`, wall"),
                &format!("{oac_ms:.1} ms"),
                &format!("{node_ms:.1} ms"),
                &format!("{:.2}×", oac_ms / node_ms),
                goal,
            ]);
            let (oac_mb, node_mb) = (oac.peak_mb, node.peak_mb);
            table.row([
                &format!("`{name}`, peak memory"),
                &format!("{oac_mb:.1} MB"),
                &format!("{node_mb:.1} MB"),
                &format!("{:.2}×", oac_mb / node_mb),
                goal,
            ]);
        }
        table.write(text);
    }
}

fn native(workspace: &Workspace, node: &std::path::Path) -> Result<Native> {
    let oac = |arguments: &[&str]| Command::new(workspace.oac()).args(["run", "--"]).args(arguments);
    let mut rows = Vec::new();
    for (name, script) in [
        ("node -e 0", "0"),
        (
            "node -e 'console.log(require(\"http\").METHODS.length)'",
            "console.log(require('http').METHODS.length)",
        ),
    ] {
        let inside = measure(&oac(&["node", "-e", script]), RUNS)?;
        let outside = measure(&Command::new(node).args(["-e", script]), RUNS)?;
        rows.push((name.to_owned(), inside, outside, "≤ 1.0×"));
    }
    let boot = measure(&oac(&["sh", "-c", ":"]), RUNS)?;
    Ok(Native { boot_ms: boot.wall_ms, rows })
}

/// Names and nanoseconds, as runtime/sys/examples/syscall_cost.rs prints them inside a container.
fn system_calls(workspace: &Workspace) -> Result<Vec<(String, f64)>> {
    let target = "wasm32-wasip1";
    workspace
        .cargo(["build", "--quiet", "--target", target, "--profile", "program"])
        .args(["-p", "oac-sys", "--example", "syscall_cost"])
        .run()?;
    let folder = call_cost(workspace);
    let output = Command::new(workspace.oac())
        .args(["run", "-v", &format!("{}:/bench:ro", folder.display()), "--", "/bench/syscall_cost.wasm"])
        .output()?;
    let line = |line: &str| {
        let (name, nanoseconds) = line.split_once(' ')?;
        Some((name.to_owned(), nanoseconds.parse().ok()?))
    };
    Ok(output.lines().filter_map(line).collect())
}

/// The folder with syscall_cost.wasm, once [`system_calls`] has built it.
fn call_cost(workspace: &Workspace) -> PathBuf {
    workspace.target.join("wasm32-wasip1/program/examples")
}

/// What the page measured: one JSON object of numbers.
fn browser(workspace: &Workspace) -> Result<Value> {
    let script = workspace.path("tests/browser/bench.mjs");
    if !script.is_file() {
        return Ok(Value::Null);
    }
    let chromium = setup::chromium(workspace)?;
    let output = Command::new("node")
        .arg(script)
        .env("OAC_CHROMIUM", chromium)
        .env("OAC_SYSCALL_COST", call_cost(workspace).join("syscall_cost.wasm"))
        .dir(&workspace.root)
        .output()?;
    let last = output.lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|error| Error::Malformed {
        what: "the last line of tests/browser/bench.mjs".to_owned(),
        reason: error.to_string(),
    })
}

/// Bytes of what a page downloads, as Brotli compresses them.
fn sizes(workspace: &Workspace) -> Result<Table> {
    const SCRIPT: &str = "\
const { readFileSync, readdirSync } = require('fs');
const { brotliCompressSync } = require('zlib');
const [folder, pattern] = process.argv.slice(1);
const names = readdirSync(folder, { recursive: true }).filter((name) => new RegExp(pattern).test(name));
const files = names.map((name) => readFileSync(folder + '/' + name));
const sum = (sizes) => sizes.reduce((one, other) => one + other, 0);
console.log(sum(files.map((file) => file.length)), sum(files.map((file) => brotliCompressSync(file).length)));";
    let dist = workspace.path("js/dist");
    let mut table = Table::new("Download sizes", ["what", "raw", "Brotli", "goal (Brotli)"]);
    for (what, pattern, goal) in [
        ("kernel and page library", r"^(?!programs).*\.(js|wasm)$", "< 1 MB"),
        ("`node` (isolated)", r"^programs.node\.wasm$", "< 4 MB"),
        ("`npm`", r"^programs.npm\.wasm$", ""),
        ("`sh`", r"^programs.sh\.wasm$", ""),
    ] {
        let output = Command::new("node").args(["-e", SCRIPT]).arg(&dist).arg(pattern).output()?;
        let kilobytes = |text: &str| {
            text.trim().parse::<f64>().map_or("–".to_owned(), |bytes| format!("{:.0} kB", bytes / 1000.0))
        };
        let (raw, compressed) = output.trim().split_once(' ').unwrap_or_default();
        table.row([what, &kilobytes(raw), &kilobytes(compressed), goal]);
    }
    Ok(table)
}

/// The machine, in a line.
fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, name)| name);
    format!("Measured on {processors} × {model}, {}.", std::env::consts::OS)
}
