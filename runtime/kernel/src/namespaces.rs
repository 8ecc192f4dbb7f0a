//! Which tasks share which namespace.

use std::collections::BTreeMap;

use oac_abi::Errno;
use oac_vfs::Namespace;

/// A namespace that one or more tasks use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NamespaceId(u32);

/// Namespaces with the number of their users.
#[derive(Debug, Default)]
pub(crate) struct Namespaces {
    /// `None` only while a bind changes it.
    namespaces: BTreeMap<NamespaceId, (Option<Namespace>, u32)>,
    last: u32,
}

impl Namespaces {
    /// Takes one in, with one user.
    pub(crate) fn add(&mut self, namespace: Namespace) -> NamespaceId {
        self.last += 1;
        self.namespaces.insert(NamespaceId(self.last), (Some(namespace), 1));
        NamespaceId(self.last)
    }

    pub(crate) fn get(&self, id: NamespaceId) -> Result<&Namespace, Errno> {
        self.namespaces.get(&id).and_then(|(namespace, _)| namespace.as_ref()).ok_or(Errno::ESRCH)
    }

    pub(crate) fn get_mut(&mut self, id: NamespaceId) -> Result<&mut Namespace, Errno> {
        self.namespaces.get_mut(&id).and_then(|(namespace, _)| namespace.as_mut()).ok_or(Errno::ESRCH)
    }

    /// Takes one out to change it beside the rest of the kernel.
    pub(crate) fn take(&mut self, id: NamespaceId) -> Result<Namespace, Errno> {
        self.namespaces.get_mut(&id).and_then(|(namespace, _)| namespace.take()).ok_or(Errno::ESRCH)
    }

    /// Puts it back.
    pub(crate) fn put_back(&mut self, id: NamespaceId, namespace: Namespace) {
        if let Some((place, _)) = self.namespaces.get_mut(&id) {
            *place = Some(namespace);
        }
    }

    /// One more user.
    pub(crate) fn share(&mut self, id: NamespaceId) -> NamespaceId {
        if let Some((_, users)) = self.namespaces.get_mut(&id) {
            *users += 1;
        }
        id
    }

    /// One user fewer.
    pub(crate) fn release(&mut self, id: NamespaceId) {
        if let Some((_, users)) = self.namespaces.get_mut(&id) {
            *users -= 1;
            if *users == 0 {
                self.namespaces.remove(&id);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.namespaces.len()
    }
}
