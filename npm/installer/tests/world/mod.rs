//! A registry in memory, and a project in a folder of its own.
// Each test file uses a part of it.
#![allow(dead_code)]

use oac_npm_installer::{
    Cache, FetchOptions, InstallError, Installation, Packuments, Plan, Silent, TarballSource,
};
use oac_npm_installer::{plan, remove_leftovers, resolve, tarballs};
use oac_npm_registry::{
    Client, Completion, Config, Integrity, RegistryError, Request, RequestId, Response, RetryPolicy,
    Transport, parse_npmrc,
};
use oac_npm_resolver::{Input, Package, Resolution, Resolver};
use oac_npm_spec::Manifest;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Answers by address.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) files: HashMap<String, Vec<u8>>,
    asked: VecDeque<(RequestId, String)>,
    pub(crate) tarballs_asked: usize,
    spoilt: HashMap<String, Box<dyn Fn() -> Result<Response, RegistryError>>>,
}

impl Transport for Registry {
    fn start(&mut self, id: RequestId, request: &Request) {
        self.tarballs_asked += usize::from(request.url.ends_with(".tgz"));
        self.asked.push_back((id, request.url.clone()));
    }
    fn next(&mut self, _timeout: Option<Duration>) -> Option<Completion> {
        let (id, url) = self.asked.pop_front()?;
        let path = url.trim_start_matches("http://registry.invalid/").replace("%2f", "/");
        if let Some(answer) = self.spoilt.get(&path) {
            return Some((id, answer()));
        }
        let found = self.files.get(&path);
        let status = if found.is_some() { 200 } else { 404 };
        Some((id, Ok(Response { status, headers: Vec::new(), body: found.cloned().unwrap_or_default() })))
    }
    fn sleep(&mut self, _duration: Duration) {}
}

impl Registry {
    /// From now on this address is answered so.
    pub(crate) fn spoil(
        &mut self,
        path: &str,
        answer: impl Fn() -> Result<Response, RegistryError> + 'static,
    ) {
        self.spoilt.insert(path.to_owned(), Box::new(answer));
    }

    /// A version whose tarball is these bytes, whatever they are.
    pub(crate) fn publish_bytes(&mut self, name: &str, version: &str, content: Vec<u8>) {
        self.publish(name, version, &json!({}));
        let file = format!("{name}/-/{name}-{version}.tgz");
        let mut packument: Value = serde_json::from_slice(&self.files[name]).expect("ours");
        packument["versions"][version]["dist"]["integrity"] = Integrity::sha512(&content).into();
        self.files.insert(name.to_owned(), packument.to_string().into_bytes());
        self.files.insert(file, content);
    }

    pub(crate) fn publish(&mut self, name: &str, version: &str, extra: &Value) {
        let mut manifest = json!({ "name": name, "version": version, "license": "MIT" });
        for (key, value) in extra.as_object().expect("an object") {
            manifest[key] = value.clone();
        }
        let tarball = tarball(&[("package/package.json", &manifest.to_string()), ("package/cli.js", "1")]);
        let file = format!("{name}/-/{name}-{version}.tgz");
        manifest["dist"] = json!({
            "tarball": format!("http://registry.invalid/{file}"), "integrity": Integrity::sha512(&tarball),
        });
        self.files.insert(file, tarball);
        let old = self.files.get(name).map(|old| serde_json::from_slice(old).expect("ours"));
        let mut packument = old.unwrap_or_else(|| json!({ "name": name, "dist-tags": {}, "versions": {} }));
        packument["dist-tags"]["latest"] = version.into();
        packument["versions"][version] = manifest;
        self.files.insert(name.to_owned(), packument.to_string().into_bytes());
    }
}

pub(crate) fn tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, content.as_bytes()).expect("in memory");
    }
    builder.into_inner().expect("in memory")
}

/// An archive with one entry, under any name.
pub(crate) fn raw_tarball(name: &str, kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, content).expect("in memory");
    builder.into_inner().expect("in memory")
}

/// The same bytes with gzip around them.
pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// A project in a folder of its own, with a registry and a cache.
pub(crate) struct World {
    pub(crate) folder: PathBuf,
    pub(crate) registry: Registry,
    config: Config,
    /// The install ends like a killed one after so many steps.
    pub(crate) die_after: Option<usize>,
}

