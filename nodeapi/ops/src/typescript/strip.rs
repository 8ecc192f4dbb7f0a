//! Blanks in the place of types: every position stays what it was, so that no source map is needed.

use oxc_allocator::Allocator;
use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};

use super::scan::{is_line_break, next_token, words};

/// The source without its types, or `None`: see the module's documentation.
///
/// ```
/// use oac_node_ops::typescript::strip;
/// assert_eq!(strip("let a: number = 1").as_deref(), Some("let a         = 1"));
/// assert_eq!(strip("enum A { x }"), None);
/// ```
pub fn strip(source: &str) -> Option<String> {
    // Spans are of 32 bits.
    if source.len() >= u32::MAX as usize {
        return None;
    }
    let allocator = Allocator::default();
    let kind = SourceType::unambiguous().with_typescript(true);
    let parsed = Parser::new(&allocator, source, kind).parse();
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return None;
    }
    let mut strip = Strip { source, blanks: Vec::new(), marks: Vec::new(), refused: false };
    strip.visit_program(&parsed.program);
    if strip.refused {
        return None;
    }
    let mut text = blanked(source, strip.blanks).into_bytes();
    for (at, mark) in strip.marks {
        text[at as usize] = mark;
    }
    String::from_utf8(text).ok()
}

/// What makes up a blank of as many bytes and as many UTF-16 units as the character. White space stays.
fn blank(character: char) -> &'static str {
    match character.len_utf8() {
        1 => " ",
        2 => "\u{A0}",
        3 => "\u{2002}",
        // There is no space of four bytes.
        _ => " \u{FEFF}",
    }
}

fn blanked(source: &str, mut blanks: Vec<Span>) -> String {
    blanks.sort_by_key(|span| (span.start, span.end));
    let mut text = String::with_capacity(source.len());
    let mut at = 0;
    for span in blanks {
        let (start, end) = (at.max(span.start as usize), span.end as usize);
        if end <= at {
            continue;
        }
        text.push_str(&source[at..start]);
        for character in source[start..end].chars() {
            if character.is_whitespace() && character != '\u{85}'
                || character == '\u{FEFF}'
                || is_line_break(character)
            {
                text.push(character);
            } else {
                text.push_str(blank(character));
            }
        }
        at = end;
    }
    text.push_str(&source[at..]);
    text
}

struct Strip<'s> {
    source: &'s str,
    blanks: Vec<Span>,
    /// Bytes that take the place of others: what keeps a blank from joining what it stood between.
    marks: Vec<(u32, u8)>,
    refused: bool,
}

/// The modifiers of class members that are TypeScript's.
const MODIFIERS: [&str; 6] = ["public", "private", "protected", "readonly", "override", "abstract"];

