//! `zlib` against real Node, and round trips through every mode.

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::zlib::{Mode, Params, Stream, ZlibError, crc32};
use serde_json::{Value, json};
use support::{bytes, cases};

const DEFAULTS: Params = Params { window_bits: 15, level: -1, mem_level: 8, strategy: 0 };

/// What `zlib.<mode>Sync(input)` does, with output chunks of `room` bytes.
fn run(stream: &mut Stream, mut input: &[u8], flush: i32, room: usize) -> Result<Vec<u8>, ZlibError> {
    let mut out = Vec::new();
    loop {
        let mut chunk = vec![0; room];
        let progress = stream.write(flush, input, &mut chunk);
        if let Some(error) = stream.error(progress.avail_out) {
            return Err(error);
        }
        input = &input[input.len() - progress.avail_in..];
        out.extend_from_slice(&chunk[..room - progress.avail_out]);
        if progress.avail_out > 0 {
            return Ok(out);
        }
    }
}

fn check(case: &Value, room: usize) -> bool {
    let mode = Mode::from_number(case["mode"].as_u64().unwrap() as u8).unwrap();
    let flush = case["finish"].as_i64().unwrap() as i32;
    let result = Stream::new(mode, DEFAULTS, bytes(&case["dictionary"]))
        .and_then(|mut stream| run(&mut stream, &bytes(&case["packed"]), flush, room));
    match result {
        Ok(out) => case["out"].is_string() && out == bytes(&case["out"]),
        Err(error) => {
            json!({ "message": error.message, "errno": error.errno, "code": error.code }) == case["error"]
        }
    }
}

#[test]
fn zlib_matches_node() {
    let mut wrong = 0;
    for case in cases(include_str!("data/zlib.json")) {
        if case["mode"] == 0 {
            let got = crc32(&bytes(&case["data"]), case["value"].as_u64().unwrap() as u32);
            assert_eq!(u64::from(got), case["out"].as_u64().unwrap(), "{case}");
            continue;
        }
        for room in [16 * 1024, 7] {
            if !check(&case, room) {
                wrong += 1;
                println!("{room} {case}");
            }
        }
    }
    assert_eq!(wrong, 0);
}

#[test]
fn every_mode_round_trips_under_every_flush() {
    let data: Vec<u8> = (0..20_000u32).map(|n| ((n * n) >> 7) as u8).collect();
    for (pack, unpack) in
        [(Mode::Deflate, Mode::Inflate), (Mode::Gzip, Mode::Unzip), (Mode::DeflateRaw, Mode::InflateRaw)]
    {
        for flush in 0..=5 {
            for level in -1..=9 {
                let mut stream = Stream::new(pack, Params { level, ..DEFAULTS }, Vec::new()).unwrap();
                let mut packed = run(&mut stream, &data[..9000], flush, 1000).unwrap();
                if flush != 4 {
                    packed.extend(run(&mut stream, &data[9000..], 4, 1000).unwrap());
                }
                let mut stream = Stream::new(unpack, DEFAULTS, Vec::new()).unwrap();
                let want = if flush == 4 { &data[..9000] } else { &data[..] };
                assert_eq!(run(&mut stream, &packed, 4, 3000).unwrap(), want, "{pack:?} {flush} {level}");
            }
        }
    }
}
