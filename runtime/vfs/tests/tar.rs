//! Archives as filesystems, written by the `tar` crate and by GNU tar; and trees copied from one filesystem to another.

#![allow(clippy::unwrap_used)]

mod trees;

use std::{collections::BTreeMap, process::Command};

use oac_abi::{Errno, flags::mode};
use oac_vfs::{
    Access, ArchiveError, Caller, FileSystem, MemFs, TarFs, TreeVisitor, Visited, copy_tree, visit_filesystem,
};
use trees::{Change, Dice, find, text};

const CALLER: Caller = Caller::root(0);

/// Writes what it visits as an archive.
struct Archive {
    builder: tar::Builder<Vec<u8>>,
    header: tar::Header,
    path: Vec<u8>,
    content: Vec<u8>,
    is_open: bool,
}

impl Archive {
    fn of(fs: &mut dyn FileSystem) -> Vec<u8> {
        let mut archive = Archive {
            builder: tar::Builder::new(Vec::new()),
            header: tar::Header::new_gnu(),
            path: Vec::new(),
            content: Vec::new(),
            is_open: false,
        };
        visit_filesystem(fs, &mut archive).unwrap();
        archive.close();
        archive.builder.into_inner().unwrap()
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.is_open) {
            let path = std::str::from_utf8(&self.path).unwrap();
            self.builder.append_data(&mut self.header, path, &self.content[..]).unwrap();
        }
    }
}

impl TreeVisitor for Archive {
    type Error = Errno;

    fn file(&mut self, file: &Visited<'_>) -> Result<(), Errno> {
        self.close();
        if file.path.is_empty() {
            return Ok(());
        }
        let xattrs: Vec<_> = file
            .xattrs
            .iter()
            .map(|(name, value)| {
                (format!("SCHILY.xattr.{}", std::str::from_utf8(name).unwrap()), value.clone())
            })
            .collect();
        if !xattrs.is_empty() && file.same_as.is_none() {
            self.builder
                .append_pax_extensions(xattrs.iter().map(|(key, value)| (key.as_str(), &value[..])))
                .unwrap();
        }
        let mut header = tar::Header::new_gnu();
        header.set_mode(file.stat.mode & 0o7777);
        header.set_uid(file.stat.uid.into());
        header.set_gid(file.stat.gid.into());
        header.set_mtime((file.stat.mtime_ns / 1_000_000_000) as u64);
        header.set_size(0);
        let path = std::str::from_utf8(file.path).unwrap();
        let kind = match file.stat.mode & mode::FMT {
            _ if file.same_as.is_some() => tar::EntryType::Link,
            mode::DIR => tar::EntryType::Directory,
            mode::LNK => tar::EntryType::Symlink,
            mode::FIFO => tar::EntryType::Fifo,
            _ => tar::EntryType::Regular,
        };
        header.set_entry_type(kind);
        let target = file.same_as.unwrap_or(file.target);
        if kind == tar::EntryType::Regular {
            header.set_size(file.stat.size);
            (self.header, self.path, self.is_open) = (header, file.path.to_vec(), true);
            self.content.clear();
        } else if target.is_empty() {
            self.builder.append_data(&mut header, path, &[][..]).unwrap();
        } else {
            self.builder.append_link(&mut header, path, std::str::from_utf8(target).unwrap()).unwrap();
        }
        Ok(())
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.content.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn a_tree_comes_back_from_an_archive_and_from_a_copy() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let mut plain = MemFs::new(1 << 24, &CALLER);
        for step in 0..120 {
            let _ = Change::random(&mut dice, true).apply(&mut plain, step * 1_000_000_000);
        }
        let _ = Change::SetXattr(Vec::new(), 0).apply(&mut plain, 0);
        let expected = text(&mut plain, true);
        let mut archive = TarFs::new(Archive::of(&mut plain)).unwrap();
        assert_eq!(text(&mut archive, true), expected, "seed {seed}");
        let mut copy = MemFs::new(1 << 24, &CALLER);
        let root = copy.root();
        for _ in 0..2 {
            // The second time over itself.
            copy_tree(&mut archive, &mut copy, root, 7).unwrap();
            assert_eq!(text(&mut copy, true), expected, "seed {seed}");
        }
        assert_eq!(copy.metadata(root).unwrap().mtime_ns, 0, "which the archive does not tell");
    }
}

