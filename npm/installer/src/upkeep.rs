//! Looking after the cache: what is damaged goes, and what has not been used for longest when it grows too large.

use crate::Cache;
use oac_npm_registry::Integrity;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What `npm cache verify` found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Whole tarballs.
    pub content: usize,
    /// Their bytes.
    pub content_bytes: u64,
    /// What was left over by killed installs, and removed.
    pub collected: usize,
    /// Its bytes.
    pub collected_bytes: u64,
    /// Tarballs that are not what their name says, and were removed.
    pub corrupted: usize,
    /// Packuments.
    pub packuments: usize,
}

/// A temporary file older than this belongs to nobody any more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// How often the store is looked through for what is to go.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// The file whose age tells when that was done last.
const SWEPT: &str = ".swept";
/// How deep a store is: algorithm, two bytes of the digest, the rest.
const DEPTH_MAX: usize = 4;

struct Entry {
    path: PathBuf,
    length_bytes: u64,
    used: SystemTime,
}

impl Cache {
    /// Reads every tarball and removes what is not what its name says; what killed installs left over goes as well.
    ///
    /// # Errors
    /// When a folder cannot be read. What cannot be removed stays, and stays refused.
    pub fn verify(&self) -> io::Result<Verified> {
        let mut found = Verified::default();
        for entry in entries(&self.content())? {
            if is_temporary(&entry.path) {
                if is_older(entry.used, ABANDONED) && fs::remove_file(&entry.path).is_ok() {
                    found.collected += 1;
                    found.collected_bytes += entry.length_bytes;
                }
            } else if self.is_whole(&entry.path) {
                found.content += 1;
                found.content_bytes += entry.length_bytes;
            } else if entry.path.file_name().is_some_and(|name| name != SWEPT) {
                let _ = fs::remove_file(&entry.path);
                found.corrupted += 1;
            }
        }
        for entry in entries(&self.packuments())? {
            if is_temporary(&entry.path) {
                let _ = fs::remove_file(&entry.path);
            } else {
                found.packuments += 1;
            }
        }
        Ok(found)
    }

    fn is_whole(&self, path: &Path) -> bool {
        let Ok(relative) = path.strip_prefix(self.content()) else { return false };
        let mut parts = relative.iter().filter_map(|part| part.to_str());
        let Some(algorithm) = parts.next() else { return false };
        let hex: String = parts.collect();
        let Some(integrity) = Integrity::from_address(algorithm, &hex) else { return false };
        fs::read(path).is_ok_and(|bytes| integrity.check("", &bytes).is_ok())
    }

    /// Removes the tarballs that have not been used for longest until the rest fits; looks no oftener than once a
    /// day, as it costs reading every folder.
    pub fn sweep(&self, bytes_max: u64) {
        let folder = self.content();
        let marker = folder.join(SWEPT);
        let recent =
            fs::metadata(&marker).and_then(|m| m.modified()).is_ok_and(|at| !is_older(at, SWEEP_EVERY));
        if recent || fs::write(&marker, "").is_err() {
            return;
        }
        let Ok(mut entries) = entries(&folder) else { return };
        entries.retain(|entry| entry.path != marker);
        entries.sort_by_key(|entry| entry.used);
        let mut total: u64 = entries.iter().map(|entry| entry.length_bytes).sum();
        for entry in entries {
            let abandoned = is_temporary(&entry.path) && is_older(entry.used, ABANDONED);
            // Whoever reads the file now keeps it until it is closed.
            if (total > bytes_max || abandoned) && fs::remove_file(&entry.path).is_ok() {
                total -= entry.length_bytes;
            }
        }
    }

    /// Removes everything.
    ///
    /// # Errors
    /// The folder, and why it stays.
    pub fn clear(&self) -> Result<(), (PathBuf, io::Error)> {
        for folder in [self.content(), self.packuments()] {
            let entries = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
            for path in entries.map(|entry| entry.path()) {
                let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                match removed {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err((path, error)),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn is_temporary(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tmp")
}

fn is_older(at: SystemTime, age: Duration) -> bool {
    SystemTime::now().duration_since(at).is_ok_and(|passed| passed > age)
}

/// The files below a folder; none when it does not exist.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let listing = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            listing => listing?,
        };
        for entry in listing {
            let entry = entry?;
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() && depth < DEPTH_MAX {
                folders.push((entry.path(), depth + 1));
            } else if metadata.is_file() {
                let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                found.push(Entry { path: entry.path(), length_bytes: metadata.len(), used });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(name: &str) -> (Cache, PathBuf) {
        let folder = std::env::temp_dir().join(format!("oac-npm-upkeep-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        (Cache::new(folder.join("cache")).with_store(Some(folder.join("store"))), folder)
    }

    fn keep(cache: &Cache, bytes: &[u8]) -> Integrity {
        let integrity = Integrity::parse(&Integrity::sha512(bytes)).expect("made here");
        cache.keep_tarball(&integrity, bytes);
        integrity
    }

    #[test]
    fn what_is_damaged_goes() {
        let (cache, folder) = store("verify");
        keep(&cache, b"one");
        keep(&cache, b"other");
        let damaged = entries(&cache.content()).expect("listed").swap_remove(0);
        fs::write(&damaged.path, "something else").expect("writable");
        let expect = |content| Verified { content, corrupted: 1, ..Verified::default() };
        let found = cache.verify().expect("readable");
        assert_eq!(Verified { content_bytes: 0, ..found }, expect(1));
        assert!(!damaged.path.exists());
        assert_eq!(cache.verify().expect("readable").corrupted, 0);
        cache.clear().expect("removable");
        assert_eq!(cache.verify().expect("readable"), Verified::default());
        fs::remove_dir_all(folder).expect("removable");
    }

    #[test]
    fn the_store_is_bounded() {
        let (cache, folder) = store("sweep");
        let old = keep(&cache, &[1; 100]);
        let path = entries(&cache.content()).expect("listed").swap_remove(0).path;
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        fs::File::options().write(true).open(path).and_then(|f| f.set_modified(long_ago)).expect("settable");
        let new = keep(&cache, &[2; 100]);
        cache.sweep(150);
        assert!(!cache.has_tarball(&old) && cache.has_tarball(&new));
        // Not again on the same day.
        cache.sweep(0);
        assert!(cache.has_tarball(&new));
        fs::remove_dir_all(folder).expect("removable");
    }
}
