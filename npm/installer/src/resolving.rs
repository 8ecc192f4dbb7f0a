//! Drives a resolver: packuments from the cache or the registry, many at once.

use crate::cache::Cache;
use crate::extract::{bundled_manifests, own_manifest};
use crate::{InstallError, Observer};
use oac_npm_registry::{Client, Config, Integrity, Packument, RegistryError, RequestId, Response, Transport};
use oac_npm_resolver::{BundleRequest, FoundManifest, ManifestRequest, Resolution, ResolveError, Resolver};
use oac_npm_spec::{HostedGit, Manifest, parse_references};
use std::collections::HashMap;
use std::path::Path;

const ABBREVIATED: &str = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*";
const FULL: &str = "application/json";

/// How packuments are fetched.
#[derive(Debug, Clone, Copy, Default)]
pub struct FetchOptions {
    /// Ask for full packuments: the lock file is written without the packages being looked into.
    pub full_metadata: bool,
    /// `--prefer-offline`: what is cached is taken without asking.
    pub prefer_offline: bool,
    /// `--offline`: only what is cached.
    pub offline: bool,
}

/// Packuments from the cache or the registry.
pub struct Packuments<'a, T> {
    pub(crate) client: Client<'a, T>,
    config: &'a Config,
    cache: &'a Cache,
    options: FetchOptions,
    asked: HashMap<RequestId, Asked>,
}

struct Asked {
    name: String,
    url: String,
    stale: Option<Vec<u8>>,
}

type Found = (String, Result<Packument, RegistryError>);

impl<'a, T: Transport> Packuments<'a, T> {
    /// Over a client of its own.
    pub fn new(client: Client<'a, T>, config: &'a Config, cache: &'a Cache, options: FetchOptions) -> Self {
        Self { client, config, cache, options, asked: HashMap::new() }
    }

    /// Asks for a packument: at once from the cache, or later by [`Packuments::wait`].
    pub fn ask(&mut self, name: &str) -> Result<Option<Packument>, RegistryError> {
        let url = self.config.packument_url(name)?;
        // Full and abbreviated ones are kept apart.
        let key = if self.options.full_metadata { format!("{url}#full") } else { url.clone() };
        let mut stale = None;
        let mut etag = None;
        if let Some(cached) = self.cache.packument(&key) {
            if cached.fresh || self.options.prefer_offline || self.options.offline {
                return Packument::parse(name, &url, &cached.body).map(Some);
            }
            etag = cached.etag;
            stale = Some(cached.body);
        }
        if self.options.offline {
            return Err(RegistryError::Unreachable {
                url,
                code: "ENOTCACHED".into(),
                problem: "cache mode is 'only-if-cached' but no cached response is available.".into(),
            });
        }
        let accept = if self.options.full_metadata { FULL } else { ABBREVIATED };
        let mut headers = vec![("accept", accept)];
        if let Some(etag) = &etag {
            headers.push(("if-none-match", etag));
        }
        let id = self.client.get(&url, &headers);
        self.asked.insert(id, Asked { name: name.to_owned(), url, stale });
        Ok(None)
    }

    /// Waits for a packument; `None` when none is to come.
    pub fn wait(&mut self) -> Option<Found> {
        loop {
            let (id, result) = self.client.wait()?;
            let Some(asked) = self.asked.remove(&id) else { continue };
            let packument = result.and_then(|response| self.take(&asked, &response));
            return Some((asked.name, packument));
        }
    }

    /// Fetches a tarball and tells what lies in its `node_modules`.
    fn bundle(&mut self, request: &BundleRequest) -> Result<Vec<(String, Manifest)>, InstallError> {
        let integrity = request.integrity.as_deref().and_then(Integrity::parse);
        if let Some(tarball) = integrity.as_ref().and_then(|i| self.cache.tarball(i)) {
            return bundled_manifests(&request.name, &tarball);
        }
        let url = self.config.tarball_url(&request.name, &request.resolved)?;
        let wanted = self.client.get(&url, &[]);
        while let Some((id, result)) = self.client.wait() {
            if id != wanted {
                continue;
            }
            let body = result?.body;
            if let Some(integrity) = &integrity {
                integrity.check(&url, &body)?;
                self.cache.keep_tarball(integrity, &body);
            }
            return bundled_manifests(&request.name, &body);
        }
        Err(InstallError::NoTarball { package: request.name.clone() })
    }