impl Strip<'_> {
    fn blank(&mut self, span: Span) {
        self.blanks.push(span);
    }

    fn refuse(&mut self) {
        self.refused = true;
    }

    fn at(&self, position: usize) -> Option<char> {
        self.source[position..].chars().next()
    }

    /// The next token after `end`, if a line ends before it.
    fn token_on_next_line(&self, end: u32) -> Option<char> {
        let (at, line_break) = next_token(self.source, end as usize);
        if line_break { self.at(at) } else { None }
    }

    fn has_line_break(&self, from: u32, to: u32) -> bool {
        self.source[from as usize..to as usize].contains(is_line_break)
    }

    /// Blanks a statement. What follows it could then belong to what is before it.
    fn erase(&mut self, span: Span) {
        self.blank(span);
        if self.token_on_next_line(span.end).is_some_and(|next| "([`+-/".contains(next)) {
            self.refuse();
        }
    }

    /// Blanks one character that follows `end`.
    fn erase_mark(&mut self, end: u32, mark: char) {
        let at = next_token(self.source, end as usize).0;
        if self.at(at) == Some(mark) {
            self.blank(Span::new(at as u32, at as u32 + 1));
        } else {
            self.refuse();
        }
    }

    /// Blanks an element of a list and the comma after it.
    fn erase_element(&mut self, span: Span) {
        let at = next_token(self.source, span.end as usize).0;
        let end = if self.at(at) == Some(',') { at as u32 + 1 } else { span.end };
        self.blank(Span::new(span.start, end));
    }

    /// `expression as T`, `expression satisfies T`.
    fn assertion<'a>(&mut self, expression: &Expression<'a>, span: Span) {
        let mut inner = expression;
        loop {
            match inner {
                Expression::TSAsExpression(it) => inner = &it.expression,
                Expression::TSSatisfiesExpression(it) => inner = &it.expression,
                // Without the assertion the next operator could take an operand away.
                Expression::BinaryExpression(_)
                | Expression::LogicalExpression(_)
                | Expression::PrivateInExpression(_) => {
                    let (at, _) = next_token(self.source, span.end as usize);
                    if self.at(at).is_some_and(|next| !";,)]}:".contains(next)) {
                        self.refuse();
                    }
                    break;
                }
                _ => break,
            }
        }
        if self.token_on_next_line(span.end).is_some_and(|next| "([`".contains(next)) {
            self.refuse();
        }
        self.blank(Span::new(expression.span().end, span.end));
        self.visit_expression(expression);
    }

    /// Puts the parenthesis that follows type parameters in their place.
    fn move_parenthesis_up(&mut self, types: Span) {
        let parenthesis = next_token(self.source, types.end as usize).0;
        self.marks.push((parenthesis as u32, b' '));
        self.marks.push((types.start, b'('));
    }

    /// Puts the parenthesis before a result type at its end, so that the arrow stays on the line of the parenthesis.
    fn move_parenthesis_down(&mut self, parenthesis: u32, end: u32) {
        self.blank(Span::new(parenthesis, parenthesis + 1));
        let mut at = end - 1;
        while !self.source.is_char_boundary(at as usize) {
            self.marks.push((at, b' '));
            at -= 1;
        }
        self.marks.push((at, b')'));
    }

    /// `return <T>(x) => x`: without its types the function must not start on a later line.
    fn arrow_on_this_line(&mut self, argument: Option<&Expression<'_>>) {
        let Some(Expression::ArrowFunctionExpression(it)) = argument else { return };
        if let Some(types) = &it.type_parameters
            && !it.r#async
        {
            let parenthesis = next_token(self.source, types.span.end as usize).0;
            if self.has_line_break(types.span.start, parenthesis as u32) {
                self.move_parenthesis_up(types.span);
            }
        }
    }

    /// Blanks the modifiers between `start` and the key; gives whether there were any.
    fn modifiers(&mut self, start: u32, key: u32) -> bool {
        let before = self.blanks.len();
        for (at, word) in words(self.source, start as usize, key as usize) {
            if MODIFIERS.contains(&word) {
                self.blank(Span::new(at as u32, (at + word.len()) as u32));
            }
        }
        self.blanks.len() > before
    }

    /// The end of a member's key, with the bracket of a computed one.
    fn key_end(&self, key: Span, computed: bool) -> u32 {
        if !computed {
            return key.end;
        }
        let at = next_token(self.source, key.end as usize).0;
        if self.at(at) == Some(']') { at as u32 + 1 } else { key.end }
    }

    /// Whether a key can continue the member before it.
    fn continues(key: &PropertyKey<'_>, computed: bool) -> bool {
        computed || key.name().is_some_and(|name| name == "in" || name == "instanceof")
    }
}

fn erased(declaration: &Declaration<'_>) -> bool {
    match declaration {
        Declaration::TSTypeAliasDeclaration(_) | Declaration::TSInterfaceDeclaration(_) => true,
        Declaration::VariableDeclaration(it) => it.declare,
        Declaration::FunctionDeclaration(it) => it.declare || it.body.is_none(),
        Declaration::ClassDeclaration(it) => it.declare,
        Declaration::TSEnumDeclaration(it) => it.declare,
        // `module` for `namespace` is an error in Node.
        Declaration::TSNamespaceDeclaration(it) => {
            it.declare && it.kind == TSNamespaceDeclarationKind::Namespace
        }
        Declaration::TSExternalModuleDeclaration(it) => it.declare,
        Declaration::TSGlobalDeclaration(it) => it.declare,
        _ => false,
    }
}

fn is_type(kind: ImportOrExportKind) -> bool {
    kind == ImportOrExportKind::Type
}

