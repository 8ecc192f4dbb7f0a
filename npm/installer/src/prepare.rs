//! Getting the tarballs of what is to be installed: from the cache, or fetched and verified.

use crate::cache::Cache;
use crate::resolving::Packuments;
use crate::{InstallError, Observer};
use oac_npm_registry::{Config, Integrity, Transport};
use oac_npm_resolver::Package;
use oac_npm_spec::HostedGit;
use std::collections::HashMap;

/// A package whose tarball is sought.
struct Sought<'a> {
    package: &'a Package,
    url: String,
    integrity: Option<Integrity>,
}

/// What is done with a verified tarball.
pub type Take<'a> = dyn FnMut(&Package, &[u8]) -> Result<(), InstallError> + 'a;

/// Where tarballs may come from.
#[derive(Debug, Clone, Copy)]
pub struct TarballSource<'a> {
    /// Which addresses to ask.
    pub config: &'a Config,
    /// What was fetched before.
    pub cache: &'a Cache,
    /// `--offline`: nothing but the cache.
    pub offline: bool,
}

/// Hands every package's verified tarball to `take`, in the order in which they come.
///
/// # Errors
/// `InstallError::Registry` with `EINTEGRITY` for bytes that are not the promised ones (nothing of
/// them is handed out); whatever `take` fails with.
pub fn tarballs<T: Transport>(
    packages: &[&Package],
    packuments: &mut Packuments<'_, T>,
    source: &TarballSource<'_>,
    observer: &mut dyn Observer,
    take: &mut Take<'_>,
) -> Result<(), InstallError> {
    let TarballSource { config, cache, offline } = *source;
    let (cached, missing) = divide(packages, cache)?;
    let (files, missing): (Vec<&Package>, Vec<&Package>) = missing.into_iter().partition(|p| is_file(p));
    if let Some(package) = missing.first().filter(|_| offline) {
        return Err(InstallError::NotCached {
            url: package.resolved.clone().unwrap_or(package.manifest.id()),
        });
    }
    let total = packages.len();
    let mut done = files.len();
    for package in files {
        take(package, &read_file(package)?)?;
    }
    let addresses = addresses(&missing, packuments)?;
    let mut fetching = HashMap::new();
    for package in missing {
        let (resolved, integrity) = addresses.get(package.location.as_str()).cloned().unwrap_or_default();
        let sought = seek(package, resolved, integrity.as_deref(), config)?;
        fetching.insert(packuments.client.get(&sought.url, &[]), sought);
    }
    // While the fetches run, the cached ones are handed out.
    for (package, integrity) in cached {
        let Some(bytes) = cache.tarball(&integrity) else {
            // Damaged: fetched after all.
            let sought = seek(package, package.resolved.clone(), package.integrity.as_deref(), config)?;
            fetching.insert(packuments.client.get(&sought.url, &[]), sought);
            continue;
        };
        take(package, &bytes)?;
        done += 1;
        observer.progress(done, total);
    }
    while let Some((id, result)) = packuments.client.wait() {
        let Some(sought) = fetching.remove(&id) else { continue };
        let body = result?.body;
        // Very old packages promise nothing.
        if let Some(integrity) = &sought.integrity {
            integrity.check(&sought.url, &body)?;
            cache.keep_tarball(integrity, &body);
        }
        take(sought.package, &body)?;
        done += 1;
        observer.progress(done, total);
    }
    Ok(())
}

/// Whether the package's tarball is a file of this machine.
fn is_file(package: &Package) -> bool {
    package.resolved.as_deref().is_some_and(|resolved| resolved.starts_with("file:"))
}

fn read_file(package: &Package) -> Result<Vec<u8>, InstallError> {
    let resolved = package.resolved.as_deref().unwrap_or_default();
    let path = std::path::Path::new(resolved.trim_start_matches("file:"));
    let bytes = std::fs::read(path).map_err(InstallError::file("open", path))?;
    if let Some(integrity) = parse_integrity(package.integrity.as_deref(), resolved)? {
        integrity.check(resolved, &bytes)?;
    }
    Ok(bytes)
}

