//! Any bytes are a certificate or none: to those who judge chains and to those who show them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_node_ops::tls::{Certificate, Purpose, describe, pem_blocks, verify};

fuzz_target!(|data: &[u8]| {
    let _ = describe(data);
    let _ = pem_blocks(data, &["CERTIFICATE"]);
    if let Some(certificate) = Certificate::parse(data) {
        let list = [certificate];
        let (chain, _) = verify(&list, &[&list[0]], Purpose::Server, 0, false);
        assert_eq!(chain.len(), 1);
    }
});
