//! The `cjs_lexer` binding: which names a CommonJS module exports, found without running it.
//!
//! Node uses this when an ES module imports CommonJS. What counts as an export is the grammar of cjs-module-lexer: assignments to
//! members of `exports`, object literals assigned to `module.exports`, `Object.defineProperty` with a value or a plain getter,
//! and the re-export helpers that TypeScript, Babel and esbuild emit. `scan.rs` walks over JavaScript without parsing it
//! (strings, templates, comments, regular expressions); `patterns.rs` looks ahead from the words that start a pattern.
//!
//! ```
//! let found = oac_node_ops::cjs_lexer::parse(b"exports.a = 1; module.exports = require('./b')");
//! assert_eq!(found.exports, ["a"]);
//! assert_eq!(found.reexports, ["./b"]);
//! ```

mod patterns;
mod scan;
mod string_literal;

use patterns::Look;

/// What a module exports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    /// Names, in the order they were found.
    pub exports: Vec<String>,
    /// Specifiers of modules whose names are exported as well.
    pub reexports: Vec<String>,
}

/// Names found in `source` (UTF-8; other bytes are never part of a name). Empty for a source that cannot be scanned, such as an ES module.
pub fn parse(source: &[u8]) -> Exports {
    let mut found = Found::default();
    match scan::scan(source, &mut found) {
        Some(()) => found.finish(),
        None => Exports::default(),
    }
}

/// What the patterns have found so far.
#[derive(Default)]
struct Found {
    exports: Vec<String>,
    reexports: Vec<String>,
    /// `const name = require('specifier')` at the top level.
    requires: Vec<(Vec<u8>, Option<String>)>,
}

impl Found {
    fn add(list: &mut Vec<String>, name: Option<String>) {
        if let Some(name) = name.filter(|name| !list.contains(name)) {
            list.push(name);
        }
    }

    fn export(&mut self, name: Option<String>) {
        Self::add(&mut self.exports, name);
    }

    fn reexport(&mut self, specifier: Option<String>) {
        Self::add(&mut self.reexports, specifier);
    }

    fn finish(self) -> Exports {
        Exports { exports: self.exports, reexports: self.reexports }
    }

    /// The word at `at` starts a pattern, perhaps. `top_level`: no bracket is open.
    fn visit(&mut self, source: &[u8], at: usize, top_level: bool) -> Option<()> {
        let look = Look::new(source, at);
        let rest = &source[at..];
        let keyword = scan::starts_word(source, at);
        if rest.starts_with(b"exports") && keyword {
            look.exports_member(self, false);
        } else if rest.starts_with(b"module") && keyword {
            look.module_exports(self);
        } else if rest.starts_with(b"Object") && keyword {
            look.object_call(self, top_level);
        } else if top_level {
            return self.visit_top_level(look, rest, keyword);
        }
        Some(())
    }

    /// `None` for what only an ES module may have.
    fn visit_top_level(&mut self, look: Look<'_>, rest: &[u8], keyword: bool) -> Option<()> {
        let helper = keyword || look.follows_dot();
        if rest.starts_with(b"export") && keyword {
            return (!look.is_export_statement()).then_some(());
        } else if rest.starts_with(b"import") && keyword {
            return (!look.is_import_statement()).then_some(());
        } else if rest.starts_with(b"require") && keyword {
            look.bound_require(self, 0);
        } else if rest.starts_with(b"_interopRequireWildcard(") && keyword {
            look.bound_require(self, b"_interopRequireWildcard(".len());
        } else if rest.starts_with(b"__exportStar(") && helper {
            look.export_star(self, b"__exportStar(".len());
        } else if rest.starts_with(b"__export(") && helper {
            look.export_star(self, b"__export(".len());
        }
        Some(())
    }
}
