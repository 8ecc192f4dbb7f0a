//! What npm reads: versions, ranges, specs, `.npmrc`, lock files, packuments, lists of git references. Nothing panics; what is printed is read
//! back as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_npm_registry::{Integrity, Packument, parse_npmrc};
use oac_npm_spec::{HostedGit, JsonStyle, Lockfile, Options, PackageSpec, Range, Version, parse_references};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for loose in [false, true] {
        if let Some(version) = Version::parse(text, loose) {
            let again = Version::parse(&version.to_string(), loose);
            assert_eq!(again.as_ref(), Some(&version), "{text:?}");
        }
        for include_prerelease in [false, true] {
            let options = Options { loose, include_prerelease };
            if let Some(range) = Range::parse(text, options) {
                let printed = range.to_string();
                let again = Range::parse(&printed, options);
                assert_eq!(again.map(|r| r.to_string()), Some(printed), "{text:?}");
            }
        }
    }
    let _ = PackageSpec::parse(text);
    let references = parse_references(bytes).unwrap_or_default();
    if let Some(hosted) = HostedGit::parse(text) {
        let _ = hosted.commit(&references);
        let again = HostedGit::parse(&hosted.resolved(&hosted.committish)).expect("our own text");
        assert!(again.same_repository(&hosted), "{text:?}");
    }
    let _ = parse_npmrc(text, |_| Some("x".into()));
    let _ = Integrity::parse(text).and_then(|integrity| integrity.address());
    let _ = Packument::parse("a", "http://registry.invalid/a", bytes);
    if let Ok(lock) = Lockfile::parse("package-lock.json", text) {
        let printed = lock.print(&JsonStyle::detect(text));
        let again = Lockfile::parse("package-lock.json", &printed).expect("our own text");
        assert_eq!(again.print(&JsonStyle::detect(text)), printed);
    }
});
