use super::{Parser, SyntaxError};
use crate::syntax::{List, list_text};

fn parse(script: &str) -> Result<List, SyntaxError> {
    let mut parser = Parser::new(script);
    let mut all = List::new();
    while let Some(list) = parser.next_command()? {
        all.extend(list);
    }
    Ok(all)
}

/// The script prints as `expected`, and what is printed parses to the same tree.
fn check(script: &str, expected: &str) {
    let tree = parse(script).unwrap_or_else(|error| panic!("{script}: {error}"));
    let printed = list_text(&tree);
    assert_eq!(printed.trim_end(), expected, "{script}");
    let again = parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
    assert_eq!(list_text(&again), printed, "{script}");
}

/// The messages are dash's.
fn check_error(script: &str, expected: &str) {
    let error = parse(script).expect_err(script);
    assert_eq!(error.to_string(), expected, "{script}");
}

#[test]
fn lists_and_pipelines() {
    check("npm install && node server.js", "npm install && node server.js;");
    check("a || b; c & d", "a || b; c & d;");
    check("! a | b |\n c", "! a | b | c;");
    check("# nothing\n\na # b\nc", "a; c;");
    check("a \\\n b", "a b;");
    check("a &&\n\nb", "a && b;");
}

#[test]
fn quotes() {
    check(r#"echo 'a b' "c $d" e\ f '' "" "\$\"\x""#, r#"echo 'a b' "c ${d}" e' 'f '' "" "\$\"\\x";"#);
    check("echo \"a\nb\"", "echo \"a\nb\";");
    check("echo a\"b\"'c'", "echo a\"b\"'c';");
}

#[test]
fn parameters() {
    check(
        "echo $a ${b} $1$2 ${10} $10 $? $# $@ $$ $",
        "echo ${a} ${b} ${1}${2} ${10} ${1}0 ${?} ${#} ${@} ${$} '$';",
    );
    check("echo ${a:-b c} ${a=b} \"${a+b c}\" ${a:?no}", "echo ${a:-b c} ${a=b} \"${a+b c}\" ${a:?no};");
    check(
        "echo ${#a} ${a#*/} ${a##*/} ${a%.*} \"${a%%'.'*}\"",
        "echo ${#a} ${a#*/} ${a##*/} ${a%.*} \"${a%%'.'*}\";",
    );
    check("echo \"${a:-\"}\"}\" \"${a-\\}}\"", "echo \"${a:-\"}\"}\" \"${a-\"}\"}\";");
    check("a=1 b=$c d", "a=1 b=${c} d;");
    check("echo ~ ~/x ~root/y a~", "echo ~ ~/x ~root/y a~;");
}

#[test]
fn substitutions() {
    check("echo $(a; b) `c \\`d\\``", "echo $( a; b; ) $( c $( d; ); );");
    check("echo \"$(echo \"a b\")\"", "echo \"$( echo \"a b\"; )\";");
    check("echo $((1 + (2 * $x)))", "echo $((1 + (2 * ${x})));");
}

#[test]
fn redirections() {
    check("a > b 2>&1 < c >>d 3<>e >|f 2>&-", "1>b 2>&1 0<c 1>>d 3<>e 1>f 2>&- a;");
    check("> x", "1>x;");
    check("{ a; } > x", "{ a; } 1>x;");
    check("cat <<E; b\nx $y\n\"q\"\nE\nc", "0<<<\"x ${y}\n\\\"q\\\"\" cat; b; c;");
    check("cat <<-'E' <<F\n\tx $y\n\tE\nz\nF\n", "0<<<'x $y' 0<<<\"z\" cat;");
}

#[test]
fn compound_commands() {
    check("(a; b) | { c; }", "( a; b; ) | { c; };");
    check("if a; then b; elif c; then d; else e; fi", "if a; then b; elif c; then d; else e; fi;");
    check("while a\ndo b\ndone; until a; do b; done", "while a; do b; done; until a; do b; done;");
    check(
        "for i in 1 \"$x\"; do a; done\nfor i do b; done",
        "for i in 1 \"${x}\"; do a; done; for i; do b; done;",
    );
    check("case $a in (b|c) d;; *) e; esac", "case ${a} in (b | c) d; ;; (*) e; ;; esac;");
    check("case a in b) ;; esac", "case a in (b) ;; esac;");
    check("f() { a; }; f x", "f() { a; }; f x;");
    check("echo if then { }", "echo if then { };");
}

#[test]
fn errors() {
    check_error("fi", "1: Syntax error: \"fi\" unexpected");
    check_error("if a; fi", "1: Syntax error: \"fi\" unexpected (expecting \"then\")");
    check_error("a; ; b", "1: Syntax error: \";\" unexpected");
    check_error("a\n&& b", "2: Syntax error: \"&&\" unexpected");
    check_error("a )", "1: Syntax error: \")\" unexpected");
    check_error("if a; then b", "1: Syntax error: end of file unexpected");
    check_error("echo 'a", "1: Syntax error: Unterminated quoted string");
    check_error("a > ", "1: Syntax error: end of file unexpected");
    check_error("echo ${a!b}", "1: Syntax error: Bad substitution");
    check_error(&"(".repeat(1000), "1: Syntax error: nested too deeply (at most 100)");
    check_error(
        &format!("echo {}", "$(echo ".repeat(1000)),
        "1: Syntax error: nested too deeply (at most 100)",
    );
    check_error(&"\"${a:-".repeat(1000), "1: Syntax error: nested too deeply (at most 100)");
}

#[test]
fn commands_come_one_at_a_time() {
    let mut parser = Parser::new("a; b\nc\nfi\n");
    assert_eq!(
        parser.next_command().map(|list| list.map(|list| list_text(&list))),
        Ok(Some("a; b; ".to_owned()))
    );
    assert_eq!(
        parser.next_command().map(|list| list.map(|list| list_text(&list))),
        Ok(Some("c; ".to_owned()))
    );
    assert!(parser.next_command().is_err());
}
