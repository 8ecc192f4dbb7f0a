//! `cjs_lexer` against real Node.

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::cjs_lexer::parse;
use serde_json::json;
use support::cases;

#[test]
fn cjs_lexer_matches_node() {
    let cases = cases(include_str!("data/cjs_lexer.json"));
    let mut wrong = 0;
    for case in &cases {
        let found = parse(case["source"].as_str().unwrap().as_bytes());
        let got = json!({ "source": case["source"], "exports": found.exports, "reexports": found.reexports });
        if got != *case {
            wrong += 1;
            println!("want {case}\n got {got}");
        }
    }
    assert_eq!(wrong, 0, "of {} cases", cases.len());
}
