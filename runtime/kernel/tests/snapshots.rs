//! Snapshots: containers that begin with the files of another one, and files that are written out or brought in.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Done, Machine};
use oac_abi::{Errno, flags::open, nr};
use oac_kernel::{Config, FilesSnapshot, Kernel, Limits, Now, TaskId};
use oac_vfs::{Caller, FileSystem, Layer, MemFs, NewNode, Overlay, SharedFs, TreeVisitor, Visited};

const NOW: Now = Now { monotonic_ns: 0, realtime_ns: 0 };

fn machine_of(snapshot: &mut FilesSnapshot, config: Config) -> (Machine, TaskId) {
    let kernel = Kernel::from_snapshot(config, NOW, snapshot).unwrap();
    let mut m = Machine { kernel, ..Machine::default() };
    let task = m.actor();
    (m, task)
}

#[test]
fn a_fork_begins_with_the_files_and_goes_its_own_way() {
    let mut m = Machine::default();
    let task = m.actor();
    m.kernel.mount("/mem", Box::new(MemFs::new(1 << 20, &Caller::root(0)))).unwrap();
    m.put(task, "/tmp/file", "one");
    m.put(task, "/mem/file", "one");
    let fd = m.open(task, "/tmp/nameless", open::CREAT | open::RDWR).ok();
    m.call(task, &call!(nr::UNLINKAT, -100, "/tmp/nameless", 0)).ok();
    let mut snapshot = m.kernel.snapshot().unwrap();
    assert!(snapshot.left_out().is_empty());
    m.put(task, "/tmp/file", "two");
    m.put(task, "/mem/file", "two");
    m.write(task, fd, b"still there").ok();

    let (mut fork, other) = machine_of(&mut snapshot, Config::default());
    for dir in ["/tmp", "/mem"] {
        assert_eq!(fork.get(other, &format!("{dir}/file")), Ok("one".into()));
        fork.put(other, &format!("{dir}/file"), "three");
        assert_eq!(m.get(task, &format!("{dir}/file")), Ok("two".into()));
    }
    assert_eq!(fork.list(other, "/tmp"), ["file"]);
    assert_eq!(fork.get(other, "/dev/null"), Ok(String::new()));
    let (mut again, third) = machine_of(&mut snapshot, Config::default());
    assert_eq!(again.get(third, "/tmp/file"), Ok("one".into()), "a snapshot is used as often as one likes");
}

#[test]
fn a_fork_has_its_own_limits() {
    let mut m = Machine::default();
    let task = m.actor();
    m.put(task, "/tmp/file", &"x".repeat(20_000));
    let mut snapshot = m.kernel.snapshot().unwrap();
    let limits = Limits { disk_bytes: 10_000, ..Limits::default() };
    let (mut fork, other) = machine_of(&mut snapshot, Config { limits, ..Config::default() });
    assert_eq!(fork.open(other, "/tmp/new", open::CREAT), Done::Err(Errno::ENOSPC));
    assert_eq!(fork.stat(other, "/tmp/file", 0).unwrap().size, 20_000);
}

#[test]
fn inodes_of_the_root_are_limited() {
    let limits = Limits { disk_inodes: 100, ..Limits::default() };
    let mut m = Machine::new(Config { limits, ..Config::default() });
    let task = m.actor();
    let made =
        (0..200).take_while(|i| matches!(m.open(task, &format!("/tmp/{i}"), open::CREAT), Done::Ok(..)));
    let made = made.count();
    assert!((50..100).contains(&made), "{made}");
}

/// Paths, with what regular files hold.
#[derive(Default)]
struct List(Vec<(String, String)>);

impl TreeVisitor for List {
    type Error = Errno;

    fn file(&mut self, file: &Visited<'_>) -> Result<(), Errno> {
        self.0.push((String::from_utf8(file.path.to_vec()).unwrap(), String::new()));
        Ok(())
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.0.last_mut().unwrap().1.push_str(std::str::from_utf8(bytes).unwrap());
        Ok(())
    }
}

