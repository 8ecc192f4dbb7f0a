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
    StandardProgram { name: "sh", paths: &["/bin/sh", "/usr/bin/env", "/bin/[", "/bin/pwd", "/bin/test"] },
    StandardProgram { name: "coreutils", paths: CORE_UTILITIES },
];

const CORE_UTILITIES: &[&str] = &[
    "/bin/base32",
    "/bin/base64",
    "/bin/basename",
    "/bin/cat",
    "/bin/chmod",
    "/bin/cksum",
    "/bin/comm",
    "/bin/cp",
    "/bin/cut",
    "/bin/date",
    "/bin/dirname",
    "/bin/echo",
    "/bin/expand",
    "/bin/false",
    "/bin/fmt",
    "/bin/fold",
    "/bin/head",
    "/bin/hostname",
    "/bin/id",
    "/bin/join",
    "/bin/ln",
    "/bin/ls",
    "/bin/md5sum",
    "/bin/mkdir",
    "/bin/mktemp",
    "/bin/mv",
    "/bin/nl",
    "/bin/numfmt",
    "/bin/od",
    "/bin/paste",
    "/bin/printenv",
    "/bin/printf",
    "/bin/readlink",
    "/bin/realpath",
    "/bin/rm",
    "/bin/rmdir",
    "/bin/seq",
    "/bin/sha1sum",
    "/bin/sha256sum",
    "/bin/sha512sum",
    "/bin/shuf",
    "/bin/sleep",
    "/bin/sort",
    "/bin/split",
    "/bin/sum",
    "/bin/tail",
    "/bin/tee",
    "/bin/touch",
    "/bin/tr",
    "/bin/true",
    "/bin/truncate",
    "/bin/uname",
    "/bin/unexpand",
    "/bin/uniq",
    "/bin/unlink",
    "/bin/wc",
    "/bin/which",
    "/bin/whoami",
    "/bin/yes",
];

/// The JavaScript engine of a container's `node`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeEngine {
    /// The best that there is: QuickJS-ng.
    #[default]
    Auto,
    /// QuickJS-ng.
    QuickJs,
    /// Boa, which is Rust alone: slower, and a program of its own (`node-boa`) that a build may leave out.
    Boa,
}

impl NodeEngine {
    /// The engine of this name; else what is wrong with the name.
    ///
    /// ```
    /// # use oac_image::NodeEngine;
    /// assert_eq!(NodeEngine::named("boa"), Ok(NodeEngine::Boa));
    /// assert!(NodeEngine::named("host").is_err_and(|why| why.contains("quickjs")));
    /// ```
    ///
    /// # Errors
    /// A text that says which names there are.
    pub fn named(name: &str) -> Result<NodeEngine, &'static str> {
        match name {
            "auto" => Ok(NodeEngine::Auto),
            "quickjs" => Ok(NodeEngine::QuickJs),
            "boa" => Ok(NodeEngine::Boa),
            "host" => Err(
                "the host's own JavaScript engine cannot run programs yet; there are auto, quickjs and boa",
            ),
            _ => Err("there is no such engine; there are auto, quickjs and boa"),
        }
    }

    /// The module that a standard program is with this engine.
    #[must_use]
    pub fn module(self, program: &StandardProgram) -> &'static str {
        match (self, program.name) {
            (NodeEngine::Boa, "node") => "node-boa",
            _ => program.name,
        }
    }
}
