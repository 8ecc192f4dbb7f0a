//! `encoding_binding` against real Node.

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::encoding_binding::{StreamDecoder, encode_into, encoding_from_label};
use support::{bytes, cases, check_text, js, text};

#[test]
fn encoding_matches_node() {
    for case in cases(include_str!("data/encoding.json")) {
        if case["op"] == "encodeInto" {
            let mut room = vec![0; case["room"].as_u64().unwrap() as usize];
            let done = encode_into(js(&text(&case["text"])), &mut room);
            assert_eq!(done.read_units as u64, case["read"].as_u64().unwrap(), "{case}");
            assert_eq!(&room[..done.written_bytes], bytes(&case["out"]), "{case}");
            continue;
        }
        let label = case["label"].as_str().unwrap();
        assert_eq!(encoding_from_label(label).as_deref(), case["encoding"].as_str(), "{case}");
        let Some(mut decoder) =
            StreamDecoder::new(label, case["fatal"].as_bool().unwrap(), case["ignoreBOM"].as_bool().unwrap())
        else {
            continue;
        };
        match decoder.decode(&bytes(&case["bytes"]), true) {
            Ok(got) => check_text(got, &case["out"], &case),
            Err(_) => assert!(case["out"].is_null(), "{case}"),
        }
    }
}
