//! An overlay answers every change as a plain directory does; eight bytes make one change, and a zero byte lays the overlay anew.

#![no_main]

#[path = "../../runtime/vfs/tests/trees/mod.rs"]
mod trees;

use libfuzzer_sys::fuzz_target;
use oac_vfs::{Caller, FileSystem, Layer, MemFs, Overlay, SharedFs};
use trees::{Change, Dice, text};

fn layer(fs: MemFs) -> Layer {
    let root = fs.root();
    Layer { fs: SharedFs::new(Box::new(fs)), root }
}

fuzz_target!(|data: &[u8]| {
    let memory = || MemFs::new(1 << 24, &Caller::root(0));
    let mut plain = memory();
    let mut changes = data.chunks_exact(8).map(|bytes| {
        let seed = u64::from_le_bytes(bytes.try_into().unwrap());
        (bytes[0] == 0, Change::random(&mut Dice::new(seed), false))
    });
    for (_, change) in changes.by_ref().take(data.len() / 16) {
        let _ = change.apply(&mut plain, 0);
    }
    let mut layers = vec![layer(plain.fork()), layer(memory())];
    layers.rotate_left(1);
    let mut overlay = Overlay::new(Some(layers[0].clone()), layers[1..].to_vec()).unwrap();
    for (anew, change) in changes {
        if anew && layers.len() < 6 {
            layers.insert(0, layer(memory()));
            overlay = Overlay::new(Some(layers[0].clone()), layers[1..].to_vec()).unwrap();
        }
        assert_eq!(change.apply(&mut overlay, 0), change.apply(&mut plain, 0), "{change:?}");
    }
    assert_eq!(text(&mut overlay, false), text(&mut plain, false));
});
