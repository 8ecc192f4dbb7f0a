//! The graft of any valid module is a valid module.

#![allow(clippy::unwrap_used)]

use arbitrary::Unstructured;
use oac_graft::GraftError;
use wasm_smith::{Config, Module};
use wasmparser::{Validator, WasmFeatures};

/// Bytes that a seed decides, enough for a module.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    })
    .take(8192)
    .collect()
}

fn module(seed: u64) -> Option<Vec<u8>> {
    let config = Config {
        gc_enabled: false,
        exceptions_enabled: false,
        memory64_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        shared_everything_threads_enabled: false,
        max_memories: 3,
        max_tables: 3,
        min_funcs: 1,
        ..Config::default()
    };
    Module::new(config, &mut Unstructured::new(&bytes(seed))).ok().map(|module| module.to_bytes())
}

#[test]
fn the_graft_of_any_valid_module_is_valid() {
    let (mut grafted, mut refused) = (0, 0);
    for seed in 1..=400 {
        let Some(guest) = module(seed) else { continue };
        match oac_graft::graft(&guest) {
            Ok(graft) => {
                grafted += 1;
                let validated = Validator::new_with_features(WasmFeatures::all()).validate_all(&graft.module);
                assert!(validated.is_ok(), "seed {seed}: {:?}", validated.err());
            }
            Err(GraftError::Internal(fault)) => panic!("seed {seed}: {fault}"),
            Err(error) => {
                println!("seed {seed}: {error}");
                refused += 1;
            }
        }
    }
    assert!(grafted > refused, "{grafted} grafted, {refused} refused");
}
