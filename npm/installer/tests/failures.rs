//! What a bad registry, a bad disk and a sudden end can do: npm's code, one clear line, nothing half-written.

mod world;

use oac_npm_installer::{Installation, plan};
use oac_npm_registry::{RegistryError, Response};
use serde_json::json;
use std::fs;
use std::path::Path;
use world::{World, gzipped, listing, tarball};

/// Installs `a` from a registry that a test has spoilt; gives the error's code and text.
fn check(name: &str, spoil: impl FnOnce(&mut World), code: &str, text: &str) {
    let mut world = World::new(name);
    world.registry.publish("a", "1.0.0", &json!({ "dependencies": { "b": "*" } }));
    world.registry.publish("b", "1.0.0", &json!({}));
    world.install(&json!({ "b": "*" })).expect("installs");
    let before = listing(&world.project());
    spoil(&mut world);
    let error = world.install(&json!({ "a": "*", "b": "*" })).expect_err("refused");
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(text), "{error}");
    assert_eq!(listing(&world.project()), before, "the old tree is as it was");
}

fn answers(status: u16, body: &'static [u8]) -> impl Fn() -> Result<Response, RegistryError> {
    move || Ok(Response { status, headers: Vec::new(), body: body.to_vec() })
}

#[test]
fn statuses() {
    let spoil = |status| move |w: &mut World| w.registry.spoil("a", answers(status, b"{\"error\":\"nope\"}"));
    check("401", spoil(401), "E401", "401 Unauthorized - GET http://registry.invalid/a - nope");
    check("403", spoil(403), "E403", "403 Forbidden");
    check("404", spoil(404), "E404", "404 Not Found");
    check("500", spoil(500), "E500", "500 Internal Server Error");
    check("503", spoil(503), "E503", "503 Service Unavailable");
}

#[test]
fn statuses_of_tarballs() {
    let spoil = |status| move |w: &mut World| w.registry.spoil("a/-/a-1.0.0.tgz", answers(status, b""));
    check("tarball-404", spoil(404), "E404", "a/-/a-1.0.0.tgz");
    check("tarball-502", spoil(502), "E502", "502 Bad Gateway");
}

#[test]
fn packuments_that_are_none() {
    let spoil = |body: &'static [u8]| move |w: &mut World| w.registry.spoil("a", answers(200, body));
    check("html", spoil(b"<html>"), "EMALFORMED", "http://registry.invalid/a");
    check("truncated", spoil(b"{\"versions\":{\"1.0.0\":{"), "EMALFORMED", "EOF");
    check("list", spoil(b"[1,2]"), "EMALFORMED", "invalid type");
    check("no-versions", spoil(b"{\"name\":\"a\"}"), "ETARGET", "No matching version found for a@*");
}

#[test]
fn no_network() {
    let refuse = || {
        Err(RegistryError::Unreachable {
            url: "http://registry.invalid/a".into(),
            code: "ECONNREFUSED".into(),
            problem: "connect ECONNREFUSED".into(),
        })
    };
    check("offline", |w| w.registry.spoil("a", refuse), "ECONNREFUSED", "connect ECONNREFUSED");
}

#[test]
fn other_bytes_than_promised() {
    let evil =
        tarball(&[("package/package.json", "{\"name\":\"a\",\"version\":\"1.0.0\"}"), ("package/x", "evil")]);
    let spoil = |w: &mut World| {
        w.registry.files.insert("a/-/a-1.0.0.tgz".into(), evil);
    };
    check("tampered-beside", spoil, "EINTEGRITY", "integrity checksum failed when using sha512");
}

/// Tarballs that promise their own hostile bytes.
#[test]
fn hostile_tarballs() {
    let hostile = |name: &str, content: Vec<u8>, text: &str| {
        check(name, |w| w.registry.publish_bytes("a", "1.0.0", content), "TAR_BAD_ARCHIVE", text);
    };
    hostile(
        "up",
        world::raw_tarball("package/../../../evil", tar::EntryType::Regular, b"x"),
        "leads out of the package",
    );
    hostile(
        "absolute",
        world::raw_tarball("/etc/evil", tar::EntryType::Regular, b"x"),
        "leads out of the package",
    );
    hostile(
        "device",
        world::raw_tarball("package/null", tar::EntryType::Char, b""),
        "neither a file nor a folder",
    );
    hostile(
        "fifo",
        world::raw_tarball("package/pipe", tar::EntryType::Fifo, b""),
        "neither a file nor a folder",
    );
    hostile(
        "no-tar",
        b"this is no archive, however long it may be made to look".to_vec(),
        "invalid tarball of a@1.0.0",
    );
    let mut short = gzipped(&tarball(&[("package/package.json", "{}"), ("package/big", &"x".repeat(9000))]));
    short.truncate(short.len() / 2);
    hostile("short", short, "invalid tarball of a@1.0.0");
}

/// Links are never made, so nothing can be written through one.
#[test]
fn links_in_tarballs_are_passed_over() {
    let mut world = World::new("links");
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, kind: tar::EntryType, link: Option<&str>, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        if let Some(link) = link {
            header.set_link_name(link).expect("short");
        }
        builder.append_data(&mut header, name, content).expect("in memory");
    };
    add("package/package.json", tar::EntryType::Regular, None, b"{\"name\":\"a\",\"version\":\"1.0.0\"}");
    add("package/out", tar::EntryType::Symlink, Some("../../.."), b"");
    add("package/out/evil", tar::EntryType::Regular, None, b"evil");
    world.registry.publish_bytes("a", "1.0.0", builder.into_inner().expect("in memory"));
    world.install(&json!({ "a": "*" })).expect("installs");
    assert!(!world.folder.join("evil").exists());
    assert!(world.project().join("node_modules/a/out/evil").is_file());
    assert!(world.project().join("node_modules/a/out").symlink_metadata().expect("there").is_dir());
}

