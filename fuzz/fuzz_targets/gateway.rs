//! Any bytes are requests to the gateway or are refused, and what comes out does not depend on the pieces they come in.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| oac_kernel::check_gateway_reader(data));
