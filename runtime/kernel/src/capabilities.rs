//! What a program may do beyond and within its container: narrowing for children, and the checks.

use std::sync::Arc;

use oac_abi::{Errno, bounds::CAPABILITY_ENTRIES_MAX, spawn::Narrowing};
use oac_vfs::{Found, LastLink, Place};

use crate::{Allowed, Capabilities, Kernel, NetworkCapability, TaskId};

impl Capabilities {
    /// What is left of these for a child.
    ///
    /// # Errors
    /// EPERM when the child is to have what these do not give, EINVAL for an entry that means nothing, E2BIG for a list that is
    /// too long.
    pub fn narrowed(&self, narrowing: &Narrowing) -> Result<Capabilities, Errno> {
        let path = |outer: &String, inner: &String| is_below(inner, outer);
        let same = |outer: &String, inner: &String| outer == inner;
        for path in narrowing.read.iter().chain(&narrowing.write).flatten() {
            check_path(path)?;
        }
        let ports = narrowing.listen.as_ref().map(|ports| {
            let numbers = ports.iter().map(|port| port.parse().map_err(|_| Errno::EINVAL));
            numbers.collect::<Result<Vec<u16>, Errno>>()
        });
        Ok(Capabilities {
            network: self.network.narrowed(narrowing.fetch.as_deref())?,
            read: narrowed(&self.read, narrowing.read.as_deref(), path)?,
            write: narrowed(&self.write, narrowing.write.as_deref(), path)?,
            listen: narrowed(&self.listen, ports.transpose()?.as_deref(), |outer, inner| outer == inner)?,
            spawn: narrowed(&self.spawn, narrowing.spawn.as_deref(), same)?,
            env: narrowed(&self.env, narrowing.env.as_deref(), same)?,
        })
    }

    /// The variables of an environment that may reach a program.
    pub(crate) fn permitted_env(&self, env: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
        let Allowed::Only(names) = &self.env else { return None };
        let permitted = |string: &&Vec<u8>| {
            let name = string.split(|&byte| byte == b'=').next().unwrap_or_default();
            names.iter().any(|permitted| permitted.as_bytes() == name)
        };
        Some(env.iter().filter(permitted).cloned().collect())
    }
}

fn narrowed<T: Clone>(
    own: &Allowed<T>,
    wanted: Option<&[T]>,
    covers: impl Fn(&T, &T) -> bool,
) -> Result<Allowed<T>, Errno> {
    let Some(wanted) = wanted else { return Ok(own.clone()) };
    if wanted.len() > CAPABILITY_ENTRIES_MAX {
        return Err(Errno::E2BIG);
    }
    if let Allowed::Only(own) = own
        && !wanted.iter().all(|inner| own.iter().any(|outer| covers(outer, inner)))
    {
        return Err(Errno::EPERM);
    }
    Ok(Allowed::Only(wanted.to_vec()))
}

impl NetworkCapability {
    fn narrowed(&self, wanted: Option<&[String]>) -> Result<NetworkCapability, Errno> {
        let Some(wanted) = wanted else { return Ok(self.clone()) };
        let own = match self {
            NetworkCapability::Any => Allowed::Any,
            NetworkCapability::Hosts(rules) => Allowed::Only(rules.clone()),
            NetworkCapability::Denied => Allowed::Only(Vec::new()),
        };
        match narrowed(&own, Some(wanted), |outer, inner| rule_covers(outer, inner))? {
            Allowed::Only(rules) if rules.is_empty() => Ok(NetworkCapability::Denied),
            Allowed::Only(rules) => Ok(NetworkCapability::Hosts(rules)),
            Allowed::Any => Ok(NetworkCapability::Any),
        }
    }
}

/// Whether every host that one rule permits is permitted by another.
fn rule_covers(outer: &str, inner: &str) -> bool {
    let split = |rule: &str| match rule.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host.to_ascii_lowercase(), Some(port.to_string()))
        }
        _ => (rule.to_ascii_lowercase(), None),
    };
    let ((outer, outer_port), (inner, inner_port)) = (split(outer), split(inner));
    let host = match outer.strip_prefix('*') {
        Some(tail) if tail.starts_with('.') => inner.ends_with(tail),
        _ => inner == outer,
    };
    host && (outer_port.is_none() || outer_port == inner_port)
}

/// An absolute path without `.`, `..`, empty parts and a slash at its end: it is compared as text.
fn check_path(path: &str) -> Result<(), Errno> {
    let rest = path.strip_prefix('/').ok_or(Errno::EINVAL)?;
    let sound = |part: &str| !matches!(part, "" | "." | "..");
    if rest.is_empty() || rest.split('/').all(sound) { Ok(()) } else { Err(Errno::EINVAL) }
}

/// Whether a path is another, or lies below it.
fn is_below(path: &str, tree: &str) -> bool {
    let Some(rest) = path.strip_prefix(tree) else { return false };
    rest.is_empty() || rest.starts_with('/') || tree == "/"
}

/// What a path is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathUse {
    /// Its contents, names or metadata.
    Read,
    /// Making, changing or removing it.
    Write,
}

impl Kernel {
    /// Whether path lists hold for a task.
    fn has_path_lists(&self, task: TaskId) -> Result<bool, Errno> {
        let capabilities = &self.tasks.life(task)?.capabilities;
        let restricted = capabilities.read != Allowed::Any || capabilities.write != Allowed::Any;
        Ok(restricted && self.tasks.get(task)?.kind.is_program())
    }

