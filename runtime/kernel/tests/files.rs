//! Calls on files and paths.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::{at, open, rename},
    nr,
};
use oac_kernel::{Config, Limits};

#[test]
fn a_file_is_written_and_read() {
    let mut m = Machine::default();
    let me = m.actor();
    m.put(me, "/tmp/a", "hello");
    assert_eq!(m.get(me, "/tmp/a"), Ok("hello".into()));
    let fd = m.open(me, "/tmp/a", open::RDWR | open::APPEND).ok();
    assert_eq!(m.write(me, fd, b" world").ok(), 6);
    assert_eq!(m.call(me, &call!(nr::PREAD, fd, 6_i64, Arg::Out(99))).text(), "world");
    assert_eq!(m.call(me, &call!(nr::LSEEK, fd, -3_i64, 2_u32)).ok(), 8);
    assert_eq!(m.read(me, fd, 99).text(), "rld");
    assert_eq!(m.call(me, &call!(nr::FTRUNCATE, fd, 2_i64)).ok(), 0);
    assert_eq!(m.get(me, "/tmp/a"), Ok("he".into()));
    assert_eq!(m.read(me, 99, 1), Done::Err(Errno::EBADF));
    assert_eq!(m.call(me, &call!(nr::PREAD, fd, -1_i64, Arg::Out(9))), Done::Err(Errno::EINVAL));
}

#[test]
fn open_flags() {
    let mut m = Machine::default();
    let me = m.actor();
    m.put(me, "/tmp/f", "x");
    m.call(me, &call!(nr::SYMLINKAT, "f", -100, "/tmp/link")).ok();
    m.call(me, &call!(nr::SYMLINKAT, "nowhere", -100, "/tmp/dangling")).ok();
    m.call(me, &call!(nr::SYMLINKAT, "loop", -100, "/tmp/loop")).ok();
    let excl = open::CREAT | open::EXCL | open::WRONLY;
    for (path, flags, errno) in [
        ("/tmp/none", 0, Errno::ENOENT),
        ("", 0, Errno::ENOENT),
        ("/tmp/f", excl, Errno::EEXIST),
        ("/tmp/link", excl, Errno::EEXIST),
        ("/tmp/dangling", excl, Errno::EEXIST),
        ("/tmp/dangling", 0, Errno::ENOENT),
        ("/tmp/link", open::NOFOLLOW, Errno::ELOOP),
        ("/tmp/loop", 0, Errno::ELOOP),
        ("/tmp/f", open::DIRECTORY, Errno::ENOTDIR),
        ("/tmp/f/", 0, Errno::ENOTDIR),
        ("/tmp/f/x", 0, Errno::ENOTDIR),
        ("/tmp", open::WRONLY, Errno::EISDIR),
        ("/tmp", open::CREAT, Errno::EISDIR),
        ("/tmp/new/", open::CREAT | open::WRONLY, Errno::EISDIR),
        ("/tmp/none/new", open::CREAT | open::WRONLY, Errno::ENOENT),
        (&"n".repeat(256), open::CREAT | open::WRONLY, Errno::ENAMETOOLONG),
        (&"n/".repeat(2048), 0, Errno::ENAMETOOLONG),
    ] {
        assert_eq!(m.open(me, path, flags), Done::Err(errno), "{path} {flags:o}");
    }
    // A dangling link's target is made.
    m.open(me, "/tmp/dangling", open::CREAT | open::WRONLY).ok();
    assert!(m.stat(me, "/tmp/nowhere", 0).unwrap().is_file());
    assert!(m.stat(me, "/tmp/link", at::SYMLINK_NOFOLLOW).unwrap().is_symlink());
}

#[test]
fn an_unlinked_file_lives_while_it_is_open() {
    let mut m = Machine::default();
    let me = m.actor();
    m.put(me, "/tmp/a", "still here");
    let fd = m.open(me, "/tmp/a", 0).ok();
    m.call(me, &call!(nr::UNLINKAT, -100, "/tmp/a", 0)).ok();
    assert_eq!(m.stat(me, "/tmp/a", 0), Err(Errno::ENOENT));
    assert_eq!(m.read(me, fd, 99).text(), "still here");
    m.put(me, "/tmp/b", "one");
    m.put(me, "/tmp/c", "two");
    let over = m.open(me, "/tmp/c", 0).ok();
    m.call(me, &call!(nr::RENAMEAT, -100, "/tmp/b", -100, "/tmp/c", 0)).ok();
    assert_eq!(m.read(me, over, 99).text(), "two");
    assert_eq!(m.get(me, "/tmp/c"), Ok("one".into()));
}