    /// The manifest of a folder, or in a tarball that is no registry's.
    ///
    /// # Errors
    /// `ResolveError::Unavailable`.
    pub fn manifest(
        &mut self,
        request: &ManifestRequest,
        local: &dyn Fn(&Path) -> Option<Manifest>,
    ) -> Result<FoundManifest, ResolveError> {
        let found = match request {
            ManifestRequest::Folder(path) => {
                let path = Path::new(path);
                return match local(path).or_else(|| read_manifest(path)) {
                    Some(manifest) => Ok(FoundManifest { manifest, ..FoundManifest::default() }),
                    None => Err(InstallError::file("open", path.join("package.json"))(
                        std::io::ErrorKind::NotFound.into(),
                    )
                    .into_unavailable()),
                };
            }
            ManifestRequest::File(path) => std::fs::read(path)
                .map_err(InstallError::file("open", path))
                .and_then(|bytes| tarball_manifest(path, &bytes)),
            ManifestRequest::Remote(url) => self.remote(url).and_then(|bytes| {
                let found = tarball_manifest(url, &bytes)?;
                if let Some(integrity) = found.integrity.as_deref().and_then(Integrity::parse) {
                    self.cache.keep_tarball(&integrity, &bytes);
                }
                Ok(found)
            }),
            ManifestRequest::Git(spec) => self.repository(spec),
        };
        found.map_err(InstallError::into_unavailable)
    }

    /// What a git repository holds, by its host's tarball of the commit that is meant.
    fn repository(&mut self, spec: &str) -> Result<FoundManifest, InstallError> {
        let Some(hosted) = HostedGit::parse(spec) else {
            return Err(InstallError::NoTarballOfGit { spec: spec.to_owned() });
        };
        let commit = if hosted.is_pinned() {
            hosted.committish.clone()
        } else {
            let url = hosted.references_url();
            let answer = self.remote(&url)?;
            let malformed = || RegistryError::MalformedPackument {
                url: url.clone(),
                problem: "it is no list of git references".into(),
            };
            let references = parse_references(&answer).ok_or_else(malformed)?;
            let commit = hosted.commit(&references).map(str::to_owned);
            commit.ok_or_else(|| InstallError::NoCommit {
                spec: spec.to_owned(),
                wanted: hosted.committish.clone(),
            })?
        };
        let tarball = self.remote(&hosted.tarball_url(&commit))?;
        let manifest = own_manifest(spec, &tarball)?;
        // The bytes of such a tarball are not promised to stay: npm records no integrity either.
        Ok(FoundManifest { manifest, integrity: None, resolved: Some(hosted.resolved(&commit)) })
    }

    /// The body at an address.
    fn remote(&mut self, url: &str) -> Result<Vec<u8>, InstallError> {
        if self.options.offline {
            return Err(InstallError::NotCached { url: url.to_owned() });
        }
        let wanted = self.client.get(url, &[]);
        while let Some((id, result)) = self.client.wait() {
            if id == wanted {
                return Ok(result?.body);
            }
        }
        Err(InstallError::NoTarball { package: url.to_owned() })
    }

    fn take(&self, asked: &Asked, response: &Response) -> Result<Packument, RegistryError> {
        if response.status == 304
            && let Some(body) = &asked.stale
        {
            return Packument::parse(&asked.name, &asked.url, body);
        }
        let packument = Packument::parse(&asked.name, &asked.url, &response.body)?;
        let key = if self.options.full_metadata { format!("{}#full", asked.url) } else { asked.url.clone() };
        self.cache.keep_packument(&key, response);
        Ok(packument)
    }
}

/// A folder's `package.json`.
pub fn read_manifest(folder: &Path) -> Option<Manifest> {
    let text = std::fs::read(folder.join("package.json")).ok()?;
    Some(Manifest::from_value(serde_json::from_slice(&text).ok()?))
}

fn tarball_manifest(from: &str, tarball: &[u8]) -> Result<FoundManifest, InstallError> {
    let manifest = own_manifest(from, tarball)?;
    Ok(FoundManifest { manifest, integrity: Some(Integrity::sha512(tarball)), resolved: None })
}

/// Resolves, fetching what is asked for. `local` gives the manifests of folders that are about to change.
///
/// # Errors
/// `InstallError::Resolve`; failures of the registry come out as such, with the package they are about.
pub fn resolve<T: Transport>(
    mut resolver: Resolver,
    packuments: &mut Packuments<'_, T>,
    local: &dyn Fn(&Path) -> Option<Manifest>,
    observer: &mut dyn Observer,
) -> Result<Resolution, InstallError> {
    loop {
        let names = resolver.requests();
        let idle = names.is_empty();
        for name in names {
            observer.fetching(&name);
            match packuments.ask(&name) {
                Ok(None) => {}
                Ok(Some(packument)) => resolver.provide(&name, Ok(packument)),
                Err(error) => resolver.provide(&name, Err(error)),
            }
        }
        if !idle {
            continue;
        }
        for request in resolver.manifest_requests() {
            let found = packuments.manifest(&request, local);
            resolver.provide_manifest(&request, found);
        }
        for request in resolver.bundle_requests() {
            let packages = packuments.bundle(&request)?;
            resolver.provide_bundle(&request.resolved, packages);
        }
        match packuments.wait() {
            Some((name, packument)) => resolver.provide(&name, packument),
            None => {
                if let Some(resolution) = resolver.finish()? {
                    return Ok(resolution);
                }
            }
        }
    }
}
