//! What memory files keep count of: names, holds, bytes. What operations answer is compared with Linux in the kernel's tests.

use oac_abi::Errno;
use oac_vfs::{
    Access, Allocation, Caller, FileSystem, Groups, Ino, MemFs, NewNode, RenameMode, SeekTo, SetAttributes,
    WriteAt, XattrMode,
};

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

#[test]
fn reserved_room_is_there_and_a_hole_gives_it_back() {
    let mut fs = MemFs::new(200_000, &CALLER);
    let ino = file(&mut fs, "a");
    let handle = fs.open(&CALLER, ino, BOTH).expect("it is a file");
    let before = free_bytes(&mut fs);
    let keep = Allocation::Reserve { keep_size: true };
    assert_eq!(fs.allocate(&CALLER, handle, 0..500_000, keep), Err(Errno::ENOSPC));
    assert_eq!(fs.allocate(&CALLER, handle, 0..u64::MAX, keep), Err(Errno::EFBIG));
    assert_eq!(free_bytes(&mut fs), before, "what fails takes nothing");
    fs.allocate(&CALLER, handle, 0..150_000, keep).expect("there is room");
    let stat = fs.metadata(ino).expect("it is there");
    assert_eq!((stat.size, stat.blocks), (0, 37 * 8));
    assert_eq!(fs.seek((ino, handle), 0, SeekTo::Data), Err(Errno::ENXIO));
    let other = file(&mut fs, "b");
    let full = fs.open(&CALLER, other, BOTH).expect("it is a file");
    while fs.write(&CALLER, full, WriteAt::End, &[1; 5000]).is_ok() {}
    let written = fs.write(&CALLER, handle, WriteAt::Offset(0), &[2; 150_000]);
    assert_eq!(written.map(|written| written.bytes), Ok(150_000), "although the disk is full");
    fs.allocate(&CALLER, handle, 0..150_000, Allocation::PunchHole).expect("it needs no room");
    let stat = fs.metadata(ino).expect("it is there");
    assert_eq!((stat.size, stat.blocks), (150_000, 8), "half of the last page is not in the hole");
    assert_eq!(fs.seek((ino, handle), 0, SeekTo::Hole), Ok(0));
    let grow = Allocation::Zero { keep_size: false };
    fs.allocate(&CALLER, handle, 100_000..160_000, grow).expect("there is room again");
    assert_eq!(fs.metadata(ino).map(|stat| stat.size), Ok(160_000));
}

#[test]
fn copies_within_a_filesystem_are_charged_as_written() {
    let mut fs = MemFs::new(1 << 20, &CALLER);
    let (from, to) = (file(&mut fs, "from"), file(&mut fs, "to"));
    let [from, to] = [from, to].map(|ino| fs.open(&CALLER, ino, BOTH).expect("it is a file"));
    fs.write(&CALLER, from, WriteAt::End, &[1; 400_000]).expect("there is room");
    let before = free_bytes(&mut fs);
    assert_eq!(fs.copy_range(&CALLER, (from, 0), (to, 0), u64::MAX), Ok(400_000));
    assert!(before - free_bytes(&mut fs) > 1500, "shared or not");
    assert_eq!(fs.copy_range(&CALLER, (from, 400_000), (to, 0), 9), Ok(0));
    let end = i64::MAX as u64;
    assert_eq!(fs.copy_range(&CALLER, (from, 0), (to, end), 9), Err(Errno::EFBIG));
    let copied = fs.copy_range(&CALLER, (from, 0), (to, 400_000), u64::MAX).expect("some of it fits");
    assert!(copied > 100_000 && copied < 400_000, "{copied}");
    assert_eq!(fs.copy_range(&CALLER, (from, 0), (to, 900_000), 500_000), Err(Errno::ENOSPC));
}

#[test]
fn extended_attributes_are_bounded_and_counted() {
    let mut fs = fs();
    let ino = file(&mut fs, "a");
    let before = free_bytes(&mut fs);
    assert_eq!(fs.get_xattr(ino, b"user.a"), Err(Errno::ENODATA));
    assert_eq!(fs.set_xattr(&CALLER, ino, b"user.a", b"1", XattrMode::Replace), Err(Errno::ENODATA));
    fs.set_xattr(&CALLER, ino, b"user.a", &[1; 60_000], XattrMode::Create).expect("there is room");
    assert_eq!(fs.set_xattr(&CALLER, ino, b"user.a", b"1", XattrMode::Create), Err(Errno::EEXIST));
    fs.set_xattr(&CALLER, ino, b"user.b", &[1; 60_000], XattrMode::Set).expect("there is room");
    assert_eq!(fs.set_xattr(&CALLER, ino, b"user.c", &[1; 60_000], XattrMode::Set), Err(Errno::ENOSPC));
    assert!(free_bytes(&mut fs) < before);
    for name in [b"user.a", b"user.b"] {
        fs.remove_xattr(&CALLER, ino, name).expect("it is there");
    }
    assert_eq!(fs.remove_xattr(&CALLER, ino, b"user.a"), Err(Errno::ENODATA));
    assert_eq!(free_bytes(&mut fs), before);
}

#[test]
fn files_in_a_set_group_id_directory_belong_to_its_group() {
    let mut fs = fs();
    let root = fs.root();
    let dir = fs.create(&CALLER, root, b"d", NewNode::Directory { mode: 0o2775 }).expect("there is room");
    let other = Caller { uid: 7, gid: 8, ..CALLER };
    let inner = fs.create(&other, dir, b"inner", NewNode::Directory { mode: 0o755 }).expect("there is room");
    let file = fs.create(&other, inner, b"f", NewNode::File { mode: 0o644 }).expect("there is room");
    let seen = [inner, file].map(|ino| fs.metadata(ino).map(|stat| (stat.mode & 0o7777, stat.uid, stat.gid)));
    assert_eq!(seen, [Ok((0o2755, 7, 2)), Ok((0o644, 7, 2))]);
}
