//! The lock files of whole projects against those of real npm, over recorded packuments (`record.mjs`).

use oac_npm_registry::{Packument, PickContext, RegistryError};
use oac_npm_resolver::{Input, Resolution, Resolver};
use oac_npm_spec::{JsonStyle, Lockfile, Manifest, Version};
use serde_json::Value;

struct Recorded {
    data: Value,
}

impl Recorded {
    fn read(text: &str) -> Self {
        Self { data: serde_json::from_str(text).expect("the script writes JSON") }
    }

    fn lock_text(&self) -> &str {
        self.data["lock"].as_str().expect("recorded")
    }

    fn input(&self) -> Input {
        Input {
            folder_name: "app".into(),
            manifest: Manifest::from_value(self.data["manifest"].clone()),
            pick: PickContext {
                node_version: self.data["node"].as_str().and_then(|v| Version::parse(v, false)),
                ..PickContext::default()
            },
            ..Input::default()
        }
    }

    /// Resolves; gives the tree and how many packuments were asked for.
    fn resolve(&self, input: Input) -> (Resolution, usize) {
        let mut resolver = Resolver::new(input);
        let mut asked = 0;
        loop {
            let names = resolver.requests();
            if names.is_empty()
                && let Some(resolution) = resolver.finish().expect("npm found a tree")
            {
                return (resolution, asked);
            }
            for name in names {
                asked += 1;
                resolver.provide(&name, self.packument(&name));
            }
        }
    }

    fn packument(&self, name: &str) -> Result<Packument, RegistryError> {
        let url = format!("http://registry.invalid/{name}");
        match self.data["packuments"].get(name) {
            Some(json) => Packument::parse(name, &url, json.to_string().as_bytes()),
            None => Err(RegistryError::Status {
                status: 404,
                reason: "Not Found".into(),
                url,
                detail: String::new(),
            }),
        }
    }
}

fn check(text: &str) {
    let recorded = Recorded::read(text);
    let expect = recorded.lock_text();
    let (resolution, _) = recorded.resolve(recorded.input());
    let got = resolution.lockfile(false).print(&JsonStyle::default());
    let differing = got.lines().zip(expect.lines()).position(|(a, b)| a != b);
    assert!(got == expect, "first difference in line {:?}", differing.map(|n| (n + 1, got.lines().nth(n))));

    // With the lock file nothing changes, and nothing is asked but what npm, too, looks for again: optional
    // packages without a fitting version, which no lock file has.
    let mut again = recorded.input();
    again.lock = Some(Lockfile::parse("package-lock.json", expect).expect("npm's own"));
    let (resolution, asked) = recorded.resolve(again);
    let missing = resolution.tree().inventory(resolution.root()).into_iter();
    let missing = missing.filter(|id| resolution.tree().node(*id).load_error.is_some()).count();
    assert_eq!(asked, missing);
    assert!(resolution.lockfile(false).print(&JsonStyle::default()) == expect);
}

#[test]
fn express() {
    check(include_str!("recorded/express.json"));
}

/// Peer dependencies in several layers.
#[test]
fn eslint_with_airbnb() {
    check(include_str!("recorded/eslint.json"));
}

/// Optional peers, and binaries for other machines.
#[test]
fn vite_with_react() {
    check(include_str!("recorded/vite.json"));
}

#[test]
fn overrides_and_aliases() {
    check(include_str!("recorded/overrides.json"));
}

#[test]
fn adding_a_package_keeps_the_others() {
    let recorded = Recorded::read(include_str!("recorded/express.json"));
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
    let recorded = Recorded::read(include_str!("recorded/express.json"));
    let mut input = recorded.input();
    input.manifest.dependencies.insert("no-such-package".into(), "*".into());
    let mut resolver = Resolver::new(input);
    let error = loop {
        let names = resolver.requests();
        if names.is_empty() {
            match resolver.finish() {
                Err(error) => break error,
                Ok(done) => assert!(done.is_none(), "no tree can be found"),
            }
        }
        for name in names {
            resolver.provide(&name, recorded.packument(&name));
        }
    };
    assert_eq!(error.code(), "E404");
}
