//! What was fetched before: tarballs by their digest, packuments by their address.
//!
//! Laid out like npm's cacache: `content/<algorithm>/ab/cd/<rest of the digest>`. Files are written
//! beside their place and renamed into it, so that a killed install leaves whole files only; what is
//! read is verified again, and a damaged file counts as absent.

use oac_npm_registry::{Integrity, Response};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A cache in a folder, `~/.npm/_oac` by default.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    /// Where tarballs are, when others share them.
    store: Option<PathBuf>,
}

/// A packument kept, with what HTTP said of its freshness.
#[derive(Debug)]
pub struct CachedPackument {
    /// Its text.
    pub body: Vec<u8>,
    /// To ask whether it is still current.
    pub etag: Option<String>,
    /// Whether it may be used without asking.
    pub fresh: bool,
}

#[derive(Serialize, Deserialize)]
struct Head {
    url: String,
    etag: Option<String>,
    fetched_s: u64,
    max_age_s: u64,
}

impl Cache {
    /// A cache in this folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), store: None }
    }

    /// The same, with its tarballs in a folder that other containers use, too. What somebody else has put there is
    /// no danger: it is used only when its digest is the one that the registry or the lock file promises.
    #[must_use]
    pub fn with_store(self, store: Option<PathBuf>) -> Self {
        Self { store, ..self }
    }

    /// The folder of the tarballs.
    pub(crate) fn content(&self) -> PathBuf {
        self.store.clone().unwrap_or_else(|| self.folder.join("content"))
    }

    pub(crate) fn packuments(&self) -> PathBuf {
        self.folder.join("packuments")
    }

    /// A tarball, verified; `None` when it is not there or damaged.
    pub fn tarball(&self, integrity: &Integrity) -> Option<Vec<u8>> {
        let path = self.content_path(integrity)?;
        let bytes = read_used(&path)?;
        if integrity.check("", &bytes).is_err() {
            // Ignored: a damaged file that cannot be removed stays refused.
            let _ = fs::remove_file(&path);
            return None;
        }
        Some(bytes)
    }

    /// Whether there is a file for this tarball; its content is verified when it is read.
    pub fn has_tarball(&self, integrity: &Integrity) -> bool {
        self.content_path(integrity).is_some_and(|path| path.exists())
    }

    /// Keeps a tarball that was verified. A cache that cannot be written to is no reason to fail.
    pub fn keep_tarball(&self, integrity: &Integrity, bytes: &[u8]) {
        if let Some(path) = self.content_path(integrity) {
            self.write(&path, &[bytes]);
        }
    }

    /// A packument by its address.
    pub fn packument(&self, url: &str) -> Option<CachedPackument> {
        let mut bytes = fs::read(self.packument_path(url)).ok()?;
        let end = bytes.iter().position(|b| *b == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
        if head.url != url {
            return None;
        }
        let age_s = now_s().saturating_sub(head.fetched_s);
        bytes.drain(..=end);
        Some(CachedPackument { body: bytes, etag: head.etag, fresh: age_s < head.max_age_s })
    }

    /// Keeps a packument as it was answered.
    pub fn keep_packument(&self, url: &str, response: &Response) {
        let cache_control = response.header("cache-control").unwrap_or_default();
        if cache_control.contains("no-store") {
            return;
        }
        let head = Head {
            url: url.to_owned(),
            etag: response.header("etag").map(str::to_owned),
            fetched_s: now_s(),
            max_age_s: max_age_s(cache_control),
        };
        if let Ok(mut line) = serde_json::to_vec(&head) {
            line.push(b'\n');
            self.write(&self.packument_path(url), &[&line, &response.body]);
        }
    }

    /// Removes a packument; `false` when there was none.
    pub fn forget(&self, url: &str) -> bool {
        fs::remove_file(self.packument_path(url)).is_ok()
    }

    /// The addresses of the packuments that are kept, sorted.
    pub fn addresses(&self) -> Vec<String> {
        let entries = fs::read_dir(self.packuments()).ok();
        let mut addresses: Vec<String> = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let bytes = fs::read(entry.ok()?.path()).ok()?;
                let end = bytes.iter().position(|b| *b == b'\n')?;
                Some(serde_json::from_slice::<Head>(&bytes[..end]).ok()?.url)
            })
            .collect();
        addresses.sort();
        addresses
    }

    fn content_path(&self, integrity: &Integrity) -> Option<PathBuf> {
        let (algorithm, hex) = integrity.address()?;
        let (first, rest) = hex.split_at_checked(2)?;
        let (second, rest) = rest.split_at_checked(2)?;
        // Two files with one SHA-1 can be made: those digests are not shared.
        let folder = if algorithm == "sha1" { self.folder.join("content") } else { self.content() };
        Some(folder.join(algorithm).join(first).join(second).join(rest))
    }

    fn packument_path(&self, url: &str) -> PathBuf {
        let address = Integrity::parse(&Integrity::sha512(url.as_bytes())).and_then(|i| i.address());
        let hex = address.map(|(_, hex)| hex).unwrap_or_default();
        self.packuments().join(&hex[..40.min(hex.len())])
    }

    fn write(&self, path: &Path, parts: &[&[u8]]) {
        // Failures are ignored: the cache only saves time.
        let _ = try_write(path, parts);
    }
}

/// A file's bytes; a file that is read now and then is younger than a day, by which the store knows what is used.
fn read_used(path: &Path) -> Option<Vec<u8>> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let mut file = fs::File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if metadata.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > DAY)) {
        // Ignored: it is only forgotten sooner.
        let _ = file.set_modified(SystemTime::now());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
    file.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn try_write(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let temporary = path.with_extension(format!("{nanos:x}.tmp"));
    let written = fs::write(&temporary, parts.concat()).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn max_age_s(cache_control: &str) -> u64 {
    cache_control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok()).unwrap_or(0)
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_tarballs_are_not_given_out() {
        let folder = std::env::temp_dir().join(format!("oac-npm-cache-{}", std::process::id()));
        let cache = Cache::new(&folder);
        let integrity = Integrity::parse(&Integrity::sha512(b"tarball")).expect("made here");
        assert_eq!(cache.tarball(&integrity), None);
        cache.keep_tarball(&integrity, b"tarball");
        assert_eq!(cache.tarball(&integrity).as_deref(), Some(&b"tarball"[..]));
        fs::write(cache.content_path(&integrity).expect("has a place"), b"tampered").expect("writable");
        assert_eq!(cache.tarball(&integrity), None);
        fs::remove_dir_all(folder).expect("removable");
    }

    #[test]
    fn packuments_age() {
        let folder = std::env::temp_dir().join(format!("oac-npm-packuments-{}", std::process::id()));
        let cache = Cache::new(&folder);
        let url = "http://registry.invalid/a";
        let header = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        let mut response =
            Response { status: 200, headers: vec![header("etag", "\"x\"")], body: b"{}".to_vec() };
        cache.keep_packument(url, &response);
        let kept = cache.packument(url).expect("kept");
        assert_eq!((kept.fresh, kept.etag.as_deref()), (false, Some("\"x\"")));
        response.headers.push(header("cache-control", "public, max-age=300"));
        cache.keep_packument(url, &response);
        assert!(cache.packument(url).is_some_and(|kept| kept.fresh && kept.body == b"{}"));
        fs::remove_dir_all(folder).expect("removable");
    }
}
