//! One case: where it is, how it is run, what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Command;
use crate::error::{Error, Result};
use crate::js_engine::JsEngine;
use crate::outcome::{Outcome, Verdict};
use crate::patched::copy_folder;
use crate::workspace::Workspace;

/// Where a case's folder is in the container, and what stands for it in expectations.
const MOUNT: &str = "/work";

/// What a case runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// `node main.js`
    Script,
    /// `node main.mjs`
    Module,
    /// `sh -c "$(cat cmd)"`
    Shell,
}

/// A folder under tests/specs.
#[derive(Debug)]
pub(super) struct Case {
    /// `<area>/<case>`.
    pub(super) name: String,
    /// Its folder.
    pub(super) folder: PathBuf,
    entry: Entry,
}

/// All cases, in the order of their names.
pub(super) fn all(folder: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for area in subfolders(folder)? {
        for case in subfolders(&area)? {
            cases.push(Case::read(folder, case)?);
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(cases)
}

fn subfolders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file("list", folder))? {
        let path = entry.map_err(Error::file("list", folder))?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}

impl Case {
    fn read(specs: &Path, folder: PathBuf) -> Result<Self> {
        let name = folder.strip_prefix(specs).unwrap_or(&folder).display().to_string();
        let has = |file: &str| folder.join(file).is_file();
        let entry = match (has("main.js"), has("main.mjs"), has("cmd")) {
            (true, false, false) => Entry::Script,
            (false, true, false) => Entry::Module,
            (false, false, true) => Entry::Shell,
            _ => {
                return Err(Error::Malformed {
                    what: format!("tests/specs/{name}"),
                    reason: "it must have exactly one of main.js, main.mjs and cmd".to_owned(),
                });
            }
        };
        Ok(Self { name, folder, entry })
    }

    /// Whether it is a program for Node, not a line for the shell.
    pub(super) fn needs_node(&self) -> bool {
        self.entry != Entry::Shell
    }

    /// Runs the case in the container and compares. `lacks` says why it fails on this engine, if it does.
    pub(super) fn check(
        &self,
        workspace: &Workspace,
        engine: JsEngine,
        lacks: Option<&str>,
    ) -> Result<Verdict> {
        let expected = Outcome::read(&self.folder)?;
        let scratch = self.scratch(workspace, engine.name())?;
        let command = Command::new(workspace.oac())
            .args(["run", "--engine", engine.name()])
            .args(["-v", &format!("{}:{MOUNT}", scratch.display()), "-w", MOUNT, "-e", "TZ=UTC", "--"])
            .args(self.program(Path::new("node"))?);
        let actual = Outcome::of(&command)?;
        let difference = expected.difference(&actual, &self.folder);
        let known = lacks.is_some() || self.folder.join("known_failure").is_file();
        Ok(match (difference, known) {
            (None, false) => Verdict::Passed,
            (None, true) => Verdict::PassedUnexpectedly,
            (Some(_), true) => Verdict::FailedAsKnown,
            (Some(difference), false) => {
                Verdict::Failed(format!("{difference}      to repeat it: {}", command.line()))
            }
        })
    }

    /// Runs the case on the real thing and writes what is expected from now on.
    pub(super) fn bless(&self, workspace: &Workspace, node: &Path) -> Result<()> {
        let scratch = self.scratch(workspace, "real")?;
        let mut program = self.program(node)?.into_iter();
        if !self.needs_node() {
            require_dash()?;
        }
        let command =
            Command::new(program.next().unwrap_or_default()).args(program).dir(&scratch).env("TZ", "UTC");
        let outcome = Outcome::of(&command)?;
        outcome.with_text_replaced(&scratch.display().to_string(), MOUNT).write(&self.folder)
    }

    fn program(&self, node: &Path) -> Result<Vec<String>> {
        let node = node.display().to_string();
        Ok(match self.entry {
            Entry::Script => vec![node, "main.js".to_owned()],
            Entry::Module => vec![node, "main.mjs".to_owned()],
            Entry::Shell => {
                let file = self.folder.join("cmd");
                let line = fs::read_to_string(&file).map_err(Error::file("read", &file))?;
                vec!["sh".to_owned(), "-c".to_owned(), line]
            }
        })
    }

    /// A copy of the case to run in, so that cases may write files.
    fn scratch(&self, workspace: &Workspace, side: &str) -> Result<PathBuf> {
        let scratch = workspace.target.join("specs").join(side).join(&self.name);
        if scratch.exists() {
            fs::remove_dir_all(&scratch).map_err(Error::file("remove", &scratch))?;
        }
        copy_folder(&self.folder, &scratch)?;
        for file in ["expected.stdout", "expected.stderr", "expected.code", "known_failure", "ignore_stderr"]
        {
            let file = scratch.join(file);
            if file.exists() {
                fs::remove_file(&file).map_err(Error::file("remove", &file))?;
            }
        }
        Ok(scratch)
    }
}

/// Expectations for the shell come from dash, as `/bin/sh` is on Debian: bash words its messages differently.
fn require_dash() -> Result<()> {
    let shell = fs::canonicalize("/bin/sh").map_err(Error::file("resolve", "/bin/sh"))?;
    if shell.ends_with("dash") {
        return Ok(());
    }
    Err(Error::Missing {
        what: "dash as /bin/sh".to_owned(),
        remedy: format!("/bin/sh is {}; bless shell cases on Debian or Ubuntu", shell.display()),
    })
}