impl World {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("oac-npm-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("writable");
        let mut config = Config::default();
        config.push(parse_npmrc("registry = http://registry.invalid/", |_| None));
        Self { folder, registry: Registry::default(), config, die_after: None }
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    /// What the registry said before is asked again.
    pub(crate) fn forget_packuments(&self) {
        let _ = fs::remove_dir_all(self.folder.join("cache/packuments"));
    }

    pub(crate) fn install(&mut self, dependencies: &Value) -> Result<(Plan, Vec<Package>), InstallError> {
        let (plan, packages, installation) = self.begin(dependencies)?;
        if let Some(installation) = installation {
            installation.finish()?;
        }
        Ok((plan, packages))
    }

    /// An install up to the point where it can still be taken back.
    pub(crate) fn prepare(
        &mut self,
        dependencies: &Value,
    ) -> Result<(Installation, Vec<Package>), InstallError> {
        let (_, packages, installation) = self.begin(dependencies)?;
        Ok((installation.expect("there is something to do"), packages))
    }

    fn begin(
        &mut self,
        dependencies: &Value,
    ) -> Result<(Plan, Vec<Package>, Option<Installation>), InstallError> {
        let project = self.project();
        let cache = Cache::new(self.folder.join("cache"));
        self.registry.asked.clear();
        let policy = RetryPolicy { retries: 0, ..RetryPolicy::default() };
        let client = Client::new(&self.config, &mut self.registry, policy, 4);
        let mut packuments = Packuments::new(client, &self.config, &cache, FetchOptions::default());
        let manifest = Manifest::from_value(json!({ "name": "app", "dependencies": dependencies }));
        let folder = project.to_string_lossy().into_owned();
        let input = Input { manifest, folder, ..Input::default() };
        let resolution: Resolution = resolve(Resolver::new(input), &mut packuments, &|_| None, &mut Silent)?;
        let packages = resolution.packages();
        remove_leftovers(&project)?;
        let plan = plan(&project, &packages);
        if plan.is_empty() {
            return Ok((plan, packages, None));
        }
        let mut installation = Installation::begin(&project, None)?;
        let mut steps = self.die_after;
        let mut step = move || match &mut steps {
            Some(0) => Err(killed()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        };
        step()?;
        let wanted: Vec<&Package> = plan.add.iter().chain(&plan.change).collect();
        let source = TarballSource { config: &self.config, cache: &cache, offline: false };
        let dies = self.die_after.is_some();
        let staged = tarballs(&wanted, &mut packuments, &source, &mut Silent, &mut |package, tarball| {
            step()?;
            installation.stage(package, tarball)
        });
        let done = staged.and_then(|()| {
            // Each removal and each package by itself, as a sudden end would have it.
            for removal in &plan.remove {
                step()?;
                let one = Plan { remove: vec![removal.clone()], ..Plan::default() };
                installation.commit(&one, &[])?;
            }
            for package in &packages {
                step()?;
                installation.commit(&Plan::default(), std::slice::from_ref(package))?;
            }
            step()?;
            installation.commit(&Plan::default(), &packages)
        });
        match done {
            Ok(()) => Ok((plan, packages, Some(installation))),
            // Whoever is killed takes nothing back.
            Err(error) if dies => Err(error),
            Err(error) => {
                installation.roll_back();
                Err(error)
            }
        }
    }

    pub(crate) fn version_at(&self, location: &str) -> Option<String> {
        let text = fs::read(self.project().join(location).join("package.json")).ok()?;
        let manifest: Value = serde_json::from_slice(&text).expect("whole files only");
        Some(manifest["version"].as_str().expect("a version").to_owned())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|e| e.map(|e| e.expect("readable").file_name().into_string().expect("UTF-8")).collect())
        .unwrap_or_default();
    names.sort();
    names
}

fn killed() -> InstallError {
    let source = std::io::Error::other("killed");
    InstallError::File { action: "kill", path: PathBuf::new(), source }
}

/// Every file, folder and link below a folder, sorted.
pub(crate) fn listing(folder: &Path) -> Vec<String> {
    fn add(folder: &Path, prefix: &str, out: &mut Vec<String>) {
        for name in names(folder) {
            let path = folder.join(&name);
            if let Ok(target) = fs::read_link(&path) {
                out.push(format!("{prefix}{name} -> {}", target.display()));
            } else if path.is_dir() {
                out.push(format!("{prefix}{name}/"));
                add(&path, &format!("{prefix}{name}/"), out);
            } else {
                out.push(format!("{prefix}{name}"));
            }
        }
    }
    let mut out = Vec::new();
    add(folder, "", &mut out);
    out
}
