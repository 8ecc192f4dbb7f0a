//! Embeds Node's JavaScript library and our glue: one deflated blob and an index of it.
//!
//! The library comes from the directory in `OAC_NODE_LIB` (what `cargo xtask` took out of the pinned Node binary: `lib/**.js`,
//! `bindings.json`, `roots.pem`, `intl/*.json`), the glue from `OAC_NODE_GLUE` (`nodeapi/js/dist`). Without them the index is empty, so that
//! a plain `cargo build` works; the program then says what it lacks.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

struct File {
    id: String,
    start: usize,
    packed: usize,
    size: usize,
}

fn main() {
    println!("cargo:rerun-if-env-changed=OAC_NODE_LIB");
    println!("cargo:rerun-if-env-changed=OAC_NODE_GLUE");
    // The shadow stack: `MAX_STACK_BYTES` of the engine's QuickJS module, and room for what runs above the check.
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo:rustc-link-arg-bins=-zstack-size={}", 8 << 20);
        // Guest modules call back through the function table.
        println!("cargo:rustc-link-arg-bins=--export-table");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let (mut files, mut blob) = (Vec::new(), Vec::new());
    if let Some(lib) = env::var_os("OAC_NODE_LIB").map(PathBuf::from) {
        println!("cargo:rerun-if-changed={}", lib.display());
        add_tree(&lib.join("lib"), "", ".js", "node:", &mut files, &mut blob);
        add_file(&lib.join("bindings.json"), "bindings.json".into(), &mut files, &mut blob);
        add_file(&lib.join("roots.pem"), "roots.pem".into(), &mut files, &mut blob);
        add_tree(&lib.join("intl"), "", ".json", "intl:", &mut files, &mut blob);
    }
    if let Some(glue) = env::var_os("OAC_NODE_GLUE").map(PathBuf::from) {
        println!("cargo:rerun-if-changed={}", glue.display());
        add_tree(&glue, "", ".js", "glue:", &mut files, &mut blob);
    }
    files.sort_by(|a, b| a.id.cmp(&b.id));
    let mut index = String::from("static INDEX: &[(&str, usize, usize, usize)] = &[\n");
    for file in &files {
        index += &format!("    ({:?}, {}, {}, {}),\n", file.id, file.start, file.packed, file.size);
    }
    index += "];\n";
    fs::write(out.join("library_index.rs"), index).expect("OUT_DIR is writable");
    fs::write(out.join("library.bin"), blob).expect("OUT_DIR is writable");
}

fn add_tree(dir: &Path, below: &str, suffix: &str, scheme: &str, files: &mut Vec<File>, blob: &mut Vec<u8>) {
    let mut entries: Vec<_> = fs::read_dir(dir)
        .unwrap_or_else(|e| panic!("cannot read {}: {e}", dir.display()))
        .map(|entry| entry.expect("a directory entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().expect("entries have names").to_string_lossy().into_owned();
        if path.is_dir() {
            add_tree(&path, &format!("{below}{name}/"), suffix, scheme, files, blob);
        } else if let Some(stem) = name.strip_suffix(suffix) {
            add_file(&path, format!("{scheme}{below}{stem}"), files, blob);
        }
    }
}

fn add_file(path: &Path, id: String, files: &mut Vec<File>, blob: &mut Vec<u8>) {
    let source = fs::read(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    let start = blob.len();
    let mut packer = flate2::write::DeflateEncoder::new(&mut *blob, flate2::Compression::best());
    packer.write_all(&source).and_then(|()| packer.try_finish()).expect("writing to memory");
    drop(packer);
    files.push(File { id, start, packed: blob.len() - start, size: source.len() });
}
