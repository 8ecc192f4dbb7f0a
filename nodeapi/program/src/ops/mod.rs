//! The ops that the glue finds as `host.ops.<name>`, one table per file. How to add one: `nodeapi/js/README.md`.

mod buffer;
mod cjs_lexer;
mod crypto;
mod crypto_cipher;
mod crypto_keys;
mod crypto_numbers;
mod crypto_x509;
mod dns;
mod hpack;
mod http_parser;
mod icu;
mod intl;
mod program;
mod shared_memory;
#[cfg(feature = "sqlite")]
mod sqlite;
mod sys;
mod tls;
mod typescript;
mod url;
mod webassembly;
mod zlib;

use oac_engine::{OpDecl, ReentrantOp};

/// Every table.
pub(crate) const ALL: &[&[OpDecl]] = &[
    program::OPS,
    sys::OPS,
    tls::OPS,
    buffer::OPS,
    cjs_lexer::OPS,
    url::OPS,
    crypto::OPS,
    crypto_cipher::OPS,
    crypto_keys::OPS,
    crypto_numbers::OPS,
    crypto_x509::OPS,
    dns::OPS,
    hpack::OPS,
    http_parser::OPS,
    icu::OPS,
    intl::OPS,
    shared_memory::OPS,
    #[cfg(feature = "sqlite")]
    sqlite::OPS,
    typescript::OPS,
    webassembly::OPS,
    zlib::OPS,
];

/// Those during which scripts run again.
#[cfg(feature = "sqlite")]
pub(crate) const REENTRANT: &[ReentrantOp] = &{
    let [exec, prepare, step, changeset, apply, serialize, deserialize, start, next] = sqlite::REENTRANT;
    [webassembly::ENTER, exec, prepare, step, changeset, apply, serialize, deserialize, start, next]
};
#[cfg(not(feature = "sqlite"))]
pub(crate) const REENTRANT: &[ReentrantOp] = &[webassembly::ENTER];
