//! Our versions and ranges against npm's own `semver` package: the expectations were made by running
//! it (`semver_expectations.mjs`).

use oac_npm_spec::{Options, Range, Version};
use serde_json::Value;

fn expectations() -> Value {
    let text = include_str!("semver_expectations.json");
    serde_json::from_str(text).expect("the script writes JSON")
}

fn rows<'a>(data: &'a Value, name: &str) -> &'a Vec<Value> {
    data[name].as_array().expect("a list of rows")
}

#[test]
fn versions_parse_as_in_npm() {
    let data = expectations();
    for row in rows(&data, "parsed") {
        let (text, loose) = (row[0].as_str().unwrap(), row[1].as_bool().unwrap());
        let got = Version::parse(text, loose).map(|v| v.to_string());
        assert_eq!(got.as_deref(), row[2].as_str(), "{text:?} loose={loose}");
    }
}

#[test]
fn versions_order_as_in_npm() {
    let data = expectations();
    let order: Vec<Version> =
        rows(&data, "order").iter().map(|v| Version::parse(v.as_str().unwrap(), false).unwrap()).collect();
    assert!(order.is_sorted());
}

#[test]
fn ranges_admit_what_npm_admits() {
    let data = expectations();
    let versions: Vec<Version> =
        rows(&data, "versions").iter().map(|v| Version::parse(v.as_str().unwrap(), false).unwrap()).collect();
    let mut wrong = Vec::new();
    for row in rows(&data, "ranges") {
        let text = row[0].as_str().unwrap();
        let options =
            Options { loose: row[1].as_bool().unwrap(), include_prerelease: row[2].as_bool().unwrap() };
        let Some(range) = Range::parse(text, options) else {
            if !row[3].is_null() {
                wrong.push(format!("{text:?} {options:?} is refused, npm reads {}", row[3]));
            }
            continue;
        };
        if row[3].is_null() {
            wrong.push(format!("{text:?} {options:?} is read as {range}, npm refuses it"));
            continue;
        }
        for (version, expect) in versions.iter().zip(row[4].as_str().unwrap().bytes()) {
            if range.satisfied_by(version) != (expect == b'1') {
                wrong.push(format!("{version} in {text:?} {options:?}: not {}", expect as char));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn ranges_intersect_as_in_npm() {
    let data = expectations();
    for row in rows(&data, "intersects") {
        let (a, b) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        let parse = |t: &str| Range::parse(t, Options::STRICT).unwrap();
        assert_eq!(parse(a).intersects(&parse(b)), row[2].as_bool().unwrap(), "{a} and {b}");
    }
}
