//! Tarballs to folders, trusting nothing in them.
//!
//! As npm unpacks: the first component of each name is dropped, files are 0644 with the archive's
//! executable bits, folders 0755, links are passed over, times are not kept. Since no link is ever
//! made, a name without `..` cannot lead out of the folder.

use crate::error::{InstallError, TarballProblem};
use crate::os;
use crate::pack::PackedFile;
use oac_npm_spec::Manifest;
use std::collections::HashSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use tar::EntryType;

/// What a package may unpack to, in bytes.
pub const UNPACKED_BYTES_MAX: u64 = 4 << 30;
/// How many entries it may have.
pub const ENTRIES_MAX: usize = 1 << 20;

/// Unpacks a gzipped tar archive into `folder`, which is made. `package` is for messages.
///
/// # Errors
/// `InstallError::Tarball` for anything that is not a plain package, `InstallError::File`. The folder
/// is then left half-written: unpack beside the place and rename.
pub fn extract(package: &str, tarball: &[u8], folder: &Path) -> Result<(), InstallError> {
    let bad = |problem| InstallError::Tarball { package: package.to_owned(), problem };
    let malformed = |e: io::Error| bad(TarballProblem::Malformed(e.to_string()));
    fs::create_dir_all(folder).map_err(InstallError::file("mkdir", folder))?;
    let mut archive = tar::Archive::new(reader(tarball));
    let mut writer = Writer::new(folder);
    let mut unpacked_bytes = 0;
    for (index, entry) in archive.entries().map_err(malformed)?.enumerate() {
        if index >= ENTRIES_MAX {
            return Err(bad(TarballProblem::TooMany { limit: ENTRIES_MAX }));
        }
        let mut entry = entry.map_err(malformed)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        match kind {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Directory => {
                if let Some(path) = inside(&name).map_err(bad)? {
                    writer.folder(&path)?;
                }
                continue;
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                return Err(bad(TarballProblem::Special(name)));
            }
            // Links and the archive's own notes.
            _ => continue,
        }
        unpacked_bytes += entry.size();
        if unpacked_bytes > UNPACKED_BYTES_MAX {
            return Err(bad(TarballProblem::TooLarge { limit_bytes: UNPACKED_BYTES_MAX }));
        }
        let Some(path) = inside(&name).map_err(bad)? else { continue };
        let executable = entry.header().mode().unwrap_or(0) & 0o111 != 0;
        let size = usize::try_from(entry.size()).unwrap_or(0);
        writer.file(&path, executable, size, &mut entry, &malformed)?;
    }
    Ok(())
}

/// The files in a tarball, as they would be unpacked. `package` is for messages.
///
/// # Errors
/// As [`extract`].
pub fn tarball_files(package: &str, tarball: &[u8]) -> Result<Vec<PackedFile>, InstallError> {
    let bad = |problem| InstallError::Tarball { package: package.to_owned(), problem };
    let malformed = |e: io::Error| bad(TarballProblem::Malformed(e.to_string()));
    let mut archive = tar::Archive::new(reader(tarball));
    let mut files = Vec::new();
    for (index, entry) in archive.entries().map_err(malformed)?.enumerate() {
        if index >= ENTRIES_MAX {
            return Err(bad(TarballProblem::TooMany { limit: ENTRIES_MAX }));
        }
        let entry = entry.map_err(malformed)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let Some(path) = inside(&name).map_err(bad)? else { continue };
        let mode = entry.header().mode().unwrap_or(0o644) & 0o777;
        files.push(PackedFile { path: path.to_string_lossy().into_owned(), size_bytes: entry.size(), mode });
    }
    Ok(files)
}

/// The manifest of the package in a tarball.
///
/// # Errors
/// As [`extract`]; `TarballProblem::NoManifest` for a tarball without `package.json`.
pub(crate) fn own_manifest(package: &str, tarball: &[u8]) -> Result<Manifest, InstallError> {
    let bad = |problem| InstallError::Tarball { package: package.to_owned(), problem };
    let malformed = |e: io::Error| bad(TarballProblem::Malformed(e.to_string()));
    let mut archive = tar::Archive::new(reader(tarball));
    let (mut manifest, mut shrinkwrapped) = (None, false);
    for (index, entry) in archive.entries().map_err(malformed)?.enumerate() {
        if index >= ENTRIES_MAX {
            return Err(bad(TarballProblem::TooMany { limit: ENTRIES_MAX }));
        }
        let mut entry = entry.map_err(malformed)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(path) = inside(&name).map_err(bad)? else { continue };
        shrinkwrapped |= path == Path::new("npm-shrinkwrap.json");
        if path == Path::new("package.json") && entry.size() <= MANIFEST_BYTES_MAX {
            let mut text = Vec::new();
            entry.read_to_end(&mut text).map_err(malformed)?;
            let value =
                serde_json::from_slice(&text).map_err(|e| bad(TarballProblem::Malformed(e.to_string())))?;
            manifest = Some(Manifest::from_value(value));
        }
    }
    let mut manifest = manifest.ok_or_else(|| bad(TarballProblem::NoManifest))?;
    manifest.has_shrinkwrap |= shrinkwrapped;
    Ok(manifest)
}

