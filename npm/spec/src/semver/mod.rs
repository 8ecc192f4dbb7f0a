//! Versions and ranges as npm's own `semver` package understands them.
//!
//! The crates on the market were measured against the fixtures of that package
//! (`tests/semver_fixtures.rs` says how); none has the two options that npm itself uses everywhere,
//! `loose` and `includePrerelease`, so the comparator is ours.

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
