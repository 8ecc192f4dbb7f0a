//! The pinned Node package: its library for the `node` program, its binary for the specs.
//!
//! The library is JavaScript inside the binary. `node_library/dump.cjs`, run by that binary, writes it out, with the shapes
//! of the bindings it is written against; `node_library/intl.cjs` writes the words and patterns of languages. Nothing of it
//! is committed; its licence ships with what is published.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha512};

use crate::cache::Inputs;
use crate::command::Command;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// The one version that everything is made from. To raise it: change this and the hashes, run the specs.
const VERSION: &str = "24.21.0";

/// npm's packages of that version, and the SHA-512 of each one's archive.
const PACKAGES: [(&str, &str, &str); 2] = [
    (
        "linux",
        "x86_64",
        "de750bb336795f47dc898a46d2de93add029273027f3e16520d3fa3a2317ed5f\
         07aefa404cf37ddfa5352e545e389ae22d16b87bcc84a900580a72f23cd02ced",
    ),
    (
        "linux",
        "aarch64",
        "1692513c4cf63afbd32df8c83a5346158f492cf30a825e66f9de2819804b836e\
         242759a6bcdd5997f1cf2601781c3689e752127afd65d5c459fc333e91e5d6e6",
    ),
];

/// Where the pinned Node is.
#[derive(Clone, Debug)]
pub(crate) struct NodeLibrary {
    /// `lib/**.js`, `bindings.json`, `roots.pem` and `intl/*.json`, as the `node` program's build script reads them.
    pub(crate) lib_dir: PathBuf,
    /// The real Node.
    pub(crate) binary: PathBuf,
}

/// Fetches the package through npm, checks it, and takes its library out, unless that was done before.
///
/// # Errors
/// When there is no package for this platform, it cannot be fetched, or it is not the one that was pinned.
pub(crate) fn ensure(workspace: &Workspace) -> Result<NodeLibrary> {
    let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let pinned = PACKAGES.iter().find(|(name, cpu, _)| (*name, *cpu) == (os, architecture));
    let Some((_, _, hash)) = pinned else {
        let what = format!("a pinned Node package for {os} on {architecture}");
        return Err(Error::Missing {
            what,
            remedy: "build on Linux, or add it to xtask/src/node_library.rs".to_owned(),
        });
    };
    let folder = workspace.target.join(format!("node-{VERSION}"));
    let binary = folder.join("package/bin/node");
    let dump = workspace.path("xtask/src/node_library/dump.cjs");
    let lib_dir = folder.join("library");
    let fetched = Inputs::of("fetch Node").text(VERSION).text(hash).stamp();
    fetched.unless_current(&[&binary], || fetch(&folder, architecture, hash))?;
    let intl = workspace.path("xtask/src/node_library/intl.cjs");
    let dumped = Inputs::of("dump Node's library").text(hash).path(&dump)?.path(&intl)?.stamp();
    dumped.unless_current(&[&lib_dir], || {
        if lib_dir.exists() {
            fs::remove_dir_all(&lib_dir).map_err(Error::file("remove", &lib_dir))?;
        }
        fs::create_dir_all(&lib_dir).map_err(Error::file("make", &lib_dir))?;
        let flags = ["--no-warnings", "--expose-internals"];
        Command::new(&binary).args(flags).arg(&dump).arg(&lib_dir).run()?;
        Command::new(&binary).arg(&intl).arg(&lib_dir).run()
    })?;
    Ok(NodeLibrary { lib_dir, binary })
}

/// Puts the package's files into `folder/package`.
fn fetch(folder: &Path, architecture: &str, hash: &str) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    let cpu = if architecture == "x86_64" { "x64" } else { "arm64" };
    let name = format!("node-linux-{cpu}");
    Command::new("npm").args(["pack", "--silent", &format!("{name}@{VERSION}")]).dir(folder).output()?;
    let archive = folder.join(format!("{name}-{VERSION}.tgz"));
    let bytes = fs::read(&archive).map_err(Error::file("read", &archive))?;
    let found: String = Sha512::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != hash {
        return Err(Error::Malformed {
            what: archive.display().to_string(),
            reason: format!("its SHA-512 is {found}, not the pinned one; do not use it"),
        });
    }
    Command::new("tar").arg("-xzf").arg(&archive).dir(folder).run()?;
    fs::remove_file(&archive).map_err(Error::file("remove", &archive))
}