/// The packages with the address, integrity and manifest of what is installed in their place. Variants are
/// sometimes published later: the newest compatible one before is taken; without any the package itself is installed.
///
/// # Errors
/// As the registry fails.
pub fn replaced<T: Transport>(
    packages: &[Package],
    packuments: &mut Packuments<'_, T>,
) -> Result<Vec<Package>, InstallError> {
    let mut known = HashMap::new();
    for name in packages.iter().filter_map(|p| p.substitute.as_ref()) {
        if !known.contains_key(name) {
            known.insert(name.clone(), packuments.ask(name)?);
        }
    }
    while let Some((name, packument)) = packuments.wait() {
        known.insert(name, Some(packument?));
    }
    let replace = |package: &Package| {
        let name = package.substitute.as_ref()?;
        let version = package.manifest.version.as_deref()?;
        let manifest = known.get(name)?.as_ref()?.manifest_near(version)?;
        let (resolved, integrity) = (manifest.dist.tarball.clone(), manifest.dist.integrity.clone());
        Some(Package { resolved, integrity, manifest, ..package.clone() })
    };
    Ok(packages.iter().map(|p| replace(p).unwrap_or_else(|| p.clone())).collect())
}

type Divided<'a> = (Vec<(&'a Package, Integrity)>, Vec<&'a Package>);

/// Packages whose tarball is cached, and the others. What is cached needs no address.
fn divide<'a>(packages: &[&'a Package], cache: &Cache) -> Result<Divided<'a>, InstallError> {
    let (mut cached, mut missing) = (Vec::new(), Vec::new());
    for package in packages {
        let integrity = parse_integrity(package.integrity.as_deref(), &package.location)?;
        match integrity.filter(|i| !is_file(package) && cache.has_tarball(i)) {
            Some(integrity) => cached.push((*package, integrity)),
            None => missing.push(*package),
        }
    }
    Ok((cached, missing))
}

fn seek<'a>(
    package: &'a Package,
    resolved: Option<String>,
    integrity: Option<&str>,
    config: &Config,
) -> Result<Sought<'a>, InstallError> {
    let resolved = resolved.ok_or_else(|| InstallError::NoTarball { package: package.manifest.id() })?;
    let name = package.manifest.name.as_deref().unwrap_or(&package.name);
    if resolved.starts_with("git") {
        // npm compares no integrity for git dependencies either: such tarballs are not promised to stay the same.
        let hosted = HostedGit::parse(&resolved).filter(HostedGit::is_pinned);
        let hosted = hosted.ok_or_else(|| InstallError::NoTarballOfGit { spec: resolved.clone() })?;
        let url = hosted.tarball_url(&hosted.committish);
        return Ok(Sought { package, url, integrity: None });
    }
    let url = config.tarball_url(name, &resolved)?;
    let integrity = parse_integrity(integrity, &url)?;
    Ok(Sought { package, url, integrity })
}

fn parse_integrity(text: Option<&str>, url: &str) -> Result<Option<Integrity>, InstallError> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    match Integrity::parse(text) {
        Some(integrity) => Ok(Some(integrity)),
        None => Err(oac_npm_registry::RegistryError::UnknownIntegrity {
            url: url.to_owned(),
            integrity: text.to_owned(),
        }
        .into()),
    }
}

type Addresses<'a> = HashMap<&'a str, (Option<String>, Option<String>)>;

/// Address and integrity of each package's tarball; what the lock file omits is asked of the registry.
fn addresses<'a, T: Transport>(
    packages: &[&'a Package],
    packuments: &mut Packuments<'_, T>,
) -> Result<Addresses<'a>, InstallError> {
    let mut addresses: Addresses<'a> =
        packages.iter().map(|p| (p.location.as_str(), (p.resolved.clone(), p.integrity.clone()))).collect();
    let mut by_name: HashMap<String, Vec<&'a Package>> = HashMap::new();
    for package in packages.iter().filter(|p| p.resolved.is_none()) {
        let name = package.manifest.name.as_deref().unwrap_or(&package.name);
        by_name.entry(name.to_owned()).or_default().push(package);
    }
    let mut found = Vec::new();
    for name in by_name.keys() {
        if let Some(packument) = packuments.ask(name)? {
            found.push((name.clone(), packument));
        }
    }
    while let Some((name, packument)) = packuments.wait() {
        found.push((name, packument?));
    }
    for (name, packument) in found {
        for package in by_name.remove(&name).unwrap_or_default() {
            let version = package.manifest.version.as_deref().unwrap_or_default();
            let Some(manifest) = packument.manifest(version) else { continue };
            let integrity = package.integrity.clone().or_else(|| manifest.dist.integrity.clone());
            addresses.insert(&package.location, (manifest.dist.tarball.clone(), integrity));
        }
    }
    Ok(addresses)
}
