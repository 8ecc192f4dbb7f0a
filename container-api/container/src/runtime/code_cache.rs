//! Compiled code kept on disk, so that the second start of a program costs a memory map.
//!
//! An entry is native code that will be executed, so it is never trusted by its name: it must be ours (owner, permissions), and
//! its contents must have the hash that was noted when it was made. Hashing many megabytes at each start would cost more than
//! everything else, so the note ("stamp") also holds the file's inode, size and times of that moment: a file whose ctime has
//! not moved since has not been written to. Anything else is hashed again; what does not fit is removed and made anew.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use sha2::{Digest, Sha256};
use wasmtime::{Engine, Module};

/// All entries together; the oldest go first.
const CACHE_BYTES_MAX: u64 = 1 << 30;
/// A stamp made this soon after the file's last change proves nothing: a clock tick may hold both.
const RACY_NS: i128 = 200_000_000;

/// The name of an entry: a hash of whatever the code was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CodeKey(pub(crate) [u8; 32]);

impl CodeKey {
    fn file_name(self, suffix: &str) -> String {
        hex(&self.0) + suffix
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Where compiled code is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CacheDir {
    /// `$XDG_CACHE_HOME/oac`, else `~/.cache/oac`; nowhere when neither can be had.
    #[default]
    User,
    /// A given directory.
    At(PathBuf),
    /// Nowhere: everything is compiled anew in each process.
    Nowhere,
}

#[derive(Debug)]
pub(crate) struct CodeCache {
    dir: Option<PathBuf>,
}

impl CodeCache {
    pub(crate) fn new(place: &CacheDir) -> CodeCache {
        let dir = match place {
            CacheDir::Nowhere => None,
            CacheDir::At(dir) => Some(dir.clone()),
            CacheDir::User => user_cache_dir(),
        };
        CodeCache { dir: dir.map(|dir| dir.join("code")).filter(|dir| prepare(dir).is_ok()) }
    }

    /// The module of an entry that is there and sound.
    pub(crate) fn load(&self, engine: &Engine, key: CodeKey) -> Option<Module> {
        let dir = self.dir.as_ref()?;
        let path = dir.join(key.file_name(".cwasm"));
        let stamp_path = dir.join(key.file_name(".stamp"));
        let sound_file = open_entry(&path).ok().filter(|file| sound(file, &stamp_path).unwrap_or(false));
        let loaded = sound_file.and_then(|file| {
            // SAFETY: the bytes hash to what this program wrote here itself when it had compiled them, in a directory and a
            // file that only this user can write.
            unsafe { Module::deserialize_open_file(engine, file) }.ok()
        });
        if loaded.is_none() {
            let _ = fs::remove_file(&path);
            let _ = fs::remove_file(&stamp_path);
        }
        loaded
    }

    /// Adds an entry and maps it. `None` when the disk does not let us: the code is then used from memory.
    pub(crate) fn store(&self, engine: &Engine, key: CodeKey, code: &[u8]) -> Option<Module> {
        let dir = self.dir.as_ref()?;
        make_room(dir, code.len() as u64);
        let path = dir.join(key.file_name(".cwasm"));
        write_atomically(dir, &path, code).ok()?;
        let file = open_entry(&path).ok()?;
        let stamp = Stamp::of(&file, hex(&Sha256::digest(code))).ok()?;
        write_atomically(dir, &dir.join(key.file_name(".stamp")), stamp.line().as_bytes()).ok()?;
        // SAFETY: as in `load`; another process that replaced the entry meanwhile wrote code for the same key.
        unsafe { Module::deserialize_open_file(engine, file) }.ok()
    }
}

fn user_cache_dir() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("oac"))
}

