//! The tree that is installed, for the commands that only look at it.

use crate::context::Context;
use crate::failure::Failure;
use crate::project::Project;
use crate::reify::project_input;
use crate::workspaces;
use oac_npm_installer::actual_lock;
use oac_npm_resolver::{Input, NodeId, Tree, load_tree};

/// A tree with its project.
pub(crate) struct Installed {
    pub(crate) tree: Tree,
    pub(crate) root: NodeId,
    pub(crate) project: Project,
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
        Ok(Self { tree, root, project })
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

    /// The absolute path of a node's place; a link's own.
    pub(crate) fn path(&self, node: NodeId) -> String {
        let location = self.tree.location(node);
        let folder = self.project.folder.to_string_lossy();
        oac_npm_resolver::join_path(&folder, &location)
    }
}