/// The manifests in a tarball's `node_modules`, by location, parents first. `package` is for messages.
///
/// # Errors
/// As [`extract`].
pub(crate) fn bundled_manifests(
    package: &str,
    tarball: &[u8],
) -> Result<Vec<(String, Manifest)>, InstallError> {
    let bad = |problem| InstallError::Tarball { package: package.to_owned(), problem };
    let malformed = |e: io::Error| bad(TarballProblem::Malformed(e.to_string()));
    let mut archive = tar::Archive::new(reader(tarball));
    let mut found = Vec::new();
    for (index, entry) in archive.entries().map_err(malformed)?.enumerate() {
        if index >= ENTRIES_MAX {
            return Err(bad(TarballProblem::TooMany { limit: ENTRIES_MAX }));
        }
        let mut entry = entry.map_err(malformed)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(path) = inside(&name).map_err(bad)? else { continue };
        let Some(location) = path.to_str().and_then(|p| p.strip_suffix("/package.json")) else { continue };
        if !is_package_location(location) || entry.size() > MANIFEST_BYTES_MAX {
            continue;
        }
        let mut text = Vec::new();
        entry.read_to_end(&mut text).map_err(malformed)?;
        if let Ok(value) = serde_json::from_slice(&text) {
            found.push((location.to_owned(), Manifest::from_value(value)));
        }
    }
    found.sort_by_key(|(location, _)| location.matches("node_modules/").count());
    Ok(found)
}

/// What a `package.json` may measure.
const MANIFEST_BYTES_MAX: u64 = 16 << 20;

/// `node_modules/a`, `node_modules/@s/a`, and these below each other.
fn is_package_location(location: &str) -> bool {
    let mut rest = location;
    loop {
        let Some(inner) = rest.strip_prefix("node_modules/") else { return false };
        let mut parts = inner.splitn(if inner.starts_with('@') { 3 } else { 2 }, '/');
        let scoped = inner.starts_with('@');
        if parts.next().is_none_or(str::is_empty) || (scoped && parts.next().is_none_or(str::is_empty)) {
            return false;
        }
        match parts.next() {
            None => return true,
            Some(more) => rest = more,
        }
    }
}

fn reader<'a>(tarball: &'a [u8]) -> Box<dyn Read + 'a> {
    if tarball.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::GzDecoder::new(tarball))
    } else {
        Box::new(tarball)
    }
}

/// The name without its first component; `None` when nothing is left.
fn inside(name: &str) -> Result<Option<PathBuf>, TarballProblem> {
    let escape = || TarballProblem::Escape(name.to_owned());
    if name.contains('\0') {
        return Err(escape());
    }
    let mut path = PathBuf::new();
    let mut first = true;
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => {
                if !std::mem::take(&mut first) {
                    path.push(part);
                }
            }
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(escape()),
        }
    }
    Ok((!path.as_os_str().is_empty()).then_some(path))
}

