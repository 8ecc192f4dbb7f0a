//! What a resolution starts from.

use crate::platform::Platform;
use crate::{ResolveError, Warning};
use oac_npm_registry::{PickContext, engine_accepts};
use oac_npm_spec::{Lockfile, Manifest};
use serde_json::{Value, json};

/// npm's options that change the tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResolveOptions {
    /// `--force`
    pub force: bool,
    /// `--legacy-peer-deps`
    pub legacy_peer_deps: bool,
    /// `--strict-peer-deps`
    pub strict_peer_deps: bool,
    /// `--prefer-dedupe`
    pub prefer_dedupe: bool,
    /// `--install-strategy`
    pub strategy: InstallStrategy,
}

/// How high packages go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InstallStrategy {
    /// As high as they can: npm's default.
    #[default]
    Hoisted,
    /// Not higher than the packages that the project itself depends on.
    Shallow,
    /// Nowhere but below who asks for them.
    Nested,
}

/// A project and what is wanted of it.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The project's folder: an absolute path. Its last name stands in for a missing package name.
    pub folder: String,
    /// Names and absolute paths of its workspaces.
    pub workspaces: Vec<(String, String)>,
    /// Its `package.json`, with the packages the user adds already in it.
    pub manifest: Manifest,
    /// Its lock file; the versions in it are kept where they serve.
    pub lock: Option<Lockfile>,
    /// Whether there is a lock file, or one is to be forgotten. Otherwise npm begins with what lies on the disk, and so
    /// knows the workspaces before it has linked them.
    pub begins_with_lock: bool,
    /// Dependencies the user gave, looked at even if met: the absolute path of the project or of a
    /// workspace, and the name.
    pub explicit: Vec<(String, String)>,
    /// Names to look at anew wherever they are (`npm update NAME`, `npm dedupe`).
    pub update: Vec<String>,
    /// Whether the user takes dependencies away.
    pub removes: bool,
    /// Whether the lock file is taken as it is (`npm ci`), optional peers included.
    pub frozen: bool,
    /// Options.
    pub options: ResolveOptions,
    /// The machine to install for.
    pub platform: Platform,
    /// Versions of Node and npm, and the default tag.
    pub pick: PickContext,
}

impl Input {
    /// Whether the user asks for any change by name: npm's `requestedTreeMutation`.
    pub(crate) fn is_asked_for(&self) -> bool {
        !self.explicit.is_empty() || !self.update.is_empty() || self.removes
    }

    pub(crate) fn may_change(&self) -> bool {
        !self.frozen || self.is_asked_for()
    }

    pub(crate) fn engines_accept(&self, package: &Manifest) -> bool {
        engine_accepts(package.engine("node"), self.pick.node_version.as_ref())
            && engine_accepts(package.engine("npm"), self.pick.npm_version.as_ref())
    }

    /// npm's `EBADENGINE` warning.
    pub(crate) fn engine_warning(&self, package: &Manifest) -> Warning {
        let version =
            |v: &Option<oac_npm_spec::Version>| v.as_ref().map(ToString::to_string).unwrap_or_default();
        let required = package.kept.get("engines").cloned().unwrap_or(Value::Null);
        Warning {
            code: "EBADENGINE",
            text: format!(
                "Unsupported engine {{\n  package: '{}',\n  required: {},\n  current: {{ node: 'v{}', npm: '{}' }}\n}}",
                package.id(),
                inspect(&required),
                version(&self.pick.node_version),
                version(&self.pick.npm_version),
            ),
        }
    }

    pub(crate) fn platform_error(&self, package: &Manifest) -> ResolveError {
        let field = |name: &str| package.kept.get(name).cloned().unwrap_or(Value::Null);
        let mut wanted = json!({ "os": field("os"), "cpu": field("cpu"), "libc": field("libc") });
        if let Some(object) = wanted.as_object_mut() {
            object.retain(|_, value| !value.is_null());
        }
        let current = json!({ "os": self.platform.os, "cpu": self.platform.cpu, "libc": self.platform.libc });
        ResolveError::BadPlatform {
            package: package.id(),
            wanted: wanted.to_string(),
            current: current.to_string(),
        }
    }
}

/// `{ node: '>=18' }`, as Node prints an object of strings.
fn inspect(value: &Value) -> String {
    let Some(object) = value.as_object() else { return value.to_string() };
    let pairs: Vec<String> = object
        .iter()
        .map(|(key, value)| format!("{key}: '{}'", value.as_str().unwrap_or_default()))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}