#[test]
fn names_and_links() {
    let mut m = Machine::default();
    let me = m.actor();
    for dir in ["/tmp/d", "/tmp/d/e", "/tmp/full"] {
        m.call(me, &call!(nr::MKDIRAT, -100, dir, 0o755)).ok();
    }
    m.put(me, "/tmp/full/f", "x");
    m.put(me, "/tmp/f", "y");
    let mut rename_errno =
        |old: &str, new: &str, flags: u32| m.call(me, &call!(nr::RENAMEAT, -100, old, -100, new, flags));
    assert_eq!(rename_errno("/tmp/d", "/tmp/d/e/x", 0), Done::Err(Errno::EINVAL));
    assert_eq!(rename_errno("/tmp/d", "/tmp/full", 0), Done::Err(Errno::ENOTEMPTY));
    assert_eq!(rename_errno("/tmp/d", "/tmp/f", 0), Done::Err(Errno::ENOTDIR));
    assert_eq!(rename_errno("/tmp/f", "/tmp/d", 0), Done::Err(Errno::EISDIR));
    assert_eq!(rename_errno("/tmp/f", "/tmp/full/f", rename::NOREPLACE), Done::Err(Errno::EEXIST));
    assert_eq!(rename_errno("/tmp/f", "/dev/f", 0), Done::Err(Errno::EXDEV));
    assert_eq!(rename_errno("/task", "/tmp/t", 0), Done::Err(Errno::EBUSY));
    assert_eq!(rename_errno("/tmp/f", "/tmp/full/f", rename::EXCHANGE).ok(), 0);
    assert_eq!(m.get(me, "/tmp/f"), Ok("x".into()));
    assert_eq!(m.call(me, &call!(nr::LINKAT, -100, "/tmp/f", -100, "/tmp/g", 0)).ok(), 0);
    assert_eq!(m.stat(me, "/tmp/g", 0).unwrap().nlink, 2);
    assert_eq!(m.call(me, &call!(nr::LINKAT, -100, "/tmp/d", -100, "/tmp/h", 0)), Done::Err(Errno::EPERM));
    assert_eq!(m.stat(me, "/tmp/d", 0).unwrap().nlink, 3);
    for (path, flags, errno) in [
        ("/tmp/d", 0, Errno::EISDIR),
        ("/tmp/d", at::REMOVEDIR, Errno::ENOTEMPTY),
        ("/tmp/f", at::REMOVEDIR, Errno::ENOTDIR),
        ("/tmp/d/.", at::REMOVEDIR, Errno::EINVAL),
        ("/tmp/d/..", at::REMOVEDIR, Errno::ENOTEMPTY),
        ("/", at::REMOVEDIR, Errno::EBUSY),
        ("/dev", at::REMOVEDIR, Errno::EBUSY),
    ] {
        assert_eq!(m.call(me, &call!(nr::UNLINKAT, -100, path, flags)), Done::Err(errno), "{path}");
    }
}

#[test]
fn the_working_directory_moves_with_its_directory() {
    let mut m = Machine::default();
    let me = m.actor();
    m.call(me, &call!(nr::MKDIRAT, -100, "/tmp/a", 0o755)).ok();
    m.call(me, &call!(nr::CHDIR, "/tmp/a")).ok();
    m.put(me, "here", "x");
    m.call(me, &call!(nr::RENAMEAT, -100, "/tmp/a", -100, "/tmp/b", 0)).ok();
    assert_eq!(m.call(me, &call!(nr::GETCWD, Arg::Out(4096))).text(), "/tmp/b");
    assert_eq!(m.get(me, "../b/here"), Ok("x".into()));
    assert_eq!(m.call(me, &call!(nr::REALPATHAT, -100, "../b/./here", Arg::Out(99))).text(), "/tmp/b/here");
    assert_eq!(m.call(me, &call!(nr::REALPATHAT, -100, "/bin/prog", Arg::Out(99))).text(), "/usr/bin/prog");
    m.call(me, &call!(nr::UNLINKAT, -100, "here", 0)).ok();
    m.call(me, &call!(nr::UNLINKAT, -100, "/tmp/b", at::REMOVEDIR)).ok();
    assert_eq!(m.call(me, &call!(nr::GETCWD, Arg::Out(4096))), Done::Err(Errno::ENOENT));
    assert_eq!(m.open(me, "new", open::CREAT | open::WRONLY), Done::Err(Errno::ENOENT));
}

