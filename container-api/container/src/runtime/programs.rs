//! Programs that come with the executable, and where they stand in a container's filesystem.

use std::{
    fmt,
    io::{self, Read},
};

/// Code compiled at build time by `oac-imager aot`.
#[derive(Clone, Copy)]
pub struct EmbeddedCode {
    /// The `.cwasm` file.
    pub bytes: &'static [u8],
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// A program inside the executable.
#[derive(Clone)]
pub struct EmbeddedProgram {
    /// The name that it is registered under.
    pub name: &'static str,
    /// The module, gzipped: wanted only where the code does not fit the machine.
    pub wasm_gzip: &'static [u8],
    /// The code for the machine that built it.
    pub code: Option<EmbeddedCode>,
}

impl EmbeddedProgram {
    pub(crate) fn wasm(&self) -> io::Result<Vec<u8>> {
        let mut wasm = Vec::new();
        flate2::read::GzDecoder::new(self.wasm_gzip).read_to_end(&mut wasm)?;
        Ok(wasm)
    }
}

impl fmt::Debug for EmbeddedProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or(0, |code| code.bytes.len());
        write!(f, "{} ({} bytes of wasm, gzipped; {code} of code)", self.name, self.wasm_gzip.len())
    }
}
