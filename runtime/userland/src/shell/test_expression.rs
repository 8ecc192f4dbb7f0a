//! `test` and `[`. POSIX test(1), with `-a`, `-o` and parentheses as dash has them.

use oac_sys::{Stat, flags::mode};

/// Nested parentheses and negations, at most.
const DEPTH_MAX: usize = 100;

/// Whether the expression holds.
///
/// # Errors
/// What is wrong with it, as dash says it.
pub(super) fn evaluate(words: &[&str]) -> Result<bool, String> {
    // POSIX decides by the number of words first, so that `[ "$x" = "$y" ]` works whatever they are.
    match words {
        [] => Ok(false),
        [word] => Ok(!word.is_empty()),
        ["!", word] => Ok(word.is_empty()),
        [left, operator, right] if is_binary(operator) => binary(left, operator, right),
        ["!", rest @ ..] if rest.len() <= 3 => evaluate(rest).map(|holds| !holds),
        _ => {
            let mut parser = Parser { words, depth: 0 };
            let holds = parser.or()?;
            match parser.words {
                [] => Ok(holds),
                [word, ..] => Err(format!("{word}: unexpected operator")),
            }
        }
    }
}

struct Parser<'a> {
    words: &'a [&'a str],
    depth: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<bool, String> {
        let mut holds = self.and()?;
        while self.takes("-o") {
            holds |= self.and()?;
        }
        Ok(holds)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut holds = self.not()?;
        while self.takes("-a") {
            holds &= self.not()?;
        }
        Ok(holds)
    }

    fn not(&mut self) -> Result<bool, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("nested too deeply".to_owned());
        }
        let holds = if self.takes("!") { self.not().map(|holds| !holds) } else { self.primary() };
        self.depth -= 1;
        holds
    }

    fn primary(&mut self) -> Result<bool, String> {
        match *self.words {
            [left, operator, right, ..] if is_binary(operator) => {
                self.words = &self.words[3..];
                binary(left, operator, right)
            }
            ["(", ..] => {
                self.words = &self.words[1..];
                let holds = self.or()?;
                if self.takes(")") { Ok(holds) } else { Err("closing paren expected".to_owned()) }
            }
            [operator, operand, ..] if is_unary(operator) => {
                self.words = &self.words[2..];
                unary(operator, operand)
            }
            [word, ..] => {
                self.words = &self.words[1..];
                Ok(!word.is_empty())
            }
            [] => Err("argument expected".to_owned()),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "!=" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef"
    )
}

fn is_unary(word: &str) -> bool {
    matches!(word.as_bytes(), [b'-', letter] if b"bcdefghknoprstuwxzLS".contains(letter))
}

fn binary(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("Illegal number: {text}"));
    let stat = |path: &str| oac_sys::stat(path.as_bytes()).ok();
    Ok(match operator {
        "=" => left == right,
        "!=" => left != right,
        "<" => left < right,
        ">" => left > right,
        "-eq" => number(left)? == number(right)?,
        "-ne" => number(left)? != number(right)?,
        "-lt" => number(left)? < number(right)?,
        "-le" => number(left)? <= number(right)?,
        "-gt" => number(left)? > number(right)?,
        "-ge" => number(left)? >= number(right)?,
        "-ef" => match (stat(left), stat(right)) {
            (Some(left), Some(right)) => left.dev == right.dev && left.ino == right.ino,
            _ => false,
        },
        _ => match (stat(left), stat(right)) {
            (Some(left), Some(right)) if operator == "-nt" => left.mtime_ns > right.mtime_ns,
            (Some(left), Some(right)) => left.mtime_ns < right.mtime_ns,
            (left, right) => {
                if operator == "-nt" {
                    left.is_some()
                } else {
                    right.is_some()
                }
            }
        },
    })
}

fn unary(operator: &str, operand: &str) -> Result<bool, String> {
    let path = operand.as_bytes();
    let stat = || oac_sys::stat(path).ok();
    let is = |kind: u32| stat().is_some_and(|stat: Stat| stat.mode & mode::FMT == kind);
    let allowed = |access: u32| oac_sys::raw::faccessat(oac_sys::flags::at::FDCWD, path, access, 0).is_ok();
    Ok(match operator {
        "-n" => !operand.is_empty(),
        "-z" => operand.is_empty(),
        "-e" => stat().is_some(),
        "-f" => is(mode::REG),
        "-d" => is(mode::DIR),
        "-b" => is(mode::BLK),
        "-c" => is(mode::CHR),
        "-p" => is(mode::FIFO),
        "-S" => is(mode::SOCK),
        "-h" | "-L" => oac_sys::lstat(path).is_ok_and(|stat| stat.mode & mode::FMT == mode::LNK),
        "-s" => stat().is_some_and(|stat| stat.size > 0),
        "-r" => allowed(4),
        "-w" => allowed(2),
        "-x" => allowed(1),
        _ => return Err(format!("{operator}: not supported yet")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], expected: bool) {
        assert_eq!(evaluate(words), Ok(expected), "{words:?}");
    }

    #[test]
    fn expressions() {
        check(&[], false);
        check(&["a"], true);
        check(&["!", ""], true);
        check(&["a", "=", "a"], true);
        check(&["-n", "=", "-n"], true);
        check(&["!", "a", "=", "b"], true);
        check(&["1", "-lt", "10", "-a", "2", "-ge", "3"], false);
        check(&["(", "a", "=", "b", ")", "-o", "-z", ""], true);
        check(&["!", "(", "a", "=", "b", ")"], true);
    }

    #[test]
    fn errors() {
        assert_eq!(evaluate(&["x", "-eq", "1"]), Err("Illegal number: x".to_owned()));
        assert_eq!(evaluate(&["a", "b"]), Err("b: unexpected operator".to_owned()));
        assert!(evaluate(&["!"; 500]).is_err());
    }
}
