//! The lock files of whole projects against those of real npm, over recorded packuments (`record.mjs`).

use oac_npm_registry::{Packument, PickContext, RegistryError};
use oac_npm_resolver::{
    FoundManifest, Input, ManifestRequest, Resolution, ResolveError, ResolveOptions, Resolver,
};
use oac_npm_spec::{JsonStyle, Lockfile, Manifest, Version, matching_folders, workspace_patterns};
use serde_json::Value;
use std::io::Read;

struct Recorded {
    data: Value,
}

impl Recorded {
    fn read(packed: &[u8]) -> Self {
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).expect("the script packs text");
        Self { data: serde_json::from_str(&text).expect("the script writes JSON") }
    }

    fn lock_text(&self) -> &str {
        self.data["lock"].as_str().expect("recorded")
    }

    fn has_option(&self, option: &str) -> bool {
        self.data["options"].as_array().is_some_and(|options| options.iter().any(|o| o == option))
    }

    fn input(&self) -> Input {
        Input {
            folder: "/app".into(),
            workspaces: self.workspaces(),
            manifest: Manifest::from_value(self.data["manifest"].clone()),
            options: ResolveOptions {
                force: self.has_option("--force"),
                legacy_peer_deps: self.has_option("--legacy-peer-deps"),
                ..ResolveOptions::default()
            },
            pick: PickContext {
                node_version: self.data["node"].as_str().and_then(|v| Version::parse(v, false)),
                ..PickContext::default()
            },
            ..Input::default()
        }
    }

    fn workspaces(&self) -> Vec<(String, String)> {
        let Some(files) = self.data["files"].as_object() else { return Vec::new() };
        let patterns = workspace_patterns(&self.data["manifest"]).expect("npm took them");
        let folders = files.keys().map(String::as_str);
        matching_folders(&patterns, folders)
            .into_iter()
            .map(|folder| {
                (files[folder]["name"].as_str().expect("all have names").into(), format!("/app/{folder}"))
            })
            .collect()
    }

    /// Resolves; gives the tree and how many packuments were asked for.
    fn resolve(&self, input: Input) -> (Resolution, usize) {
        let (result, asked) = self.try_to_resolve(input);
        (result.unwrap_or_else(|error| panic!("npm found a tree: {error}")), asked)
    }

    fn try_to_resolve(&self, input: Input) -> (Result<Resolution, ResolveError>, usize) {
        let mut resolver = Resolver::new(input);
        let mut asked = 0;
        loop {
            let names = resolver.requests();
            let manifests = resolver.manifest_requests();
            if names.is_empty() && manifests.is_empty() {
                match resolver.finish() {
                    Ok(Some(resolution)) => return (Ok(resolution), asked),
                    Ok(None) => {}
                    Err(error) => return (Err(error), asked),
                }
            }
            for name in names {
                asked += 1;
                resolver.provide(&name, self.packument(&name));
            }
            for request in manifests {
                let ManifestRequest::Folder(path) = &request else { panic!("only folders were recorded") };
                let manifest = self.data["files"][path.trim_start_matches("/app/")].clone();
                let found =
                    FoundManifest { manifest: Manifest::from_value(manifest), ..FoundManifest::default() };
                resolver.provide_manifest(&request, Ok(found));
            }
        }
    }

    fn packument(&self, name: &str) -> Result<Packument, RegistryError> {
        let url = format!("http://registry.invalid/{name}");
        match self.data["packuments"].get(name) {
            Some(json) => Packument::parse(name, &url, json.to_string().as_bytes()),
            None => Err(RegistryError::Status {
                method: "GET",
                body: "".into(),
                status: 404,
                reason: "Not Found",
                url,
                challenge: "".into(),
                detail: String::new(),
            }),
        }
    }
}

/// The lines in which two texts differ first.
fn assert_same(got: &str, expect: &str) {
    let differing = got.lines().zip(expect.lines()).position(|(a, b)| a != b);
    let line = |text: &str| differing.and_then(|n| text.lines().nth(n).map(str::to_owned));
    assert!(
        got == expect,
        "first difference in line {differing:?}: {:?} for {:?}\n{got}",
        line(got),
        line(expect)
    );
}

