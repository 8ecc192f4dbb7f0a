//! Where the packages that npm fetches are kept for other containers of this machine.
//!
//! Only tarballs, by their digests: npm in a container uses one only when its registry or lock file gives that digest, so what
//! another container has put there, or damaged, is refused. What registries say of packages is not shared.

use std::{
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use oac_container::NetworkCapability;

use crate::arguments::RunRequest;

/// Where the container sees it.
pub(crate) const GUEST: &str = "/var/cache/npm-store";
/// How npm in the container is told: its setting `oac-store`.
pub(crate) const VARIABLE: &str = "npm_config_oac_store";

/// Which directory is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum NpmStore {
    /// The one in the user's cache, for containers that may use the network.
    #[default]
    InCache,
    /// This one.
    At(PathBuf),
    /// None.
    Nowhere,
}

/// The directory to mount, made if missing; `None` where none is wanted or, by default, can be had.
pub(crate) fn directory(request: &RunRequest) -> Option<PathBuf> {
    let occupied = request.mounts.iter().any(|mount| Path::new(&mount.guest).starts_with(GUEST));
    match &request.npm_store {
        NpmStore::Nowhere => None,
        // A failure is told when it is mounted.
        NpmStore::At(path) => {
            let _ = make(path);
            Some(path.clone())
        }
        NpmStore::InCache if occupied || request.network == NetworkCapability::Denied => None,
        NpmStore::InCache => {
            user_cache().map(|base| base.join("oac/npm-store")).filter(|path| make(path).is_ok())
        }
    }
}

fn make(path: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn user_cache() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shared_without_the_network() {
        let request = RunRequest::default();
        assert_eq!(directory(&request), None);
        let nowhere = RunRequest {
            npm_store: NpmStore::Nowhere,
            network: NetworkCapability::Any,
            ..RunRequest::default()
        };
        assert_eq!(directory(&nowhere), None);
    }
}
