//! A container's files at one moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use oac_kernel::FilesSnapshot;

/// The files of a container at one moment, from which any number of containers can begin. It shares what has not been changed
/// since with the container and with them.
#[derive(Debug)]
pub struct Snapshot {
    files: Mutex<FilesSnapshot>,
    left_out: Vec<String>,
}

impl Snapshot {
    pub(crate) fn new(files: FilesSnapshot) -> Snapshot {
        let left_out = files.left_out().to_vec();
        Snapshot { files: Mutex::new(files), left_out }
    }

    pub(crate) fn files(&self) -> MutexGuard<'_, FilesSnapshot> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where directories of the host were mounted, of which there is no snapshot. They are empty in it.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }
}
