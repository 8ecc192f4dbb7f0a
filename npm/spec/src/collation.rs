//! The order in which npm sorts names: `a.localeCompare(b, 'en')`.
//!
//! That is the root collation of Unicode (UTS 10, "non-ignorable"): punctuation, then digits, then
//! letters without regard to case; where that ties, lower case first. For ASCII this module is
//! exact; other characters come after all ASCII, by code point.

use std::cmp::Ordering;

/// ASCII punctuation in collation order.
const PUNCTUATION: &[u8] = b"_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

const fn primary_weights() -> [u8; 128] {
    let mut weights = [0; 128];
    let mut i = 0;
    while i < PUNCTUATION.len() {
        weights[PUNCTUATION[i] as usize] = i as u8 + 2;
        i += 1;
    }
    weights[b' ' as usize] = 1;
    let mut digit = 0;
    while digit < 10 {
        weights[(b'0' + digit) as usize] = 50 + digit;
        digit += 1;
    }
    let mut letter = 0;
    while letter < 26 {
        weights[(b'a' + letter) as usize] = 70 + letter;
        weights[(b'A' + letter) as usize] = 70 + letter;
        letter += 1;
    }
    weights
}

static PRIMARY: [u8; 128] = primary_weights();

fn primary(c: char) -> u32 {
    match u8::try_from(c) {
        Ok(byte) if byte < 128 => u32::from(PRIMARY[byte as usize]),
        _ => 256 + c as u32,
    }
}

/// Compares two names as npm does.
pub fn locale_compare(a: &str, b: &str) -> Ordering {
    a.chars().map(primary).cmp(b.chars().map(primary)).then_with(|| {
        let case = |s: &'_ str| s.chars().map(|c| c.is_ascii_uppercase()).collect::<Vec<_>>();
        case(a).cmp(&case(b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sorted: &[&str]) {
        for pair in sorted.windows(2) {
            assert_eq!(locale_compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
    }

    // Sorted by Node's `localeCompare(_, 'en')`.
    #[test]
    fn names_sort_as_in_node() {
        check(&["a-b", "a.b", "a/b", "ab", "aB", "Ab", "aB1", "ab2", "Ac", "B"]);
        check(&["_x", "-x", ".x", "@x/y", "0", "9", "jsonstream", "JSONStream"]);
    }
}