/// Makes the directory, and refuses one that others could write to.
fn prepare(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let metadata = fs::metadata(dir)?;
    if is_ours(&metadata) { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

fn is_ours(metadata: &fs::Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0
}

fn open_entry(path: &Path) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && is_ours(&metadata) {
        Ok(file)
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// Whether the open file still holds what its stamp says. Renews a stamp that could not be told from a racing write.
fn sound(file: &File, stamp_path: &Path) -> io::Result<bool> {
    let Some(stamp) = Stamp::parse(&fs::read_to_string(stamp_path)?) else { return Ok(false) };
    let current = Stamp::of(file, stamp.sha256.clone())?;
    if stamp.identity == current.identity && stamp.taken_ns - stamp.identity.ctime_ns > RACY_NS {
        return Ok(true);
    }
    let mut hasher = Sha256::new();
    let mut reader = file;
    let mut buf = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buf)? {
            0 => break,
            len => hasher.update(&buf[..len]),
        }
    }
    if hex(&hasher.finalize()) != stamp.sha256 {
        return Ok(false);
    }
    if let Some(dir) = stamp_path.parent() {
        // Not being able to renew it costs time at the next start, nothing else.
        let _ = write_atomically(dir, stamp_path, current.line().as_bytes());
    }
    Ok(true)
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    dev: u64,
    ino: u64,
    size: u64,
    mtime_ns: i128,
    ctime_ns: i128,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    identity: Identity,
    taken_ns: i128,
    sha256: String,
}

impl Stamp {
    fn of(file: &File, sha256: String) -> io::Result<Stamp> {
        let metadata = file.metadata()?;
        let ns =
            |seconds: i64, nanoseconds: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
        let identity = Identity {
            dev: metadata.dev(),
            ino: metadata.ino(),
            size: metadata.size(),
            mtime_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
        };
        let taken_ns =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i128);
        Ok(Stamp { identity, taken_ns, sha256 })
    }

    fn line(&self) -> String {
        let Identity { dev, ino, size, mtime_ns, ctime_ns } = self.identity;
        format!("oac-code 1 {dev} {ino} {size} {mtime_ns} {ctime_ns} {} {}\n", self.taken_ns, self.sha256)
    }

    fn parse(line: &str) -> Option<Stamp> {
        let mut words = line.strip_suffix('\n')?.strip_prefix("oac-code 1 ")?.split(' ');
        let stamp = Stamp {
            identity: Identity {
                dev: words.next()?.parse().ok()?,
                ino: words.next()?.parse().ok()?,
                size: words.next()?.parse().ok()?,
                mtime_ns: words.next()?.parse().ok()?,
                ctime_ns: words.next()?.parse().ok()?,
            },
            taken_ns: words.next()?.parse().ok()?,
            sha256: words.next()?.to_string(),
        };
        words.next().is_none().then_some(stamp)
    }
}

/// Writes beside the target and renames: a reader sees the old file, the new one or none.
fn write_atomically(dir: &Path, target: &Path, contents: &[u8]) -> io::Result<()> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let temporary = dir.join(format!(".{}.tmp", hex(&random)));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(contents)?;
        file.sync_data()?;
        fs::rename(&temporary, target)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

/// Removes the oldest entries until `wanted` more bytes fit.
fn make_room(dir: &Path, wanted: u64) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
    for (_, len, path) in files {
        if total + wanted <= CACHE_BYTES_MAX {
            return;
        }
        // Its stamp stays behind for a while; without the code it is never read, and it is among the oldest itself.
        if fs::remove_file(&path).is_ok() {
            total -= len;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::engine_config;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("oac-code-cache-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    /// Stores one module, lets `spoil` at its files, and says whether it still loads.
    fn check(name: &str, spoil: impl FnOnce(&Path, &Path), expected: bool) {
        let root = scratch(name);
        let cache = CodeCache::new(&CacheDir::At(root.clone()));
        let engine = Engine::new(&engine_config()).expect("an engine");
        let code = engine.precompile_module(b"\0asm\x01\0\0\0").expect("an empty module compiles");
        let key = CodeKey([7; 32]);
        assert!(cache.store(&engine, key, &code).is_some());
        let path = root.join("code").join(key.file_name(".cwasm"));
        let stamp = root.join("code").join(key.file_name(".stamp"));
        spoil(&path, &stamp);
        assert_eq!(cache.load(&engine, key).is_some(), expected, "{name}");
        assert_eq!(path.exists(), expected, "{name}: what is unsound is removed");
        fs::remove_dir_all(root).expect("remove the scratch directory");
    }

    #[test]
    fn only_sound_entries_load() {
        check("sound", |_, _| {}, true);
        check(
            "flipped",
            |path, _| {
                let mut code = fs::read(path).unwrap();
                let middle = code.len() / 2;
                code[middle] ^= 1;
                fs::write(path, code).unwrap();
            },
            false,
        );
        check(
            "truncated",
            |path, _| {
                let code = fs::read(path).unwrap();
                fs::write(path, &code[..code.len() / 2]).unwrap();
            },
            false,
        );
        check("empty", |path, _| fs::write(path, b"").unwrap(), false);
        check("unstamped", |_, stamp| fs::remove_file(stamp).unwrap(), false);
        check("nonsense stamp", |_, stamp| fs::write(stamp, "oac-code 1 2 3\n").unwrap(), false);
        check(
            "writable by others",
            |path, _| {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
            },
            false,
        );
    }

    #[test]
    fn a_stamp_round_trips() {
        let stamp = Stamp {
            identity: Identity { dev: 1, ino: 2, size: 3, mtime_ns: -4, ctime_ns: 5 },
            taken_ns: 6,
            sha256: "ab".into(),
        };
        assert_eq!(Stamp::parse(&stamp.line()), Some(stamp));
    }
}
