//! Building the tree a project wants: arborist's `buildIdealTree`.
//!
//! One run goes from the project (and its lock file) to the finished tree without waiting for
//! anything. A packument that is not there ends the run; the missing names are reported, and when
//! they have come the run begins again. The result depends on the packuments alone.

mod candidate;

use crate::can_place::Placement;
use crate::input::Input;
use crate::overrides::Overrides;
use crate::place::{Outcome, PlaceOptions, place};
use crate::store::{BundleRequest, ManifestRequest, Store};
use crate::tree::{EdgeId, EdgeKind, Flags, NewNode, NodeId, Tree, folder_name};
use crate::{ResolveError, Warning};
use indexmap::IndexSet;
use oac_npm_spec::{PackageSpec, locale_compare};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Why a run stopped.
pub(crate) enum Stop {
    /// These packuments are missing: names and what is asked of them.
    Missing(Vec<Rc<PackageSpec>>),
    /// These manifests of folders and tarballs are missing.
    MissingManifests(Vec<ManifestRequest>),
    /// This tarball must be looked into.
    MissingBundle(BundleRequest),
    /// There is no tree.
    Failed(ResolveError),
}

impl From<ResolveError> for Stop {
    fn from(error: ResolveError) -> Self {
        Self::Failed(error)
    }
}

/// A finished run.
pub(crate) struct Built {
    pub(crate) tree: Tree,
    pub(crate) root: NodeId,
    pub(crate) warnings: Vec<Warning>,
}

struct Builder<'a> {
    input: &'a Input,
    store: &'a Store,
    tree: Tree,
    root: NodeId,
    queue: Queue,
    seen: HashSet<NodeId>,
    virtual_roots: HashMap<NodeId, NodeId>,
    explicit: HashSet<EdgeId>,
    /// Links whose folders are to be looked at once everything else is settled.
    links: IndexSet<NodeId>,
    /// Whether anything was put into the tree, or was asked to be.
    changed: bool,
    load_failures: HashSet<NodeId>,
    load_errors: Vec<ResolveError>,
    warnings: Vec<Warning>,
}

/// Nodes to look at, the shallowest first, then by path.
#[derive(Default)]
struct Queue(Vec<(usize, String, NodeId)>);

impl Queue {
    fn push(&mut self, tree: &Tree, node: NodeId) {
        let (depth, location) = (tree.depth(node), tree.location(node));
        // Kept in reverse, so that the next one is popped off the end.
        let at = self
            .0
            .partition_point(|(d, l, _)| depth.cmp(d).then_with(|| locale_compare(&location, l)).is_lt());
        if !self.0.iter().any(|(_, _, n)| *n == node) {
            self.0.insert(at, (depth, location, node));
        }
    }

    fn pop(&mut self) -> Option<NodeId> {
        self.0.pop().map(|(_, _, node)| node)
    }
}

/// The project alone.
pub(crate) fn empty_tree(input: &Input) -> (Tree, NodeId) {
    let own_spec = |name: &str| {
        let m = &input.manifest;
        [&m.dev_dependencies, &m.optional_dependencies, &m.dependencies, &m.peer_dependencies]
            .iter()
            .find_map(|d| d.get(name).cloned())
    };
    let overrides = Rc::new(Overrides::parse(input.manifest.overrides.as_ref(), own_spec));
    let mut tree = Tree::new(overrides.clone(), input.options.legacy_peer_deps);
    tree.workspaces = input.workspaces.as_slice().into();
    let root = tree.add(NewNode {
        name: Some(folder_name(&input.folder).into()),
        path: Some(input.folder.as_str().into()),
        package: Rc::new(input.manifest.clone()),
        overrides: overrides.root(),
        is_project: true,
        ..NewNode::default()
    });
    tree.node_mut(root).flags = Flags::NONE;
    (tree, root)
}

