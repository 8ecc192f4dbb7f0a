//! Any bytes either decode, and then to what encodes to the same, or are refused; and a kernel answers any request.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_abi::{
    CALLS,
    bounds::CALL_ARGS_MAX,
    fetch::{RequestHead, ResponseHead},
    sockaddr::SocketAddress,
    spawn::SpawnRequest,
    wire::Request,
};
use oac_kernel::{Config, Kernel, Now, Outcome};

/// Calls a kernel makes of the input: each takes a number, its arguments, and the rest as bytes that go in.
const CALLS_MAX: usize = 64;
const OUT_BYTES: usize = 4096;

fn decode(data: &[u8]) {
    if let Ok(request) = SpawnRequest::decode(data) {
        assert_eq!(SpawnRequest::decode(&request.encode()), Ok(request));
    }
    if let Ok(head) = RequestHead::decode(data) {
        assert_eq!(head.encode(), data);
    }
    if let Ok(head) = ResponseHead::decode(data) {
        assert_eq!(head.encode(), data);
    }
    if let Ok(address) = SocketAddress::decode(data) {
        assert_eq!(SocketAddress::decode(&address.encode()), Ok(address));
    }
}

/// One call; gives what is left of the input.
fn call<'a>(kernel: &mut Kernel, task: oac_kernel::TaskId, data: &'a [u8]) -> Option<&'a [u8]> {
    let (&row, mut rest) = data.split_first()?;
    let spec = &CALLS[usize::from(row) % CALLS.len()];
    let (mut args, mut out_len) = ([0; CALL_ARGS_MAX], 0);
    for (slot, param) in args.iter_mut().zip(spec.params) {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        *slot = match byte {
            255 => i64::MIN,
            254 => i64::MAX,
            253 => -100,
            252 => -1,
            byte => i64::from(byte),
        };
        // Capacities lie sometimes, as nothing but the kernel's own checks should be relied on.
        if param.kind.comes_out() {
            out_len += usize::try_from(*slot).unwrap_or(0).min(OUT_BYTES);
        }
    }
    let (&len, after) = rest.split_first()?;
    let (input, rest) = after.split_at(after.len().min(usize::from(len)));
    let mut out = vec![0; out_len];
    let outcome = kernel.call(task, Request { number: spec.number, args, input }, &mut out);
    if let Outcome::Done(reply) = outcome {
        assert!(reply.written.iter().map(|&len| len as usize).sum::<usize>() <= out.len());
    }
    while kernel.next_request().is_some() {}
    Some(rest)
}

fuzz_target!(|data: &[u8]| {
    decode(data);
    let mut kernel = Kernel::new(Config::default(), Now::default());
    let task = kernel.attach("fuzz");
    let mut rest = data;
    for _ in 0..CALLS_MAX {
        match call(&mut kernel, task, rest) {
            Some(left) => rest = left,
            None => break,
        }
    }
    kernel.detach(task);
    let census = kernel.census();
    assert_eq!((census.fds, census.descriptions, census.waiting), (0, 0, 0));
});
