//! Builtins that print and test: echo, printf, cat, test.

use oac_sys::{Errno, File, flags::open};

use super::super::{Run, Shell, reason, test_expression};

/// `echo [-n] words…`, with dash's escapes: those of XSI echo.
pub(super) fn echo(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let newline = arguments.get(1).is_none_or(|first| first != "-n");
    let words = &arguments[if newline { 1 } else { 2 }..];
    let (mut text, go_on) = unescaped(&words.join(" "), true);
    if newline && go_on {
        text.push('\n');
    }
    print(shell, "echo", &text)
}

fn print(shell: &mut Shell, name: &str, text: &str) -> Run<u8> {
    if shell.write(1, text) {
        return Ok(0);
    }
    shell.complain(&format!("{name}: I/O error"));
    Ok(1)
}

/// Replaces escapes; false if `\c` cut the text. An octal number of echo begins with 0.
fn unescaped(text: &str, is_echo: bool) -> (String, bool) {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        rest = &rest[c.len_utf8()..];
        match c {
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'c' => return (out, false),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            '\\' => out.push('\\'),
            '0'..='7' if !is_echo || c == '0' => {
                let digits = if is_echo { String::new() } else { c.to_string() };
                let more = rest.chars().take(3 - digits.len()).take_while(|c| c.is_digit(8)).count();
                let digits = digits + &rest[..more];
                rest = &rest[more..];
                out.extend(u32::from_str_radix(&digits, 8).ok().or(Some(0)).and_then(char::from_u32));
            }
            _ => out.extend(['\\', c]),
        }
    }
    out.push_str(rest);
    (out, true)
}

/// `printf format arguments…`: `%s %b %c %d %i %u %o %x %X %%`, with flags, width and precision.
pub(super) fn printf(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let Some(format) = arguments.get(1) else {
        return shell.refuse("printf", "usage: printf format [arg ...]");
    };
    let (format, _) = unescaped(format, false);
    let mut values = arguments[2..].iter();
    let (mut text, mut wrong) = (String::new(), Vec::new());
    loop {
        let before = values.len();
        if let Err(why) = format_once(&format, &mut values, &mut text, &mut wrong) {
            print(shell, "printf", &text)?;
            return shell.refuse("printf", &why);
        }
        // The format is used again while it takes arguments and there are some.
        if values.len() == 0 || values.len() == before {
            break;
        }
    }
    for value in &wrong {
        shell.complain(&format!("printf: {value}: expected numeric value"));
    }
    let printed = print(shell, "printf", &text)?;
    Ok(printed.max(u8::from(!wrong.is_empty())))
}

fn format_once(
    format: &str,
    values: &mut std::slice::Iter<'_, String>,
    text: &mut String,
    wrong: &mut Vec<String>,
) -> Result<(), String> {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end =
            rest.find(|c: char| c.is_ascii_alphabetic() || c == '%').ok_or("missing format character")?;
        let (spec, kind) = (&rest[..end], rest.as_bytes()[end]);
        rest = &rest[end + 1..];
        if kind == b'%' {
            text.push('%');
            continue;
        }
        let value = values.next().map_or("", String::as_str);
        let flags_end = spec.find(|c| !"-+ 0#".contains(c)).unwrap_or(spec.len());
        let (flags, sizes) = spec.split_at(flags_end);
        let (width, precision) =
            sizes.split_once('.').map_or((sizes, None), |(width, rest)| (width, Some(rest)));
        let width: usize = width.parse().unwrap_or(0);
        let precision: Option<usize> = precision.map(|digits| digits.parse().unwrap_or(0));
        let (body, numeric) = match kind {
            b's' => (cut(value, precision), false),
            b'b' => (cut(&unescaped(value, true).0, precision), false),
            b'c' => (value.chars().take(1).collect(), false),
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => (integer(value, kind, flags, wrong), true),
            _ => return Err(format!("%{}: invalid directive", kind as char)),
        };
        pad(text, &body, width, flags, numeric);
    }
    text.push_str(rest);
    Ok(())
}

fn cut(value: &str, precision: Option<usize>) -> String {
    value.chars().take(precision.unwrap_or(usize::MAX)).collect()
}

