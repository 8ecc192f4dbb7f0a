//! Stripped types against real Node.

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::typescript::strip;
use support::cases;

/// How many of the sources may be left to Node's own compiler though it strips them.
const LEFT_TO_NODE_MAX: usize = 22;

#[test]
fn what_is_stripped_is_what_node_makes_of_it() {
    let cases = cases(include_str!("data/typescript.json"));
    let (mut wrong, mut left) = (0, Vec::new());
    for case in &cases {
        let source = case["source"].as_str().unwrap();
        let found = strip(source);
        match (found, case["code"].as_str()) {
            (Some(found), expected) if Some(found.as_str()) != expected => {
                wrong += 1;
                println!("source {source:?}\n  want {expected:?}\n   got {found:?}");
            }
            (None, Some(_)) => left.push(source),
            _ => {}
        }
    }
    assert_eq!(wrong, 0, "of {} cases", cases.len());
    assert!(left.len() <= LEFT_TO_NODE_MAX, "{} left to Node: {left:#?}", left.len());
}
