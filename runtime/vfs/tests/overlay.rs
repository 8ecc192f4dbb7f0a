//! An overlay is a plain directory to those who use it, and leaves its lower layers alone; so is an overlay that is made anew of the
//! layers of another, of a fork of one, or over one.

#![allow(clippy::unwrap_used)]

mod trees;

use oac_abi::Errno;
use oac_vfs::{
    Access, Caller, FileSystem, Layer, MemFs, NewNode, Overlay, SetAttributes, SharedFs, WriteAt, XattrMode,
};
use trees::{Change, Dice, find, text};

const CALLER: Caller = Caller::root(0);

fn memory() -> MemFs {
    MemFs::new(1 << 24, &CALLER)
}

fn layer(fs: MemFs) -> Layer {
    let root = fs.root();
    Layer { fs: SharedFs::new(Box::new(fs)), root }
}

/// Makes the same changes in both and compares what they answer, and now and then the trees.
fn compare(
    plain: &mut dyn FileSystem,
    overlay: &mut dyn FileSystem,
    dice: &mut Dice,
    changes: usize,
    links: bool,
    history: &mut Vec<String>,
) {
    for number in 0..changes {
        let change = Change::random(dice, links);
        let now_ns = number as i64;
        let expected = change.apply(plain, now_ns);
        history.push(format!("{change:?} -> {expected:?}"));
        assert_eq!(change.apply(overlay, now_ns), expected, "after\n{}", history.join("\n"));
        if number % 16 == 0 {
            assert_eq!(text(overlay, links), text(plain, links), "after\n{}", history.join("\n"));
        }
    }
}

/// A longer run: OAC_OVERLAY_SEEDS=10000 cargo test --release -p oac-vfs --test overlay
fn seeds() -> std::ops::Range<u64> {
    0..std::env::var("OAC_OVERLAY_SEEDS").map_or(80, |seeds| seeds.parse().unwrap())
}

fn lower(dice: &mut Dice, links: bool) -> MemFs {
    let mut lower = memory();
    for _ in 0..60 {
        let _ = Change::random(dice, links).apply(&mut lower, 0);
    }
    lower
}

#[test]
fn an_overlay_is_like_a_plain_directory() {
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        let mut plain = lower(&mut dice, true);
        let lower = layer(plain.fork());
        let before = text(&mut plain.fork(), true);
        let mut overlay = Overlay::new(Some(layer(memory())), vec![lower.clone()]).unwrap();
        let mut history = vec![format!("seed {seed}"), text(&mut plain, true)];
        compare(&mut plain, &mut overlay, &mut dice, 200, true, &mut history);
        assert_eq!(text(&mut plain, true), text(&mut overlay, true), "after\n{}", history.join("\n"));
        let mut lower = Overlay::new(None, vec![lower]).unwrap();
        assert_eq!(text(&mut lower, true), before, "the lower layer stays as it was");
        let read_only = Change::MakeDir(vec!["new"]).apply(&mut lower, 0);
        assert_eq!(read_only, Err(Errno::EROFS));
    }
}

#[test]
fn layers_can_be_laid_over_each_other_again() {
    for seed in seeds() {
        let mut dice = Dice::new(seed);
        let mut plain = lower(&mut dice, false);
        let mut layers = vec![layer(plain.fork())];
        let mut history = vec![format!("seed {seed}"), text(&mut plain, false)];
        for _ in 0..4 {
            let upper = layer(memory());
            let mut overlay = Overlay::new(Some(upper.clone()), layers.clone()).unwrap();
            compare(&mut plain, &mut overlay, &mut dice, 50, false, &mut history);
            history.push("again".into());
            let mut again = Overlay::new(Some(upper.clone()), layers.clone()).unwrap();
            assert_eq!(text(&mut again, false), text(&mut plain, false), "after\n{}", history.join("\n"));
            compare(&mut plain, &mut again, &mut dice, 50, false, &mut history);
            history.push("fork".into());
            let mut fork = FileSystem::fork(&mut again).unwrap();
            let before = text(&mut plain, false);
            for _ in 0..10 {
                let _ = Change::random(&mut dice, false).apply(&mut *fork, 0);
            }
            assert_eq!(text(&mut again, false), before, "a fork's changes are its own");
            layers.insert(0, upper);
        }
    }
}

