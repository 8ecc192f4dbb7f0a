//! How programs are compiled. One function, for the container and for the tool that compiles programs ahead of time: code made
//! under one configuration does not load under another.

use std::num::NonZero;

use wasmtime::{Config, WasmBacktraceDetails};

/// Native stack that wasm frames of one task may take. QuickJS recurses natively for JavaScript calls, so it is generous; pages
/// are committed only as they are touched.
pub(crate) const WASM_STACK_BYTES: usize = 16 << 20;
/// Stack left to the host below wasm's: marshalling, the kernel, filesystems.
pub(crate) const HOST_STACK_BYTES: usize = 1 << 20;
/// A snapshotted program starts with its heap as an image that is mapped, not copied, up to this size.
const IMAGE_BYTES_MAX: u64 = 256 << 20;
/// A stack that has overflowed is not walked to its end.
const BACKTRACE_FRAMES_MAX: usize = 16;

/// The configuration of every engine in this system.
pub fn engine_config() -> Config {
    let mut config = Config::new();
    config
        // Kill: a stopped task notices at its next loop or call.
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        // Not used here, but never smaller.
        .async_stack_size(WASM_STACK_BYTES)
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(IMAGE_BYTES_MAX)
        .wasm_backtrace_max_frames(NonZero::new(BACKTRACE_FRAMES_MAX))
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        // Function names suffice in a trap's message; the map from addresses to wasm offsets is a quarter of the code's size.
        .generate_address_map(false)
        .native_unwind_info(false);
    config
}