fn check(packed: &[u8]) {
    let recorded = Recorded::read(packed);
    if let Some(report) = recorded.data["error"].as_str() {
        let error = recorded.try_to_resolve(recorded.input()).0.err().expect("npm fails, too");
        let mut lines = vec![format!("npm error code {}", error.code())];
        for (index, line) in error.to_string().lines().enumerate() {
            let line = if index == 0 { format!("{} {line}", error.code()) } else { line.to_owned() };
            lines.push(format!("npm error {line}").trim_end().to_owned());
        }
        // The recording has no empty lines.
        lines.retain(|line| line != "npm error");
        return assert_same(&lines.join("\n"), report);
    }
    let expect = recorded.lock_text();
    let (resolution, _) = recorded.resolve(recorded.input());
    assert_same(&resolution.lockfile(false).print(&JsonStyle::default()), expect);

    // With the lock file nothing changes, and nothing is asked but what npm, too, looks for again: optional
    // packages without a fitting version, which no lock file has.
    let mut again = recorded.input();
    again.lock = Some(Lockfile::parse("package-lock.json", expect).expect("npm's own"));
    again.begins_with_lock = true;
    let (resolution, asked) = recorded.resolve(again);
    let missing = resolution.tree().inventory(resolution.root()).into_iter();
    let missing = missing.filter(|id| resolution.tree().node(*id).load_error.is_some()).count();
    // Overridden peers are looked at each time.
    let overridden = recorded.has_option("--force");
    assert!(asked <= missing || overridden, "{asked} packuments were asked for, {missing} are missing");
    assert_same(&resolution.lockfile(false).print(&JsonStyle::default()), expect);
}

fn express() -> Recorded {
    Recorded::read(include_bytes!("recorded/express.json.gz"))
}

/// A test for each recorded project.
macro_rules! recorded {
    ($($name:ident $file:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            check(include_bytes!(concat!("recorded/", $file, ".json.gz")));
        })*
    };
}

recorded! {
    express_project "express",
    eslint "eslint",
    vite "vite",
    overrides "overrides",
    aliases "aliases",
    jest "jest",
    jest_typescript "jest-typescript",
    webpack "webpack",
    webpack_styles "webpack-styles",
    next "next",
    next_eslint "next-eslint",
    testing_library "testing-library",
    angular_core "angular-core",
    angular "angular",
    fastify "fastify",
    koa "koa",
    nest "nest",
    hapi "hapi",
    socket_io "socket-io",
    apollo "apollo",
    vue "vue",
    svelte "svelte",
    solid "solid",
    astro "astro",
    remix "remix",
    create_react_app "create-react-app",
    storybook "storybook",
    mui "mui",
    redux "redux",
    three_fiber "three-fiber",
    mocha "mocha",
    rollup "rollup",
    tailwind "tailwind",
    typescript_eslint "typescript-eslint",
    babel "babel",
    gulp "gulp",
    grunt "grunt",
    command_line "command-line",
    databases "databases",
    prisma "prisma",
    playwright "playwright",
    d3 "d3",
    parcel "parcel",
    react_native "react-native",
    docusaurus "docusaurus",
    peer_conflict "peer-conflict",
    peer_conflict_deep "peer-conflict-deep",
    peer_conflict_legacy "peer-conflict-legacy",
    peer_conflict_forced "peer-conflict-forced",
    overrides_nested "overrides-nested",
    workspaces "workspaces",
    workspaces_versions "workspaces-versions",
    workspaces_eslint "workspaces-eslint",
    workspaces_conflict "workspaces-conflict",
    folders "folders",
}

#[test]
fn adding_a_package_keeps_the_others() {
    let recorded = express();
    let mut input = recorded.input();
    let mut lock = Lockfile::parse("package-lock.json", recorded.lock_text()).expect("npm's own");
    // An older lock: `send` is missing and has to be found again, the rest stays.
    lock.packages.shift_remove("node_modules/send").expect("express has it");
    input.lock = Some(lock);
    let (resolution, asked) = recorded.resolve(input);
    assert!(resolution.lockfile(false).print(&JsonStyle::default()) == recorded.lock_text());
    assert!(asked < 20, "{asked} packuments were asked for");
}

#[test]
fn a_missing_package_is_named() {
    let recorded = express();
    let mut input = recorded.input();
    input.manifest.dependencies.insert("no-such-package".into(), "*".into());
    let error = recorded.try_to_resolve(input).0.err().expect("no tree can be found");
    assert_eq!(error.code(), "E404");
}
