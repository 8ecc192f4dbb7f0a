//! What every container holds from the start, on either host: the programs of this project and where they stand.
//!
//! Both composition roots (`oac-container`, `oac-web`) read it, so that a container is the same in a page and natively. It knows
//! neither the kernel nor how a host finds a program's code.
//!
//! ```
//! let npm = oac_image::STANDARD_PROGRAMS.iter().find(|program| program.paths.contains(&"/usr/bin/npx"));
//! assert_eq!(npm.map(|program| program.name), Some("npm"));
//! ```

/// A program that a container has from the start: its name, and the paths that run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardProgram {
    /// The name, as in `NAME.wasm`.
    pub name: &'static str,
    /// Executable files; a program with several sees by its argv\[0\] which one was called.
    pub paths: &'static [&'static str],
}

/// The programs that this project makes.
pub const STANDARD_PROGRAMS: &[StandardProgram] = &[
    StandardProgram { name: "node", paths: &["/usr/bin/node"] },
    StandardProgram { name: "npm", paths: &["/usr/bin/npm", "/usr/bin/npx"] },
    StandardProgram { name: "sh", paths: &["/bin/sh", "/usr/bin/env"] },
];
