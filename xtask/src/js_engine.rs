//! The JavaScript engines that the `node` program is built with, as commands name them: `--engine quickjs|boa`.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// One of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum JsEngine {
    /// QuickJS-ng, which every build makes.
    #[default]
    QuickJs,
    /// Boa, which `cargo xtask build boa` makes.
    Boa,
}

impl JsEngine {
    /// Takes `--engine NAME` out of a command's arguments.
    ///
    /// # Errors
    /// For a name that is none.
    pub(crate) fn take_from(arguments: &[String]) -> Result<(Self, Vec<String>)> {
        let mut engine = Self::default();
        let mut others = Vec::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if argument != "--engine" {
                others.push(argument.clone());
                continue;
            }
            engine = match rest.next().map(String::as_str) {
                Some("quickjs") => Self::QuickJs,
                Some("boa") => Self::Boa,
                _ => return Err(Error::Usage("--engine takes quickjs or boa".to_owned())),
            };
        }
        Ok((engine, others))
    }

    /// What `oac run --engine` takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::QuickJs => "quickjs",
            Self::Boa => "boa",
        }
    }

    /// The published crates that are patched for this engine, beside what it needs of those.
    pub(crate) fn patches(self, name: &str) -> bool {
        name.starts_with("boa_") == (self == Self::Boa)
    }

    /// Fails by name if the program with this engine was not built.
    ///
    /// # Errors
    /// When it was not.
    pub(crate) fn require(self, workspace: &Workspace) -> Result<()> {
        let file: PathBuf = workspace.programs().join("node-boa.wasm");
        if self == Self::QuickJs || file.is_file() {
            return Ok(());
        }
        Err(Error::Missing {
            what: file.display().to_string(),
            remedy: "run `cargo xtask build boa` first".to_owned(),
        })
    }
}
