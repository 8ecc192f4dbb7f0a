//! `url` against real Node (ada).

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::url::{self, FormatOptions, Parsed, Part};
use serde_json::{Value, json};
use support::cases;

/// Where the `url` crate and ada part: how the arguments start, and why.
const KNOWN_DIFFERENCES: &[(&str, &str)] = &[
    (r#"["http://xn--a","#, "ada accepts malformed punycode in a label that is ASCII"),
    (r#"["xn--"]"#, "likewise"),
    (r#"["non-special:x  ?q","#, "the standard's newer rule for trailing spaces of an opaque path"),
    (
        r##"["file:///a/b",1,"#"]"##,
        "an empty host on a file URL is a change of nothing in ada, a refusal in the crate",
    ),
    (r#"["file:///a/b",1,"?"]"#, "likewise"),
    (r#"["file:///a/b",1,"/p/../q"]"#, "likewise"),
    (r#"["file:///a/b",2,"?s=1"]"#, "likewise"),
    (r##"["file:///a/b",2,"#"]"##, "likewise"),
    (r#"["file:///a/b",2,"?"]"#, "likewise"),
];

fn shape(parsed: Option<Parsed>) -> (Value, Value) {
    parsed.map_or((Value::Null, Value::Null), |url| (json!(url.href), json!(url.components)))
}

fn matches(case: &Value) -> bool {
    let text = |index: usize| case["args"][index].as_str().unwrap();
    let want = (case["href"].clone(), case["components"].clone());
    match case["op"].as_str().unwrap() {
        "parse" => shape(url::parse(text(0), case["args"][1].as_str())) == want,
        "update" => {
            let part = Part::from_number(case["args"][1].as_u64().unwrap() as u8).unwrap();
            shape(url::update(text(0), part, text(2))) == want
        }
        "path" => shape(url::path_to_file_url(text(0))) == want,
        "domain" => {
            url::domain_to_ascii(text(0)) == case["ascii"].as_str().unwrap()
                && url::domain_to_unicode(text(0)) == case["unicode"].as_str().unwrap()
        }
        "format" => {
            let bits = case["args"][1].as_u64().unwrap();
            let on = |bit: u64| bits & bit != 0;
            let options = FormatOptions { hash: on(1), unicode: on(2), search: on(4), auth: on(8) };
            url::format(text(0), options) == case["out"].as_str().unwrap()
        }
        other => panic!("unknown op {other}"),
    }
}

#[test]
fn url_matches_node() {
    let cases = cases(include_str!("data/url.json"));
    let mut wrong = 0;
    for case in &cases {
        let key = case["args"].to_string();
        let known =
            KNOWN_DIFFERENCES.iter().any(|(args, _)| key.starts_with(args) && !key.ends_with(r#","bad"]"#));
        if matches(case) == known {
            wrong += 1;
            println!("{} {case}", if known { "now agrees:" } else { "differs:" });
        }
    }
    assert_eq!(wrong, 0, "of {} cases", cases.len());
}
