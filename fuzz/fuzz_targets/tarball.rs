//! Tarballs: whatever is in them, nothing is written outside of the folder, and nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_npm_installer::extract;
use std::path::Path;

fuzz_target!(|archive: &[u8]| {
    // A header's checksum is never right by chance: the input is a list of headers in short form.
    let tarball = tarball(archive);
    let outer = std::env::temp_dir().join(format!("oac-fuzz-tarball-{}", std::process::id()));
    let folder = outer.join("package");
    let _ = std::fs::remove_dir_all(&outer);
    let result = extract("a@1.0.0", &tarball, &folder);
    // Neither outcome may leave anything beside the folder, or anything but files and folders in it.
    let _ = result;
    for entry in std::fs::read_dir(&outer).expect("made by extract") {
        assert_eq!(entry.expect("readable").path(), folder);
    }
    assert_plain(&folder);
    let _ = extract("a@1.0.0", archive, &folder);
});

fn assert_plain(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("readable");
        let kind = entry.file_type().expect("known");
        assert!(kind.is_file() || kind.is_dir(), "{:?}", entry.path());
        if kind.is_dir() {
            assert_plain(&entry.path());
        }
    }
}

/// Entries of: kind, mode, length of the name, name, length of the content, content.
fn tarball(mut input: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    while let [kind, mode, name_length, rest @ ..] = input {
        let name_length = usize::from(*name_length % 100).min(rest.len());
        let (name, rest) = rest.split_at(name_length);
        let Some((content_length, rest)) = rest.split_first() else { break };
        let (content, rest) = rest.split_at(usize::from(*content_length).min(rest.len()));
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(tar::EntryType::new(b'0' + kind % 8));
        header.set_mode(u32::from(*mode));
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content).expect("in memory");
        input = rest;
    }
    builder.into_inner().expect("in memory")
}