/// Runs once.
pub(crate) fn build(input: &Input, store: &Store) -> Result<Built, Stop> {
    let (mut tree, root) = empty_tree(input);
    if let Some(lock) = &input.lock {
        let folders =
            crate::lock::local_folders(&input.folder, lock).into_iter().map(ManifestRequest::Folder);
        let missing: Vec<_> = folders.filter(|f| store.manifest(f).is_none()).collect();
        if !missing.is_empty() {
            return Err(Stop::MissingManifests(missing));
        }
        crate::lock::load(&mut tree, root, lock, &|path| store.folder(path))?;
        if lock.is_ancient {
            inflate(&mut tree, root, store)?;
        }
    }
    if !input.begins_with_lock {
        let folder = |path: &String| ManifestRequest::Folder(path.clone());
        let wanted = input.workspaces.iter().map(|(_, path)| folder(path));
        let missing: Vec<_> = wanted.filter(|f| store.manifest(f).is_none()).collect();
        if !missing.is_empty() {
            return Err(Stop::MissingManifests(missing));
        }
        for (_, path) in &input.workspaces {
            let package = store.folder(path).unwrap_or_default();
            tree.add_local(root, path, package);
        }
    }
    let mut builder = Builder {
        input,
        store,
        tree,
        root,
        queue: Queue::default(),
        seen: HashSet::new(),
        virtual_roots: HashMap::new(),
        explicit: HashSet::new(),
        links: IndexSet::new(),
        changed: input.is_asked_for(),
        load_failures: HashSet::new(),
        load_errors: Vec::new(),
        warnings: Vec::new(),
    };
    builder.enqueue_problems();
    builder.enqueue_requests();
    loop {
        while let Some(node) = builder.queue.pop() {
            builder.step(node)?;
        }
        if !builder.enqueue_links() {
            break;
        }
    }
    builder.finish()?;
    Ok(Built { tree: builder.tree, root, warnings: builder.warnings })
}

/// A lock file of version 1 has no manifests: the registry's are put in their place.
fn inflate(tree: &mut Tree, root: NodeId, store: &Store) -> Result<(), Stop> {
    let mut missing = Vec::new();
    for id in tree.inventory(root).into_iter().skip(1) {
        let node = tree.node(id);
        let name = node.package.name.clone().unwrap_or_else(|| node.name.to_string());
        let Some(version) = node.package.version.clone() else { continue };
        let Ok(spec) = PackageSpec::resolve(Some(&name), &version) else { continue };
        if node.in_bundle || !spec.is_registry() {
            continue;
        }
        if !store.has(&name) {
            missing.push(Rc::new(spec));
        } else if let Some(manifest) = store.exact(&name, &version) {
            if tree.node(id).resolved.is_none() {
                tree.node_mut(id).resolved = manifest.dist.tarball.as_deref().map(Into::into);
            }
            if tree.node(id).integrity.is_none() {
                tree.node_mut(id).integrity = manifest.dist.integrity.as_deref().map(Into::into);
            }
            tree.set_package(id, manifest);
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Stop::Missing(missing)) }
}

