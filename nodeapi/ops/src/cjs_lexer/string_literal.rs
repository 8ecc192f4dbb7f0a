//! The value of a string literal.

/// The value of `literal`, quotes included; `None` if an escape is malformed or the value is not valid Unicode.
pub(super) fn decode(literal: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(literal.get(1..literal.len().checked_sub(1)?)?).ok()?;
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '\\' {
            push(&mut units, u32::from(character))?;
            continue;
        }
        let point = match rest.next()? {
            '\r' => {
                rest.next_if_eq(&'\n');
                continue;
            }
            '\n' | '\u{2028}' | '\u{2029}' => continue,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'b' => 8,
            'v' => 11,
            'f' => 12,
            '0' if !rest.peek().is_some_and(char::is_ascii_digit) => 0,
            'x' => hex(&mut rest, 2)?,
            'u' if rest.next_if_eq(&'{').is_some() => {
                let mut point = 0u32;
                loop {
                    match rest.next()? {
                        '}' => break,
                        digit => point = point.checked_mul(16)? + digit.to_digit(16)?,
                    }
                }
                point
            }
            'u' => hex(&mut rest, 4)?,
            '0'..='9' => return None,
            other => u32::from(other),
        };
        push(&mut units, point)?;
    }
    String::from_utf16(&units).ok()
}

fn hex(rest: &mut impl Iterator<Item = char>, digits: u32) -> Option<u32> {
    (0..digits).try_fold(0, |value, _| Some(value << 4 | rest.next()?.to_digit(16)?))
}

fn push(units: &mut Vec<u16>, point: u32) -> Option<()> {
    match char::from_u32(point) {
        Some(character) => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
        // Half of a surrogate pair, whose other half may follow.
        None => units.push(u16::try_from(point).ok()?),
    }
    Some(())
}
