//! A C compiler for wasm32-wasip1: QuickJS-ng is C.
//!
//! Debian's clang with its wasi-libc where it is, or can be installed; else the portable compiler of the PyPI package
//! `ziglang`, in a Python environment of its own under target/tools.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::{debian_packages, missing};
use crate::command::{Command, find_on_path};
use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// Where Debian's wasi-libc keeps its headers.
const DEBIAN_HEADERS: &str = "/usr/include/wasm32-wasi";
const ZIGLANG: &str = "ziglang==0.13.0.post1";

/// The compiler, as the environment that the `cc` crate reads.
#[derive(Clone, Debug)]
pub(crate) struct CCompiler {
    /// Variables for `cargo build --target wasm32-wasip1`.
    pub(crate) environment: Vec<(String, OsString)>,
}

impl CCompiler {
    /// Finds or installs one and compiles a small file with it.
    pub(crate) fn ensure(workspace: &Workspace) -> Result<Self> {
        let probe_folder = workspace.target.join("c-probe");
        if let Some(found) = Self::clang(&probe_folder)? {
            return Ok(found);
        }
        if debian_packages(&["clang", "llvm", "wasi-libc"]) {
            if let Some(version) = clang_version() {
                // Absent from some releases, and only programs that use 128-bit arithmetic need it.
                debian_packages(&[&format!("libclang-rt-{version}-dev-wasm32")]);
            }
            if let Some(found) = Self::clang(&probe_folder)? {
                return Ok(found);
            }
        }
        Self::zig(&workspace.tools(), &probe_folder)
    }

    fn clang(probe_folder: &Path) -> Result<Option<Self>> {
        let Some(clang) = find_on_path(&["clang"]) else { return Ok(None) };
        let version = clang_version().unwrap_or_default();
        let Some(archiver) = find_on_path(&["llvm-ar", &format!("llvm-ar-{version}")]) else {
            return Ok(None);
        };
        let flags = format!("--target=wasm32-wasi -isystem {DEBIAN_HEADERS}");
        let compiler = Self::from_parts(clang, archiver, &flags);
        Ok(compiler.compiles(probe_folder)?.then_some(compiler))
    }

    fn zig(tools: &Path, probe_folder: &Path) -> Result<Self> {
        let venv = tools.join("ziglang");
        let wrappers = [tools.join("bin/wasm-cc"), tools.join("bin/wasm-ar")];
        if !wrappers.iter().all(|file| file.is_file()) {
            let python =
                find_on_path(&["python3"]).ok_or_else(|| missing("a C compiler for wasm", REMEDY))?;
            Command::new(python).args(["-m", "venv"]).arg(&venv).run()?;
            Command::new(venv.join("bin/pip")).args(["install", "--quiet", ZIGLANG]).run()?;
            let python = venv.join("bin/python");
            // cc passes clang's name of the target, which zig does not know.
            let compile = "n=$#; while [ $n -gt 0 ]; do a=$1; shift; n=$((n-1)); case $a in --target=*) ;; \
                           *) set -- \"$@\" \"$a\" ;; esac; done";
            write_script(
                &wrappers[0],
                &format!("{compile}\nexec '{}' -m ziglang cc --target=wasm32-wasi \"$@\"", python.display()),
            )?;
            write_script(&wrappers[1], &format!("exec '{}' -m ziglang ar \"$@\"", python.display()))?;
        }
        let [compiler, archiver] = wrappers;
        let compiler = Self::from_parts(compiler, archiver, "");
        if compiler.compiles(probe_folder)? {
            Ok(compiler)
        } else {
            Err(missing("a working C compiler for wasm", REMEDY))
        }
    }

    fn from_parts(compiler: PathBuf, archiver: PathBuf, flags: &str) -> Self {
        let environment = vec![
            // Otherwise rquickjs downloads a compiler of its own while building.
            ("RQUICKJS_SYS_NO_WASI_SDK".to_owned(), OsString::from("1")),
            ("CC_wasm32_wasip1".to_owned(), compiler.into_os_string()),
            ("AR_wasm32_wasip1".to_owned(), archiver.into_os_string()),
            ("CFLAGS_wasm32_wasip1".to_owned(), OsString::from(flags)),
        ];
        Self { environment }
    }

    /// Whether a file that includes a C library header compiles.
    fn compiles(&self, folder: &Path) -> Result<bool> {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        let source = folder.join("probe.c");
        fs::write(&source, "#include <stdlib.h>\nint probe(void) { return abs(-1); }\n")
            .map_err(Error::file("write", &source))?;
        let value = |name: &str| {
            let found = self.environment.iter().find(|(variable, _)| variable == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let flags = value("CFLAGS_wasm32_wasip1");
        Ok(Command::new(value("CC_wasm32_wasip1"))
            .args(flags.to_string_lossy().split_whitespace())
            .arg("-c")
            .arg(&source)
            .arg("-o")
            .arg(folder.join("probe.o"))
            .succeeds())
    }
}

const REMEDY: &str = "on Debian: apt-get install clang llvm wasi-libc; elsewhere install Python 3 with venv, \
                      and `cargo xtask setup` installs the PyPI package ziglang under target/";

/// The major version of `clang`, as a text.
fn clang_version() -> Option<String> {
    let text = Command::new("clang").arg("-dumpversion").output().ok()?;
    text.split('.').next().map(|major| major.trim().to_owned())
}

fn write_script(file: &Path, body: &str) -> Result<()> {
    let folder = file.parent().expect("a script is in a folder");
    fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    fs::write(file, format!("#!/bin/sh\n{body}\n")).map_err(Error::file("write", file))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(file, executable).map_err(Error::file("make executable", file))?;
    }
    Ok(())
}
