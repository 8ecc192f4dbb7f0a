//! Which files of a folder belong to its package, and the tarball of them: npm's `packlist` and `pack`.

use crate::{InstallError, os};
use flate2::Compression;
use flate2::write::GzEncoder;
use oac_npm_spec::{Glob, GlobOptions, Manifest, locale_compare};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is never packed, unless `files` names it.
const DEFAULTS: [&str; 21] = [
    ".npmignore",
    ".gitignore",
    "**/.git",
    "**/.svn",
    "**/.hg",
    "**/CVS",
    "**/.git/**",
    "**/.svn/**",
    "**/.hg/**",
    "**/CVS/**",
    "/.lock-wscript",
    "/.wafpickle-*",
    "/build/config.gypi",
    "npm-debug.log",
    "**/.npmrc",
    ".*.swp",
    ".DS_Store",
    "**/.DS_Store/**",
    "._*",
    "**/._*/**",
    "*.orig",
];
/// What nothing can change: `!` is always packed, the others never.
const STRICT: [&str; 13] = [
    "/.git",
    "!/package.json",
    "!/readme{,.*[^~$]}",
    "!/copying{,.*[^~$]}",
    "!/license{,.*[^~$]}",
    "!/licence{,.*[^~$]}",
    "/.git",
    "/node_modules",
    ".npmrc",
    "/package-lock.json",
    "/yarn.lock",
    "/pnpm-lock.yaml",
    "/bun.lockb",
];
/// 1985-10-26T08:15:00Z, the time of every file in a package.
const MTIME_S: u64 = 499_162_500;
/// How deep folders may be.
const DEPTH_MAX: usize = 64;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFile {
    /// Relative to the package, with slashes.
    pub path: String,
    /// Its length.
    pub size_bytes: u64,
    /// 0644 or 0755.
    pub mode: u32,
}

/// A line of an ignore file.
struct Rule {
    negated: bool,
    glob: Glob,
}

impl Rule {
    fn new(line: &str) -> Self {
        let bare = line.trim_start_matches('!');
        let negated = (line.len() - bare.len()) % 2 == 1;
        let options = GlobOptions { dot: true, ignore_case: true, match_base: true };
        Self { negated, glob: Glob::new(bare, options) }
    }

    fn list<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let lines = lines.into_iter().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        lines.map(Self::new).collect()
    }

    /// Whether an entry, as seen from the folder of the ignore file, is meant.
    fn matches(&self, entry: &str, is_folder: bool) -> bool {
        let rooted = format!("/{entry}");
        if self.glob.matches(&rooted) || self.glob.matches(entry) {
            return true;
        }
        is_folder
            && (self.glob.matches(&format!("{rooted}/"))
                || self.glob.matches(&format!("{entry}/"))
                || (self.negated && (self.glob.matches_below(&rooted) || self.glob.matches_below(entry))))
    }
}

/// The rules of one folder, the weakest first.
struct Folder {
    /// Its path from the package, with a slash at the end; empty for the package itself.
    prefix: String,
    rules: Vec<Vec<Rule>>,
}

/// The files of the package in a folder, in the order of the tarball. `skipped` are folders that are packages
/// of their own: workspaces.
///
/// # Errors
/// `InstallError::File`.
pub fn pack_list(
    folder: &Path,
    package: &Value,
    skipped: &[String],
) -> Result<Vec<PackedFile>, InstallError> {
    let mut paths = BTreeSet::new();
    let own = root_rules(folder, package, skipped);
    walk(folder, &mut vec![own], "", 0, &mut paths)?;
    for bundled in bundle(folder, package) {
        walk_all(folder, &bundled, 0, &mut paths)?;
    }
    let mut paths: Vec<String> = paths.into_iter().collect();
    paths.sort_by(|a, b| {
        let extension = |p: &str| {
            let base = p.rsplit('/').next().unwrap_or(p);
            base.rfind('.').filter(|at| *at > 0).map_or(String::new(), |at| base[at..].to_lowercase())
        };
        let base = |p: &str| p.rsplit('/').next().unwrap_or(p).to_lowercase();
        locale_compare(&extension(a), &extension(b))
            .then_with(|| locale_compare(&base(a), &base(b)))
            .then_with(|| locale_compare(a, b))
    });
    paths.into_iter().map(|path| describe(folder, path)).collect()
}

