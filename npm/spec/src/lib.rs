//! What npm writes down: names, specs, versions and ranges, `package.json`, `package-lock.json`.
//!
//! Everything here is a pure function of text. This crate deliberately knows no registry, no file
//! system and no tree of packages: those are `oac-npm-registry`, `oac-npm-installer` and
//! `oac-npm-resolver`.
//!
//! Start with [`PackageSpec`] (what a dependency asks for), then [`Manifest`] (what a package says
//! of itself) and [`Lockfile`].
//!
//! ```
//! use oac_npm_spec::{PackageSpec, SpecKind, Version};
//!
//! let spec = PackageSpec::parse("express@^4.17.0")?;
//! let SpecKind::Range(range) = &spec.kind else { panic!("a range") };
//! assert!(range.satisfied_by(&Version::parse("4.18.2", true).unwrap()));
//! # Ok::<(), oac_npm_spec::SpecError>(())
//! ```

mod collation;
mod error;
mod glob;
mod hosted;
mod json_style;
mod lockfile;
mod manifest;
mod name;
mod package_spec;
mod semver;
mod workspaces;

pub use collation::locale_compare;
pub use error::SpecError;
pub use glob::{Glob, GlobOptions};
pub use hosted::{HostedGit, parse_references};
pub use json_style::{JsonStyle, parse_json, sort_for_lock};
pub use lockfile::{Lockfile, name_of_location};
pub use manifest::{Dependencies, Dist, KEPT_FIELDS, Manifest};
pub use name::{escaped, name_problem, scope};
pub use package_spec::{PackageSpec, SpecKind};
pub use semver::{Comparator, Identifier, Operator, Options, Range, Version};
pub use workspaces::{WorkspacePatterns, matching_folders, workspace_patterns};
