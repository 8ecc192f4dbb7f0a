//! A container with the test program in it, and a way to run it.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use oac_container::{
    CacheDir, Container, Mount, Options, Output, Runtime, RuntimeOptions, SpawnOptions, Tree, WaitStatus,
};

use crate::test_program;

/// Where the test program stands in every container of these tests.
pub(crate) const PROGRAM: &str = "/bin/test-program";

/// One engine for all tests: what they share is what all containers of a process share.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let cache = CacheDir::At(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
        Runtime::new(RuntimeOptions { cache, ..RuntimeOptions::default() }).expect("an engine")
    })
}

pub(crate) fn container(options: Options) -> Container {
    let container =
        Container::boot(Options { runtime: Some(runtime().clone()), ..options }).expect("a container");
    let program = Tree::File { bytes: test_program::wasm().to_vec(), executable: true };
    container.mount(Mount::Tree(&program), PROGRAM).expect("the program is written");
    container
}

pub(crate) fn run(container: &Container, args: &[&str]) -> Output {
    run_with(container, args, &SpawnOptions::default())
}

pub(crate) fn run_with(container: &Container, args: &[&str], options: &SpawnOptions) -> Output {
    container.spawn(PROGRAM, args, options).expect("it starts").output().expect("it ends")
}

/// Runs the test program in a container and compares what it prints and how it ends.
pub(crate) fn check(container: &Container, args: &[&str], stdout: &str, status: WaitStatus) {
    let output = run(container, args);
    let context = format!("{args:?}: {:?} {:?}", String::from_utf8_lossy(&output.stderr), output.exit.reason);
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout, "{context}");
    assert_eq!(output.exit.status, status, "{context}");
}

/// Success, and this output.
pub(crate) fn check_prints(container: &Container, args: &[&str], stdout: &str) {
    check(container, args, stdout, WaitStatus::Exited(0));
}

/// An empty directory that goes away with the value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Scratch {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Scratch(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
