//! Installs over a registry in memory: what lies in `node_modules` afterwards.

mod world;

use serde_json::json;
use std::fs;
use std::path::Path;
use world::{World, names, tarball};

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
