//! Paths into JSON as `npm pkg` and `npm view` know them: `scripts.test`, `files[0]`, `keywords[]`.

use crate::failure::Failure;
use serde_json::{Map, Value};

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// `[]`: every element; when setting, one more.
    Every,
}

/// Reads a path; `[name]` and `["name"]` are keys that may contain dots.
fn parse(path: &str) -> Result<Vec<Step>, Failure> {
    let empty = || {
        let lines = vec!["Empty brackets are not valid syntax for retrieving values.".to_owned()];
        Failure::Coded { code: "EINVALIDSYNTAX".into(), lines }
    };
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').ok_or_else(empty)?;
            let word = inner[..end].trim_matches('"');
            steps.push(match word.parse() {
                _ if word.is_empty() => Step::Every,
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key(word.to_owned()),
            });
            rest = inner[end + 1..].trim_start_matches('.');
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end > 0 {
                steps.push(Step::Key(rest[..end].to_owned()));
            }
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
            if end == 0 && !rest.starts_with('[') && rest.is_empty() {
                break;
            }
        }
    }
    Ok(steps)
}

/// What stands at a path: names (the path itself, or one for each element that it leads to) and values.
pub(crate) fn get(value: &Value, path: &str, unwrap_single: bool) -> Result<Map<String, Value>, Failure> {
    let mut found = Map::new();
    walk(value, &parse(path)?, String::new(), unwrap_single, &mut found);
    Ok(found)
}

fn walk(value: &Value, steps: &[Step], label: String, unwrap_single: bool, found: &mut Map<String, Value>) {
    let value = match value {
        Value::Array(list)
            if unwrap_single && list.len() == 1 && !matches!(steps.first(), Some(Step::Index(_))) =>
        {
            &list[0]
        }
        value => value,
    };
    let Some((step, rest)) = steps.split_first() else {
        found.insert(label, value.clone());
        return;
    };
    let dotted = |key: &str| if label.is_empty() { key.to_owned() } else { format!("{label}.{key}") };
    match (step, value) {
        (Step::Key(key), Value::Object(object)) => {
            if let Some(inner) = object.get(key) {
                walk(inner, rest, dotted(key), unwrap_single, found);
            }
        }
        (Step::Index(index), Value::Array(list)) => {
            if let Some(inner) = list.get(*index) {
                walk(inner, rest, format!("{label}[{index}]"), unwrap_single, found);
            }
        }
        (Step::Index(index), Value::Object(object)) => {
            if let Some(inner) = object.get(&index.to_string()) {
                walk(inner, rest, dotted(&index.to_string()), unwrap_single, found);
            }
        }
        // A key of a list is that of each of its elements.
        (Step::Key(_) | Step::Every, Value::Array(list)) => {
            if matches!((step, rest), (Step::Key(key), []) if key == "length") {
                found.insert(dotted("length"), list.len().into());
                return;
            }
            let inner = if *step == Step::Every { rest } else { steps };
            for (index, element) in list.iter().enumerate() {
                walk(element, inner, format!("{label}[{index}]"), unwrap_single, found);
            }
        }
        _ => {}
    }
}

/// Puts a value at a path, making what is missing on the way.
pub(crate) fn set(target: &mut Value, path: &str, new: Value, force: bool) -> Result<(), Failure> {
    let steps = parse(path)?;
    put(target, &steps, new, force, path)
}

fn put(target: &mut Value, steps: &[Step], new: Value, force: bool, path: &str) -> Result<(), Failure> {
    let Some((step, rest)) = steps.split_first() else {
        *target = new;
        return Ok(());
    };
    let wants_list = matches!(step, Step::Every | Step::Index(_));
    let fits = match target {
        Value::Null => false,
        Value::Array(_) => wants_list || force,
        Value::Object(_) => true,
        _ => false,
    };
    if !fits {
        if !target.is_null() && !force {
            let lines = vec![format!("Property {path} already exists and is not an Array or Object.")];
            return Err(Failure::Coded { code: "EOVERRIDEVALUE".into(), lines });
        }
        *target = if wants_list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    match (step, target) {
        (Step::Every, Value::Array(list)) => {
            list.push(Value::Null);
            let last = list.len() - 1;
            put(&mut list[last], rest, new, force, path)
        }
        (Step::Index(index), Value::Array(list)) => {
            if *index >= list.len() {
                list.resize(index + 1, Value::Null);
            }
            put(&mut list[*index], rest, new, force, path)
        }
        (Step::Key(key), Value::Object(object)) => {
            put(object.entry(key.clone()).or_insert(Value::Null), rest, new, force, path)
        }
        (Step::Index(index), Value::Object(object)) => {
            put(object.entry(index.to_string()).or_insert(Value::Null), rest, new, force, path)
        }
        (_, target) => {
            *target = Value::Null;
            put(target, steps, new, true, path)
        }
    }
}

/// Takes away what stands at a path.
pub(crate) fn delete(target: &mut Value, path: &str) -> Result<(), Failure> {
    let steps = parse(path)?;
    let Some((last, above)) = steps.split_last() else { return Ok(()) };
    let mut at = target;
    for step in above {
        let next = match (step, at) {
            (Step::Key(key), Value::Object(object)) => object.get_mut(key),
            (Step::Index(index), Value::Array(list)) => list.get_mut(*index),
            _ => None,
        };
        let Some(next) = next else { return Ok(()) };
        at = next;
    }
    match (last, at) {
        (Step::Key(key), Value::Object(object)) => {
            object.shift_remove(key);
        }
        (Step::Index(index), Value::Array(list)) if *index < list.len() => {
            list.remove(*index);
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check_get(path: &str, expect: Value) {
        let value = json!({ "a": { "b": 1 }, "l": [{ "n": "x" }, { "n": "y" }], "one": ["z"] });
        assert_eq!(Value::Object(get(&value, path, false).expect(path)), expect, "{path}");
    }

    // As npm's queryable answers.
    #[test]
    fn values_are_found() {
        check_get("a.b", json!({ "a.b": 1 }));
        check_get("l[1].n", json!({ "l[1].n": "y" }));
        check_get("l.n", json!({ "l[0].n": "x", "l[1].n": "y" }));
        check_get("one", json!({ "one": ["z"] }));
        check_get("nope", json!({}));
    }

    #[test]
    fn values_are_put_and_taken_away() {
        let mut value = json!({ "name": "x" });
        set(&mut value, "scripts.test", "t".into(), false).expect("sets");
        set(&mut value, "files[]", "a".into(), false).expect("sets");
        set(&mut value, "files[1]", "b".into(), false).expect("sets");
        set(&mut value, "exports[./a.js]", "c".into(), false).expect("sets");
        assert_eq!(
            value,
            json!({ "name": "x", "scripts": { "test": "t" }, "files": ["a", "b"], "exports": { "./a.js": "c" } })
        );
        assert!(set(&mut value, "name.first", "y".into(), false).is_err());
        delete(&mut value, "scripts.test").expect("deletes");
        delete(&mut value, "files[0]").expect("deletes");
        assert_eq!(value["files"], json!(["b"]));
        assert_eq!(value["scripts"], json!({}));
    }
}
