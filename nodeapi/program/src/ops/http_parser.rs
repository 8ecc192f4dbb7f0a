//! The binding `http_parser`: parsers as resources, their events as one flat list.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};
use oac_node_ops::http_parser::{Event, Head, HeaderBlock, Kind, Parser, Step};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "http_parser_new", run: new },
    OpDecl { name: "http_parser_limit", run: limit },
    OpDecl { name: "http_parser_execute", run: execute },
    OpDecl { name: "http_parser_finish", run: finish },
    OpDecl { name: "http_parser_answer", run: answer },
    OpDecl { name: "http_parser_fail", run: fail },
    OpDecl { name: "http_parser_pause", run: pause },
];

/// `http_parser_new(kind, maxHeaderBytes, leniency)`: the parser's number; kind 1 reads requests, 2 responses.
fn new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let kind = if args.u32(0)? == 1 { Kind::Request } else { Kind::Response };
    Ok(state.add_resource(Parser::new(kind, args.usize(1)? as u64, args.u32(2)? as u16)).into())
}

/// `http_parser_limit(parser, fields)`: how many fields a block may have; 0 for any number.
fn limit(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let fields = args.usize(1)?;
    state.resource::<Parser>(args.u32(0)?)?.limit_fields(if fields == 0 { usize::MAX } else { fields });
    Ok(OpValue::Undefined)
}

/// `http_parser_execute(parser, input, from)`: `[position, wantsAnswer, code?, reason?, bytesParsed?, …events]`, an event being a
/// number (Node's `kOn…`) and its values.
fn execute(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let parser = state.resource::<Parser>(args.u32(0)?)?;
    Ok(step(parser.execute(args.bytes(1)?, args.usize(2)?)))
}

/// `http_parser_finish(parser)`: as `http_parser_execute`.
fn finish(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(step(state.resource::<Parser>(args.u32(0)?)?.finish()))
}

/// `http_parser_answer(parser, answer)`: what `kOnHeadersComplete` gave.
fn answer(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let answer = args.i32(1)?;
    state.resource::<Parser>(args.u32(0)?)?.answer_headers(answer);
    Ok(OpValue::Undefined)
}

/// `http_parser_fail(parser)`: a callback threw; further input fails.
fn fail(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    state.resource::<Parser>(args.u32(0)?)?.fail_callback("HPE_JS_EXCEPTION", "JS Exception");
    Ok(OpValue::Undefined)
}

/// `http_parser_pause(parser, paused)`.
fn pause(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let parser = state.resource::<Parser>(args.u32(0)?)?;
    if args.bool(1) {
        parser.pause();
    } else {
        parser.resume();
    }
    Ok(OpValue::Undefined)
}

fn step(step: Step) -> OpValue {
    let mut out = vec![step.position.into(), step.wants_answer.into()];
    match step.error {
        Some(error) => {
            out.push(error.code.into());
            out.push(error.reason.into_owned().into());
            out.push(error.bytes_parsed.into());
        }
        None => out.extend([OpValue::Undefined, OpValue::Undefined, OpValue::Undefined]),
    }
    for event in step.events {
        push_event(&mut out, event);
    }
    OpValue::List(out)
}

fn push_event(out: &mut Vec<OpValue>, event: Event) {
    match event {
        Event::MessageBegin => out.push(0.into()),
        Event::Headers { headers, url } => out.extend([1.into(), list(&headers), url.into()]),
        Event::HeadersComplete(head) => {
            out.push(2.into());
            push_head(out, *head);
        }
        Event::Body { start, end } => out.extend([3.into(), start.into(), end.into()]),
        Event::MessageComplete => out.push(4.into()),
    }
}

/// The nine arguments of `kOnHeadersComplete`.
fn push_head(out: &mut Vec<OpValue>, head: Head) {
    out.extend([
        i32::from(head.version_major).into(),
        i32::from(head.version_minor).into(),
        head.headers.as_ref().map_or(OpValue::Undefined, list),
        head.method.map(i32::from).into(),
        head.url.into(),
        head.status_code.map(i32::from).into(),
        head.status_message.into(),
        head.upgrade.into(),
        head.should_keep_alive.into(),
    ]);
}

fn list(headers: &HeaderBlock) -> OpValue {
    OpValue::List(headers.iter().map(OpValue::from).collect())
}
