//! Versions and ranges as npm's own `semver` package understands them.
//!
//! The comparator is ours. Of the 338 ranges in `tests/semver_expectations.json`, as npm's package reads them, node-semver 2.2
//! gets 112 wrong (and panics on 13), nodejs-semver 7.0 gets 91 wrong; and neither has the two options that npm itself uses
//! everywhere, `loose` and `includePrerelease`.

mod desugar;
mod range;
mod version;

pub use range::{Comparator, Operator, Range};
pub use version::{Identifier, Version};

/// The two switches of npm's `semver` functions. npm resolves with `loose` set and checks
/// `engines` with `include_prerelease` set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// Accept sloppy versions and drop the parts of a range that make no sense.
    pub loose: bool,
    /// Let prereleases satisfy ranges that do not name them.
    pub include_prerelease: bool,
}

impl Options {
    /// Neither switch: what `semver.satisfies(v, r)` does.
    pub const STRICT: Self = Self { loose: false, include_prerelease: false };
    /// What npm resolves dependencies with.
    pub const LOOSE: Self = Self { loose: true, include_prerelease: false };
    /// What npm checks `engines` with.
    pub const ENGINES: Self = Self { loose: false, include_prerelease: true };
}
