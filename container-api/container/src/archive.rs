//! A container's files as one value: out as an archive, and in again.

use std::{
    collections::{BTreeSet, HashMap},
    io::{self, Read},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use oac_abi::{flags::mode, stat::Stat};
use serde_json::{Map, Value, json};
use tar::{Archive, Builder, EntryType, Header};

use crate::{
    Error, Files,
    files::{join, name_of},
};

/// How files are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// tar(5), as GNU has it: with modes, times, links and hard links.
    Tar,
    /// One object a directory: `{"a": {"file": {"contents": "text"}}, "b": {"directory": {…}}, "c": {"file": {"symlink": "a"}}}`,
    /// the tree that a page mounts. Contents that are no text are `"contents": "…", "encoding": "base64"`; what can be run has
    /// `"executable": true`.
    Json,
}

impl ArchiveFormat {
    fn name(self) -> &'static str {
        match self {
            ArchiveFormat::Tar => "a tar archive",
            ArchiveFormat::Json => "a JSON tree",
        }
    }
}

fn bad(format: ArchiveFormat, reason: impl ToString) -> Error {
    Error::Import { archive: format.name(), reason: reason.to_string() }
}

/// Everything below a directory of a container, itself left out. What is mounted below it stays an empty directory, and sockets
/// and devices are left out, as tar(1) leaves them.
pub(crate) fn export(files: &Files, path: &str, format: ArchiveFormat) -> Result<Vec<u8>, Error> {
    let dev = files.stat(path)?.dev;
    match format {
        ArchiveFormat::Json => Ok(directory_value(files, path, dev)?.to_string().into_bytes()),
        ArchiveFormat::Tar => {
            let mut writer =
                TarWriter { files, dev, archive: Builder::new(Vec::new()), linked: HashMap::new() };
            writer.directory(path, "")?;
            Ok(writer.archive.into_inner()?)
        }
    }
}

/// Writes an archive's files below a directory, which is made when it is missing. Files that are there are replaced.
///
/// Names that lead out of the directory, by `..` or through a link that the archive itself brings, are refused.
pub(crate) fn import(files: &Files, path: &str, format: ArchiveFormat, bytes: &[u8]) -> Result<(), Error> {
    files.make_dir_all(path)?;
    match format {
        ArchiveFormat::Json => {
            let value = serde_json::from_slice(bytes).map_err(|error| bad(format, error))?;
            import_directory(files, path, &value)
        }
        ArchiveFormat::Tar => import_tar(files, path, bytes),
    }
}

fn directory_value(files: &Files, path: &str, dev: u64) -> Result<Value, Error> {
    let mut entries = Map::new();
    for entry in files.read_dir(path)? {
        let name = name_of(&entry.name, path)?;
        let below = join(path, &name);
        let stat = files.metadata(&below)?;
        let value = match stat.mode & mode::FMT {
            mode::DIR if stat.dev != dev => json!({ "directory": {} }),
            mode::DIR => json!({ "directory": directory_value(files, &below, dev)? }),
            mode::LNK => json!({ "file": { "symlink": String::from_utf8_lossy(&files.read_link(&below)?) } }),
            mode::REG => json!({ "file": file_value(files.read(&below)?, stat.mode & 0o111 != 0) }),
            _ => continue,
        };
        entries.insert(name, value);
    }
    Ok(entries.into())
}

fn file_value(bytes: Vec<u8>, executable: bool) -> Value {
    let mut value = match String::from_utf8(bytes) {
        Ok(text) => json!({ "contents": text }),
        Err(error) => json!({ "contents": BASE64.encode(error.as_bytes()), "encoding": "base64" }),
    };
    if executable {
        value["executable"] = true.into();
    }
    value
}

fn import_directory(files: &Files, path: &str, value: &Value) -> Result<(), Error> {
    let bad = |reason: String| bad(ArchiveFormat::Json, reason);
    let entries = value.as_object().ok_or_else(|| bad(format!("{path}: a directory is an object")))?;
    for (name, entry) in entries {
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            return Err(bad(format!("{path}: {name:?} is not a file's name")));
        }
        let below = join(path, name);
        if let Some(directory) = entry.get("directory") {
            files.make_dir_all(&below)?;
            import_directory(files, &below, directory)?;
            continue;
        }
        let file = entry.get("file").ok_or_else(|| bad(format!("{below}: neither file nor directory")))?;
        if let Some(target) = file.get("symlink").and_then(Value::as_str) {
            replace_with_link(files, target, &below)?;
            continue;
        }
        let contents = file.get("contents").and_then(Value::as_str);
        let contents = contents.ok_or_else(|| bad(format!("{below}: contents are a string")))?;
        let bytes = match file.get("encoding").and_then(Value::as_str) {
            None | Some("utf8") => contents.as_bytes().to_vec(),
            Some("base64") => BASE64.decode(contents).map_err(|error| bad(format!("{below}: {error}")))?,
            Some(other) => return Err(bad(format!("{below}: no encoding {other}"))),
        };
        let executable = file.get("executable").and_then(Value::as_bool).unwrap_or_default();
        files.write_with_mode(&below, &bytes, if executable { 0o755 } else { 0o644 })?;
    }
    Ok(())
}

fn replace_with_link(files: &Files, target: &str, path: &str) -> Result<(), Error> {
    if files.metadata(path).is_ok() {
        files.remove_file(path)?;
    }
    files.symlink(target, path)
}

struct TarWriter<'a> {
    files: &'a Files,
    dev: u64,
    archive: Builder<Vec<u8>>,
    /// Files with several names, by their inodes: where in the archive the first one is.
    linked: HashMap<u64, String>,
}