fn integer(value: &str, kind: u8, flags: &str, wrong: &mut Vec<String>) -> String {
    let number: i64 = if value.is_empty() {
        0
    } else if let Some(quoted) = value.strip_prefix(['\'', '"']) {
        quoted.chars().next().map_or(0, |c| i64::from(u32::from(c)))
    } else {
        value.parse().unwrap_or_else(|_| {
            wrong.push(value.to_owned());
            0
        })
    };
    match kind {
        b'o' => format!("{number:o}"),
        b'x' => format!("{number:x}"),
        b'X' => format!("{number:X}"),
        _ if flags.contains('+') && number >= 0 => format!("+{number}"),
        _ => number.to_string(),
    }
}

fn pad(text: &mut String, body: &str, width: usize, flags: &str, numeric: bool) {
    // Far above any use; a width is not a way to fill the memory.
    let missing = width.min(1 << 16).saturating_sub(body.chars().count());
    if flags.contains('-') {
        text.push_str(body);
        text.extend(std::iter::repeat_n(' ', missing));
    } else if flags.contains('0') && numeric {
        let (sign, digits) = body.strip_prefix('-').map_or(("", body), |digits| ("-", digits));
        text.push_str(sign);
        text.extend(std::iter::repeat_n('0', missing));
        text.push_str(digits);
    } else {
        text.extend(std::iter::repeat_n(' ', missing));
        text.push_str(body);
    }
}

/// `cat [file…]`
pub(super) fn cat(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let standard = ["-".to_owned()];
    let files = if arguments.len() > 1 { &arguments[1..] } else { &standard };
    let mut status = 0;
    for path in files {
        if let Err(errno) = copy_to_output(shell, path) {
            // A program of its own elsewhere, so its messages are a program's.
            shell.write(2, &format!("cat: {path}: {}\n", reason(errno)));
            status = 1;
        }
    }
    Ok(status)
}

fn copy_to_output(shell: &Shell, path: &str) -> Result<(), Errno> {
    let opened = match path {
        "-" => None,
        path => Some(File::from_fd(oac_sys::open(path.as_bytes(), open::RDONLY | open::CLOEXEC, 0)?)),
    };
    let input = opened.as_ref().map(File::fd).or_else(|| shell.io.get(0)).ok_or(Errno::EBADF)?;
    let output = shell.io.get(1).ok_or(Errno::EBADF)?;
    let mut chunk = vec![0; 64 << 10];
    loop {
        match oac_sys::read(input, &mut chunk)? {
            0 => return Ok(()),
            length => oac_sys::write_all(output, &chunk[..length])?,
        }
    }
}

/// `test expression`, `[ expression ]`
pub(super) fn test(shell: &mut Shell, arguments: &[String]) -> Run<u8> {
    let mut words: Vec<&str> = arguments[1..].iter().map(String::as_str).collect();
    if arguments[0] == "[" && words.pop() != Some("]") {
        return shell.refuse("[", "missing ]");
    }
    match test_expression::evaluate(&words) {
        Ok(holds) => Ok(u8::from(!holds)),
        Err(why) => shell.refuse(&arguments[0], &why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let check =
            |text, is_echo, expected: &str| assert_eq!(unescaped(text, is_echo).0, expected, "{text}");
        check(r"a\tb\n", true, "a\tb\n");
        check(r"\0101\101", true, r"A\101");
        check(r"\101\x", false, r"A\x");
        check(r"a\cb", true, "a");
        check(r"a\", true, r"a\");
    }

    #[test]
    fn formats() {
        let check = |format: &str, values: &[&str], expected: &str| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            let mut text = String::new();
            format_once(format, &mut values.iter(), &mut text, &mut Vec::new()).expect(format);
            assert_eq!(text, expected, "{format}");
        };
        check("%s-%d%%", &["a", "5"], "a-5%");
        check("[%5s|%-5s|%.2s]", &["ab", "ab", "abc"], "[   ab|ab   |ab]");
        check("%05d %x %+d", &["-42", "255", "1"], "-0042 ff +1");
        check("%s", &[], "");
    }
}
