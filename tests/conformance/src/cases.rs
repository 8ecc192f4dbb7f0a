//! The system-call cases: all on Linux, then all in containers, a fresh directory and a fresh container for each.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use oac_container::{CacheDir, Container, Mount, Options, Runtime, RuntimeOptions, Tree};

use crate::{
    arguments::CasesRequest,
    error::Error,
    known::Known,
    parallel::in_parallel,
    report::{self, Counts},
    run::{self, Observed},
};

/// Where the program and the case's directory are in a container.
const PROGRAM: &str = "/usr/bin/conformance";
const DIRECTORY: &str = "/case";

/// A case, as the program lists it.
struct Listed {
    name: String,
    root: bool,
}

/// Runs the cases whose name contains the filter and compares.
pub(crate) fn check(request: &CasesRequest) -> Result<Counts, Error> {
    let known = Known::read(&request.known)?;
    let scratch = Scratch::new(&request.scratch)?;
    let program = scratch.program(&request.native)?;
    let listed = list(&program)?;
    known.all_named(&request.known, |name| listed.iter().any(|case| case.name == name))?;
    let is_root = rustix::process::geteuid().is_root();
    let mut cases: Vec<Listed> =
        listed.into_iter().filter(|case| case.name.contains(&request.filter)).collect();
    if cases.is_empty() {
        return Err(Error::NothingMatches(request.filter.clone()));
    }
    if !is_root {
        let (need_root, others): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.root);
        cases = others;
        if !need_root.is_empty() {
            println!(
                "{} cases are left out: on Linux only root can run them, and this is not root",
                need_root.len()
            );
        }
    }
    let native = in_parallel(&cases, |index, case| {
        let dir = scratch.case(index)?;
        run::native(&program, &["case", &case.name], &dir).map(Observed::by_process)
    })?;
    drop(scratch);
    if request.show {
        for (case, observed) in cases.iter().zip(&native) {
            println!("== {}\n{}{}== {}", case.name, observed.stdout, observed.stderr, observed.end);
        }
    }
    let runtime = Runtime::new(RuntimeOptions {
        cache: CacheDir::At(request.scratch.join("code")),
        ..RuntimeOptions::default()
    })?;
    let bytes = fs::read(&request.wasm).map_err(Error::file("read", &request.wasm))?;
    let file = Tree::File { bytes, executable: true };
    let contained = in_parallel(&cases, |_, case| {
        let container = Container::boot(Options { runtime: Some(runtime.clone()), ..Options::default() })?;
        container.mount(Mount::Tree(&file), PROGRAM)?;
        container.fs().make_dir(DIRECTORY)?;
        run::contained(container, PROGRAM, &["case", &case.name], DIRECTORY).map(Observed::by_process)
    })?;
    let mut counts = Counts::default();
    for ((case, native), contained) in cases.iter().zip(&native).zip(&contained) {
        report::compare(&case.name, native, contained, &known, &mut counts);
    }
    Ok(counts)
}

/// The cases that the program has.
fn list(program: &Path) -> Result<Vec<Listed>, Error> {
    let observed = run::native(program, &["list"], Path::new("/"))?;
    Ok(observed
        .stdout
        .lines()
        .map(|line| match line.strip_suffix(" root") {
            Some(name) => Listed { name: name.into(), root: true },
            None => Listed { name: line.into(), root: false },
        })
        .collect())
}

/// The program and directories for native cases, which go away with the value. Every user may pass through them.
struct Scratch(PathBuf);

impl Scratch {
    fn new(base: &Path) -> Result<Scratch, Error> {
        let path = std::env::temp_dir().join(format!("oac-conformance-{}", std::process::id()));
        fs::create_dir_all(base).map_err(Error::file("make", base))?;
        fs::DirBuilder::new().mode(0o755).create(&path).map_err(Error::file("make", &path))?;
        let scratch = Scratch(path);
        fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o755))
            .map_err(Error::file("open", &scratch.0))?;
        Ok(scratch)
    }

    /// The program where every user may run it: a target directory is often below a home that is closed to others. The path is
    /// as /proc/self/exe will tell it.
    fn program(&self, built: &Path) -> Result<PathBuf, Error> {
        let path = self.0.join("program");
        fs::copy(built, &path).map_err(Error::file("copy", built))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(Error::file("open", &path))?;
        fs::canonicalize(&path).map_err(Error::file("find", &path))
    }

    fn case(&self, index: usize) -> Result<PathBuf, Error> {
        let path = self.0.join(index.to_string());
        fs::create_dir(&path).map_err(Error::file("make", &path))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(Error::file("open", &path))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
