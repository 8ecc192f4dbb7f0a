//! The embedded sources: Node's library (`node:<id>`), our glue (`glue:<path>`) and the shapes of Node's bindings
//! (`bindings.json`). Deflated; each is unpacked when it is compiled.

use std::io::Read as _;

include!(concat!(env!("OUT_DIR"), "/library_index.rs"));

static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.bin"));

/// Whether the program was built with the library and the glue.
pub(crate) fn is_present() -> bool {
    source("node:internal/bootstrap/realm").is_some() && source("glue:main").is_some()
}

/// The source with this id.
pub(crate) fn source(id: &str) -> Option<String> {
    let at = INDEX.binary_search_by(|entry| entry.0.cmp(id)).ok()?;
    let (_, start, packed, size) = INDEX[at];
    let mut text = String::with_capacity(size);
    flate2::read::DeflateDecoder::new(&BLOB[start..start + packed])
        .read_to_string(&mut text)
        .expect("the build script packed UTF-8");
    Some(text)
}

/// Ids of everything in Node's library, without the scheme, sorted.
pub(crate) fn node_ids() -> impl Iterator<Item = &'static str> {
    INDEX.iter().filter_map(|entry| entry.0.strip_prefix("node:"))
}
