//! `http_parser` against real Node (llhttp).

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::http_parser::{Event, HeaderBlock, Kind, Parser, Step};
use oac_node_ops::text::latin1_to_str;
use serde_json::{Value, json};
use support::{bytes, cases};

fn list(headers: &HeaderBlock) -> Value {
    headers.iter().collect::<Vec<_>>().into()
}

fn log_step(step: &Step, input: &[u8], log: &mut Vec<Value>) {
    for event in &step.events {
        log.push(match event {
            Event::MessageBegin => json!(["begin"]),
            Event::Headers { headers, url } => json!(["headers", list(headers), url]),
            Event::HeadersComplete(head) => json!([
                "head",
                head.version_major,
                head.version_minor,
                head.headers.as_ref().map(list),
                head.method,
                head.url,
                head.status_code,
                head.status_message,
                head.upgrade,
                head.should_keep_alive
            ]),
            Event::Body { start, end } => json!(["body", latin1_to_str(&input[*start..*end])]),
            Event::MessageComplete => json!(["done"]),
        });
    }
}

fn run(case: &Value) -> Vec<Value> {
    let number = |name: &str| case[name].as_u64().unwrap();
    let kind = if case["kind"] == "REQUEST" { Kind::Request } else { Kind::Response };
    let mut parser = Parser::new(kind, number("limit"), number("lenient") as u16);
    let text = bytes(&case["text"]);
    let mut log = Vec::new();
    let mut start = 0;
    let cuts = case["cuts"].as_array().unwrap().iter().map(|cut| cut.as_u64().unwrap() as usize);
    for end in cuts.chain([text.len()]) {
        let input = &text[start..end];
        let mut position = 0;
        let step = loop {
            let step = parser.execute(input, position);
            position = step.position;
            log_step(&step, input, &mut log);
            if !step.wants_answer {
                break step;
            }
            parser.answer_headers(number("answer") as i32);
        };
        if let Some(error) = step.error {
            log.push(json!(["error", error.code, error.reason, error.bytes_parsed]));
            return log;
        }
        log.push(json!(["used", step.position]));
        if step.position < input.len() {
            return log;
        }
        start = end;
    }
    let step = parser.finish();
    log_step(&step, &[], &mut log);
    log.push(step.error.map_or(json!(["finished"]), |error| json!(["error", error.code, error.reason])));
    log
}

#[test]
fn http_parser_matches_node() {
    let cases = cases(include_str!("data/http_parser.json"));
    let mut failed = 0;
    for case in &cases {
        let got = Value::from(run(case));
        if got != case["log"] {
            failed += 1;
            println!(
                "{:?} cuts {} lenient {} answer {}",
                latin1_to_str(&bytes(&case["text"])),
                case["cuts"],
                case["lenient"],
                case["answer"]
            );
            println!("  want {}\n  got  {got}", case["log"]);
        }
    }
    assert_eq!(failed, 0, "of {} cases", cases.len());
}