struct Writer<'a> {
    root: &'a Path,
    made: HashSet<PathBuf>,
    buffer: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(root: &'a Path) -> Self {
        Self { root, made: HashSet::new(), buffer: Vec::new() }
    }

    fn folder(&mut self, path: &Path) -> Result<(), InstallError> {
        if path.as_os_str().is_empty() || self.made.contains(path) {
            return Ok(());
        }
        let full = self.root.join(path);
        fs::create_dir_all(&full).map_err(InstallError::file("mkdir", full))?;
        self.made.insert(path.to_owned());
        Ok(())
    }

    fn file(
        &mut self,
        path: &Path,
        executable: bool,
        size: usize,
        content: &mut dyn Read,
        malformed: &dyn Fn(io::Error) -> InstallError,
    ) -> Result<(), InstallError> {
        self.folder(path.parent().unwrap_or(Path::new("")))?;
        let full = self.ignore_file(path);
        let Some(full) = full else { return Ok(()) };
        self.buffer.clear();
        self.buffer.reserve(size);
        content.read_to_end(&mut self.buffer).map_err(malformed)?;
        let mut file = fs::File::create(&full).map_err(InstallError::file("open", &full))?;
        file.write_all(&self.buffer).map_err(InstallError::file("write", &full))?;
        drop(file);
        if executable {
            os::chmod(&full, 0o755).map_err(InstallError::file("chmod", &full))?;
        }
        Ok(())
    }

    /// npm installs a `.gitignore` as `.npmignore`, unless the package has one of those already.
    fn ignore_file(&self, path: &Path) -> Option<PathBuf> {
        if path.file_name().is_some_and(|name| name == ".gitignore") {
            let instead = self.root.join(path.with_file_name(".npmignore"));
            return (!instead.exists()).then_some(instead);
        }
        Some(self.root.join(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tarball of entries: name, kind, mode, content. Names are written as they are, good or bad.
    pub(crate) fn tarball(entries: &[(&str, EntryType, u32, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, mode, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(*mode);
            header.set_size(content.len() as u64);
            if *kind == EntryType::Symlink {
                header.set_link_name("/etc/passwd").expect("short");
            }
            header.set_cksum();
            builder.append(&header, *content).expect("in memory");
        }
        let plain = builder.into_inner().expect("in memory");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).expect("in memory");
        gzip.finish().expect("in memory")
    }

    fn check(entries: &[(&str, EntryType, u32, &[u8])], look: impl Fn(&Path, Result<(), InstallError>)) {
        let unique = format!("oac-npm-extract-{}-{:p}", std::process::id(), entries.as_ptr());
        let folder = std::env::temp_dir().join(unique);
        let result = extract("a@1.0.0", &tarball(entries), &folder);
        look(&folder, result);
        fs::remove_dir_all(folder).expect("removable");
    }

    #[test]
    fn files_are_unpacked_as_npm_does() {
        let entries: &[(&str, EntryType, u32, &[u8])] = &[
            ("package/package.json", EntryType::Regular, 0o600, b"{}"),
            ("package/bin/cli", EntryType::Regular, 0o700, b"#!"),
            ("package/empty", EntryType::Directory, 0, b""),
            ("package/link", EntryType::Symlink, 0o777, b""),
            ("package/.gitignore", EntryType::Regular, 0o644, b"x"),
        ];
        check(entries, |folder, result| {
            use std::os::unix::fs::PermissionsExt;
            result.expect("a good package");
            let mode = |p: &str| fs::metadata(folder.join(p)).expect("there").permissions().mode() & 0o777;
            assert_eq!(mode("package.json"), 0o644);
            assert_eq!(mode("bin/cli"), 0o755);
            assert!(folder.join("empty").is_dir());
            assert!(!folder.join("link").exists());
            assert!(folder.join(".npmignore").exists() && !folder.join(".gitignore").exists());
        });
    }

    fn check_refused(name: &str, kind: EntryType, word: &str) {
        check(&[(name, kind, 0o644, b"")], |_, result| {
            let error = result.expect_err(name);
            assert!(error.to_string().contains(word), "{error}");
        });
    }

    #[test]
    fn hostile_entries_are_refused() {
        check_refused("package/../../x", EntryType::Regular, "leads out");
        check_refused("/etc/x", EntryType::Regular, "leads out");
        check_refused("package/../../x", EntryType::Directory, "leads out");
        check_refused("package/null", EntryType::Char, "neither a file");
        check_refused("package/fifo", EntryType::Fifo, "neither a file");
    }

    #[test]
    fn locations_of_packages() {
        for good in ["node_modules/a", "node_modules/@s/a", "node_modules/@s/a/node_modules/b"] {
            assert!(is_package_location(good), "{good}");
        }
        for bad in
            ["a", "node_modules", "node_modules/a/lib", "node_modules/@s", "node_modules/a/node_modules"]
        {
            assert!(!is_package_location(bad), "{bad}");
        }
    }

    #[test]
    fn truncated_archives_are_refused() {
        let whole = tarball(&[("package/a", EntryType::Regular, 0o644, &[7; 4096])]);
        let folder = std::env::temp_dir().join(format!("oac-npm-truncated-{}", std::process::id()));
        let error = extract("a@1.0.0", &whole[..whole.len() / 2], &folder).expect_err("half");
        assert_eq!(error.code(), "TAR_BAD_ARCHIVE");
        fs::remove_dir_all(folder).expect("removable");
    }
}
