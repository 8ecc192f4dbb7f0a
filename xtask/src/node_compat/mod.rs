//! Node's own tests, run in a container: `cargo xtask node-compat --path DIR [GROUP | FILE]…`.
//!
//! DIR is a checkout of Node's tests of the same major version (it holds `test/parallel`), which is never committed. The rules
//! are those of Node's own runner: flags from the `// Flags:` line, and exit code 0 is a pass. What came out is committed in
//! scoreboards (`tests/node-compat/<group>.txt`), and a file that passed never goes back to failing: such a run is an error
//! and leaves its line as it was. The second engine has scoreboards of its own, `tests/node-compat/boa/<group>.txt`.
//!
//! Start at [`groups`] (which files there are), then [`test_file`] (how one is run), then [`scoreboard`].

mod groups;
mod not_applicable;
mod scoreboard;
mod test_file;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::js_engine::JsEngine;
use crate::node_library;
use crate::step::step;
use crate::workspace::Workspace;
use groups::{GROUPS, group_of};
use not_applicable::NotApplicable;
use scoreboard::{Board, Mark, Tally};
use test_file::TestFile;

/// For a file that passed before: far above what any takes, so that a busy machine is no failure.
const LIMIT_PASSED: Duration = Duration::from_secs(120);
/// For any other: what takes longer than this counts as a failure.
const LIMIT_OTHER: Duration = Duration::from_secs(20);
/// Why a file does not apply that the real Node fails as well.
const FAILS_THERE_TOO: &str = "the pinned Node fails it too";
/// The folders of Node's tests that hold test files of the groups.
const FOLDERS: [&str; 10] = [
    "abort",
    "async-hooks",
    "es-module",
    "module-hooks",
    "parallel",
    "report",
    "sequential",
    "sqlite",
    "test-runner",
    "wasi",
];

/// A test file to run.
struct Job {
    name: String,
    group: &'static str,
    before: Option<Mark>,
}

/// `cargo xtask node-compat --path DIR [GROUP | FILE]… [--jobs N]`.
///
/// # Errors
/// When a file that passed fails.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let (engine, arguments) = JsEngine::take_from(arguments)?;
    let Request { tests, filters, workers } = Request::read(&arguments)?;
    engine.require(workspace)?;
    if !workspace.oac().is_file() {
        return Err(Error::Missing {
            what: workspace.oac().display().to_string(),
            remedy: "run `cargo xtask build` first".to_owned(),
        });
    }
    let boards = workspace.path("tests/node-compat");
    let not_applicable = NotApplicable::read(&boards.join("not_applicable"))?;
    let boards = match engine {
        JsEngine::QuickJs => boards,
        JsEngine::Boa => boards.join("boa"),
    };
    let jobs = jobs(&tests, &boards, &filters)?;
    let real = node_library::ensure(workspace)?.binary;
    let runner = Runner { workspace, tests: &tests, real: &real, not_applicable: &not_applicable, engine };
    let results = step(&format!("node-compat: {} files", jobs.len()), || runner.run_all(&jobs, workers))?;
    let lost = record(&boards, &jobs, results)?;
    if lost.is_empty() {
        return Ok(());
    }
    for (name, reason) in &lost {
        println!("    it passed before: {name}: {reason}");
    }
    Err(Error::Checks { passed: jobs.len() - lost.len(), failed: lost.len() })
}

struct Request {
    tests: PathBuf,
    filters: Vec<String>,
    workers: usize,
}

impl Request {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut path = None;
        let mut filters = Vec::new();
        let mut workers = std::thread::available_parallelism().map_or(2, usize::from);
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--path" => path = rest.next().map(PathBuf::from),
                "--jobs" => {
                    let number = rest.next().and_then(|text| text.parse().ok()).filter(|&n| n > 0);
                    workers = number.ok_or_else(|| Error::Usage("--jobs takes a number".to_owned()))?;
                }
                _ => filters.push(argument.clone()),
            }
        }
        let path = path.ok_or_else(|| {
            Error::Usage("node-compat needs --path DIR, a checkout of Node's tests".to_owned())
        })?;
        let tests = if path.join("test/parallel").is_dir() { path.join("test") } else { path };
        if !tests.join("parallel").is_dir() {
            return Err(Error::Missing {
                what: tests.join("parallel").display().to_string(),
                remedy: "give --path a checkout of Node's tests of the same major version".to_owned(),
            });
        }
        let tests = fs::canonicalize(&tests).map_err(Error::file("resolve", &tests))?;
        Ok(Self { tests, filters, workers })
    }
}

