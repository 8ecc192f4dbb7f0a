//! Any bytes either parse or are refused, and how they are cut into reads changes nothing but where bodies are cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_node_ops::http_parser::{Event, Kind, Parser};

/// What was found, with bodies joined.
#[derive(Debug, PartialEq)]
enum Found {
    Event(Event),
    Body(Vec<u8>),
    Error(&'static str),
    Upgrade,
}

fn parse(kind: Kind, leniency: u16, input: &[u8], reads: impl Iterator<Item = usize>) -> Vec<Found> {
    let mut parser = Parser::new(kind, 0, leniency);
    let mut found = Vec::new();
    let mut start = 0;
    for length in reads {
        let read = &input[start..(start + length).min(input.len())];
        let mut position = 0;
        loop {
            let step = parser.execute(read, position);
            assert!(step.position >= position && step.position <= read.len());
            position = step.position;
            for event in step.events {
                match (event, found.last_mut()) {
                    (Event::Body { start, end }, Some(Found::Body(body))) => body.extend_from_slice(&read[start..end]),
                    (Event::Body { start, end }, _) => found.push(Found::Body(read[start..end].to_vec())),
                    (event, _) => found.push(Found::Event(event)),
                }
            }
            if let Some(error) = step.error {
                found.push(Found::Error(error.code));
                return found;
            }
            if !step.wants_answer {
                break;
            }
            parser.answer_headers(0);
        }
        if position < read.len() {
            found.push(Found::Upgrade);
            return found;
        }
        start += read.len();
        if start == input.len() {
            break;
        }
    }
    found.extend(parser.finish().events.into_iter().map(Found::Event));
    found
}

fuzz_target!(|data: &[u8]| {
    let [kind, low, high, cut, input @ ..] = data else { return };
    let kind = if kind & 1 == 0 { Kind::Request } else { Kind::Response };
    let leniency = u16::from_le_bytes([*low, *high]);
    let whole = parse(kind, leniency, input, std::iter::repeat(input.len().max(1)));
    let cut = parse(kind, leniency, input, std::iter::repeat(usize::from(*cut) + 1));
    // An upgrade at the end of a read leaves nothing over, which only the next read would show; header blocks that exceed the limit
    // are noticed at the end of a read.
    let odd = |list: &[Found]| list.iter().any(|one| matches!(one, Found::Upgrade | Found::Error("HPE_HEADER_OVERFLOW")));
    if !odd(&whole) && !odd(&cut) {
        assert_eq!(whole, cut);
    }
});
