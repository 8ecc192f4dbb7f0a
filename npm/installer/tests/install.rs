//! Installs over a registry in memory: what lies in `node_modules` afterwards, and what a bad registry can do.

use oac_npm_installer::{
    Cache, FetchOptions, InstallError, Installation, Packuments, Plan, Silent, TarballSource,
};
use oac_npm_installer::{plan, resolve, tarballs};
use oac_npm_registry::{
    Client, Completion, Config, Integrity, Request, RequestId, Response, RetryPolicy, Transport, parse_npmrc,
};
use oac_npm_resolver::{Input, Package, Resolution, Resolver};
use oac_npm_spec::Manifest;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Answers by address.
#[derive(Default)]
struct Registry {
    files: HashMap<String, Vec<u8>>,
    asked: VecDeque<(RequestId, String)>,
    tarballs_asked: usize,
}

impl Transport for Registry {
    fn start(&mut self, id: RequestId, request: &Request) {
        self.tarballs_asked += usize::from(request.url.ends_with(".tgz"));
        self.asked.push_back((id, request.url.clone()));
    }
    fn next(&mut self, _timeout: Option<Duration>) -> Option<Completion> {
        let (id, url) = self.asked.pop_front()?;
        let found = self.files.get(url.trim_start_matches("http://registry.invalid/"));
        let status = if found.is_some() { 200 } else { 404 };
        Some((id, Ok(Response { status, headers: Vec::new(), body: found.cloned().unwrap_or_default() })))
    }
    fn sleep(&mut self, _duration: Duration) {}
}

impl Registry {
    fn publish(&mut self, name: &str, version: &str, extra: &Value) {
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

fn tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, content.as_bytes()).expect("in memory");
    }
    builder.into_inner().expect("in memory")
}

/// A project in a folder of its own, with a registry and a cache.
struct World {
    folder: PathBuf,
    registry: Registry,
    config: Config,
}

impl World {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("oac-npm-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("writable");
        let mut config = Config::default();
        config.push(parse_npmrc("registry = http://registry.invalid/", |_| None));
        Self { folder, registry: Registry::default(), config }
    }

    fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    fn install(&mut self, dependencies: &Value) -> Result<(Plan, Vec<Package>), InstallError> {
        let project = self.project();
        let cache = Cache::new(self.folder.join("cache"));
        let policy = RetryPolicy { retries: 0, first_wait: Duration::ZERO };
        let client = Client::new(&self.config, &mut self.registry, policy, 4);
        let mut packuments = Packuments::new(client, &self.config, &cache, FetchOptions::default());
        let manifest = Manifest::from_value(json!({ "name": "app", "dependencies": dependencies }));
        let input = Input { manifest, folder: project.to_string_lossy().into_owned(), ..Input::default() };
        let resolution: Resolution = resolve(Resolver::new(input), &mut packuments, &|_| None, &mut Silent)?;
        let packages = resolution.packages();
        let plan = plan(&project, &packages);
        if plan.is_empty() {
            return Ok((plan, packages));
        }
        let mut installation = Installation::begin(&project, None)?;
        let wanted: Vec<&Package> = plan.add.iter().chain(&plan.change).collect();
        let source = TarballSource { config: &self.config, cache: &cache, offline: false };
        let fetched = tarballs(&wanted, &mut packuments, &source, &mut Silent, &mut |package, tarball| {
            installation.stage(package, tarball)
        });
        if let Err(error) = fetched {
            installation.roll_back();
            return Err(error);
        }
        installation.commit(&plan, &packages)?;
        installation.finish()?;
        Ok((plan, packages))
    }

    fn version_at(&self, location: &str) -> Option<String> {
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

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|e| e.map(|e| e.expect("readable").file_name().into_string().expect("UTF-8")).collect())
        .unwrap_or_default();
    names.sort();
    names
}

#[test]
fn packages_commands_and_nesting() {
    let mut world = World::new("nesting");
    world.registry.publish("b", "1.0.0", &json!({}));
    world.registry.publish("b", "2.0.0", &json!({ "bin": "cli.js" }));
    world.registry.publish("a", "1.0.0", &json!({ "dependencies": { "b": "^1.0.0" } }));
    let (plan, _) = world.install(&json!({ "a": "*", "b": "*" })).expect("installs");
    assert_eq!(plan.add.len(), 3);
    assert_eq!(world.version_at("node_modules/b").as_deref(), Some("2.0.0"));
    assert_eq!(world.version_at("node_modules/a/node_modules/b").as_deref(), Some("1.0.0"));
    let node_modules = world.project().join("node_modules");
    assert_eq!(names(&node_modules), [".bin", "a", "b"]);
    let link = fs::read_link(node_modules.join(".bin/b")).expect("a link");
    assert_eq!(link, Path::new("../b/cli.js"));

    // The second time nothing is to be done; another version is a change; what nobody wants goes.
    let (plan, _) = world.install(&json!({ "a": "*", "b": "*" })).expect("installs");
    assert!(plan.is_empty());
    let (plan, _) = world.install(&json!({ "b": "1.0.0" })).expect("installs");
    assert_eq!((plan.add.len(), plan.change.len(), plan.remove.len()), (0, 1, 1));
    assert_eq!(names(&node_modules), [".bin", "b"]);
    assert_eq!(names(&node_modules.join(".bin")), [] as [&str; 0]);
}

#[test]
fn tarballs_are_fetched_once() {
    let mut world = World::new("cache");
    world.registry.publish("a", "1.0.0", &json!({}));
    world.install(&json!({ "a": "*" })).expect("installs");
    fs::remove_dir_all(world.project()).expect("there");
    world.install(&json!({ "a": "*" })).expect("installs");
    assert_eq!(world.registry.tarballs_asked, 1);
}

#[test]
fn a_tampered_tarball_leaves_nothing() {
    let mut world = World::new("tampered");
    world.registry.publish("a", "1.0.0", &json!({}));
    let evil =
        tarball(&[("package/package.json", "{\"name\":\"a\",\"version\":\"1.0.0\"}"), ("package/x", "evil")]);
    world.registry.files.insert("a/-/a-1.0.0.tgz".into(), evil);
    let error = world.install(&json!({ "a": "*" })).expect_err("refused");
    assert_eq!(error.code(), "EINTEGRITY");
    assert!(!world.project().join("node_modules").exists());
    assert!(!world.folder.join("cache/content").exists());
}

#[test]
fn what_a_killed_install_left_is_mended() {
    let mut world = World::new("killed");
    world.registry.publish("a", "1.0.0", &json!({}));
    world.registry.publish("b", "1.0.0", &json!({}));
    // Killed while unpacking: a staging folder, half a package in it, nothing in place.
    let staging = world.project().join("node_modules/.oac-staging-1/0");
    fs::create_dir_all(&staging).expect("writable");
    fs::write(staging.join("package.json"), "{").expect("writable");
    // Killed while moving: one package is in place.
    let a = world.project().join("node_modules/a");
    fs::create_dir_all(&a).expect("writable");
    fs::write(a.join("package.json"), "{\"name\":\"a\",\"version\":\"1.0.0\"}").expect("writable");
    let (plan, _) = world.install(&json!({ "a": "*", "b": "*" })).expect("installs");
    assert_eq!((plan.kept, plan.add.len()), (1, 1));
    assert_eq!(names(&world.project().join("node_modules")), ["a", "b"]);
}

#[test]
fn a_missing_package_is_e404() {
    let mut world = World::new("missing");
    let error = world.install(&json!({ "a": "*" })).expect_err("nobody published it");
    assert_eq!(error.code(), "E404");
    assert!(!world.project().exists());
}
