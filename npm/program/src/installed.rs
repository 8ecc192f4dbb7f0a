//! The tree that is installed, for the commands that only look at it.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::Project;
use crate::reify::project_input;
use crate::workspaces;
use oac_npm_installer::actual_lock;
use oac_npm_resolver::{Input, NodeId, Tree, load_tree};
use oac_npm_spec::Lockfile;
use serde_json::{Map, Value};

/// A tree with its project.
pub(crate) struct Installed {
    pub(crate) tree: Tree,
    pub(crate) root: NodeId,
    pub(crate) project: Project,
    lock: Lockfile,
    from_lock: bool,
}

impl Installed {
    /// What lies in `node_modules`; with `--package-lock-only` what the lock file says.
    pub(crate) fn load(context: &Context) -> Result<Self, Failure> {
        let folder = context.base();
        let lock_only = context.switch("package-lock-only", false);
        let mut project = Project::read(&folder, lock_only)?;
        let mut all = Vec::new();
        if context.is_global() {
            project.package.clear();
        } else {
            for workspace in workspaces::load(&folder)? {
                let own = Project::read(&workspace.folder, false)?;
                all.push((workspace, own));
            }
        }
        let input: Input = project_input(context, &project, &all);
        let lock = match &project.lock {
            Some(lock) if lock_only => lock.clone(),
            None if lock_only => {
                return Err(Failure::Coded {
                    code: "ENOLOCK".into(),
                    lines: vec![
                        format!("{} This command requires an existing lockfile.", context.command),
                        format!("{} Try creating one first with: npm i --package-lock-only", context.command),
                    ],
                });
            }
            _ => actual_lock(&folder),
        };
        let (tree, root) = load_tree(&input, &lock)?;
        Ok(Self { tree, root, project, lock, from_lock: lock_only })
    }

    /// npm's `pkgid`: `name@version`, `name@npm:other@version` for an alias.
    pub(crate) fn id(&self, node: NodeId) -> String {
        let package = &self.tree.node(node).package;
        let version = package.version.as_deref().unwrap_or_default();
        let own = package.name.as_deref().unwrap_or_default();
        if node == self.root {
            return format!("{own}@{version}");
        }
        let name = &*self.tree.node(node).name;
        if own.is_empty() || own == name {
            return format!("{name}@{version}");
        }
        // A local folder is not an alias because its folder is called otherwise.
        if self.tree.node(node).path.is_some() {
            return format!("{own}@{version}");
        }
        format!("{name}@npm:{own}@{version}")
    }

    /// A package's `package.json`, or what the lock file has of it, after npm's normalising.
    pub(crate) fn package_json(&self, node: NodeId) -> Value {
        let location = self.tree.location(node);
        let read = || {
            let text = std::fs::read(std::path::Path::new(&self.path(node)).join("package.json")).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&text).ok()
        };
        let noted = || self.lock.packages.get(&location).cloned();
        let found = if self.from_lock && node != self.root { noted() } else { read() };
        let mut package = found.unwrap_or_default();
        let manifest = &self.tree.node(node).package;
        if self.from_lock && !package.contains_key("name") {
            let name = manifest.name.clone().unwrap_or_else(|| self.tree.node(node).name.to_string());
            package.insert("name".into(), name.into());
        }
        if package.get("bin").is_some_and(Value::is_string) {
            let bins = manifest.bin.iter().map(|(name, file)| (name.clone(), file.clone().into()));
            package.insert("bin".into(), Value::Object(bins.collect()));
        }
        if package.get("funding").is_some_and(Value::is_string) {
            package.insert("funding".into(), manifest.kept.get("funding").cloned().unwrap_or_default());
        }
        for name in manifest.optional_dependencies.keys() {
            if let Some(dependencies) = package.get_mut("dependencies").and_then(Value::as_object_mut) {
                dependencies.shift_remove(name);
            }
        }
        let text = |key: &str| package.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        if let (Some(name), Some(version)) = (text("name"), text("version")) {
            let id = format!("{name}@{version}");
            package.insert("_id".into(), id.into());
        }
        Value::Object(package)
    }

    /// The absolute path of a node's place; a link's own.
    pub(crate) fn path(&self, node: NodeId) -> String {
        let location = self.tree.location(node);
        let folder = self.project.folder.to_string_lossy();
        oac_npm_resolver::join_path(&folder, &location)
    }
}