impl<'a> Visit<'a> for Strip<'_> {
    fn visit_statement(&mut self, it: &Statement<'a>) {
        // These are errors that the parser leaves to a later pass.
        let nameless = match it {
            Statement::ClassDeclaration(it) => it.id.is_none(),
            Statement::FunctionDeclaration(it) => it.id.is_none(),
            _ => false,
        };
        if nameless {
            self.refuse();
        }
        let erase = match it {
            Statement::ImportDeclaration(it) => is_type(it.import_kind),
            Statement::ExportAllDeclaration(it) => is_type(it.export_kind),
            Statement::ExportNamedDeclaration(it) => is_type(it.export_kind),
            Statement::ExportFromDeclaration(it) => is_type(it.export_kind),
            Statement::ExportDeclaration(it) => erased(&it.declaration),
            Statement::ExportDefaultDeclaration(it) => match &it.declaration {
                ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => true,
                ExportDefaultDeclarationKind::FunctionDeclaration(it) => it.body.is_none(),
                _ => false,
            },
            Statement::TSImportEqualsDeclaration(it) => is_type(it.import_kind),
            _ => it.as_declaration().is_some_and(erased),
        };
        if erase { self.erase(it.span()) } else { walk::walk_statement(self, it) }
    }

    fn visit_expression_statement(&mut self, it: &ExpressionStatement<'a>) {
        // A modifier that stands on the line before its declaration: compilers do not agree.
        if let Expression::Identifier(word) = &it.expression
            && ["abstract", "declare", "interface", "module", "namespace", "type"]
                .contains(&word.name.as_str())
        {
            self.refuse();
        }
        walk::walk_expression_statement(self, it);
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        // Neither compilers nor engines agree on where they may stand.
        self.refuse();
        walk::walk_decorator(self, it);
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        // A blank is no statement.
        if [Some(&it.consequent), it.alternate.as_ref()]
            .into_iter()
            .flatten()
            .any(|body| body.is_declaration())
        {
            self.refuse();
        }
        walk::walk_if_statement(self, it);
    }

    fn visit_import_specifier(&mut self, it: &ImportSpecifier<'a>) {
        if is_type(it.import_kind) {
            self.erase_element(it.span);
        }
    }

    fn visit_export_specifier(&mut self, it: &ExportSpecifier<'a>) {
        if is_type(it.export_kind) {
            self.erase_element(it.span);
        }
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if it.definite {
            self.erase_mark(it.id.span().end, '!');
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if it.accessibility.is_some() || it.readonly || it.r#override {
            self.refuse();
        }
        if it.optional {
            self.erase_mark(it.pattern.span().end, '?');
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_ts_this_parameter(&mut self, it: &TSThisParameter<'a>) {
        self.erase_element(it.span);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        // `async` and the parenthesis may not come to stand on two lines.
        if let Some(types) = &it.type_parameters
            && it.r#async
            && self.has_line_break(types.span.start, types.span.end)
        {
            self.move_parenthesis_up(types.span);
        }
        if let Some(result) = &it.return_type {
            let arrow = next_token(self.source, result.span.end as usize).0;
            let parenthesis = it.params.span.end - 1;
            if self.source.as_bytes().get(parenthesis as usize) != Some(&b')') {
                self.refuse();
            } else if self.has_line_break(parenthesis, arrow as u32) {
                self.move_parenthesis_down(parenthesis, result.span.end);
            }
        }
        walk::walk_arrow_function_expression(self, it);
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        self.arrow_on_this_line(it.argument.as_ref());
        walk::walk_return_statement(self, it);
    }

    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        self.arrow_on_this_line(Some(&it.argument));
        walk::walk_throw_statement(self, it);
    }

    fn visit_yield_expression(&mut self, it: &YieldExpression<'a>) {
        self.arrow_on_this_line(it.argument.as_ref());
        walk::walk_yield_expression(self, it);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        let head = it.span.start;
        if it.r#abstract {
            let found = words(self.source, head as usize, it.body.span.start as usize);
            match found.iter().take(2).find(|(_, word)| *word == "abstract") {
                Some(&(at, word)) => self.blank(Span::new(at as u32, (at + word.len()) as u32)),
                None => self.refuse(),
            }
        }
        if let (Some(first), Some(last)) = (it.implements.first(), it.implements.last()) {
            let mut from = it.id.as_ref().map_or(head, |id| id.span.end);
            if let Some(types) = &it.type_parameters {
                from = types.span.end;
            }
            if let Some(heritage) = &it.heritage {
                from = heritage
                    .type_arguments
                    .as_ref()
                    .map_or(heritage.expression.span().end, |types| types.span.end);
            }
            let found = words(self.source, from as usize, first.span.start as usize);
            match found.iter().find(|(_, word)| *word == "implements") {
                Some(&(at, _)) => self.blank(Span::new(at as u32, last.span.end)),
                None => self.refuse(),
            }
        }
        let overrides = it.body.body.iter().any(|member| match member {
            ClassElement::MethodDefinition(it) => it.r#override,
            ClassElement::PropertyDefinition(it) => it.r#override,
            _ => false,
        });
        if overrides && it.heritage.is_none() {
            self.refuse();
        }
        walk::walk_class(self, it);
    }

    fn visit_ts_class_implements(&mut self, _: &TSClassImplements<'a>) {}

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        if it.value.body.is_none() || it.r#type == MethodDefinitionType::TSAbstractMethodDefinition {
            self.blank(it.span);
            return;
        }
        let modified = self.modifiers(it.span.start, it.key.span().start);
        let hazard = it.value.generator || Self::continues(&it.key, it.computed);
        if modified && hazard && !it.r#static {
            self.marks.push((it.span.start, b';'));
        }
        if it.optional {
            self.erase_mark(self.key_end(it.key.span(), it.computed), '?');
        }
        walk::walk_method_definition(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if it.declare || it.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition {
            self.blank(it.span);
            return;
        }
        let modified = self.modifiers(it.span.start, it.key.span().start);
        let accessor = it.value.is_none()
            && it.key.name().is_some_and(|name| ["get", "set", "static"].contains(&&*name));
        let hazard = !it.r#static && modified && Self::continues(&it.key, it.computed);
        if let Some(kind) = &it.type_annotation
            && accessor
        {
            self.marks.push((kind.span.start, b';'));
        }
        if hazard {
            self.marks.push((it.span.start, b';'));
        }
        let end = self.key_end(it.key.span(), it.computed);
        if it.optional {
            self.erase_mark(end, '?');
        }
        if it.definite {
            self.erase_mark(end, '!');
        }
        walk::walk_property_definition(self, it);
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        // No engine runs these as they are.
        self.refuse();
        walk::walk_accessor_property(self, it);
    }

    fn visit_ts_index_signature(&mut self, it: &TSIndexSignature<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_annotation(&mut self, it: &TSTypeAnnotation<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_parameter_declaration(&mut self, it: &TSTypeParameterDeclaration<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_parameter_instantiation(&mut self, it: &TSTypeParameterInstantiation<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_as_expression(&mut self, it: &TSAsExpression<'a>) {
        self.assertion(&it.expression, it.span);
    }

    fn visit_ts_satisfies_expression(&mut self, it: &TSSatisfiesExpression<'a>) {
        self.assertion(&it.expression, it.span);
    }

    fn visit_ts_non_null_expression(&mut self, it: &TSNonNullExpression<'a>) {
        self.blank(Span::new(it.span.end - 1, it.span.end));
        self.visit_expression(&it.expression);
    }

    fn visit_ts_instantiation_expression(&mut self, it: &TSInstantiationExpression<'a>) {
        self.blank(Span::new(it.expression.span().end, it.span.end));
        self.visit_expression(&it.expression);
    }

    fn visit_ts_type_assertion(&mut self, _: &TSTypeAssertion<'a>) {
        self.refuse();
    }

    fn visit_ts_enum_declaration(&mut self, _: &TSEnumDeclaration<'a>) {
        self.refuse();
    }

    fn visit_ts_namespace_declaration(&mut self, _: &TSNamespaceDeclaration<'a>) {
        self.refuse();
    }

    fn visit_ts_external_module_declaration(&mut self, _: &TSExternalModuleDeclaration<'a>) {
        self.refuse();
    }

    fn visit_ts_global_declaration(&mut self, _: &TSGlobalDeclaration<'a>) {
        self.refuse();
    }

    fn visit_ts_import_equals_declaration(&mut self, _: &TSImportEqualsDeclaration<'a>) {
        self.refuse();
    }

    fn visit_ts_export_assignment(&mut self, _: &TSExportAssignment<'a>) {
        self.refuse();
    }

    fn visit_ts_namespace_export_declaration(&mut self, _: &TSNamespaceExportDeclaration<'a>) {
        self.refuse();
    }
}
