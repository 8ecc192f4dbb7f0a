//! Any bytes are a tar archive or are refused; what is in one can be visited from end to end and copied elsewhere.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_abi::{Errno, bounds};
use oac_vfs::{Caller, FileSystem, MemFs, TarFs, TreeVisitor, Visited, copy_tree, visit_filesystem};

/// Checks what it is shown.
#[derive(Default)]
struct Check {
    expected_bytes: u64,
}

impl TreeVisitor for Check {
    type Error = Errno;

    fn file(&mut self, file: &Visited<'_>) -> Result<(), Errno> {
        assert_eq!(self.expected_bytes, 0, "the last file's content has come");
        assert!(file.path.len() < bounds::PATH_BYTES_MAX && !file.path.starts_with(b"/"));
        let names = file.path.split(|&byte| byte == b'/');
        assert!(file.path.is_empty() || names.clone().all(|name| !matches!(name, b"" | b"." | b"..")));
        if file.stat.is_file() && file.same_as.is_none() {
            self.expected_bytes = file.stat.size;
        }
        Ok(())
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.expected_bytes -= bytes.len() as u64;
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let mut data = data.to_vec();
    // Nobody guesses a checksum: every block that may be a header gets the right one.
    for block in data.chunks_exact_mut(512).filter(|block| block.iter().any(|&byte| byte != 0)) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
    let Ok(mut archive) = TarFs::new(data) else { return };
    visit_filesystem(&mut archive, &mut Check::default()).unwrap();
    let mut memory = MemFs::new(1 << 20, &Caller::root(0));
    let root = memory.root();
    let _ = copy_tree(&mut archive, &mut memory, root, 0);
});
