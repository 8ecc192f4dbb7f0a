//! `string_decoder` against real Node.

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::buffer::Encoding;
use oac_node_ops::string_decoder::{self, BUFFERED_BYTES, ENCODING_FIELD, MISSING_BYTES, STATE_SIZE};
use support::{bytes, cases, check_text};

#[test]
fn string_decoder_matches_node() {
    for case in cases(include_str!("data/string_decoder.json")) {
        let mut state = [0; STATE_SIZE];
        state[ENCODING_FIELD] = Encoding::from_name(case["encoding"].as_str().unwrap()).unwrap() as u8;
        for step in case["steps"].as_array().unwrap() {
            let chunk = bytes(&step["chunk"]);
            check_text(string_decoder::decode(&mut state, &chunk), &step["out"], &case);
            let need = u64::from(state[MISSING_BYTES]);
            assert_eq!(Some(need), step["need"].as_u64(), "{step} in {case}");
            assert_eq!(
                Some(need + u64::from(state[BUFFERED_BYTES])),
                step["total"].as_u64(),
                "{step} in {case}"
            );
        }
        let end =
            if state[BUFFERED_BYTES] > 0 { string_decoder::flush(&mut state) } else { "".to_owned().into() };
        check_text(end, &case["end"], &case);
    }
}
