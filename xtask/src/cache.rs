//! Skipping work whose inputs have not changed.
//!
//! A [`Stamp`] is the SHA-256 of everything a step reads: file names and contents, and the texts of flags and versions.
//! It is written beside the step's result once the step has succeeded, so an interrupted step runs again. Times of
//! files play no part: a fresh clone and a switched branch behave alike.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::step::Done;

/// Collects the inputs of a step.
pub(crate) struct Inputs {
    hash: Sha256,
}

impl Inputs {
    /// Inputs of the step of this name.
    pub(crate) fn of(step: &str) -> Self {
        let mut inputs = Self { hash: Sha256::new() };
        inputs.put(step.as_bytes());
        inputs
    }

    /// A flag, version or other text.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.put(text.as_bytes());
        self
    }

    /// A file, or every file below a folder. What does not exist counts as absent, not as an error.
    pub(crate) fn path(mut self, path: &Path) -> Result<Self> {
        let mut files = Vec::new();
        collect(path, &mut files)?;
        files.sort();
        for file in files {
            self.put(file.to_string_lossy().as_bytes());
            let content = fs::read(&file).map_err(Error::file("read", &file))?;
            self.put(&content);
        }
        Ok(self)
    }

    /// The stamp over all of it.
    pub(crate) fn stamp(self) -> Stamp {
        Stamp(self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn put(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u64).to_le_bytes());
        self.hash.update(bytes);
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).map_err(Error::file("list", path))? {
            let entry = entry.map_err(Error::file("list", path))?;
            if entry.file_name() != "node_modules" {
                collect(&entry.path(), files)?;
            }
        }
    }
    Ok(())
}

/// The identity of a step's inputs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamp(String);

impl Stamp {
    /// Runs `make` unless every one of `results` exists and was made from these inputs.
    ///
    /// # Errors
    /// Those of `make`; or when the stamp cannot be written.
    pub(crate) fn unless_current(
        &self,
        results: &[&Path],
        make: impl FnOnce() -> Result<()>,
    ) -> Result<Done> {
        let first = results.first().expect("a step has a result");
        let stamp_file = first.with_added_extension("stamp");
        let same = fs::read_to_string(&stamp_file).is_ok_and(|old| old == self.0);
        if same && results.iter().all(|result| result.exists()) {
            return Ok(Done::Unchanged);
        }
        if stamp_file.exists() {
            fs::remove_file(&stamp_file).map_err(Error::file("remove", &stamp_file))?;
        }
        make()?;
        if let Some(folder) = stamp_file.parent() {
            fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
        }
        fs::write(&stamp_file, &self.0).map_err(Error::file("write", &stamp_file))?;
        Ok(Done::Made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_runs_when_its_inputs_or_result_changed_and_not_otherwise() {
        let folder = std::env::temp_dir().join(format!("xtask-cache-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("make a folder");
        let (input, result) = (folder.join("in"), folder.join("out"));
        let make = |content: &str| {
            fs::write(&input, content).expect("write the input");
            let stamp = Inputs::of("copy").text("flag").path(&input).expect("hash").stamp();
            stamp.unless_current(&[&result], || {
                fs::write(&result, content).map_err(Error::file("write", &result))
            })
        };
        assert_eq!(make("a").expect("first"), Done::Made);
        assert_eq!(make("a").expect("again"), Done::Unchanged);
        assert_eq!(make("b").expect("changed"), Done::Made);
        fs::remove_file(&result).expect("remove");
        assert_eq!(make("b").expect("removed"), Done::Made);
        fs::remove_dir_all(&folder).expect("clean up");
    }

    #[test]
    fn lengths_keep_neighbouring_texts_apart() {
        let one = Inputs::of("s").text("ab").text("c").stamp();
        let other = Inputs::of("s").text("a").text("bc").stamp();
        assert_ne!(one, other);
    }
}
