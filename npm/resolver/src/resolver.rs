//! The outside of a resolution.

use crate::build::{Built, Stop, build};
use crate::input::Input;
use crate::store::{BundleRequest, FoundManifest, ManifestRequest, Reach, Store};
use crate::tree::{EdgeKind, Flags, Node, NodeId, Tree};
use crate::{ResolveError, lock};
use oac_npm_registry::{Packument, RegistryError};
use oac_npm_spec::{Lockfile, Manifest};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Something npm would print as `npm warn CODE …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// `ERESOLVE`, `EBADENGINE`.
    pub code: &'static str,
    /// The text, of one or more lines.
    pub text: String,
}

impl Warning {
    /// The lines to print, with npm's word before the right ones.
    pub fn lines(&self) -> String {
        let marked = |(index, line): (usize, &str)| match self.code {
            // npm marks the first line only.
            "ERESOLVE" if index > 0 => line.to_owned(),
            code => format!("{code} {line}"),
        };
        self.text.lines().enumerate().map(marked).collect::<Vec<_>>().join("\n")
    }
}

/// A resolution under way.
#[derive(Debug)]
pub struct Resolver {
    input: Input,
    store: Store,
}

impl Resolver {
    /// Begins; nothing is asked for until the first [`Resolver::finish`].
    pub fn new(input: Input) -> Self {
        Self { input, store: Store::default() }
    }

    /// Names of packuments to fetch that were not told before.
    pub fn requests(&mut self) -> Vec<String> {
        self.store.take_requests()
    }

    /// Takes in a packument, or the reason why there is none. More requests may follow.
    pub fn provide(&mut self, name: &str, packument: Result<Packument, RegistryError>) {
        self.store.provide(name, packument, &self.input.pick);
    }

    /// Tarballs to look into that were not told before: their packages bring dependencies along.
    pub fn bundle_requests(&mut self) -> Vec<BundleRequest> {
        self.store.take_bundle_requests()
    }

    /// Takes in what lies in a tarball's `node_modules`: locations (`node_modules/a`, parents first) and
    /// manifests.
    pub fn provide_bundle(&mut self, resolved: &str, packages: Vec<(String, Manifest)>) {
        let packages = packages.into_iter().map(|(location, m)| (location, Rc::new(m))).collect();
        self.store.provide_bundle(resolved, packages);
    }

    /// Folders and tarballs whose manifests are needed and that were not told before.
    pub fn manifest_requests(&mut self) -> Vec<ManifestRequest> {
        self.store.take_manifest_requests()
    }

    /// Takes in a manifest, or the reason why there is none.
    pub fn provide_manifest(
        &mut self,
        request: &ManifestRequest,
        found: Result<FoundManifest, ResolveError>,
    ) {
        self.store.provide_manifest(request, found);
    }

    /// The tree, if everything for it is known. `None`: [`Resolver::requests`] has more.
    ///
    /// # Errors
    /// `ResolveError`, as npm fails.
    pub fn finish(&mut self) -> Result<Option<Resolution>, ResolveError> {
        if self.store.is_waiting() {
            return Ok(None);
        }
        match build(&self.input, &self.store) {
            Ok(built) => Ok(Some(Resolution { built })),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::MissingBundle(request)) => {
                self.store.want_bundle(request);
                Ok(None)
            }
            Err(Stop::MissingManifests(requests)) => {
                for request in requests {
                    self.store.want_manifest(request);
                }
                Ok(None)
            }
            Err(Stop::Missing(specs)) => {
                for spec in specs {
                    self.store.want(&spec, Reach::Everything, &self.input.pick);
                }
                Ok(None)
            }
        }
    }
}

/// The tree that a lock file describes, or what lies in `node_modules` in the terms of one: nothing is added to it, and
/// why each package is there is worked out anew.
///
/// # Errors
/// `ResolveError::MissingTarget`.
pub fn load_tree(input: &Input, lock: &Lockfile) -> Result<(Tree, NodeId), ResolveError> {
    let (mut tree, root) = crate::build::empty_tree(input);
    lock::load(&mut tree, root, lock, &|_| None)?;
    tree.calculate_flags(root);
    tree.put_workspace_edges_last(root);
    Ok((tree, root))
}

/// A package to be installed.
#[derive(Debug, Clone)]
pub struct Package {
    /// Where: `node_modules/a/node_modules/b`.
    pub location: String,
    /// The folder's name.
    pub name: String,
    /// Its manifest, as far as known.
    pub manifest: Rc<Manifest>,
    /// The tarball's address; unknown when the lock file omits it.
    pub resolved: Option<String>,
    /// The tarball's integrity.
    pub integrity: Option<String>,
    /// Why it is wanted.
    pub flags: Flags,
    /// It comes inside the tarball of a package above it.
    pub in_bundle: bool,
    /// For a link: the location it points to.
    pub link_to: Option<String>,
    /// A local folder that a link points to: it is there already, only its commands and scripts matter.
    pub is_local: bool,
    /// The registry package that is installed in its place, under its name: a variant that runs here.
    pub substitute: Option<String>,
}

/// A finished tree.
pub struct Resolution {
    built: Built,
}

impl Resolution {
    /// The packages to install, parents before what lies inside them. Optional ones that do not fit
    /// the machine are not among them.
    pub fn packages(&self) -> Vec<Package> {
        self.tree().packages(self.root())
    }

    /// `package-lock.json`; `omit_resolved` leaves out the addresses of tarballs.
    pub fn lockfile(&self, omit_resolved: bool) -> Lockfile {
        lock::to_lockfile(self.tree(), self.root(), omit_resolved)
    }

    /// The node of the project or of a workspace, by its absolute path.
    pub fn local(&self, path: &str) -> Option<NodeId> {
        self.tree().local(self.root(), path)
    }

    /// What a dependency of the project or a workspace resolved to.
    pub fn direct(&self, path: &str, name: &str) -> Option<&Node> {
        let tree = self.tree();
        let edge = tree.edge_named(self.local(path)?, &name.into())?;
        Some(tree.node(tree.edge(edge).to?))
    }

    /// Completes manifests, by location, with what only the packages themselves say: the registry's
    /// abbreviated form has no licence.
    pub fn complete(&mut self, found: &[(String, Manifest)]) {
        if found.is_empty() {
            return;
        }
        let found: HashMap<&str, &Manifest> = found.iter().map(|(l, m)| (l.as_str(), m)).collect();
        let tree = &mut self.built.tree;
        for id in tree.inventory(self.built.root) {
            let Some(own) = found.get(tree.location(id).as_str()) else { continue };
            let mut package = (*tree.node(id).package).clone();
            for field in ["license", "funding"] {
                if let (false, Some(value)) = (package.kept.contains_key(field), own.kept.get(field)) {
                    package.kept.insert(field.into(), value.clone());
                }
            }
            tree.node_mut(id).package = Rc::new(package);
        }
    }

    /// Whether a dependency of the project or a workspace is met by the link to a workspace.
    pub fn is_workspace_link(&self, path: &str, name: &str) -> bool {
        let target = self.direct(path, name).and_then(|node| node.link_target);
        target.is_some_and(|target| self.tree().is_workspace(target))
    }

    /// As [`Tree::needed_by`].
    pub fn needed_by(&self, folders: &[String]) -> Vec<String> {
        self.tree().needed_by(self.root(), folders)
    }

    /// Changes what the project or a workspace says, after the tree is found: `npm install a` saves
    /// `^1.2.3`.
    pub fn set_manifest(&mut self, path: &str, manifest: Manifest) {
        if let Some(node) = self.local(path) {
            self.built.tree.set_package(node, Rc::new(manifest));
        }
    }

    /// What differs from a tree that was resolved from the lock file alone, in npm's words.
    pub fn differences_from(&self, locked: &Lockfile) -> Result<Vec<String>, ResolveError> {
        let mut tree = Tree::new(Rc::default(), false);
        let root = tree.add(crate::tree::NewNode { name: Some("".into()), ..Default::default() });
        let own = self.tree();
        tree.node_mut(root).path = own.node(self.root()).path.clone();
        lock::load(&mut tree, root, locked, &|path| {
            own.local(self.root(), path).map(|id| own.node(id).package.clone())
        })?;
        Ok(lock::differences(&tree, root, self.tree(), self.root()))
    }

    /// What to warn of.
    pub fn warnings(&self) -> &[Warning] {
        &self.built.warnings
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        &self.built.tree
    }

    /// The project's node.
    pub fn root(&self) -> NodeId {
        self.built.root
    }
}

impl Tree {
    /// The locations of everything that local folders need, links to the folders included.
    pub fn needed_by(&self, root: NodeId, folders: &[String]) -> Vec<String> {
        let mut seen: HashSet<NodeId> = folders.iter().filter_map(|f| self.local(root, f)).collect();
        let mut stack: Vec<NodeId> = seen.iter().copied().collect();
        // A selected folder's own link is part of it; the project's links to the others are not.
        let links = self
            .inventory(root)
            .into_iter()
            .filter(|id| self.node(*id).link_target.is_some_and(|target| seen.contains(&target)));
        let links: Vec<NodeId> = links.collect();
        while let Some(id) = stack.pop() {
            let node = self.node(id);
            let next = node.edges_out.values().filter(|e| self.edge(**e).kind != EdgeKind::Workspace);
            let next = next.filter_map(|e| self.edge(*e).to).chain(node.link_target);
            stack.extend(next.filter(|to| seen.insert(*to)));
        }
        seen.into_iter().chain(links).map(|id| self.location(id)).collect()
    }

    /// The packages of a tree, parents before what lies inside them; inert ones are not among them.
    pub fn packages(&self, root: NodeId) -> Vec<Package> {
        let tree = self;
        tree.inventory(root)
            .into_iter()
            .filter(|id| *id != root && !tree.node(*id).inert)
            .map(|id| {
                let node = tree.node(id);
                Package {
                    location: tree.location(id),
                    name: node.name.to_string(),
                    manifest: node.package.clone(),
                    resolved: node.resolved.as_deref().map(str::to_owned),
                    integrity: node.integrity.as_deref().map(str::to_owned),
                    flags: node.flags,
                    in_bundle: node.in_bundle || tree.in_dependency_bundle(id),
                    link_to: node.link_target.map(|target| tree.location(target)),
                    is_local: node.path.is_some(),
                    substitute: None,
                }
            })
            .collect()
    }
}
