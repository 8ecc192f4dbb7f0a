//! The specs: programs whose output must be what real Node, or a real shell, gives.
//!
//! A case is a folder `tests/specs/<area>/<case>/` with `main.js`, `main.mjs` or `cmd` (a line for `sh -c`), and
//! `expected.stdout`, `.stderr` and `.code` (absent: empty, and 0), written by `--bless` and never by hand. A file
//! `known_failure` says why the case fails today: it must fail, so that the day it passes somebody removes the file.
//! A file `ignore_stderr` says why standard error is not compared.
//!
//! Those of `node/` run on the second engine as well (`--engine boa`). What that one lacks is a row in `tests/specs/boa.txt`:
//! the case, and why it fails there; it must.

mod case;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::check::Counts;
use crate::error::{Error, Result};
use crate::js_engine::JsEngine;
use crate::node_library;
use crate::outcome::Verdict;
use crate::step::step;
use crate::workspace::Workspace;
use case::Case;

/// The rows of what fails on Boa.
const LACKS_OF_BOA: &str = "tests/specs/boa.txt";

/// `cargo xtask specs [FILTER] [--bless | --engine boa]`.
///
/// # Errors
/// When a case fails that should pass, or passes that should fail.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let bless = arguments.iter().any(|argument| argument == "--bless");
    let (engine, arguments) = JsEngine::take_from(arguments)?;
    let filters: Vec<&String> = arguments.iter().filter(|argument| *argument != "--bless").collect();
    let filter = match filters.as_slice() {
        [] => "",
        [filter] => filter.as_str(),
        _ => return Err(Error::Usage("`specs` takes one filter".to_owned())),
    };
    if bless {
        return step("specs: bless", || bless_all(workspace, filter));
    }
    let counts = step("specs", || check_all(workspace, filter, engine))?;
    println!("{} passed, {} failed", counts.passed, counts.failed);
    if counts.failed == 0 {
        Ok(())
    } else {
        Err(Error::Checks { passed: counts.passed, failed: counts.failed })
    }
}

/// Runs the cases whose path contains `filter`, as many at a time as there are processors, and prints what differs.
///
/// # Errors
/// When the cases cannot be read, when none matches, or when there is no release `oac`.
pub(crate) fn check_all(workspace: &Workspace, filter: &str, engine: JsEngine) -> Result<Counts> {
    let oac = workspace.oac();
    if !oac.is_file() {
        return Err(Error::Missing {
            what: oac.display().to_string(),
            remedy: "run `cargo xtask build` first".to_owned(),
        });
    }
    engine.require(workspace)?;
    let mut cases = matching(workspace, filter)?;
    let lacks = Lacks::of(workspace, engine)?;
    if engine == JsEngine::Boa {
        lacks.check_names(&case::all(&workspace.path("tests/specs"))?)?;
        cases.retain(|case| case.name.starts_with("node/"));
    }
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(Counts::default());
    let printing = Mutex::new(());
    let worker = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let verdict = case.check(workspace, engine, lacks.reason(case));
            let _one_report_at_a_time = printing.lock().unwrap_or_else(PoisonError::into_inner);
            report(case, &verdict, engine);
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(verdict, Ok(Verdict::Passed | Verdict::FailedAsKnown)) {
                counts.passed += 1;
            } else {
                counts.failed += 1;
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(worker);
        }
    });
    Ok(counts.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What an engine lacks: cases, and why they fail.
struct Lacks(BTreeMap<String, String>);

impl Lacks {
    fn of(workspace: &Workspace, engine: JsEngine) -> Result<Self> {
        if engine == JsEngine::QuickJs {
            return Ok(Self(BTreeMap::new()));
        }
        let file = workspace.path(LACKS_OF_BOA);
        let text = std::fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        let mut rows = BTreeMap::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (case, reason) = line.split_once(' ').ok_or_else(|| Error::Malformed {
                what: format!("{LACKS_OF_BOA}: `{line}`"),
                reason: "a row is a case and why it fails".to_owned(),
            })?;
            rows.insert(case.to_owned(), reason.trim().to_owned());
        }
        Ok(Self(rows))
    }

    fn reason(&self, case: &Case) -> Option<&str> {
        self.0.get(&case.name).map(String::as_str)
    }

    /// A row without a case would hide nothing and mean nothing.
    fn check_names(&self, cases: &[Case]) -> Result<()> {
        match self.0.keys().find(|name| !cases.iter().any(|case| case.name == **name)) {
            None => Ok(()),
            Some(name) => Err(Error::Malformed {
                what: format!("{LACKS_OF_BOA}: `{name}`"),
                reason: "there is no such case; remove the row".to_owned(),
            }),
        }
    }
}

fn report(case: &Case, verdict: &Result<Verdict>, engine: JsEngine) {
    match verdict {
        Ok(Verdict::Passed) => println!("    ok {}", case.name),
        Ok(Verdict::FailedAsKnown) => println!("    ok {} (known failure)", case.name),
        Ok(Verdict::PassedUnexpectedly) => {
            let mark = match engine {
                JsEngine::QuickJs => format!("{}/known_failure", case.folder.display()),
                JsEngine::Boa => format!("its row in {LACKS_OF_BOA}"),
            };
            println!("    NOT OK {}: it passes now; remove {mark}", case.name);
        }
        Ok(Verdict::Failed(difference)) => println!("    NOT OK {}\n{difference}", case.name),
        Err(error) => println!("    NOT OK {}: {error}", case.name),
    }
}

fn bless_all(workspace: &Workspace, filter: &str) -> Result<()> {
    let cases = matching(workspace, filter)?;
    // The shell's cases need no Node.
    let needs_node = cases.iter().any(Case::needs_node);
    let node = if needs_node { node_library::ensure(workspace)?.binary } else { PathBuf::from("node") };
    for case in &cases {
        case.bless(workspace, &node)?;
        println!("    blessed {}", case.name);
    }
    Ok(())
}

fn matching(workspace: &Workspace, filter: &str) -> Result<Vec<Case>> {
    let mut cases = case::all(&workspace.path("tests/specs"))?;
    cases.retain(|case| case.name.contains(filter));
    if cases.is_empty() {
        return Err(Error::Usage(format!("no case under tests/specs has `{filter}` in its path")));
    }
    Ok(cases)
}
