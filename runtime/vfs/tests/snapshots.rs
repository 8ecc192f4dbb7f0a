//! Forks of memory files: whatever is done to one of them shows in no other, and all keep count.

#![allow(clippy::unwrap_used)]

mod trees;

use oac_abi::Errno;
use oac_vfs::{Access, Caller, FileSystem, MemFs, NewNode, Quota, WriteAt};
use trees::{Change, Dice, text};

const CALLER: Caller = Caller::root(0);

/// What a tree takes, as statfs(2) tells.
fn used(fs: &mut MemFs) -> (u64, u64) {
    let facts = fs.stat_fs().unwrap();
    (facts.blocks_free, facts.files_free)
}

#[test]
fn forks_are_isolated_from_each_other() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let mut forks = vec![MemFs::new(1 << 24, &CALLER)];
        let mut plain: Vec<String> = vec![String::new()];
        for step in 0..400 {
            let chosen = dice.roll(forks.len() as u64) as usize;
            if step % 50 == 0 {
                let mut fork = forks[chosen].fork();
                assert_eq!(used(&mut fork), used(&mut forks[chosen]));
                plain.push(text(&mut fork, true));
                forks.push(fork);
            }
            let _ = Change::random(&mut dice, true).apply(&mut forks[chosen], step);
            plain[chosen] = text(&mut forks[chosen], true);
        }
        for (fork, expected) in forks.iter_mut().zip(&plain) {
            assert_eq!(text(fork, true), *expected, "seed {seed}");
        }
    }
}

#[test]
fn an_emptied_tree_gives_everything_back() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let mut fs = MemFs::new(1 << 24, &CALLER);
        let before = used(&mut fs);
        for step in 0..200 {
            let _ = Change::random(&mut dice, true).apply(&mut fs, step);
        }
        let root = fs.root();
        empty(&mut fs, root);
        let _ = Change::SetXattr(Vec::new(), 0).apply(&mut fs, 0);
        assert_eq!(used(&mut fs), before, "seed {seed}");
        assert_eq!(fs.inode_count(), 1);
    }
}

fn empty(fs: &mut MemFs, dir: oac_vfs::Ino) {
    for entry in fs.read_dir(dir).unwrap() {
        if fs.metadata(entry.ino).unwrap().is_dir() {
            empty(fs, entry.ino);
            fs.remove_dir(&CALLER, dir, &entry.name).unwrap();
        } else {
            fs.unlink(&CALLER, dir, &entry.name).unwrap();
        }
    }
}

#[test]
fn what_has_no_name_stays_behind() {
    let mut fs = MemFs::new(1 << 20, &CALLER);
    let (root, before) = (fs.root(), used(&mut fs));
    let ino = fs.create(&CALLER, root, b"f", NewNode::File { mode: 0o600 }).unwrap();
    let handle = fs.open(&CALLER, ino, Access { read: true, write: true }).unwrap();
    fs.write(&CALLER, handle, WriteAt::End, &[1; 50_000]).unwrap();
    fs.unlink(&CALLER, root, b"f").unwrap();
    let mut fork = fs.fork();
    assert_eq!(fork.metadata(ino), Err(Errno::ESTALE));
    assert_eq!((used(&mut fork), fork.inode_count()), (before, 1));
    assert_eq!(fs.read(handle, 0, &mut [0; 9]), Ok(9), "and is still here");
    fs.close(handle);
    assert_eq!(used(&mut fs), before);
}

#[test]
fn inodes_have_a_quota_too() {
    let mut fs = MemFs::with_quota(Quota { bytes: 1 << 20, inodes: 3 }, &CALLER);
    let root = fs.root();
    let mode = 0o644;
    for name in [b"a", b"b"] {
        fs.create(&CALLER, root, name, NewNode::File { mode }).unwrap();
    }
    assert_eq!(fs.stat_fs().unwrap().files_free, 0);
    assert_eq!(fs.create(&CALLER, root, b"c", NewNode::File { mode }), Err(Errno::ENOSPC));
    fs.unlink(&CALLER, root, b"a").unwrap();
    fs.create(&CALLER, root, b"c", NewNode::File { mode }).unwrap();
}
