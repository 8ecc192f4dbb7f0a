//! An overlay is a plain directory to those who use it, and leaves its lower layers alone; so is an overlay that is made anew of the
//! layers of another, of a fork of one, or over one.

#![allow(clippy::unwrap_used)]

mod trees;

use oac_abi::Errno;
use oac_vfs::{
    Access, Caller, FileSystem, Handle, Ino, Layer, MemFs, NewNode, Overlay, SetAttributes, SharedFs,
    WriteAt, XattrMode,
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

/// An open file in both filesystems.
#[derive(Clone, Copy)]
struct Slot {
    write: bool,
    plain: (Ino, Handle),
    overlay: (Ino, Handle),
}

/// Opens, reads, writes, looks at and closes files that stay open while the trees change.
fn use_slot(
    plain: &mut dyn FileSystem,
    overlay: &mut dyn FileSystem,
    slot: &mut Option<Slot>,
    dice: &mut Dice,
) -> String {
    let Some(open) = *slot else {
        let path = dice.path();
        let access = [(true, false), (true, true), (false, true)][dice.roll(3) as usize];
        let access = Access { read: access.0, write: access.1 };
        let open = |fs: &mut dyn FileSystem| {
            let ino = find(fs, &path)?;
            Ok((ino, fs.open(&CALLER, ino, access)?))
        };
        let opened: [Result<_, Errno>; 2] = [open(plain), open(overlay)];
        let said = format!("open {path:?} {access:?}: {:?}", opened[0].map(|_| ()));
        assert_eq!(opened[0].map(|_| ()), opened[1].map(|_| ()), "{said}");
        if let [Ok(plain), Ok(overlay)] = opened {
            *slot = Some(Slot { write: access.write, plain, overlay });
        }
        return said;
    };
    let each = [open.plain, open.overlay];
    let (what, offset) = match (dice.roll(4), dice.roll(9000)) {
        // Whether a descriptor may write is the kernel's matter.
        (1, offset) if !open.write => (2, offset),
        roll => roll,
    };
    let act = |fs: &mut dyn FileSystem, (ino, handle): (Ino, Handle)| match what {
        0 => {
            fs.close(handle);
            "close".to_string()
        }
        1 => format!("write {offset} {:?}", fs.write(&CALLER, handle, WriteAt::Offset(offset), b"slot")),
        2 => {
            let mut buf = vec![0; 20_000];
            format!(
                "read {:?} {:?}",
                fs.read(handle, offset, &mut buf),
                buf.iter().map(|&b| u64::from(b)).sum::<u64>()
            )
        }
        _ => {
            let stat = fs.metadata(ino).unwrap();
            let size = if stat.is_dir() { 0 } else { stat.size };
            format!("stat {:o} {} {size}", stat.mode, stat.nlink)
        }
    };
    let said = [act(plain, each[0]), act(overlay, each[1])];
    if what == 0 {
        *slot = None;
    }
    assert_eq!(said[0], said[1]);
    said[1].clone()
}

#[test]
fn files_stay_open_while_the_tree_changes() {
    for seed in seeds() {
        let mut dice = Dice::new(seed + 1_000_000);
        let mut plain = lower(&mut dice, true);
        let root = plain.root();
        let lower_names = plain.read_dir(root).unwrap().len() as u64;
        let lower = layer(plain.fork());
        let mut overlay = Overlay::new(Some(layer(memory())), vec![lower]).unwrap();
        let mut slots = [None; 4];
        let mut history = vec![format!("seed {seed}"), text(&mut plain, true)];
        for _ in 0..120 {
            if dice.roll(2) == 0 {
                let slot = &mut slots[dice.roll(4) as usize];
                history.push("in a slot".into());
                let said = use_slot(&mut plain, &mut overlay, slot, &mut dice);
                history.push(said);
            } else {
                let changes = 1 + dice.roll(6) as usize;
                compare(&mut plain, &mut overlay, &mut dice, changes, true, &mut history);
            }
        }
        for slot in slots.into_iter().flatten() {
            plain.close(slot.plain.1);
            overlay.close(slot.overlay.1);
        }
        // What is left when all has been removed: the root, and whiteouts of names in the lower one.
        let root = overlay.root();
        empty(&mut overlay, root);
        let facts = overlay.stat_fs().unwrap();
        assert!(facts.files - facts.files_free <= 1 + lower_names, "{}", history.join("\n"));
    }
}

fn empty(fs: &mut dyn FileSystem, dir: Ino) {
    for entry in fs.read_dir(dir).unwrap() {
        let ino = fs.lookup(dir, &entry.name).unwrap();
        if fs.metadata(ino).unwrap().is_dir() {
            empty(fs, ino);
            fs.remove_dir(&CALLER, dir, &entry.name).unwrap();
        } else {
            fs.unlink(&CALLER, dir, &entry.name).unwrap();
        }
    }
}
