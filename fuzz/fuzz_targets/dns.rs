//! Any bytes either are an answer to the query or are refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_node_ops::dns;

fuzz_target!(|data: &[u8]| {
    let query = dns::query(u16::from_be_bytes([0, 7]), "example.org", dns::kind::ANY).expect("a name");
    let _ = dns::answer(&query, data);
    // With the right head more of it is read.
    let mut message = query.clone();
    message[2] |= 0x80;
    message[7] = data.first().copied().unwrap_or(0);
    message.extend_from_slice(data.get(1..).unwrap_or_default());
    let _ = dns::answer(&query, &message);
});
