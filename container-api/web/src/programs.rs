//! The programs that ship with the package, and where they stand in a container; the same places as natively.

/// (path, the name of its wasm file).
pub(crate) const PROGRAMS: &[(&str, &str)] = &[
    ("/usr/bin/node", "node"),
    ("/usr/bin/npm", "npm"),
    ("/usr/bin/npx", "npm"),
    ("/bin/sh", "sh"),
    ("/usr/bin/env", "sh"),
];
