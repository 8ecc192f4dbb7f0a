//! The program that tests run inside containers (`tests/programs`), built once for all tests of a process. The command line's tests
//! include this file.

use std::{path::Path, process::Command, sync::OnceLock};

/// The module.
pub(crate) fn wasm() -> &'static [u8] {
    static WASM: OnceLock<Vec<u8>> = OnceLock::new();
    WASM.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../container/tests/programs/Cargo.toml");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--target", "wasm32-wasip1", "--manifest-path", manifest])
            .arg("--target-dir")
            .arg(&target)
            .env_remove("RUSTFLAGS")
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the test program is built");
        std::fs::read(target.join("wasm32-wasip1/release/oac-test-program.wasm")).expect("the test program")
    })
}
