//! Modes as text and from text: `drwxr-xr-x`, `u+x,go-w`, `755`. chmod(1).

use oac_sys::flags::mode;

/// Type and permission bits, as `ls -l` shows them.
pub(crate) fn shown(bits: u32) -> String {
    let kind = match bits & mode::FMT {
        mode::DIR => 'd',
        mode::LNK => 'l',
        mode::FIFO => 'p',
        mode::SOCK => 's',
        mode::CHR => 'c',
        mode::BLK => 'b',
        _ => '-',
    };
    let mut out = String::from(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let part = bits >> shift;
        out.push(if part & 4 != 0 { 'r' } else { '-' });
        out.push(if part & 2 != 0 { 'w' } else { '-' });
        out.push(match (part & 1 != 0, bits & special != 0) {
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    out
}

/// The mode that a file with mode `old` gets by a mode argument; `None` when that is none. `umask` limits clauses without `ugoa`.
pub(crate) fn changed(argument: &str, old: u32, umask: u32) -> Option<u32> {
    let is_dir = old & mode::FMT == mode::DIR;
    if !argument.is_empty() && argument.bytes().all(|digit| (b'0'..=b'7').contains(&digit)) {
        let bits = u32::from_str_radix(argument, 8).ok().filter(|&bits| bits <= 0o7777)?;
        // GNU keeps a directory's set-id bits unless five digits say otherwise.
        let kept = if is_dir && argument.len() < 5 { old & 0o6000 } else { 0 };
        return Some(bits | kept);
    }
    let mut bits = old & 0o7777;
    for clause in argument.split(',') {
        bits = clause_applied(clause, bits, is_dir, umask)?;
    }
    Some(bits)
}

fn clause_applied(clause: &str, mut bits: u32, is_dir: bool, umask: u32) -> Option<u32> {
    let start = clause.find(['+', '-', '='])?;
    let (who, mut rest) = clause.split_at(start);
    let mut mask = 0;
    for letter in who.chars() {
        mask |= match letter {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            'a' => 0o7777,
            _ => return None,
        };
    }
    let allowed = if who.is_empty() { 0o7777 & !umask } else { mask };
    while let Some(operator) = rest.chars().next() {
        let end = rest[1..].find(['+', '-', '=']).map_or(rest.len(), |at| at + 1);
        let wanted = permissions(&rest[1..end], bits, is_dir)? & allowed;
        match operator {
            '+' => bits |= wanted,
            '-' => bits &= !wanted,
            _ => {
                let kept = if is_dir { 0o6000 } else { 0 };
                bits = bits & !(allowed & !kept) | wanted;
            }
        }
        rest = &rest[end..];
    }
    Some(bits)
}

fn permissions(letters: &str, bits: u32, is_dir: bool) -> Option<u32> {
    let copied = |part: u32| part * 0o111;
    let mut wanted = 0;
    for letter in letters.chars() {
        wanted |= match letter {
            'r' => 0o444,
            'w' => 0o222,
            'x' => 0o111,
            'X' if is_dir || bits & 0o111 != 0 => 0o111,
            'X' => 0,
            's' => 0o6000,
            't' => 0o1000,
            'u' if letters.len() == 1 => copied(bits >> 6 & 7),
            'g' if letters.len() == 1 => copied(bits >> 3 & 7),
            'o' if letters.len() == 1 => copied(bits & 7),
            _ => return None,
        };
    }
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_shown() {
        for (bits, expect) in [
            (0o100644, "-rw-r--r--"),
            (0o040755, "drwxr-xr-x"),
            (0o120777, "lrwxrwxrwx"),
            (0o104755, "-rwsr-xr-x"),
            (0o102644, "-rw-r-Sr--"),
            (0o041777, "drwxrwxrwt"),
            (0o010600, "prw-------"),
        ] {
            assert_eq!(shown(bits), expect);
        }
    }

    /// The expected bits are those that chmod(1) of GNU coreutils leaves, with umask 022.
    fn check(argument: &str, old: u32, expect: Option<u32>) {
        assert_eq!(changed(argument, old, 0o022), expect, "{argument} of {old:o}");
    }

    #[test]
    fn mode_arguments() {
        check("755", 0o100644, Some(0o755));
        check("+x", 0o100644, Some(0o755));
        check("+w", 0o100444, Some(0o644));
        check("u+x,go-r", 0o100644, Some(0o700));
        check("a=r", 0o100777, Some(0o444));
        check("u=rwx,g=u,o=", 0o100000, Some(0o770));
        check("a+X", 0o100644, Some(0o644));
        check("a+X", 0o040644, Some(0o755));
        check("u+s", 0o100755, Some(0o4755));
        check("+t", 0o040777, Some(0o1777));
        check("755", 0o042700, Some(0o2755));
        check("00755", 0o042700, Some(0o755));
        check("9", 0o100644, None);
        check("z+x", 0o100644, None);
        check("", 0o100644, None);
    }
}