impl TarWriter<'_> {
    fn directory(&mut self, path: &str, inside: &str) -> Result<(), Error> {
        for entry in self.files.read_dir(path)? {
            let name = name_of(&entry.name, path)?;
            let (below, inside) = (join(path, &name), format!("{inside}{name}"));
            let stat = self.files.metadata(&below)?;
            let mut header = header(&stat);
            match stat.mode & mode::FMT {
                mode::DIR => {
                    let inside = format!("{inside}/");
                    header.set_entry_type(EntryType::Directory);
                    self.archive.append_data(&mut header, &inside, io::empty())?;
                    if stat.dev == self.dev {
                        self.directory(&below, &inside)?;
                    }
                }
                mode::LNK => {
                    let target = String::from_utf8_lossy(&self.files.read_link(&below)?).into_owned();
                    header.set_entry_type(EntryType::Symlink);
                    self.archive.append_link(&mut header, &inside, target)?;
                }
                mode::FIFO => {
                    header.set_entry_type(EntryType::Fifo);
                    self.archive.append_data(&mut header, &inside, io::empty())?;
                }
                mode::REG => match self.linked.get(&stat.ino) {
                    Some(first) => {
                        header.set_entry_type(EntryType::Link);
                        self.archive.append_link(&mut header, &inside, first)?;
                    }
                    None => {
                        let bytes = self.files.read(&below)?;
                        header.set_size(bytes.len() as u64);
                        self.archive.append_data(&mut header, &inside, &bytes[..])?;
                        if stat.nlink > 1 {
                            self.linked.insert(stat.ino, inside);
                        }
                    }
                },
                _ => {}
            }
        }
        Ok(())
    }
}

fn header(stat: &Stat) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(stat.mode & 0o7777);
    header.set_uid(stat.uid.into());
    header.set_gid(stat.gid.into());
    header.set_mtime(u64::try_from(stat.mtime_ns / 1_000_000_000).unwrap_or_default());
    header.set_size(0);
    header
}

fn import_tar(files: &Files, root: &str, bytes: &[u8]) -> Result<(), Error> {
    let format = ArchiveFormat::Tar;
    let read = |error: io::Error| bad(format, error);
    let mut links = BTreeSet::new();
    // A directory's time is set when everything is in it.
    let mut times = Vec::new();
    for entry in Archive::new(bytes).entries().map_err(read)? {
        let mut entry = entry.map_err(read)?;
        let name = String::from_utf8(entry.path_bytes().into_owned()).map_err(|error| {
            bad(format, format!("{:?} is not UTF-8", String::from_utf8_lossy(error.as_bytes())))
        })?;
        let Some(inside) = inside(&name, &links).map_err(|reason| bad(format, reason))? else { continue };
        let path = join(root, &inside);
        if let Some((dir, _)) = path.rsplit_once('/').filter(|(dir, _)| !dir.is_empty()) {
            files.make_dir_all(dir)?;
        }
        let mode = entry.header().mode().map_err(read)? & 0o7777;
        let target = |entry: &tar::Entry<'_, &[u8]>| {
            let target = entry.link_name_bytes().map(|target| String::from_utf8_lossy(&target).into_owned());
            target.ok_or_else(|| bad(format, format!("{name}: a link without a target")))
        };
        match entry.header().entry_type() {
            EntryType::Directory => files.make_dir_all(&path)?,
            EntryType::Symlink => {
                replace_with_link(files, &target(&entry)?, &path)?;
                links.insert(inside.clone());
            }
            EntryType::Link => {
                let first = target(&entry)?;
                let first = self::inside(&first, &links).map_err(|reason| bad(format, reason))?;
                if files.metadata(&path).is_ok() {
                    files.remove_file(&path)?;
                }
                files.hard_link(&join(root, &first.unwrap_or_default()), &path)?;
                continue;
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(read)?;
                files.write_with_mode(&path, &bytes, mode)?;
            }
            EntryType::Fifo => files.make_fifo(&path, mode)?,
            EntryType::XGlobalHeader => continue,
            other => return Err(bad(format, format!("{name}: entries of type {other:?} are not supported"))),
        }
        if entry.header().entry_type() != EntryType::Symlink {
            files.set_mode(&path, mode)?;
        }
        let mtime_ns = i64::try_from(entry.header().mtime().map_err(read)?).unwrap_or_default();
        times.push((path, mtime_ns.saturating_mul(1_000_000_000)));
    }
    for (path, mtime_ns) in times.iter().rev() {
        files.set_times(path, *mtime_ns, *mtime_ns)?;
    }
    Ok(())
}

/// A name of the archive, cleaned; `None` for the root itself.
fn inside(name: &str, links: &BTreeSet<String>) -> Result<Option<String>, String> {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err(format!("{name} leads out of the archive"));
    }
    let mut at = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            if links.contains(&at) {
                return Err(format!("{name} leads through a link that the archive brings"));
            }
            at.push('/');
        }
        at.push_str(part);
    }
    Ok((!at.is_empty()).then_some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        let links = BTreeSet::from(["a/link".to_string()]);
        let check = |name: &str, expected: Result<Option<&str>, ()>| {
            let found = inside(name, &links);
            assert_eq!(found.as_ref().map(Option::as_deref).map_err(drop), expected, "{name}");
        };
        check("a/b", Ok(Some("a/b")));
        check("/a//./b/", Ok(Some("a/b")));
        check("./", Ok(None));
        check("a/link", Ok(Some("a/link")));
        check("a/link/b", Err(()));
        check("a/../b", Err(()));
        check("..", Err(()));
    }
}