fn describe(folder: &Path, path: String) -> Result<PackedFile, InstallError> {
    let full = folder.join(&path);
    let metadata = fs::metadata(&full).map_err(InstallError::file("stat", &full))?;
    let mode = if os::is_executable(&full) { 0o755 } else { 0o644 };
    Ok(PackedFile { path, size_bytes: metadata.len(), mode })
}

fn root_rules(folder: &Path, package: &Value, skipped: &[String]) -> Folder {
    let skipped = skipped.iter().map(String::as_str);
    let mut defaults = Rule::list(DEFAULTS.into_iter().chain(["/archived-packages/**"]));
    defaults.extend(Rule::list(skipped));
    let mut required: Vec<String> = Vec::new();
    let mut own = None;
    if let Some(files) = package.get("files").and_then(Value::as_array) {
        let mut rules = vec!["*".to_owned()];
        for file in files.iter().filter_map(Value::as_str) {
            let file = file.strip_prefix('.').filter(|f| f.starts_with('/')).unwrap_or(file);
            let file = if file.ends_with("/*") { format!("{file}*") } else { file.to_owned() };
            match fs::symlink_metadata(folder.join(file.trim_start_matches(['!', '/']))) {
                Ok(stat) if stat.is_file() => required.push(format!("!{file}")),
                Ok(stat) if stat.is_dir() => {
                    let file = file.trim_end_matches('/');
                    rules.push(format!("!{file}"));
                    rules.push(format!("!{file}/**"));
                }
                Ok(_) => {}
                Err(_) => rules.push(format!("!{file}")),
            }
        }
        own = Some(Rule::list(rules.iter().map(String::as_str)));
    }
    let manifest = Manifest::from_value(package.clone());
    let text = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    let entries = [text("browser"), text("main")].into_iter().flatten().chain(manifest.bin.into_values());
    let entries: Vec<String> = entries.map(|e| format!("!/{}", e.trim_start_matches("./"))).collect();
    let strict = required.iter().map(String::as_str).chain(STRICT).chain(entries.iter().map(String::as_str));
    let strict = Rule::list(strict.collect::<Vec<_>>());
    let ignored = match own {
        Some(own) => own,
        None => ignore_file(folder).unwrap_or_default(),
    };
    Folder { prefix: String::new(), rules: vec![defaults, ignored, strict] }
}

/// `.npmignore`, else `.gitignore`.
fn ignore_file(folder: &Path) -> Option<Vec<Rule>> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let text = read(".npmignore").or_else(|| read(".gitignore"))?;
    Some(Rule::list(text.lines()))
}

fn walk(
    package: &Path,
    folders: &mut Vec<Folder>,
    below: &str,
    depth: usize,
    out: &mut BTreeSet<String>,
) -> Result<(), InstallError> {
    let here = package.join(below);
    if depth > DEPTH_MAX {
        return Ok(());
    }
    for entry in fs::read_dir(&here).map_err(InstallError::file("scandir", &here))?.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let Ok(kind) = entry.file_type() else { continue };
        if name.contains('*') || !(kind.is_file() || kind.is_dir()) {
            continue;
        }
        if !is_included(folders, &path, kind.is_dir()) {
            continue;
        }
        if kind.is_file() {
            out.insert(path);
            continue;
        }
        let own = ignore_file(&here.join(&name)).unwrap_or_default();
        folders.push(Folder { prefix: format!("{path}/"), rules: vec![own, Rule::list(["/.git"])] });
        walk(package, folders, &path, depth + 1, out)?;
        folders.pop();
    }
    Ok(())
}

/// Each rule that says otherwise than those before it changes the answer; what a folder further up leaves out
/// stays out.
fn is_included(folders: &[Folder], path: &str, is_folder: bool) -> bool {
    let mut included = true;
    for folder in folders {
        let Some(entry) = path.strip_prefix(folder.prefix.as_str()) else { continue };
        for rule in folder.rules.iter().flatten() {
            if rule.negated != included && rule.matches(entry, is_folder) {
                included = rule.negated;
            }
        }
        if !included {
            return false;
        }
    }
    included
}