#[test]
fn what_is_open_sees_what_is_written_and_outlives_its_name() {
    let mut lower = memory();
    Change::MakeFile(vec!["a"], 10).apply(&mut lower, 0).unwrap();
    let root = lower.root();
    let ino = find(&mut lower, &["a"]).unwrap();
    lower.link(&CALLER, ino, root, b"b").unwrap();
    let mut fs = Overlay::new(Some(layer(memory())), vec![layer(lower)]).unwrap();
    let ino = find(&mut fs, &["a"]).unwrap();
    let reader = fs.open(&CALLER, ino, Access { read: true, write: false }).unwrap();
    Change::Write(vec!["b"], 0, b'w').apply(&mut fs, 0).unwrap();
    let mut byte = [0];
    assert_eq!(fs.read(reader, 0, &mut byte), Ok(1));
    assert_eq!(byte, *b"w", "it has been copied up since it was opened");
    let root = fs.root();
    for name in [b"a", b"b"] {
        fs.unlink(&CALLER, root, name).unwrap();
    }
    assert_eq!(fs.metadata(ino).unwrap().nlink, 0);
    let truncate = SetAttributes { size: Some(5), ..SetAttributes::default() };
    fs.set_attributes(&CALLER, ino, &truncate).unwrap();
    assert_eq!(fs.read(reader, 0, &mut [0; 100]), Ok(5));
    fs.close(reader);
    assert_eq!(fs.metadata(ino), Err(Errno::ESTALE));
}

#[test]
fn a_full_upper_layer_changes_nothing() {
    let mut lower = memory();
    Change::MakeFile(vec!["a"], 8000).apply(&mut lower, 0).unwrap();
    let small = MemFs::new(6000, &CALLER);
    let mut fs = Overlay::new(Some(layer(small)), vec![layer(lower)]).unwrap();
    let before = text(&mut fs, true);
    assert_eq!(Change::Write(vec!["a"], 0, 1).apply(&mut fs, 0), Err(Errno::ENOSPC));
    assert_eq!(text(&mut fs, true), before);
    Change::Truncate(vec!["a"], 100).apply(&mut fs, 0).expect("no more than that is copied");
}

#[test]
fn what_an_overlay_is_not_made_of() {
    let none = Overlay::new(Some(layer(memory())), Vec::new());
    assert_eq!(none.err(), Some(Errno::EINVAL));
    let many = (0..65).map(|_| layer(memory())).collect();
    assert_eq!(Overlay::new(None, many).err(), Some(Errno::EINVAL));
    let mut with_file = memory();
    let (root, mode) = (with_file.root(), 0o644);
    let file = with_file.create(&CALLER, root, b"f", NewNode::File { mode }).unwrap();
    let layer = Layer { root: file, ..layer(with_file) };
    assert_eq!(Overlay::new(None, vec![layer]).err(), Some(Errno::ENOTDIR));
}

#[test]
fn deep_trees_need_no_deep_stack() {
    let mut lower = memory();
    let mut at = lower.root();
    for _ in 0..20_000 {
        at = lower.create(&CALLER, at, b"d", NewNode::Directory { mode: 0o755 }).unwrap();
    }
    let mut fs = Overlay::new(Some(layer(memory())), vec![layer(lower)]).unwrap();
    let mut at = fs.root();
    for _ in 0..20_000 {
        at = fs.lookup(at, b"d").unwrap();
    }
    fs.create(&CALLER, at, b"f", NewNode::File { mode: 0o644 }).unwrap();
    let root = fs.root();
    let into_itself = fs.rename(&CALLER, (root, b"d"), (at, b"d"), oac_vfs::RenameMode::Replace);
    assert_eq!(into_itself, Err(Errno::EINVAL));
}

#[test]
fn overlays_are_stacked_twice() {
    let on = |lower: Layer| {
        let fs = Overlay::new(Some(layer(memory())), vec![lower]);
        fs.map(|fs| Layer { root: fs.root(), fs: SharedFs::new(Box::new(fs)) })
    };
    let twice = on(on(layer(memory())).unwrap()).unwrap();
    assert_eq!(on(twice).err(), Some(Errno::EINVAL));
}

#[test]
fn its_own_marks_are_not_shown_nor_taken() {
    let mut fs = Overlay::new(Some(layer(memory())), vec![layer(memory())]).unwrap();
    let root = fs.root();
    assert_eq!(
        fs.set_xattr(&CALLER, root, b"trusted.overlay.opaque", b"y", XattrMode::Set),
        Err(Errno::EPERM)
    );
    let device = fs.create(&CALLER, root, b"d", NewNode::Device { mode: 0, rdev: 0 });
    assert_eq!(device, Err(Errno::EPERM));
    let ino = fs.create(&CALLER, root, b"f", NewNode::File { mode: 0o644 }).unwrap();
    let handle = fs.open(&CALLER, ino, Access { read: true, write: false }).unwrap();
    assert_eq!(fs.write(&CALLER, handle, WriteAt::End, b"x"), Err(Errno::EBADF));
    fs.close(handle);
}
