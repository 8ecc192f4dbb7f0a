//! Installs over a registry in memory: what lies in `node_modules` afterwards.

mod world;

use serde_json::json;
use std::fs;
use std::path::Path;
use world::{World, listing, names, tarball};

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

/// A repository by the tarball of its host: the commit that a range of tags means, and only what would be published of it.
#[test]
fn repositories() {
    let mut world = World::new("git");
    let commit = "a".repeat(40);
    let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
    let references = [
        line("# service=git-upload-pack\n"),
        "0000".into(),
        line(&format!("{} HEAD\n", "b".repeat(40))),
        line(&format!("{commit} refs/tags/v1.2.0\n")),
        "0000".into(),
    ]
    .concat();
    let package = "{\"name\":\"r\",\"version\":\"1.2.0\",\"main\":\"lib/a.js\",\"files\":[\"lib\"]}";
    let content = tarball(&[
        ("r-aaaa/package.json", package),
        ("r-aaaa/lib/a.js", "1"),
        ("r-aaaa/test/t.js", "not published"),
    ]);
    let files = &mut world.registry.files;
    files.insert(
        "https://github.com/o/r.git/info/refs?service=git-upload-pack".into(),
        references.into_bytes(),
    );
    files.insert(format!("https://codeload.github.com/o/r/tar.gz/{commit}"), content);
    let (_, packages) = world.install(&json!({ "r": "o/r#semver:^1.0.0" })).expect("installs");
    let resolved = format!("git+ssh://git@github.com/o/r.git#{commit}");
    assert_eq!(packages[0].resolved.as_deref(), Some(resolved.as_str()));
    assert_eq!(packages[0].integrity, None);
    let tree = listing(&world.project());
    assert!(tree.contains(&"node_modules/r/lib/a.js".to_owned()), "{tree:?}");
    assert!(tree.iter().all(|path| !path.contains("test")), "{tree:?}");
    // The second time nothing is to be done.
    let (plan, _) = world.install(&json!({ "r": "o/r#semver:^1.0.0" })).expect("installs");
    assert!(plan.is_empty());
    let refused =
        |world: &mut World, spec: &str| world.install(&json!({ "r": spec })).expect_err(spec).to_string();
    assert!(refused(&mut world, "o/r#semver:^9").contains("Could not resolve semver:^9 to a commit"));
    assert!(
        refused(&mut world, "git+https://git.invalid/o/r.git").contains("there is no git in a container")
    );
}

/// Nobody has noted what an install that was killed left inside of packages.
#[test]
fn what_was_left_nested_goes() {
    let mut world = World::new("left-nested");
    world.registry.publish("a", "1.0.0", &json!({}));
    let left = world.project().join("node_modules/a/node_modules/b");
    fs::create_dir_all(&left).expect("writable");
    fs::write(left.join("package.json"), "{\"name\":\"b\",\"version\":\"1.0.0\"}").expect("writable");
    world.install(&json!({ "a": "*" })).expect("installs");
    assert_eq!(listing(&world.project()).iter().filter(|path| path.contains("/b/")).count(), 0);
}
