//! Puts the programs into the executable: from the directory `OAC_PROGRAMS_DIR`, `NAME.wasm` and `NAME.cwasm` (what
//! `oac-imager` makes) of each. Without the variable `oac` is built without them and says so when one is wanted.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// `node-boa` is there after `cargo xtask build boa`.
const NAMES: [&str; 5] = ["node", "node-boa", "npm", "sh", "coreutils"];

/// One entry of the generated list.
fn entry(name: &str, programs: &Path, out: &Path) -> Option<String> {
    let wasm = programs.join(format!("{name}.wasm"));
    let code = programs.join(format!("{name}.cwasm"));
    println!("cargo::rerun-if-changed={}", wasm.display());
    println!("cargo::rerun-if-changed={}", code.display());
    let module = fs::read(&wasm).ok()?;
    let gzip = out.join(format!("{name}.wasm.gz"));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&module).expect("memory can be written to");
    fs::write(&gzip, encoder.finish().expect("memory can be written to")).expect("OUT_DIR can be written to");
    let code = match fs::read(&code) {
        Ok(bytes) => {
            let copy = out.join(format!("{name}.cwasm"));
            fs::write(&copy, &bytes).expect("OUT_DIR can be written to");
            let sha256: [u8; 32] = Sha256::digest(&bytes).into();
            format!("Some(EmbeddedCode {{ bytes: include_bytes!({copy:?}), sha256: {sha256:?} }})")
        }
        Err(_) => "None".into(),
    };
    Some(format!("EmbeddedProgram {{ name: {name:?}, wasm_gzip: include_bytes!({gzip:?}), code: {code} }},"))
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=OAC_PROGRAMS_DIR");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut list = String::from("vec![");
    if let Some(programs) = env::var_os("OAC_PROGRAMS_DIR") {
        for name in NAMES {
            if let Some(entry) = entry(name, Path::new(&programs), &out) {
                writeln!(list, "{entry}").expect("a String can be written to");
            }
        }
    }
    list.push(']');
    fs::write(out.join("programs.rs"), list).expect("OUT_DIR can be written to");
}
