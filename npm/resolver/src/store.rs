//! The packuments that have come, and which ones will be needed next.

use crate::ResolveError;
use oac_npm_registry::{Packument, PickContext, RegistryError};
use oac_npm_spec::{Manifest, PackageSpec};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How far the dependencies of a wanted version are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Only its peers: it is an optional peer itself, looked at but not installed.
    Peers,
    /// All it needs.
    Everything,
}

/// By name and spec: the version picked, if any.
type Picked = HashMap<(String, String), Option<Rc<Manifest>>>;

/// Packuments by name, or why there is none.
#[derive(Debug, Default)]
pub(crate) struct Store {
    packuments: HashMap<String, Result<Packument, RegistryError>>,
    picked: RefCell<Picked>,
    asked: HashSet<String>,
    waiting: HashMap<String, Vec<(Rc<PackageSpec>, Reach)>>,
    followed: HashSet<(String, String, Reach)>,
    requests: Vec<String>,
    /// What lies in the `node_modules` of tarballs, by their address: locations and manifests.
    bundles: HashMap<String, Vec<(String, Rc<Manifest>)>>,
    bundles_asked: HashSet<String>,
    bundle_requests: Vec<BundleRequest>,
    manifests: HashMap<ManifestRequest, Result<Rc<FoundManifest>, ResolveError>>,
    manifests_asked: HashSet<ManifestRequest>,
    manifest_requests: Vec<ManifestRequest>,
}

/// Something other than a packument whose manifest is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ManifestRequest {
    /// A local folder's `package.json`, by the folder's absolute path.
    Folder(String),
    /// The manifest in a tarball file, by its absolute path.
    File(String),
    /// The manifest in a tarball, by its address.
    Remote(String),
    /// The manifest in a git repository, by the spec.
    Git(String),
}

/// The answer to a [`ManifestRequest`].
#[derive(Debug, Clone, Default)]
pub struct FoundManifest {
    /// What the package says of itself.
    pub manifest: Manifest,
    /// The tarball's integrity.
    pub integrity: Option<String>,
    /// For a git repository: which commit it is, as the lock file says it.
    pub resolved: Option<String>,
}

/// A tarball to look into: its package brings dependencies of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleRequest {
    /// The package's own name.
    pub name: String,
    /// The tarball's address.
    pub resolved: String,
    /// The tarball's integrity.
    pub integrity: Option<String>,
}

