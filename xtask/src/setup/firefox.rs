//! A Firefox to run the page in.

use std::path::PathBuf;

use super::{debian_packages, missing};
use crate::command::find_on_path;
use crate::error::Result;

const NAMES: [&str; 2] = ["firefox-esr", "firefox"];

/// The system's Firefox, else Debian's package when we are root. `OAC_FIREFOX` names another one.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("OAC_FIREFOX") {
        return Ok(PathBuf::from(chosen));
    }
    if let Some(found) = find_on_path(&NAMES) {
        return Ok(found);
    }
    if debian_packages(&["firefox-esr"])
        && let Some(found) = find_on_path(&NAMES)
    {
        return Ok(found);
    }
    Err(missing("Firefox", "install it and set OAC_FIREFOX to its path"))
}