#[test]
fn files_are_written_out_and_brought_in() {
    let mut m = Machine::default();
    let task = m.actor();
    let mut tree = MemFs::new(1 << 20, &Caller::root(0));
    let root = tree.root();
    let dir = tree.create(&Caller::root(0), root, b"d", NewNode::Directory { mode: 0o700 }).unwrap();
    tree.create(&Caller::root(0), dir, b"empty", NewNode::File { mode: 0o600 }).unwrap();
    m.kernel.import("/srv/app", &mut tree).unwrap();
    assert_eq!(m.stat(task, "/srv/app/d", 0).unwrap().mode & 0o777, 0o700);
    m.kernel.mount("/srv/app/mnt", Box::new(MemFs::new(1 << 20, &Caller::root(0)))).unwrap();
    m.put(task, "/srv/app/mnt/file", "content");
    m.put(task, "/srv/app/d/empty", "not any more");
    let mut snapshot = m.kernel.snapshot().unwrap();
    let mut list = List::default();
    snapshot.visit("/srv/app", &mut list).unwrap();
    let owned = |(path, content): &(&str, &str)| (path.to_string(), content.to_string());
    let expected = [("", ""), ("d", ""), ("d/empty", "not any more"), ("mnt", ""), ("mnt/file", "content")];
    assert_eq!(list.0, expected.iter().map(owned).collect::<Vec<_>>());
    let mut all = List::default();
    snapshot.visit("/", &mut all).unwrap();
    assert!(all.0.iter().any(|(path, _)| path == "etc/passwd"));
    assert_eq!(snapshot.visit("/none", &mut all), Err(Errno::ENOENT));
    m.kernel.import("/srv/app", &mut tree).unwrap();
    assert_eq!(m.get(task, "/srv/app/d/empty"), Ok(String::new()), "what is imported replaces");
    assert_eq!(m.get(task, "/srv/app/mnt/file"), Ok("content".into()));
}

#[test]
fn what_cannot_be_forked_is_named() {
    /// As a directory of the host: not ours to copy.
    struct Foreign(MemFs);
    macro_rules! delegate {
        ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
            impl FileSystem for Foreign {
                fn root(&self) -> oac_vfs::Ino {
                    self.0.root()
                }
                fn kind(&self) -> &'static str {
                    "foreign"
                }
                fn close(&mut self, handle: oac_vfs::Handle) {
                    self.0.close(handle);
                }
                $(fn $name(&mut self, $($arg: $type),*) -> Result<$result, Errno> {
                    self.0.$name($($arg),*)
                })*
            }
        };
    }
    use oac_abi::stat::{Stat, StatFs};
    use oac_vfs::{Access, DirEntry, Handle, Ino, RenameMode, SetAttributes, WriteAt, Written};
    delegate! {
        stat_fs() -> StatFs;
        lookup(dir: Ino, name: &[u8]) -> Ino;
        parent(dir: Ino) -> (Ino, Vec<u8>);
        metadata(ino: Ino) -> Stat;
        set_attributes(caller: &Caller, ino: Ino, change: &SetAttributes) -> ();
        read_dir(dir: Ino) -> Vec<DirEntry>;
        create(caller: &Caller, dir: Ino, name: &[u8], node: NewNode<'_>) -> Ino;
        link(caller: &Caller, ino: Ino, dir: Ino, name: &[u8]) -> ();
        unlink(caller: &Caller, dir: Ino, name: &[u8]) -> ();
        remove_dir(caller: &Caller, dir: Ino, name: &[u8]) -> ();
        rename(caller: &Caller, old: (Ino, &[u8]), new: (Ino, &[u8]), mode: RenameMode) -> ();
        read_link(ino: Ino) -> Vec<u8>;
        open(caller: &Caller, ino: Ino, access: Access) -> Handle;
        read(handle: Handle, offset: u64, buf: &mut [u8]) -> usize;
        write(caller: &Caller, handle: Handle, at: WriteAt, buf: &[u8]) -> Written;
    }
    let mut m = Machine::default();
    let task = m.actor();
    let memory = || MemFs::new(1 << 20, &Caller::root(0));
    m.kernel.mount("/host", Box::new(Foreign(memory()))).unwrap();
    let layer = |fs: Box<dyn FileSystem>| Layer { root: fs.root(), fs: SharedFs::new(fs) };
    let over_host = Overlay::new(Some(layer(Box::new(memory()))), vec![layer(Box::new(Foreign(memory())))]);
    m.kernel.mount("/over", Box::new(over_host.unwrap())).unwrap();
    m.put(task, "/host/file", "x");
    m.put(task, "/over/file", "x");
    let mut snapshot = m.kernel.snapshot().unwrap();
    assert_eq!(snapshot.left_out(), ["/host"]);
    let (mut fork, other) = machine_of(&mut snapshot, Config::default());
    assert!(fork.list(other, "/host").is_empty());
    fork.put(other, "/over/file", "y");
    assert_eq!(
        m.get(task, "/over/file"),
        Ok("x".into()),
        "what lies over a directory of the host can be forked"
    );
    // A directory of the host takes no changes of an overlay: it keeps no attributes.
    let upper = Overlay::new(Some(layer(Box::new(Foreign(memory())))), vec![layer(Box::new(memory()))]);
    assert_eq!(upper.err(), Some(Errno::EINVAL));
}
