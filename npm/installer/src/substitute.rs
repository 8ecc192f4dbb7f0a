//! Packages that bring machine code for Linux, which a container cannot run, in their variants made of WebAssembly.
//!
//! Only what lies in `node_modules` changes. `package-lock.json` is npm's: it names the package that was asked for.

use oac_npm_resolver::Package;
use std::collections::HashSet;

/// Names, and the variants that are published with the same version numbers and the same interface.
const VARIANTS: [(&str, &str); 2] = [("esbuild", "esbuild-wasm"), ("rollup", "@rollup/wasm-node")];

/// The variant of a package; only where the version needs machine code, which older ones do not.
fn variant_of(package: &Package) -> Option<&'static str> {
    let name = package.manifest.name.as_deref()?;
    let (_, variant) = VARIANTS.iter().find(|(native, _)| *native == name)?;
    // Both bring their machine code by optional dependencies of these kinds.
    let brings_code = |n: &String| n.starts_with("@esbuild/") || n.starts_with("@rollup/rollup-");
    let from_registry = package.resolved.as_deref().is_none_or(|r| r.starts_with("http"));
    let native = package.manifest.optional_dependencies.keys().any(brings_code);
    (from_registry && native && !package.in_bundle && package.link_to.is_none()).then_some(*variant)
}

/// Marks the packages to be replaced, and leaves out the machine code that only they wanted.
pub fn substitute(packages: &mut Vec<Package>) {
    let mut native: HashSet<String> = HashSet::new();
    for package in packages.iter_mut() {
        if let Some(variant) = variant_of(package) {
            package.substitute = Some(variant.to_owned());
            native.extend(package.manifest.optional_dependencies.keys().cloned());
        }
    }
    packages.retain(|p| {
        let machine_code = p.flags.optional && p.manifest.platform_list("cpu").is_some();
        !(machine_code && native.contains(&p.name))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use oac_npm_resolver::Flags;
    use oac_npm_spec::Manifest;
    use serde_json::{Value, json};
    use std::rc::Rc;

    fn package(manifest: Value, optional: bool) -> Package {
        let manifest = Manifest::from_value(manifest);
        let name = manifest.name.clone().expect("named");
        Package {
            location: format!("node_modules/{name}"),
            name,
            manifest: Rc::new(manifest),
            resolved: None,
            integrity: None,
            flags: Flags { optional, ..Flags::NONE },
            in_bundle: false,
            link_to: None,
            is_local: false,
            substitute: None,
        }
    }

    #[test]
    fn machine_code_gives_way() {
        let mut packages = vec![
            package(
                json!({ "name": "esbuild", "optionalDependencies": { "@esbuild/linux-x64": "1" } }),
                false,
            ),
            package(json!({ "name": "@esbuild/linux-x64", "cpu": ["x64"] }), true),
            package(json!({ "name": "fsevents", "cpu": ["x64"] }), true),
            package(json!({ "name": "rollup" }), false),
        ];
        substitute(&mut packages);
        let left: Vec<(&str, Option<&str>)> =
            packages.iter().map(|p| (p.name.as_str(), p.substitute.as_deref())).collect();
        assert_eq!(left, [("esbuild", Some("esbuild-wasm")), ("fsevents", None), ("rollup", None)]);
    }
}