/// The file system refuses in the middle: what was moved is moved back.
#[test]
fn a_disk_that_refuses() {
    let spoil = |w: &mut World| {
        // A file stands where the folder of a scope is to be.
        w.registry.publish("@s/c", "1.0.0", &json!({}));
        w.registry.publish("a", "1.0.1", &json!({ "dependencies": { "@s/c": "*", "b": "*" } }));
        fs::write(w.project().join("node_modules/@s"), "in the way").expect("writable");
    };
    let mut world = World::new("refuses");
    world.registry.publish("b", "1.0.0", &json!({}));
    world.install(&json!({ "b": "*" })).expect("installs");
    spoil(&mut world);
    let before = listing(&world.project());
    let error = world.install(&json!({ "a": "*" })).expect_err("refused");
    assert!(["EEXIST", "ENOTDIR"].contains(&error.code().as_str()), "{}", error.code());
    assert!(error.to_string().contains("node_modules/@s"), "{error}");
    assert_eq!(listing(&world.project()), before, "the old tree is as it was");
}

/// Killed after any number of steps, the next install completes the tree.
#[test]
fn an_install_killed_anywhere_is_mended() {
    let mut killed = 0;
    for steps in 0..100 {
        let mut world = World::new(&format!("killed-{steps}"));
        world.registry.publish("a", "1.0.0", &json!({ "dependencies": { "b": "^1.0.0" }, "bin": "cli.js" }));
        world.registry.publish("b", "1.0.0", &json!({}));
        world.registry.publish("c", "1.0.0", &json!({}));
        world.install(&json!({ "a": "*", "c": "*" })).expect("installs");
        world.registry.publish("b", "2.0.0", &json!({}));
        world.registry.publish("a", "2.0.0", &json!({ "dependencies": { "b": "^2.0.0" }, "bin": "cli.js" }));
        let wanted = json!({ "a": "^2.0.0" });
        world.forget_packuments();
        world.die_after = Some(steps);
        let died = world.install(&wanted).is_err();
        world.die_after = None;
        // Whatever is there is whole.
        for name in ["a", "b", "c"] {
            let folder = world.project().join("node_modules").join(name);
            if folder.exists() {
                assert!(world.version_at(&format!("node_modules/{name}")).is_some(), "{name} after {steps}");
                assert!(folder.join("cli.js").exists(), "{name} after {steps}");
            }
        }
        world.install(&wanted).expect("mends");
        assert_eq!(world.version_at("node_modules/a").as_deref(), Some("2.0.0"), "after {steps}");
        assert_eq!(world.version_at("node_modules/b").as_deref(), Some("2.0.0"), "after {steps}");
        let tree = listing(&world.project());
        assert!(
            tree.iter().all(|path| !path.contains("staging") && !path.contains("/c/")),
            "after {steps}: {tree:?}"
        );
        assert!(
            tree.iter().any(|path| path == "node_modules/.bin/a -> ../a/cli.js"),
            "after {steps}: {tree:?}"
        );
        if !died {
            break;
        }
        killed += 1;
    }
    assert!(killed >= 4, "{killed}");
}

/// What a failure after the moves takes back: packages, links, folders, the hidden lock file.
#[test]
fn rolling_back_restores_everything() {
    let mut world = World::new("rollback");
    world.registry.publish("a", "1.0.0", &json!({ "bin": "cli.js" }));
    world.registry.publish("@s/b", "1.0.0", &json!({ "bin": "cli.js" }));
    world.install(&json!({ "a": "*", "@s/b": "*" })).expect("installs");
    fs::write(world.project().join("node_modules/.package-lock.json"), "{}").expect("writable");
    let before = listing(&world.project());
    world.registry.publish(
        "a",
        "2.0.0",
        &json!({ "dependencies": { "@t/c": "*" }, "bin": { "other": "cli.js" } }),
    );
    world.registry.publish("@t/c", "1.0.0", &json!({}));
    world.forget_packuments();
    let (installation, packages) = world.prepare(&json!({ "a": "*" })).expect("prepares");
    assert!(world.project().join("node_modules/.bin/other").exists());
    installation.roll_back();
    assert_eq!(listing(&world.project()), before);
    // The same, carried through.
    assert!(!plan(&world.project(), &packages).is_empty());
    let (installation, _) = world.prepare(&json!({ "a": "*" })).expect("prepares");
    installation.finish().expect("finishes");
    let tree = listing(&world.project());
    assert!(tree.iter().all(|path| !path.starts_with("node_modules/@s")), "no folder stays empty: {tree:?}");
}

#[test]
fn an_empty_project_gets_no_folder() {
    let folder = std::env::temp_dir().join(format!("oac-npm-nothing-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("writable");
    let installation = Installation::begin(&folder, None).expect("begins");
    installation.finish().expect("finishes");
    assert_eq!(listing(Path::new(&folder)), [] as [&str; 0]);
    fs::remove_dir_all(folder).expect("removable");
}