    /// Fails when path lists hold for a task: they are paths of its namespace, which must stay as it is.
    ///
    /// # Errors
    /// EPERM.
    pub(crate) fn require_free_namespace(&self, task: TaskId) -> Result<(), Errno> {
        if self.has_path_lists(task)? { Err(Errno::EPERM) } else { Ok(()) }
    }

    /// A walk that ends at a path which the task may use.
    ///
    /// # Errors
    /// As the walk; EACCES.
    pub(crate) fn find_permitted(
        &mut self,
        task: TaskId,
        (start, path): (Place, &[u8]),
        last_link: LastLink,
        uses: &[PathUse],
    ) -> Result<Found, Errno> {
        let found = self.walk(task, |walker| walker.find(start, path, last_link))?;
        self.require_found(task, &found, uses)?;
        Ok(found)
    }

    /// Fails unless a task may use what a walk has found.
    ///
    /// # Errors
    /// EACCES.
    pub(crate) fn require_found(
        &mut self,
        task: TaskId,
        found: &Found,
        uses: &[PathUse],
    ) -> Result<(), Errno> {
        if !self.has_path_lists(task)? {
            return Ok(());
        }
        let path = self.walk(task, |walker| walker.path_of(found))?;
        let path = std::str::from_utf8(&path).map_err(|_| Errno::EACCES)?;
        // Devices hold nothing, and what the kernel shows of a task is its own.
        let own = [String::from("/dev"), format!("/task/{task}"), format!("/proc/{task}")];
        if own.iter().any(|tree| is_below(path, tree)) {
            return Ok(());
        }
        let capabilities = &self.tasks.life(task)?.capabilities;
        let permits = |list: &Allowed<String>| match list {
            Allowed::Any => true,
            Allowed::Only(trees) => trees.iter().any(|tree| is_below(path, tree)),
        };
        let may = |one: &PathUse| match one {
            PathUse::Read => permits(&capabilities.read),
            PathUse::Write => permits(&capabilities.write),
        };
        if uses.iter().all(may) { Ok(()) } else { Err(Errno::EACCES) }
    }

    /// Fails unless a task may listen on a port.
    ///
    /// # Errors
    /// EACCES.
    pub(crate) fn require_port(&self, task: TaskId, port: u16) -> Result<(), Errno> {
        let free = !self.tasks.get(task)?.kind.is_program();
        if free || self.capabilities(task)?.listen.permits(&port) { Ok(()) } else { Err(Errno::EACCES) }
    }

    /// Fails unless a task may start a program: its registered name, or the path of its file.
    ///
    /// # Errors
    /// EACCES.
    pub(crate) fn require_spawn(&self, task: TaskId, program: &str) -> Result<(), Errno> {
        let free = !self.tasks.get(task)?.kind.is_program();
        let program = program.to_string();
        if free || self.capabilities(task)?.spawn.permits(&program) { Ok(()) } else { Err(Errno::EACCES) }
    }

    /// The capabilities of a task.
    pub(crate) fn capabilities(&self, task: TaskId) -> Result<Arc<Capabilities>, Errno> {
        Ok(Arc::clone(&self.tasks.life(task)?.capabilities))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> Option<Vec<String>> {
        Some(entries.iter().map(ToString::to_string).collect())
    }

    fn check(own: &Capabilities, narrowing: Narrowing, expect: Result<(), Errno>) {
        assert_eq!(own.narrowed(&narrowing).map(drop), expect, "{narrowing:?}");
    }

    #[test]
    fn a_child_gets_no_more_than_its_parent_has() {
        let read = |paths: &[&str]| Narrowing { read: list(paths), ..Narrowing::default() };
        let all = Capabilities::default();
        check(&all, read(&["/work"]), Ok(()));
        check(&all, read(&["work"]), Err(Errno::EINVAL));
        check(&all, read(&["/work/../etc"]), Err(Errno::EINVAL));
        let some = all.narrowed(&read(&["/work", "/tmp/a"])).unwrap();
        check(&some, Narrowing::default(), Ok(()));
        check(&some, read(&["/work/sub", "/tmp/a"]), Ok(()));
        check(&some, read(&["/works"]), Err(Errno::EPERM));
        check(&some, read(&["/"]), Err(Errno::EPERM));
        check(&some, read(&vec!["/work"; CAPABILITY_ENTRIES_MAX + 1]), Err(Errno::E2BIG));
        let fetch = |hosts: &[&str]| Narrowing { fetch: list(hosts), ..Narrowing::default() };
        check(&all, fetch(&["a.example"]), Err(Errno::EPERM));
        let own = NetworkCapability::Hosts(vec!["*.a.example".into(), "b.example:80".into()]);
        let net = Capabilities { network: own, ..Capabilities::default() };
        check(&net, fetch(&["x.a.example:1", "*.y.a.example", "B.example:80"]), Ok(()));
        check(&net, fetch(&["a.example"]), Err(Errno::EPERM));
        check(&net, fetch(&["b.example"]), Err(Errno::EPERM));
        assert_eq!(net.narrowed(&fetch(&[])).unwrap().network, NetworkCapability::Denied);
        check(&all, Narrowing { listen: list(&["80", "x"]), ..Narrowing::default() }, Err(Errno::EINVAL));
    }

    #[test]
    fn variables_are_taken_out() {
        let own = Capabilities { env: Allowed::Only(vec!["A".into()]), ..Capabilities::default() };
        let env = [b"A=1".to_vec(), b"AB=2".to_vec(), b"A".to_vec()];
        assert_eq!(own.permitted_env(&env), Some(vec![b"A=1".to_vec(), b"A".to_vec()]));
        assert_eq!(Capabilities::default().permitted_env(&env), None);
    }
}