/// The folders of bundled dependencies, and of what they need, in the package's `node_modules`.
fn bundle(folder: &Path, package: &Value) -> Vec<String> {
    let manifest = Manifest::from_value(package.clone());
    let mut wanted: Vec<String> = manifest.bundle_dependencies;
    let mut found: Vec<String> = Vec::new();
    while let Some(name) = wanted.pop() {
        let path = format!("node_modules/{name}");
        let Some(own) = crate::resolving::read_manifest(&folder.join(&path)) else { continue };
        if found.contains(&path) {
            continue;
        }
        found.push(path);
        wanted.extend(own.dependencies.keys().chain(own.optional_dependencies.keys()).cloned());
    }
    found
}

fn walk_all(
    package: &Path,
    below: &str,
    depth: usize,
    out: &mut BTreeSet<String>,
) -> Result<(), InstallError> {
    let here = package.join(below);
    if depth > DEPTH_MAX {
        return Ok(());
    }
    for entry in fs::read_dir(&here).map_err(InstallError::file("scandir", &here))?.filter_map(Result::ok) {
        let path = format!("{below}/{}", entry.file_name().to_string_lossy());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk_all(package, &path, depth + 1, out)?,
            Ok(kind) if kind.is_file() => {
                out.insert(path);
            }
            _ => {}
        }
    }
    Ok(())
}

/// The gzipped tar archive of these files, the same each time.
///
/// # Errors
/// `InstallError::File`.
pub fn pack_tarball(folder: &Path, files: &[PackedFile]) -> Result<Vec<u8>, InstallError> {
    let in_memory = |path: PathBuf| InstallError::file("write", path);
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for file in files {
        let full = folder.join(&file.path);
        let content = fs::read(&full).map_err(InstallError::file("open", &full))?;
        let mut header = tar::Header::new_ustar();
        header.set_mode(file.mode);
        header.set_mtime(MTIME_S);
        header.set_size(content.len() as u64);
        header.set_entry_type(tar::EntryType::Regular);
        archive
            .append_data(&mut header, format!("package/{}", file.path), content.as_slice())
            .map_err(in_memory(full))?;
    }
    let encoder = archive.into_inner().map_err(in_memory(folder.to_owned()))?;
    encoder.finish().map_err(in_memory(folder.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(files: &[&str], ignore: Option<&str>, package: &Value, expect: &[&str]) {
        let folder =
            std::env::temp_dir().join(format!("oac-npm-pack-{}-{}", std::process::id(), expect.len()));
        let _ = fs::remove_dir_all(&folder);
        for file in
            files.iter().chain(&["package.json", "README.md", "node_modules/x/index.js", ".git/config"])
        {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("inside")).expect("writable");
            fs::write(path, "1").expect("writable");
        }
        if let Some(text) = ignore {
            fs::write(folder.join(".npmignore"), text).expect("writable");
        }
        let got = pack_list(&folder, package, &[]).expect("readable");
        let got: Vec<&str> = got.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(got, expect);
        fs::remove_dir_all(folder).expect("removable");
    }

    // As in the tarballs that `npm pack` makes of these folders.
    #[test]
    fn files_of_packages() {
        let all = ["index.js", "lib/a.js", "lib/a.test.js", "docs/b.md", "x.orig", ".npmrc"];
        check(
            &all,
            None,
            &json!({}),
            &["lib/a.js", "lib/a.test.js", "index.js", "package.json", "docs/b.md", "README.md"],
        );
        check(
            &all,
            Some("docs\n*.test.js\n"),
            &json!({}),
            &["lib/a.js", "index.js", "package.json", "README.md"],
        );
        check(
            &all,
            None,
            &json!({ "files": ["lib"], "main": "index.js" }),
            &["lib/a.js", "lib/a.test.js", "index.js", "package.json", "README.md"],
        );
    }
}