impl Builder<'_> {
    /// Queues what the user asks for: the project, workspaces with requests, dependents of names to update.
    fn enqueue_requests(&mut self) {
        self.renew_own_edges();
        for (path, name) in &self.input.explicit {
            let Some(node) = self.tree.local(self.root, path) else { continue };
            self.explicit.extend(self.tree.edge_named(node, &name.as_str().into()));
            self.queue.push(&self.tree, node);
        }
        for node in self.tree.inventory(self.root) {
            let named = self.input.update.iter().any(|name| **name == *self.tree.node(node).name);
            let wanted = named || self.is_avoided(node);
            if !wanted || self.tree.is_top(node) || self.tree.in_dependency_bundle(node) {
                continue;
            }
            for edge in &self.tree.node(node).edges_in {
                if let Some(from) = self.tree.edge(*edge).from {
                    self.queue.push(&self.tree, from);
                }
            }
        }
        self.queue.push(&self.tree, self.root);
    }

    /// Queues the folders that links point to, those inside the project; `false` when there is none left.
    fn enqueue_links(&mut self) -> bool {
        for link in std::mem::take(&mut self.links) {
            let node = self.tree.node(link);
            let (Some(target), true) = (node.link_target, node.root == self.root) else { continue };
            if let Some(rule) = node.overrides {
                self.tree.pass_overrides(target, rule);
            }
            if target == self.root
                || !self.tree.is_descendant(target, self.root)
                || self.seen.contains(&target)
            {
                continue;
            }
            // A request for a workspace that was not in the tree until now.
            let path = self.tree.node(target).path.clone();
            for (_, name) in self.input.explicit.iter().filter(|(p, _)| path.as_deref() == Some(p)) {
                self.explicit.extend(self.tree.edge_named(target, &name.as_str().into()));
            }
            self.queue.push(&self.tree, target);
        }
        !self.queue.0.is_empty()
    }

    /// Queues what the lock file leaves unmet, following edges from the root.
    fn enqueue_problems(&mut self) {
        let mut seen = HashSet::from([self.root]);
        let mut stack = vec![self.root];
        while let Some(node) = stack.pop() {
            let mut problem = false;
            for edge in self.tree.edges_out(node) {
                let e = self.tree.edge(edge);
                if let Some(to) = e.to
                    && seen.insert(to)
                {
                    stack.push(to);
                }
                let overlooked = e.kind == EdgeKind::PeerOptional && !self.input.may_change();
                problem |= !overlooked && (e.to.is_none() || !self.tree.is_valid(edge));
            }
            if problem {
                self.queue.push(&self.tree, node);
            }
        }
    }

    /// Meets the open dependencies of one node.
    fn step(&mut self, node: NodeId) -> Result<(), Stop> {
        let skip = self.tree.node(node).root != self.root
            || (node != self.root && self.tree.node(node).package.has_shrinkwrap);
        if skip || !self.seen.insert(node) {
            return Ok(());
        }
        self.load_bundle(node)?;
        let problems: Vec<EdgeId> =
            self.problem_edges(node).into_iter().filter(|e| !self.tree.edge(*e).peer_conflicted).collect();
        self.require(problems.iter().copied())?;
        let mut tasks = Vec::new();
        for edge in problems {
            tasks.push((edge, self.dep_for(node, edge)?));
        }
        tasks.sort_by(|(a, _), (b, _)| locale_compare(&self.tree.edge(*a).name, &self.tree.edge(*b).name));
        for (edge, dep) in tasks {
            let options = PlaceOptions {
                force: self.input.options.force,
                strict_peers: self.input.options.strict_peer_deps,
                prefer_dedupe: self.input.options.prefer_dedupe,
                strategy: self.input.options.strategy,
                explicit: self.explicit.contains(&edge),
                update: self.is_updated(edge),
            };
            let outcome = place(&mut self.tree, edge, dep, options)?;
            self.after_placing(outcome);
        }
        for edge in self.tree.edges_out(node) {
            self.links.extend(self.tree.edge(edge).to.filter(|to| self.tree.node(*to).link_target.is_some()));
        }
        Ok(())
    }

    /// Whether a package is one that `npm audit fix` leads away from.
    fn is_avoided(&self, id: NodeId) -> bool {
        let package = &self.tree.node(id).package;
        let name = package.name.as_deref().unwrap_or(&self.tree.node(id).name);
        package.semver.as_ref().is_some_and(|version| self.input.pick.avoids(name, version))
    }

    fn is_updated(&self, edge: EdgeId) -> bool {
        self.input.update.iter().any(|name| **name == *self.tree.edge(edge).name)
    }

    /// Puts the packages that a tarball brings below the node of its package.
    fn load_bundle(&mut self, node: NodeId) -> Result<(), Stop> {
        let n = self.tree.node(node);
        let Some(resolved) = n.resolved.clone() else { return Ok(()) };
        let known = n.children.values().any(|child| self.tree.node(*child).in_bundle);
        if node == self.root || n.package.bundle_dependencies.is_empty() || n.load_error.is_some() || known {
            return Ok(());
        }
        let store = self.store;
        let Some(packages) = store.bundle(&resolved) else {
            return Err(Stop::MissingBundle(BundleRequest {
                name: n.package.name.clone().unwrap_or_else(|| n.name.to_string()),
                resolved: resolved.to_string(),
                integrity: n.integrity.as_deref().map(str::to_owned),
            }));
        };
        let mut placed: HashMap<&str, NodeId> = HashMap::from([("", node)]);
        for (location, package) in packages {
            let name = oac_npm_spec::name_of_location(location);
            let above = location[..location.len() - name.len()].trim_end_matches("node_modules/");
            let Some(parent) = placed.get(above.trim_end_matches('/')).copied() else { continue };
            let id = self.tree.add(NewNode {
                name: Some(name.into()),
                package: package.clone(),
                parent: Some(parent),
                ..NewNode::default()
            });
            self.tree.node_mut(id).in_bundle = true;
            placed.insert(location, id);
            self.queue.push(&self.tree, id);
        }
        Ok(())
    }

    /// The package for an edge, in a virtual tree with its peers around it.
    fn dep_for(&mut self, node: NodeId, edge: EdgeId) -> Result<NodeId, Stop> {
        let kind = self.tree.edge(edge).kind;
        let name = self.tree.edge(edge).name.clone();
        let virtual_root = match self.virtual_roots.get(&node) {
            Some(known) => *known,
            None => self.virtual_root(node),
        };
        let there = self
            .tree
            .edge_named(virtual_root, &name)
            .filter(|e| self.tree.is_valid(*e))
            .and_then(|e| self.tree.edge(e).to);
        if let Some(dep) = there.filter(|dep| self.tree.satisfied_by(edge, *dep)) {
            return Ok(dep);
        }
        if kind == EdgeKind::PeerOptional
            && !self.explicit.contains(&edge)
            && !self.is_updated(edge)
            && let Some(dep) = self.hoistable(node, edge)
        {
            return Ok(dep);
        }
        let mut required = HashSet::from([node]);
        let parent = kind.is_peer().then_some(virtual_root);
        self.node_from_edge(edge, parent, None, &mut required)
    }

    /// npm makes the dependencies of a project anew that is given new ones, so that they come last among those of
    /// a package; its reports show it.
    fn renew_own_edges(&mut self) {
        let mut own: Vec<NodeId> =
            self.input.explicit.iter().filter_map(|(path, _)| self.tree.local(self.root, path)).collect();
        if self.input.removes {
            own.push(self.root);
        }
        own.sort();
        own.dedup();
        for edge in own.into_iter().flat_map(|node| self.tree.edges_out(node)).collect::<Vec<_>>() {
            if let Some(to) = self.tree.edge(edge).to {
                let edges_in = &mut self.tree.node_mut(to).edges_in;
                edges_in.shift_remove(&edge);
                edges_in.insert(edge);
            }
        }
    }

    /// A node beside or below the dependent's folder that already satisfies an optional peer.
    fn hoistable(&self, node: NodeId, edge: EdgeId) -> Option<NodeId> {
        let start = self.tree.resolve_parent(node).unwrap_or(node);
        let name = &self.tree.edge(edge).name;
        self.tree.inventory(start).into_iter().skip(1).find(|candidate| {
            self.tree.node(*candidate).name == *name
                && !self.tree.in_dependency_bundle(*candidate)
                && self.tree.satisfied_by(edge, *candidate)
        })
    }

    fn after_placing(&mut self, outcome: Outcome) {
        for text in outcome.warnings {
            self.warnings
                .push(Warning { code: "ERESOLVE", text: format!("overriding peer dependency\n{text}") });
        }
        self.changed |= !outcome.placed.is_empty();
        for placed in outcome.placed {
            if self.tree.node(placed.node).load_error.is_some() {
                self.load_failures.insert(placed.node);
            }
            let edges: Vec<EdgeId> = self.tree.node(placed.node).edges_in.iter().copied().collect();
            for edge in edges.into_iter().filter(|e| *e != placed.edge) {
                let e = self.tree.edge(edge);
                let Some(from) = e.from else { continue };
                if e.peer_conflicted || self.tree.is_valid(edge) {
                    continue;
                }
                if placed.alone == Placement::Replace || self.input.may_change() {
                    self.seen.remove(&from);
                }
                if !self.seen.contains(&from) {
                    self.queue.push(&self.tree, from);
                }
            }
            self.queue.push(&self.tree, placed.node);
        }
        for node in outcome.again {
            self.seen.remove(&node);
            self.queue.push(&self.tree, node);
        }
    }

    /// The edges of a node that are not met, or that the user wants looked at.
    fn problem_edges(&self, node: NodeId) -> Vec<EdgeId> {
        let bundled: &[String] =
            if self.tree.is_own(node) { &[] } else { &self.tree.node(node).package.bundle_dependencies };
        self.tree
            .edges_out(node)
            .into_iter()
            .filter(|edge| {
                let e = self.tree.edge(*edge);
                let settled = bundled.iter().any(|b| **b == *e.name)
                    || e.to.is_some_and(|to| self.load_failures.contains(&to) || self.tree.in_shrinkwrap(to));
                if settled {
                    return false;
                }
                let explicit = self.explicit.contains(edge);
                match e.to {
                    None => e.kind != EdgeKind::PeerOptional || explicit,
                    Some(_) if !self.tree.is_valid(*edge) => {
                        e.kind != EdgeKind::PeerOptional || self.input.may_change()
                    }
                    Some(to) if self.tree.node(to).link_target.is_some_and(|t| self.tree.is_workspace(t)) => {
                        false
                    }
                    Some(to) => explicit || self.is_updated(*edge) || self.is_avoided(to),
                }
            })
            .collect()
    }

    /// Ends the run if packuments for these edges are missing, naming all of them at once.
    fn require(&self, edges: impl Iterator<Item = EdgeId>) -> Result<(), Stop> {
        let missing: Vec<Rc<PackageSpec>> = edges
            .filter_map(|edge| self.tree.edge(edge).spec.clone())
            .filter(|spec| spec.registry_name().is_some_and(|name| !self.store.has(name)))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Stop::Missing(missing)) }
    }

    /// Flags, leftovers, packages that failed or do not fit the machine.
    fn finish(&mut self) -> Result<(), ResolveError> {
        self.tree.calculate_flags(self.root);
        let locked = self.input.lock.as_ref();
        if locked.is_some_and(|lock| self.changed || crate::lock::is_outdated(&self.tree, self.root, lock)) {
            for node in self.tree.inventory(self.root) {
                let n = self.tree.node(node);
                if n.flags.extraneous && n.root == self.root && n.parent.is_some() {
                    self.tree.detach(node);
                }
            }
        }
        let failures: Vec<NodeId> =
            self.load_failures.iter().copied().filter(|n| self.tree.node(*n).root == self.root).collect();
        for node in failures {
            if !self.tree.node(node).flags.optional {
                let index = self.tree.node(node).load_error.expect("a failure carries its error");
                return Err(self.load_errors[index].clone());
            }
            self.make_inert(node);
        }
        self.check_platforms()
    }

    /// An optional package that cannot be installed takes along what only it needs.
    fn make_inert(&mut self, node: NodeId) {
        let mut set = vec![node];
        let mut next = 0;
        while next < set.len() {
            for edge in &self.tree.node(set[next]).edges_in {
                let e = self.tree.edge(*edge);
                if let Some(from) = e.from.filter(|from| !e.kind.is_optional() && !set.contains(from)) {
                    set.push(from);
                }
            }
            next += 1;
        }
        let within = set.clone();
        let inert = self.tree.gather(set, |tree, edge| {
            let e = tree.edge(edge);
            e.to.is_some_and(|to| !within.contains(&to)) && e.from.is_some_and(|from| !tree.node(from).inert)
        });
        for node in inert {
            self.tree.node_mut(node).inert = true;
        }
    }

    fn check_platforms(&mut self) -> Result<(), ResolveError> {
        for node in self.tree.inventory(self.root) {
            if self.tree.is_link(node) {
                continue;
            }
            let package = self.tree.node(node).package.clone();
            let engine_ok = self.input.engines_accept(&package);
            let platform_ok = self.input.platform.accepts(&package);
            if self.tree.node(node).flags.optional {
                let fits = engine_ok && platform_ok;
                if !fits && !self.tree.node(node).inert {
                    self.make_inert(node);
                }
                continue;
            }
            if !engine_ok {
                self.warnings.push(self.input.engine_warning(&package));
            }
            if !platform_ok && !self.input.options.force {
                return Err(self.input.platform_error(&package));
            }
        }
        Ok(())
    }
}
