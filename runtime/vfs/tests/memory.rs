//! What memory files keep count of: names, holds, bytes. What operations answer is compared with Linux in the kernel's tests.

use oac_abi::Errno;
use oac_vfs::{Access, Caller, FileSystem, Groups, Ino, MemFs, NewNode, RenameMode, SetAttributes, WriteAt};

const CALLER: Caller = Caller { now_ns: 5, uid: 1, gid: 2, groups: Groups::NONE };
const BOTH: Access = Access { read: true, write: true };

fn fs() -> MemFs {
    MemFs::new(1 << 20, &CALLER)
}

fn file(fs: &mut MemFs, name: &str) -> Ino {
    let root = fs.root();
    fs.create(&CALLER, root, name.as_bytes(), NewNode::File { mode: 0o640 }).expect("there is room")
}

fn free_bytes(fs: &mut MemFs) -> u64 {
    // The smallest unit that statfs gives is an inode's charge.
    fs.stat_fs().expect("memory answers").files_free
}

#[test]
fn a_file_is_freed_by_the_last_of_its_names_handles_and_pins() {
    let mut fs = fs();
    let (root, before) = (fs.root(), free_bytes(&mut fs));
    let ino = file(&mut fs, "one");
    fs.link(&CALLER, ino, root, b"two").expect("the name is free");
    let handle = fs.open(&CALLER, ino, BOTH).expect("it is a file");
    fs.pin(ino);
    fs.write(&CALLER, handle, WriteAt::End, &[1; 10_000]).expect("there is room");
    fs.unlink(&CALLER, root, b"one").expect("it is there");
    fs.unlink(&CALLER, root, b"two").expect("it is there");
    assert_eq!(fs.metadata(ino).expect("it is held").nlink, 0);
    assert_eq!(fs.link(&CALLER, ino, root, b"three"), Err(Errno::ENOENT), "it stays without a name");
    fs.close(handle);
    assert!(free_bytes(&mut fs) < before);
    fs.unpin(ino);
    assert_eq!(free_bytes(&mut fs), before);
    assert_eq!(fs.metadata(ino), Err(Errno::ESTALE));
    assert_eq!(fs.inode_count(), 1);
}

#[test]
fn a_removed_directory_takes_no_more_names() {
    let mut fs = fs();
    let root = fs.root();
    let dir = fs.create(&CALLER, root, b"d", NewNode::Directory { mode: 0o755 }).expect("there is room");
    fs.pin(dir);
    assert_eq!(fs.parent(dir), Ok((root, b"d".to_vec())));
    fs.rename(&CALLER, (root, b"d"), (root, b"e"), RenameMode::Replace).expect("it may be renamed");
    assert_eq!(fs.parent(dir), Ok((root, b"e".to_vec())));
    fs.remove_dir(&CALLER, root, b"e").expect("it is empty");
    assert_eq!(fs.metadata(dir).map(|stat| stat.nlink), Ok(0));
    assert_eq!(fs.parent(dir), Ok((root, b"e".to_vec())), "where it lay");
    assert_eq!(fs.create(&CALLER, dir, b"f", NewNode::File { mode: 0 }), Err(Errno::ENOENT));
    fs.unpin(dir);
    assert_eq!(fs.inode_count(), 1);
}

#[test]
fn holes_cost_nothing_and_truncating_gives_back() {
    let mut fs = fs();
    let ino = file(&mut fs, "sparse");
    let before = free_bytes(&mut fs);
    let size = SetAttributes { size: Some(1 << 40), ..SetAttributes::default() };
    fs.set_attributes(&CALLER, ino, &size).expect("a hole needs no room");
    assert_eq!(free_bytes(&mut fs), before);
    let stat = fs.metadata(ino).expect("it is there");
    assert_eq!((stat.size, stat.blocks, stat.uid, stat.gid, stat.mode), (1 << 40, 0, 1, 2, 0o100640));
    let handle = fs.open(&CALLER, ino, BOTH).expect("it is a file");
    let mut byte = [1];
    assert_eq!(fs.read(handle, 1 << 39, &mut byte), Ok(1));
    assert_eq!(byte, [0]);
    fs.write(&CALLER, handle, WriteAt::Offset(1 << 39), &[1; 5000]).expect("there is room");
    assert!(free_bytes(&mut fs) < before);
    let none = SetAttributes { size: Some(0), ..SetAttributes::default() };
    fs.set_attributes(&CALLER, ino, &none).expect("it may shrink");
    assert_eq!(free_bytes(&mut fs), before);
    let huge = SetAttributes { size: Some(u64::MAX), ..SetAttributes::default() };
    assert_eq!(fs.set_attributes(&CALLER, ino, &huge), Err(Errno::EFBIG));
}

#[test]
fn a_full_disk_refuses_whole_or_in_part() {
    let mut fs = MemFs::new(2000, &CALLER);
    let ino = file(&mut fs, "a");
    let handle = fs.open(&CALLER, ino, BOTH).expect("it is a file");
    let written = fs.write(&CALLER, handle, WriteAt::End, &[1; 4000]).expect("some of it fits");
    assert!(written.bytes > 1000 && written.bytes < 2000);
    assert_eq!(written.end, written.bytes as u64);
    assert_eq!(fs.write(&CALLER, handle, WriteAt::End, b"x"), Err(Errno::ENOSPC));
    assert_eq!(fs.write(&CALLER, handle, WriteAt::Offset(0), b"x").map(|written| written.bytes), Ok(1));
    let root = fs.root();
    assert_eq!(fs.create(&CALLER, root, b"b", NewNode::File { mode: 0 }), Err(Errno::ENOSPC));
    assert_eq!(fs.link(&CALLER, ino, root, b"b"), Err(Errno::ENOSPC));
    assert_eq!(fs.rename(&CALLER, (root, b"a"), (root, b"longer"), RenameMode::Replace), Err(Errno::ENOSPC));
    assert_eq!(fs.lookup(root, b"a"), Ok(ino), "a rename that fails changes nothing");
}
