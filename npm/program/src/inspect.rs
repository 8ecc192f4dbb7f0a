//! Values as Node's `util.inspect` shows them, which is how npm prints what is no text.

use serde_json::Value;

/// Node's `breakLength`: what is longer goes over several lines.
const LINE_MAX: usize = 80;
/// Node's `compact`: so many levels go on one line.
const LEVELS_MAX: usize = 3;
/// How deep npm lets it look.
const DEPTH_MAX: usize = 5;
/// Lists longer than this are set in columns.
const COLUMNS_FROM: usize = 6;

/// The text of a value.
pub(crate) fn inspect(value: &Value) -> String {
    show(value, 0, 0)
}

fn show(value: &Value, indent: usize, depth: usize) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Array(list) if depth > DEPTH_MAX && !list.is_empty() => "[Array]".into(),
        Value::Object(object) if depth > DEPTH_MAX && !object.is_empty() => "[Object]".into(),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(|v| show(v, indent + 2, depth + 1)).collect();
            let rows = if items.len() > COLUMNS_FROM { columns(&items, list, indent) } else { items.clone() };
            let flat = rows.len() == items.len() && levels_below(value) < LEVELS_MAX;
            bracket('[', ']', &rows, indent, flat)
        }
        Value::Object(object) => {
            let items: Vec<String> = object
                .iter()
                .map(|(key, v)| format!("{}: {}", key_text(key), show(v, indent + 2, depth + 1)))
                .collect();
            bracket('{', '}', &items, indent, levels_below(value) < LEVELS_MAX)
        }
        other => other.to_string(),
    }
}

/// How many levels the last thing inside goes down, which is what Node looks at.
fn levels_below(value: &Value) -> usize {
    let inhabited = |v: &&Value| match v {
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        _ => false,
    };
    let last = match value {
        Value::Array(list) => list.iter().rfind(inhabited),
        Value::Object(object) => object.values().rfind(inhabited),
        _ => None,
    };
    last.map_or(0, |last| 1 + levels_below(last))
}

/// On one line where `flat` and it fits, else one item a line.
fn bracket(open: char, close: char, items: &[String], indent: usize, flat: bool) -> String {
    if items.is_empty() {
        return format!("{open}{close}");
    }
    let length: usize = items.iter().map(|i| i.chars().count()).sum();
    // Node's sum: separators, indentation, bracket, and ten more.
    let fits = length + 2 * items.len() + indent + 1 + 10 <= LINE_MAX;
    if flat && fits && !items.iter().any(|i| i.contains('\n')) {
        return format!("{open} {} {close}", items.join(", "));
    }
    let gap = format!(",\n{}", " ".repeat(indent + 2));
    format!("{open}\n{}{}\n{}{close}", " ".repeat(indent + 2), items.join(&gap), " ".repeat(indent))
}

/// `{ a: 1 }`, `{ 'a-b': 1 }`
fn key_text(key: &str) -> String {
    let mut bytes = key.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'$');
    let plain = first && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$');
    if plain { key.to_owned() } else { quote(key) }
}

fn quote(text: &str) -> String {
    let mark = match (text.contains('\''), text.contains('"'), text.contains('`')) {
        (false, ..) => '\'',
        (true, false, _) => '"',
        (true, true, false) => '`',
        _ => '\'',
    };
    let mut out = String::from(mark);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            c if c == mark => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push(mark);
    out
}

/// Node's `groupArrayElements`: short items in columns of even width.
fn columns(items: &[String], values: &[Value], indent: usize) -> Vec<String> {
    const SEPARATOR: usize = 2;
    let lengths: Vec<usize> = items.iter().map(|i| i.chars().count()).collect();
    let data: Vec<usize> = lengths.iter().map(|l| l + SEPARATOR).collect();
    let longest = data.iter().copied().max().unwrap_or(0);
    let total: usize = data.iter().sum();
    if longest * 3 + indent >= LINE_MAX || items.iter().any(|i| i.contains('\n')) {
        return items.to_vec();
    }
    #[allow(clippy::cast_precision_loss)]
    let (total_f, entries, longest_f) = (total as f64, items.len() as f64, longest as f64);
    if !(total_f / longest_f > 5.0 || longest <= 6 + SEPARATOR) {
        return items.to_vec();
    }
    let bias = (longest_f - total_f / entries).sqrt();
    let biased = (longest_f - 3.0 - bias.max(0.0)).max(1.0);
    // All are small positive numbers.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let square = ((2.5 * biased * entries).sqrt() / biased).round().max(0.0) as usize;
    let count = square.min((LINE_MAX - indent) / longest).min(LEVELS_MAX * 4).min(15);
    if count <= 1 {
        return items.to_vec();
    }
    let widths: Vec<usize> = (0..count)
        .map(|c| lengths.iter().skip(c).step_by(count).copied().max().unwrap_or(0) + SEPARATOR)
        .collect();
    let numbers = values.iter().all(Value::is_number);
    items
        .chunks(count)
        .map(|row| {
            let last = row.len() - 1;
            let cells = row.iter().enumerate().map(|(at, item)| {
                let with_comma = if at < last { format!("{item}, ") } else { item.clone() };
                let width = if at < last { widths[at] } else { widths[at] - SEPARATOR };
                let pad = " ".repeat(width.saturating_sub(with_comma.chars().count()));
                match (numbers, at < last) {
                    (true, _) => pad + &with_comma,
                    (false, true) => with_comma + &pad,
                    (false, false) => with_comma,
                }
            });
            cells.collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: Value, expect: &str) {
        assert_eq!(inspect(&value), expect);
    }

    // As Node's `util.inspect` answers.
    #[test]
    fn shapes() {
        check(
            json!({ "a": 1, "b-c": ["x", "y"], "d": { "e": { "f": {} } } }),
            "{ a: 1, 'b-c': [ 'x', 'y' ], d: { e: { f: {} } } }",
        );
        check(json!(["it's"]), "[ \"it's\" ]");
        let long = json!({ "name": "aaaaaaaaaaaaaaaaaaaaa", "desc": "bbbbbbbbbbbbbbbbbbbbbbbbbbb", "more": "ccccccccccccccccccc" });
        check(
            long,
            "{\n  name: 'aaaaaaaaaaaaaaaaaaaaa',\n  desc: 'bbbbbbbbbbbbbbbbbbbbbbbbbbb',\n  more: 'ccccccccccccccccccc'\n}",
        );
        let versions: Vec<String> = (0..10).map(|i| format!("1.{i}.0")).collect();
        check(
            json!(versions),
            "[\n  '1.0.0', '1.1.0',\n  '1.2.0', '1.3.0',\n  '1.4.0', '1.5.0',\n  '1.6.0', '1.7.0',\n  '1.8.0', '1.9.0'\n]",
        );
    }
}
