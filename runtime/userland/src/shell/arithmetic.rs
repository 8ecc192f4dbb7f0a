//! `$((…))`. POSIX 2.6.4: C's integer expressions on signed 64-bit numbers, without `++`, `--` and `sizeof`.

use super::ShellError;

/// Variables, as an expression sees them.
pub(crate) trait Variables {
    /// The value of a variable; none if it is unset.
    fn get(&self, name: &str) -> Option<String>;
    /// Sets a variable.
    fn set(&mut self, name: &str, value: i64) -> Result<(), ShellError>;
}

/// Nested parentheses and conditions, at most.
const DEPTH_MAX: usize = 100;

/// Binary operators by level, the weakest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];
const ASSIGNMENTS: [&str; 11] = ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "="];

/// Evaluates an expression whose parameters and substitutions have been expanded.
///
/// # Errors
/// [`ShellError::Arithmetic`] for what is not an expression, and for a division by zero.
pub(crate) fn evaluate(expression: &str, variables: &mut dyn Variables) -> Result<i64, ShellError> {
    let mut parser = Parser { rest: expression, whole: expression, variables, depth: 0, skip: 0 };
    parser.blanks();
    if parser.rest.is_empty() {
        return Ok(0);
    }
    let value = parser.assignment()?;
    if parser.rest.is_empty() { Ok(value) } else { Err(parser.error("expecting EOF")) }
}

struct Parser<'a> {
    rest: &'a str,
    whole: &'a str,
    variables: &'a mut dyn Variables,
    depth: usize,
    /// Above 0 in an operand that is not evaluated.
    skip: usize,
}