/// An archive of these headers: kind, path, target, content.
fn members(members: &[(tar::EntryType, &str, &str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for &(kind, path, target, content) in members {
        let mut header = tar::Header::new_gnu();
        // Set as bytes: the crate refuses what we want to see refused.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The paths of an archive's tree, with what regular files hold.
fn check(archive: Vec<u8>, expected: &[(&str, &str)]) {
    struct List(BTreeMap<String, String>, String);
    impl TreeVisitor for List {
        type Error = Errno;

        fn file(&mut self, file: &Visited<'_>) -> Result<(), Errno> {
            self.1 = String::from_utf8(file.path.to_vec()).unwrap();
            self.0.insert(self.1.clone(), String::new());
            Ok(())
        }

        fn content(&mut self, bytes: &[u8]) -> Result<(), Errno> {
            self.0.get_mut(&self.1).unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(())
        }
    }
    let mut list = List(BTreeMap::new(), String::new());
    visit_filesystem(&mut TarFs::new(archive).unwrap(), &mut list).unwrap();
    list.0.remove("");
    let expected = expected.iter().map(|(path, content)| (path.to_string(), content.to_string()));
    assert_eq!(list.0, expected.collect());
}

#[test]
fn what_no_tree_can_have_is_left_out() {
    use tar::EntryType as Kind;
    check(
        members(&[
            (Kind::Regular, "../out", "", "x"),
            (Kind::Regular, "a/../../out", "", "x"),
            (Kind::Regular, "/abs/./file", "", "1"),
            (Kind::Link, "hard", "nothing", ""),
            (Kind::Link, "hard", "../abs/file", ""),
            (Kind::Link, "hard2", "abs/file", ""),
            (Kind::Block, "disk", "", ""),
            (Kind::Regular, "abs", "", "no file over a directory"),
            (Kind::Regular, "twice", "", "old"),
            (Kind::Regular, "twice", "", "new"),
            (Kind::Regular, "twice/below", "", "no directory there"),
            (Kind::Symlink, "link", "/etc/passwd", ""),
            (Kind::Symlink, "link/below", "x", ""),
            (Kind::Directory, "dir/", "", ""),
            (Kind::Regular, "olddir/", "", ""),
        ]),
        &[
            ("abs", ""),
            ("abs/file", "1"),
            ("hard2", ""),
            ("twice", "new"),
            ("link", ""),
            ("dir", ""),
            ("olddir", ""),
        ],
    );
    check(Vec::new(), &[]);
    check(vec![0; 1024], &[]);
}

#[test]
fn what_is_no_archive_is_refused() {
    let whole = members(&[(tar::EntryType::Regular, "file", "", "content")]);
    let refused = |bytes: &[u8]| TarFs::new(bytes.to_vec()).unwrap_err();
    assert_eq!(refused(&whole[..515]), ArchiveError::Truncated { offset: 512 });
    assert_eq!(refused(&whole[..300]), ArchiveError::Truncated { offset: 0 });
    assert_eq!(refused(&[b'x'; 600]), ArchiveError::Header { offset: 0 });
    let mut damaged = whole.clone();
    damaged[0] ^= 1;
    assert_eq!(refused(&damaged), ArchiveError::Header { offset: 0 });
    assert_eq!(refused(&damaged).errno(), Errno::EINVAL);
    let sparse = members(&[(tar::EntryType::GNUSparse, "file", "", "content")]);
    assert_eq!(refused(&sparse).errno(), Errno::EOPNOTSUPP);
}

#[test]
fn nothing_can_be_changed() {
    let mut fs = TarFs::new(members(&[(tar::EntryType::Regular, "file", "", "content")])).unwrap();
    for change in [
        Change::MakeFile(vec!["a"], 0),
        Change::Chmod(vec!["file"], 0o600),
        Change::Unlink(vec!["file"]),
        Change::Write(vec!["file"], 0, 1),
        Change::Truncate(vec!["file"], 0),
        Change::Link(vec!["file"], vec!["a"]),
    ] {
        assert_eq!(change.apply(&mut fs, 0), Err(Errno::EROFS), "{change:?}");
    }
    let ino = find(&mut fs, &["file"]).unwrap();
    let handle = fs.open(&CALLER, ino, Access { read: true, write: false }).unwrap();
    let mut buf = [0; 4];
    assert_eq!((fs.read(handle, 4, &mut buf), &buf[..3]), (Ok(3), &b"ent"[..]));
    assert_eq!(fs.read(handle, u64::MAX, &mut buf), Ok(0));
}

/// GNU tar's own archives, in all its formats.
#[test]
#[cfg(target_os = "linux")]
fn archives_of_gnu_tar() {
    let version = Command::new("tar").arg("--version").output();
    if !version.is_ok_and(|output| output.stdout.starts_with(b"tar (GNU tar)")) {
        // Checked reason: GNU tar is not on this machine, so there is nothing to compare with.
        return;
    }
    let dir = std::env::temp_dir().join(format!("oac-vfs-tar-{}", std::process::id()));
    let long = "long-".repeat(30);
    std::fs::create_dir_all(dir.join("sub").join(&long)).unwrap();
    std::fs::write(dir.join("sub").join(&long).join("file"), "in a deep place").unwrap();
    std::fs::write(dir.join("plain"), vec![b'p'; 5000]).unwrap();
    std::fs::hard_link(dir.join("plain"), dir.join("zhard")).unwrap();
    std::os::unix::fs::symlink(format!("sub/{long}/file"), dir.join("link")).unwrap();
    for format in ["gnu", "pax", "oldgnu"] {
        let output = Command::new("tar")
            .args(["-c", "--format", format, "--sort=name", "--mtime=@1700000000.25", "."])
            .current_dir(&dir)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut fs = TarFs::new(output.stdout).unwrap();
        let file = find(&mut fs, &["sub", &long, "file"]).unwrap();
        let stat = fs.metadata(file).unwrap();
        let fraction = if format == "pax" { 250_000_000 } else { 0 };
        assert_eq!((stat.size, stat.mtime_ns), (15, 1_700_000_000_000_000_000 + fraction), "{format}");
        let link = find(&mut fs, &["link"]).unwrap();
        assert_eq!(fs.read_link(link), Ok(format!("sub/{long}/file").into_bytes()), "{format}");
        let hard = find(&mut fs, &["zhard"]).unwrap();
        assert_eq!(find(&mut fs, &["plain"]), Ok(hard), "{format}");
        assert_eq!(fs.metadata(hard).map(|stat| (stat.size, stat.nlink)), Ok((5000, 2)), "{format}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
