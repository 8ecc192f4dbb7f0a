//! `buffer` against real Node.

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::buffer::{self, Direction, Encoding};
use serde_json::Value;
use support::{bytes, cases, check_text, js, text};

fn encoding(case: &Value) -> Encoding {
    Encoding::from_name(case["encoding"].as_str().unwrap()).unwrap()
}

fn check(case: &Value) {
    let out = &case["out"];
    match case["op"].as_str().unwrap() {
        "encode" => {
            assert_eq!(buffer::encode(js(&text(&case["text"])), encoding(case)), bytes(out), "{case}")
        }
        "write" => {
            let mut room = vec![0; case["room"].as_u64().unwrap() as usize];
            let written = buffer::write(js(&text(&case["text"])), encoding(case), &mut room);
            assert_eq!(&room[..written], bytes(out), "{case}");
        }
        "byteLength" => {
            assert_eq!(
                buffer::byte_length_utf8(js(&text(&case["text"]))) as u64,
                out.as_u64().unwrap(),
                "{case}"
            );
        }
        "atob" => match buffer::atob(js(&text(&case["text"]))) {
            Ok(got) => check_text(got, out, case),
            Err(_) => assert!(out.is_null(), "{case}"),
        },
        "btoa" => match buffer::btoa(js(&text(&case["text"]))) {
            Some(got) => check_text(got.into(), out, case),
            None => assert!(out.is_null(), "{case}"),
        },
        "slice" => check_text(buffer::slice(&bytes(&case["bytes"]), encoding(case)), out, case),
        name @ ("indexOf" | "lastIndexOf" | "indexOfNumber" | "lastIndexOfNumber") => {
            check_search(name, case)
        }
        other => panic!("unknown op {other}"),
    }
}

fn check_search(name: &str, case: &Value) {
    let direction = if name.starts_with("last") { Direction::Backward } else { Direction::Forward };
    let hay = bytes(&case["bytes"]);
    let offset = case["offset"].as_i64().unwrap();
    let got = if name.ends_with("Number") {
        buffer::index_of_number(&hay, case["value"].as_u64().unwrap() as u32, offset, direction)
    } else {
        buffer::index_of_string(&hay, js(&text(&case["text"])), offset, encoding(case), direction)
    };
    assert_eq!(got.map_or(-1, |at| at as i64), case["out"].as_i64().unwrap(), "{case}");
}

#[test]
fn buffer_matches_node() {
    let cases = cases(include_str!("data/buffer.json"));
    let failed: Vec<_> =
        cases.iter().filter(|case| std::panic::catch_unwind(|| check(case)).is_err()).collect();
    assert!(failed.is_empty(), "{} of {} cases differ", failed.len(), cases.len());
}