/// The files that the filters name: a group by its name, a file by a part of its path; without filters all groups.
fn jobs(tests: &Path, boards: &Path, filters: &[String]) -> Result<Vec<Job>> {
    let mut known: BTreeMap<&str, Board> = BTreeMap::new();
    for group in GROUPS {
        known.insert(group.name, scoreboard::read(&board_file(boards, group.name))?);
    }
    let mut jobs = Vec::new();
    for folder in FOLDERS {
        for name in test_files(tests, folder)? {
            let Some(group) = group_of(&name) else { continue };
            let wanted = filters.is_empty()
                || filters.iter().any(|filter| {
                    let is_group = GROUPS.iter().any(|group| group.name == filter);
                    if is_group { filter == group.name } else { name.contains(filter.as_str()) }
                });
            if wanted {
                let before = known.get(group.name).and_then(|board| board.get(&name)).cloned();
                jobs.push(Job { name, group: group.name, before });
            }
        }
    }
    if jobs.is_empty() {
        return Err(Error::Usage(format!("no test file matches `{}`", filters.join(" "))));
    }
    Ok(jobs)
}

/// `<folder>/test-*.{js,mjs,cjs}`, sorted.
fn test_files(tests: &Path, folder: &str) -> Result<Vec<String>> {
    let path = tests.join(folder);
    let mut names = Vec::new();
    if !path.is_dir() {
        return Ok(names);
    }
    for entry in fs::read_dir(&path).map_err(Error::file("list", &path))? {
        let name = entry.map_err(Error::file("list", &path))?.file_name().to_string_lossy().into_owned();
        let is_script = [".js", ".mjs", ".cjs"].iter().any(|end| name.ends_with(end));
        if name.starts_with("test-") && is_script {
            names.push(format!("{folder}/{name}"));
        }
    }
    names.sort();
    Ok(names)
}

/// What it takes to run a test file.
struct Runner<'a> {
    workspace: &'a Workspace,
    tests: &'a Path,
    /// The pinned Node.
    real: &'a Path,
    not_applicable: &'a NotApplicable,
    engine: JsEngine,
}

impl Runner<'_> {
    fn run_all(&self, jobs: &[Job], workers: usize) -> Result<Vec<Mark>> {
        let next = AtomicUsize::new(0);
        let results: Vec<Mutex<Option<Result<Mark>>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
        let worker = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(job) = jobs.get(index) else { break };
                let mark = self.run(job);
                if let Ok(mark) = &mark {
                    report(job, mark);
                }
                *results[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(mark);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(worker);
            }
        });
        let taken = |slot: Mutex<Option<Result<Mark>>>| {
            slot.into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .expect("every job was taken by a worker")
        };
        results.into_iter().map(taken).collect()
    }

    fn run(&self, job: &Job) -> Result<Mark> {
        if let Some(reason) = self.not_applicable.reason(&job.name) {
            return Ok(Mark::NotApplicable(reason.to_owned()));
        }
        let passed_before = job.before == Some(Mark::Pass);
        let limit = if passed_before { LIMIT_PASSED } else { LIMIT_OTHER };
        let test = TestFile::read(self.tests, &job.name)?;
        if let Some(reason) = test.needs_v8() {
            return Ok(Mark::NotApplicable(reason));
        }
        let mark = test.run(&test.in_container(self.workspace, self.engine), limit)?;
        // The tests are of some 24.x, and made for a machine with a user at it: what fails there says nothing here.
        if let Mark::Fail(_) = mark
            && !passed_before
            && let Mark::Fail(_) = test.run(&test.on(self.real, self.workspace)?, limit)?
        {
            return Ok(Mark::NotApplicable(FAILS_THERE_TOO.to_owned()));
        }
        Ok(mark)
    }
}

/// One line for what is new.
fn report(job: &Job, mark: &Mark) {
    match (mark, &job.before) {
        (Mark::Pass, Some(Mark::Pass)) | (Mark::NotApplicable(_), Some(Mark::NotApplicable(_))) => {}
        (Mark::Pass, _) => println!("    now passes: {}", job.name),
        (Mark::Fail(reason), _) => println!("    fails: {}: {reason}", job.name),
        (Mark::NotApplicable(reason), _) => println!("    does not apply: {}: {reason}", job.name),
    }
}

/// Brings the scoreboards up to date and prints their tallies; gives what passed before and fails now, which stays as it was.
fn record(boards: &Path, jobs: &[Job], results: Vec<Mark>) -> Result<Vec<(String, String)>> {
    let mut lost = Vec::new();
    let mut changed: BTreeMap<&str, Board> = BTreeMap::new();
    for (job, mark) in jobs.iter().zip(results) {
        if !changed.contains_key(job.group) {
            changed.insert(job.group, scoreboard::read(&board_file(boards, job.group))?);
        }
        if let (Some(Mark::Pass), Mark::Fail(reason)) = (&job.before, &mark) {
            lost.push((job.name.clone(), reason.clone()));
            continue;
        }
        if let Some(board) = changed.get_mut(job.group) {
            board.insert(job.name.clone(), mark);
        }
    }
    for (group, board) in &changed {
        scoreboard::write(&board_file(boards, group), board)?;
        let tally = Tally::of(board);
        println!(
            "{group:>20}: {} pass, {} fail, {} do not apply ({} %)",
            tally.passed,
            tally.failed,
            tally.not_applicable,
            tally.percent()
        );
    }
    Ok(lost)
}

fn board_file(boards: &Path, group: &str) -> PathBuf {
    boards.join(format!("{group}.txt"))
}
