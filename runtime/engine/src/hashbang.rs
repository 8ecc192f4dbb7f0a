//! The `#!` line of a script.

use std::borrow::Cow;

/// A `#!` line is a comment.
pub(crate) fn without_hashbang(source: &str) -> Cow<'_, str> {
    match source.strip_prefix("#!") {
        Some(rest) => format!("//{rest}").into(),
        None => source.into(),
    }
}
