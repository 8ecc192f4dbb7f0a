//! Any bytes are the beginning of TLS or are refused, in whatever pieces they come; and any block is headers of HTTP/2 or none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_node_ops::{
    hpack::Hpack,
    tls::{Connection, Context},
};

fuzz_target!(|data: &[u8]| {
    let (cut, data) = data.split_first().map_or((0, data), |(cut, rest)| (usize::from(*cut), rest));
    let (first, second) = data.split_at(cut.min(data.len()));
    let mut server = Connection::server();
    let mut context = Context::new([0; 48]);
    for piece in [first, second] {
        if server.receive(piece).has_hello {
            server.accept(&mut context, Vec::new(), (true, false));
        }
    }
    if let Ok(mut client) = Connection::client(&mut context, "example.com", Vec::new(), None) {
        client.receive(first);
        client.receive(second);
    }
    let _ = Hpack::default().decode(data, 100, 10_000);
});
