//! Any path in a tree of directories, links and binds either leads somewhere, and then its resolved path leads to the same
//! place, or fails; and what a directory lists can be found in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_vfs::{
    BindMode, Caller, FileSystem, FsTable, LastLink, MemFs, Namespace, NewNode, Node, Place, Walker,
};

static CALLER: Caller = Caller::root(0);

/// Directories a, b, c, each with d and a file f; links to whatever the input says.
fn tree(targets: [&[u8]; 3]) -> MemFs {
    let mut fs = MemFs::new(1 << 20, &CALLER);
    let root = fs.root();
    for (name, target) in [b"a", b"b", b"c"].into_iter().zip(targets) {
        let dir = fs.create(&CALLER, root, name, NewNode::Directory { mode: 0o755 }).unwrap();
        fs.create(&CALLER, dir, b"d", NewNode::Directory { mode: 0o755 }).unwrap();
        fs.create(&CALLER, dir, b"f", NewNode::File { mode: 0o644 }).unwrap();
        fs.create(&CALLER, dir, b"l", NewNode::Symlink { target }).unwrap();
    }
    fs
}

fn check(table: &mut FsTable, namespace: &Namespace, start: Place, path: &[u8]) -> Option<Place> {
    let mut walker = Walker::new(table, namespace, &CALLER);
    let found = walker.find(start, path, LastLink::Follow).ok()?;
    let place = found.place?;
    // A directory whose bind was undone has no path; none is undone here.
    let real = walker.path_of(&found).unwrap();
    assert_eq!(walker.existing(namespace.root(), &real, LastLink::Keep), Ok(place), "{real:?}");
    if let Ok(entries) = walker.list(place) {
        for entry in entries {
            walker.existing(place, &entry.name, LastLink::Keep).unwrap();
        }
        walker.existing(place, b"..", LastLink::Keep).unwrap();
    }
    Some(place)
}

fuzz_target!(|data: &[u8]| {
    let mut parts = data.split(|&byte| byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let mut table = FsTable::new();
    let memory = tree([next(), next(), next()]);
    let ino = memory.root();
    let root = Node { fs: table.add(Box::new(memory)), ino };
    let mut namespace = Namespace::new(&mut table, root);
    for _ in 0..4 {
        let (source, target) = (next(), next());
        let top = namespace.root();
        let (Some(from), Some(to)) =
            (check(&mut table, &namespace, top, source), check(&mut table, &namespace, top, target))
        else {
            continue;
        };
        let mut is_dir = |place| Walker::new(&mut table, &namespace, &CALLER).list(place).is_ok();
        if is_dir(from) != is_dir(to) {
            continue;
        }
        let mode = [BindMode::Replace, BindMode::Before, BindMode::After][source.len() % 3];
        namespace.bind(&mut table, (from, source), (to, target), mode, target.len() % 2 == 0).unwrap();
    }
    let top = namespace.root();
    let mut here = top;
    for path in parts {
        here = check(&mut table, &namespace, here, path).unwrap_or(top);
    }
});