impl Store {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.packuments.contains_key(name)
    }

    /// Names to fetch that were not told before.
    pub(crate) fn take_requests(&mut self) -> Vec<String> {
        std::mem::take(&mut self.requests)
    }

    /// Whether something asked for has not come yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.asked.len() > self.packuments.len()
            || self.bundles_asked.len() > self.bundles.len()
            || self.manifests_asked.len() > self.manifests.len()
    }

    /// Tarballs to look into that were not told before.
    pub(crate) fn take_bundle_requests(&mut self) -> Vec<BundleRequest> {
        std::mem::take(&mut self.bundle_requests)
    }

    pub(crate) fn take_manifest_requests(&mut self) -> Vec<ManifestRequest> {
        std::mem::take(&mut self.manifest_requests)
    }

    pub(crate) fn want_manifest(&mut self, request: ManifestRequest) {
        if self.manifests_asked.insert(request.clone()) {
            self.manifest_requests.push(request);
        }
    }

    pub(crate) fn provide_manifest(
        &mut self,
        request: &ManifestRequest,
        found: Result<FoundManifest, ResolveError>,
    ) {
        self.manifests_asked.insert(request.clone());
        self.manifests.insert(request.clone(), found.map(Rc::new));
    }

    /// `None`: the answer has not come.
    pub(crate) fn manifest(
        &self,
        request: &ManifestRequest,
    ) -> Option<&Result<Rc<FoundManifest>, ResolveError>> {
        self.manifests.get(request)
    }

    /// A local folder's manifest, as far as it could be read.
    pub(crate) fn folder(&self, path: &str) -> Option<Rc<Manifest>> {
        let found = self.manifests.get(&ManifestRequest::Folder(path.to_owned()))?;
        Some(Rc::new(found.as_ref().ok()?.manifest.clone()))
    }

    /// A version's manifest, once its packument is there.
    pub(crate) fn exact(&self, name: &str, version: &str) -> Option<Rc<Manifest>> {
        self.packuments.get(name)?.as_ref().ok()?.manifest(version)
    }

    pub(crate) fn want_bundle(&mut self, request: BundleRequest) {
        if self.bundles_asked.insert(request.resolved.clone()) {
            self.bundle_requests.push(request);
        }
    }

    pub(crate) fn provide_bundle(&mut self, resolved: &str, packages: Vec<(String, Rc<Manifest>)>) {
        self.bundles_asked.insert(resolved.to_owned());
        self.bundles.insert(resolved.to_owned(), packages);
    }

    pub(crate) fn bundle(&self, resolved: &str) -> Option<&[(String, Rc<Manifest>)]> {
        self.bundles.get(resolved).map(Vec::as_slice)
    }

    /// The version a spec picks. `None`: the packument has not come; inner `None`: no version fits.
    pub(crate) fn pick(
        &self,
        spec: &PackageSpec,
        context: &PickContext,
    ) -> Option<Result<Option<Rc<Manifest>>, RegistryError>> {
        let name = spec.registry_name()?;
        let packument = match self.packuments.get(name)? {
            Ok(packument) => packument,
            Err(error) => return Some(Err(error.clone())),
        };
        let key = (name.to_owned(), spec.target().raw_spec.clone());
        if let Some(known) = self.picked.borrow().get(&key) {
            return Some(Ok(known.clone()));
        }
        // A manifest without a version is none (a proxy that has not cached the package).
        let picked = packument.pick(spec, context).filter(|m| m.version.is_some());
        self.picked.borrow_mut().insert(key, picked.clone());
        Some(Ok(picked))
    }

    /// Takes a packument in, and follows what the versions wanted of it need.
    pub(crate) fn provide(
        &mut self,
        name: &str,
        packument: Result<Packument, RegistryError>,
        context: &PickContext,
    ) {
        self.asked.insert(name.to_owned());
        self.packuments.insert(name.to_owned(), packument);
        for (spec, reach) in self.waiting.remove(name).unwrap_or_default() {
            self.want(&spec, reach, context);
        }
    }

    /// Asks for a package and for what its version will need; nothing is asked for twice.
    pub(crate) fn want(&mut self, spec: &Rc<PackageSpec>, reach: Reach, context: &PickContext) {
        let mut stack = vec![(spec.clone(), reach)];
        while let Some((spec, reach)) = stack.pop() {
            let Some(name) = spec.registry_name().map(str::to_owned) else { continue };
            if !self.has(&name) {
                if self.asked.insert(name.clone()) {
                    self.requests.push(name.clone());
                }
                self.waiting.entry(name).or_default().push((spec, reach));
                continue;
            }
            let key = (name, spec.target().raw_spec.clone(), reach);
            if !self.followed.insert(key) {
                continue;
            }
            if let Some(Ok(Some(manifest))) = self.pick(&spec, context) {
                needs(&manifest, reach, &mut stack);
            }
        }
    }
}

/// The packages that installing a version looks at.
fn needs(manifest: &Manifest, reach: Reach, out: &mut Vec<(Rc<PackageSpec>, Reach)>) {
    let mut push = |name: &str, spec: &str, reach: Reach| {
        if let Ok(spec) = PackageSpec::resolve(Some(name), spec) {
            out.push((Rc::new(spec), reach));
        }
    };
    for (name, spec) in &manifest.peer_dependencies {
        let optional = manifest.is_optional_peer(name) || reach == Reach::Peers;
        push(name, spec, if optional { Reach::Peers } else { Reach::Everything });
    }
    if reach == Reach::Everything {
        for (name, spec) in manifest.dependencies.iter().chain(&manifest.optional_dependencies) {
            if !manifest.bundle_dependencies.contains(name) {
                push(name, spec, Reach::Everything);
            }
        }
    }
}
