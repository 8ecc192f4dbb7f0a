//! What files and containers cost, against what this machine offers itself.

use std::fs;
use std::path::{Path, PathBuf};

use super::table::Table;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// Names and numbers, a line each.
type Numbers = Vec<(String, f64)>;

fn numbers(output: &str) -> Numbers {
    let line = |line: &str| {
        let (name, number) = line.split_once(' ')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    output.lines().filter_map(line).collect()
}

fn find(numbers: &Numbers, name: &str) -> f64 {
    numbers.iter().find(|(known, _)| known == name).map_or(f64::NAN, |(_, number)| *number)
}

const WASI: &str = "wasm32-wasip1";

/// Builds tests/bench/program for one target; gives the folder of its programs.
fn build(workspace: &Workspace, target: Option<&str>) -> Result<PathBuf> {
    let folder = workspace.target.join("bench-program");
    let manifest = workspace.path("tests/bench/program/Cargo.toml");
    let command = workspace.cargo(["build", "--quiet", "--release", "--manifest-path"]).arg(manifest);
    let command = command.arg("--target-dir").arg(&folder);
    match target {
        Some(target) => command.args(["--target", target]).run()?,
        None => command.run()?,
    }
    Ok(target.map_or(folder.clone(), |target| folder.join(target)).join("release"))
}

/// Memory as files: tmpfs, where there is one that everybody may write to.
fn memory_folder() -> Result<PathBuf> {
    let shared = Path::new("/dev/shm");
    let parent = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
    let folder = parent.join(format!("oac-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    Ok(folder)
}

/// The same program natively on tmpfs, in a container, and in a container on a mounted folder of that tmpfs.
pub(super) fn files(workspace: &Workspace) -> Result<Table> {
    let native = build(workspace, None)?.join("files");
    let wasm = build(workspace, Some(WASI))?;
    let folder = memory_folder()?;
    let outside = Command::new(native).arg(&folder).output();
    let oac = |options: &[&str], place: &str| {
        let volume = format!("{}:/bench:ro", wasm.display());
        let command = Command::new(workspace.oac()).args(["run", "-v", &volume]).args(options);
        command.args(["--", "/bench/files.wasm", place]).output()
    };
    let inside = oac(&[], "/tmp");
    let mounted = oac(&["-v", &format!("{}:/mounted", folder.display())], "/mounted");
    fs::remove_dir_all(&folder).map_err(Error::file("remove", &folder))?;
    let (outside, inside, mounted) = (numbers(&outside?), numbers(&inside?), numbers(&mounted?));
    let header =
        ["what", "in a container", "natively, tmpfs", "ratio", "goal", "in a container, tmpfs mounted"];
    let mut table = Table::new("Files, the same Rust program", header);
    for (name, what) in [
        ("create", "create 10,000 files"),
        ("write", "write 10,000 files of 1 KB"),
        ("read", "read them"),
        ("stat", "stat them"),
        ("readdir", "list their 100 directories"),
        ("rename", "rename them"),
        ("remove", "remove them"),
        ("large-write", "write 1 GB in 4 files"),
        ("large-read", "read them"),
    ] {
        let (inside, outside, mounted) = (find(&inside, name), find(&outside, name), find(&mounted, name));
        table.row([
            what,
            &format!("{inside:.1} ms"),
            &format!("{outside:.1} ms"),
            &format!("{:.2}×", inside / outside),
            "≤ 2×",
            &format!("{mounted:.1} ms"),
        ]);
    }
    Ok(table)
}

/// Boot, start of a program, snapshot and idle memory, by the example `measure` of the Rust crate.
pub(super) fn container(workspace: &Workspace) -> Result<Table> {
    let nothing = build(workspace, Some(WASI))?.join("nothing.wasm");
    workspace
        .cargo(["build", "--quiet", "--release", "-p", "oac-container", "--example", "measure"])
        .run()?;
    let measure = workspace.target.join("release/examples/measure");
    let measured = numbers(&Command::new(measure).arg(nothing).output()?);
    let value = |name: &str, unit: &str| format!("{:.2} {unit}", find(&measured, name));
    let mut table = Table::new("A container, natively", ["what", "measured", "beside it", "goal"]);
    table.row(["`Container::boot`", &value("boot_ms", "ms"), "–", "< 5 ms"]);
    table.row([
        "the first one of a process, the engine's start included",
        &value("first_boot_ms", "ms"),
        "–",
        "< 5 ms",
    ]);
    let beside = format!("`fork` and `exec` of /bin/true: {}", value("true_ms", "ms"));
    table.row(["start and end of an empty program, warm", &value("spawn_ms", "ms"), &beside, "< 1 ms"]);
    table.row(["snapshot of a tree of 100,000 files", &value("snapshot_ms", "ms"), "–", "< 1 ms"]);
    table.row(["memory of an idle container", &value("idle_mb", "MB"), "–", "< 5 MB"]);
    Ok(table)
}
