//! Files of JSX, with or without types: elements become calls, types go, and a source map says what was where.

use std::path::Path;

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_transformer::{TransformOptions, Transformer};

/// JavaScript and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transformed {
    /// The program.
    pub code: String,
    /// Its source map, version 3, as JSON.
    pub map: String,
}

/// Why a file is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In oxc's words.
    pub message: String,
    /// Where, in bytes from the start.
    pub offset: usize,
    /// How many bytes are meant.
    pub length: usize,
}

impl Failure {
    fn of(diagnostic: &OxcDiagnostic) -> Self {
        let label = diagnostic.labels.first();
        Failure {
            message: diagnostic.message.to_string(),
            offset: label.map_or(0, |label| label.offset() as usize),
            length: label.map_or(1, |label| label.len().max(1) as usize),
        }
    }
}

/// Transforms the file `name` (its last part decides whether it has types: `.tsx`). Elements are made by React's automatic runtime,
/// unless a comment says otherwise (`@jsxRuntime classic`, `@jsxImportSource preact`).
///
/// # Errors
/// When it is not JavaScript or TypeScript.
pub fn transform_jsx(source: &str, name: &str) -> Result<Transformed, Failure> {
    let allocator = Allocator::default();
    let kind = SourceType::unambiguous().with_jsx(true).with_typescript(name.ends_with(".tsx"));
    let parsed = Parser::new(&allocator, source, kind).parse();
    if let Some(first) = parsed.diagnostics.first() {
        return Err(Failure::of(first));
    }
    let mut program = parsed.program;
    let scoping = SemanticBuilder::new().with_excess_capacity(2.0).build(&program).semantic.into_scoping();
    // Of the language itself nothing is transformed: the engine has all of it.
    let options = TransformOptions::default();
    let made =
        Transformer::new(&allocator, Path::new(name), &options).build_with_scoping(scoping, &mut program);
    if let Some(first) = made.diagnostics.first() {
        return Err(Failure::of(first));
    }
    let printing = CodegenOptions { source_map_path: Some(name.into()), ..CodegenOptions::default() };
    let printed = Codegen::new().with_options(printing).build(&program);
    let map = printed.map.map_or_else(String::new, |map| map.to_json_string());
    Ok(Transformed { code: printed.code, map })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_become_calls_and_types_go() {
        let made = transform_jsx("const a: number = 1;\nexport default <b>{a}</b>;\n", "a.tsx").unwrap();
        assert!(made.code.contains("import { jsx as _jsx } from \"react/jsx-runtime\""), "{}", made.code);
        assert!(made.code.contains("_jsx(\"b\", { children: a })"), "{}", made.code);
        assert!(made.map.contains("\"sources\":[\"a.tsx\"]"), "{}", made.map);
    }

    #[test]
    fn a_comment_chooses_the_runtime() {
        let made = transform_jsx("/** @jsxRuntime classic @jsx h */\nvar a = <b/>;\n", "a.jsx").unwrap();
        assert!(made.code.contains("h(\"b\", null)"), "{}", made.code);
    }

    #[test]
    fn what_is_no_program_says_where() {
        let failure = transform_jsx("var a = <b>;\n", "a.jsx").unwrap_err();
        assert!(!failure.message.is_empty() && failure.offset > 0, "{failure:?}");
        // Types are for files of types.
        assert!(transform_jsx("var a: number;", "a.jsx").is_err());
    }
}
