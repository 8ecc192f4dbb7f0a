//! Where things are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::Command;
use crate::error::{Error, Result};

/// The folders of one checkout.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// The folder of the root Cargo.toml.
    pub(crate) root: PathBuf,
    /// Cargo's target folder: `CARGO_TARGET_DIR`, else `<root>/target`.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// The workspace this program was started from.
    pub(crate) fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().map(Path::to_owned).ok_or_else(|| Error::Missing {
            what: "the workspace's folder".to_owned(),
            remedy: "start this through `cargo xtask` inside the checkout".to_owned(),
        })?;
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// A path below the root.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// `cargo` in this workspace, writing to the same target folder.
    pub(crate) fn cargo<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        Command::new("cargo").args(arguments).dir(&self.root).env("CARGO_TARGET_DIR", &self.target)
    }

    /// The release `oac`, whether or not it has been built.
    pub(crate) fn oac(&self) -> PathBuf {
        self.target.join("release").join(format!("oac{}", std::env::consts::EXE_SUFFIX))
    }

    /// Where the programs go that run in the container.
    pub(crate) fn programs(&self) -> PathBuf {
        self.target.join("programs")
    }

    /// Tools that setup installed for this checkout only.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// `cargo metadata` of the whole workspace, dependencies included, for the lock file as it is.
    pub(crate) fn metadata(&self) -> Result<Value> {
        let text =
            self.cargo(["metadata", "--format-version", "1", "--locked", "--all-features"]).output()?;
        serde_json::from_str(&text).map_err(|error| Error::Malformed {
            what: "the output of cargo metadata".to_owned(),
            reason: error.to_string(),
        })
    }

    /// The version of a dependency in Cargo.lock; none if nothing depends on it.
    pub(crate) fn locked_version(&self, package: &str) -> Result<Option<String>> {
        let file = self.path("Cargo.lock");
        let text = std::fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        Ok(locked_version(&text, package))
    }
}

/// Finds `name = "…"` and the `version = "…"` that follows it, as Cargo writes lock files.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name_line = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name_line);
    lines.next()?;
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_a_lock_file() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0.1\"\n";
        assert_eq!(locked_version(lock, "a"), Some("2.0.1".to_owned()));
        assert_eq!(locked_version(lock, "a-b"), Some("1.0.0".to_owned()));
        assert_eq!(locked_version(lock, "c"), None);
    }
}