impl Parser<'_> {
    fn assignment(&mut self) -> Result<i64, ShellError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("nested too deeply"));
        }
        let value = self.assignment_or_condition();
        self.depth -= 1;
        value
    }

    fn assignment_or_condition(&mut self) -> Result<i64, ShellError> {
        let start = self.rest;
        if let Some(name) = self.name() {
            let operator = ASSIGNMENTS.into_iter().find(|operator| self.rest.starts_with(operator));
            // `==` is a comparison.
            if let Some(operator) = operator.filter(|_| !self.rest.starts_with("==")) {
                self.take(operator);
                let right = self.assignment()?;
                let binary = &operator[..operator.len() - 1];
                let value = if binary.is_empty() {
                    right
                } else {
                    let left = self.variable(name)?;
                    self.apply(binary, left, right)?
                };
                if self.skip == 0 {
                    self.variables.set(name, value)?;
                }
                return Ok(value);
            }
            self.rest = start;
        }
        self.condition()
    }

    fn condition(&mut self) -> Result<i64, ShellError> {
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.skipping(condition == 0, Self::assignment)?;
        if !self.take(":") {
            return Err(self.error("expecting ':'"));
        }
        let no = self.skipping(condition != 0, Self::assignment)?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn binary(&mut self, level: usize) -> Result<i64, ShellError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.at_operator(operator)) {
            self.take(operator);
            let decided = (*operator == "&&" && left == 0) || (*operator == "||" && left != 0);
            let right = self.skipping(decided, |parser| parser.binary(level + 1))?;
            left = self.apply(operator, left, right)?;
        }
        Ok(left)
    }

    /// Whether this operator stands here, and not a longer one that begins with it.
    fn at_operator(&self, operator: &str) -> bool {
        let Some(after) = self.rest.strip_prefix(operator) else { return false };
        let longer = match operator {
            "|" | "&" => after.starts_with(operator),
            "<" | ">" => after.starts_with(operator),
            _ => false,
        };
        let assigns = after.starts_with('=') && !matches!(operator, "==" | "!=" | "<=" | ">=" | "||" | "&&");
        !longer && !assigns
    }

    fn unary(&mut self) -> Result<i64, ShellError> {
        for operator in ["-", "+", "!", "~"] {
            if self.rest.starts_with(operator) && !self.rest.starts_with("!=") {
                self.take(operator);
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(self.error("nested too deeply"));
                }
                let value = self.unary()?;
                self.depth -= 1;
                return Ok(match operator {
                    "-" => value.wrapping_neg(),
                    "+" => value,
                    "!" => i64::from(value == 0),
                    _ => !value,
                });
            }
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<i64, ShellError> {
        if self.take("(") {
            let value = self.assignment()?;
            return if self.take(")") { Ok(value) } else { Err(self.error("expecting ')'")) };
        }
        if let Some(name) = self.name() {
            return self.variable(name);
        }
        let length = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(length);
        let value = number(digits).ok_or_else(|| self.error("expecting primary"))?;
        self.rest = rest;
        self.blanks();
        Ok(value)
    }

    fn variable(&mut self, name: &str) -> Result<i64, ShellError> {
        let Some(text) = self.variables.get(name) else { return Ok(0) };
        let text = text.trim();
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        match number(digits) {
            Some(value) => Ok(if negative { value.wrapping_neg() } else { value }),
            None if text.is_empty() => Ok(0),
            None => Err(ShellError::Arithmetic(format!("Illegal number: {text}"))),
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, ShellError> {
        let shift = (right & 63) as u32;
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(shift),
            ">>" => left.wrapping_shr(shift),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            _ if right == 0 && self.skip > 0 => 0,
            _ if right == 0 => return Err(self.error("division by zero")),
            "/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }

    fn skipping<T>(
        &mut self,
        skip: bool,
        parse: impl FnOnce(&mut Self) -> Result<T, ShellError>,
    ) -> Result<T, ShellError> {
        self.skip += usize::from(skip);
        let result = parse(self);
        self.skip -= usize::from(skip);
        result
    }

    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        self.blanks();
        true
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn error(&self, what: &str) -> ShellError {
        ShellError::Arithmetic(format!("arithmetic expression: {what}: \"{}\"", self.whole))
    }
}

impl<'a> Parser<'a> {
    fn name(&mut self) -> Option<&'a str> {
        let length =
            self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(length);
        if !crate::parser::is_name(name) {
            return None;
        }
        self.rest = rest;
        self.blanks();
        Some(name)
    }
}

/// A C integer: decimal, `0x…` or `0…`. What is too large is the largest, as strtoimax(3) gives it.
fn number(digits: &str) -> Option<i64> {
    let (digits, radix) = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        (hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (&digits[1..], 8)
    } else {
        (digits, 10)
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some(i64::from_str_radix(digits, radix).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    impl Variables for BTreeMap<String, String> {
        fn get(&self, name: &str) -> Option<String> {
            BTreeMap::get(self, name).cloned()
        }

        fn set(&mut self, name: &str, value: i64) -> Result<(), ShellError> {
            self.insert(name.to_owned(), value.to_string());
            Ok(())
        }
    }

    fn check(expression: &str, expected: i64) {
        let mut variables = BTreeMap::from([("x".to_owned(), "5".to_owned())]);
        assert_eq!(evaluate(expression, &mut variables).ok(), Some(expected), "{expression}");
    }

    #[test]
    fn expressions() {
        check("1 + 2 * 3", 7);
        check("(1 + 2) * 3", 9);
        check("7 / 2 - 7 % 4", 0);
        check("-x + !x", -5);
        check("x > 3 && x < 9", 1);
        check("x == 5 ? 10 : 1/0", 10);
        check("0 && 1/0", 0);
        check("y = x + 1", 6);
        check("x += 2", 7);
        check("1 << 4 | 0x0f", 31);
        check("010", 8);
        check("3 <= 3", 1);
        check("", 0);
        check("5 != 4", 1);
    }

    #[test]
    fn errors() {
        let mut none = BTreeMap::new();
        for expression in ["1 +", "1/0", "(1", "1 2", "$", &"(".repeat(5000), &"-".repeat(5000)] {
            assert!(evaluate(expression, &mut none).is_err(), "{expression}");
        }
    }
}