#[test]
fn a_full_disk_says_so_and_space_comes_back() {
    let limits = Limits { disk_bytes: 64 << 10, ..Limits::default() };
    let mut m = Machine::new(Config { limits, ..Config::default() });
    let me = m.actor();
    let fd = m.open(me, "/tmp/big", open::CREAT | open::WRONLY).ok();
    let mut total = 0;
    let errno = loop {
        match m.write(me, fd, &[7; 1000]) {
            Done::Ok(len, _) => total += len,
            Done::Err(errno) => break errno,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(errno, Errno::ENOSPC);
    assert!(total > 40_000 && total < 64 << 10, "{total}");
    assert_eq!(m.open(me, "/tmp/more", open::CREAT | open::WRONLY), Done::Err(Errno::ENOSPC));
    m.call(me, &call!(nr::UNLINKAT, -100, "/tmp/big", 0)).ok();
    assert_eq!(m.write(me, fd, &[7; 1000]).ok(), 3, "the name's bytes are free, the open file's are not");
    m.close(me, fd).ok();
    m.put(me, "/tmp/more", "fits now");
}

#[test]
fn a_listing_stands_still_while_names_change() {
    let mut m = Machine::default();
    let me = m.actor();
    m.call(me, &call!(nr::MKDIRAT, -100, "/tmp/d", 0o755)).ok();
    let names: Vec<String> = (0..40).map(|i| format!("file-{i:02}")).collect();
    for name in &names {
        m.put(me, &format!("/tmp/d/{name}"), "");
    }
    let fd = m.open(me, "/tmp/d", open::DIRECTORY).ok();
    let mut seen = Vec::new();
    loop {
        let bytes = m.call(me, &call!(nr::GETDENTS, fd, Arg::Out(200))).bytes();
        let entries = oac_abi::stat::Dirent::decode_all(&bytes);
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let name = String::from_utf8(entry.name).unwrap();
            m.call(me, &call!(nr::UNLINKAT, -100, format!("/tmp/d/{name}").as_str(), 0)).ok();
            seen.push(name);
        }
        m.put(me, "/tmp/d/another", "");
    }
    assert_eq!(seen, names);
    m.call(me, &call!(nr::LSEEK, fd, 0_i64, 0_u32)).ok();
    assert_eq!(m.list(me, "/tmp/d"), ["another"]);
}

#[test]
fn devices() {
    let mut m = Machine::default();
    let me = m.actor();
    let null = m.open(me, "/dev/null", open::RDWR).ok();
    assert_eq!(m.write(me, null, b"gone").ok(), 4);
    assert_eq!(m.read(me, null, 9).bytes(), b"");
    let zero = m.open(me, "/dev/zero", 0).ok();
    assert_eq!(m.read(me, zero, 3).bytes(), [0, 0, 0]);
    let full = m.open(me, "/dev/full", open::WRONLY).ok();
    assert_eq!(m.write(me, full, b"x"), Done::Err(Errno::ENOSPC));
    let random = m.open(me, "/dev/urandom", 0).ok();
    assert_ne!(m.read(me, random, 16).bytes(), m.read(me, random, 16).bytes());
    let (reader, writer) = m.pipe(me, 0);
    m.call(me, &call!(nr::DUP3, writer, 10, 0)).ok();
    let again = m.open(me, "/dev/fd/10", open::WRONLY).ok();
    m.write(me, again, b"through").ok();
    assert_eq!(m.read(me, reader, 99).text(), "through");
    assert_eq!(m.open(me, "/dev/fd/10", open::RDONLY), Done::Err(Errno::EACCES));
    assert_eq!(m.open(me, "/dev/fd/77", open::RDONLY), Done::Err(Errno::ENOENT));
}
