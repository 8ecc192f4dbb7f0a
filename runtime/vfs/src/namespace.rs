//! Namespaces: which trees a task sees, and where.
//!
//! A namespace is a table of mounts. A mount is one or more directories (or one file) that stand in the place of another; with
//! several it is a union, in which the first member that has a name wins, for opening and for listing alike. Unions are not
//! recursive, as in Plan 9: a directory inside a member is that member's alone.
//!
//! Children inherit the table by copy-on-write.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use oac_abi::{Errno, bounds, flags};

use crate::{FileSystems, Held, Node};

/// A mount of a namespace, and of the copies that were made of it since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MountId(u32);

impl MountId {
    /// As `/proc/self/mountinfo` shows it.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// The mount of `/`.
const ROOT_MOUNT: MountId = MountId(0);

/// Where something is in a namespace: a node, and through which mount it was reached. Valid while something holds the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The mount.
    pub mount: MountId,
    /// The file.
    pub node: Node,
}

/// A place whose node is held.
#[derive(Clone, Debug)]
pub struct HeldPlace {
    place: Place,
    _held: Arc<Held>,
}

impl HeldPlace {
    /// Holds a place.
    pub fn new(filesystems: &mut impl FileSystems, place: Place) -> HeldPlace {
        HeldPlace { place, _held: Arc::new(filesystems.hold(place.node)) }
    }

    /// The place.
    pub fn place(&self) -> Place {
        self.place
    }
}

/// How a source is bound over a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindMode {
    /// The source hides the target.
    Replace,
    /// The source is looked up first.
    Before,
    /// The source is looked up last.
    After,
}

/// Mode and the permission to create, from the number in a call (`flags::bind`).
///
/// # Errors
/// EINVAL.
pub fn bind_flags(number: u32) -> Result<(BindMode, bool), Errno> {
    let mode = match number & !flags::bind::CREATE {
        flags::bind::REPLACE => BindMode::Replace,
        flags::bind::BEFORE => BindMode::Before,
        flags::bind::AFTER => BindMode::After,
        _ => return Err(Errno::EINVAL),
    };
    Ok((mode, number & flags::bind::CREATE != 0))
}

#[derive(Clone, Debug)]
struct Member {
    held: Arc<Held>,
    create: bool,
    /// Whether this is the directory that the mount covers.
    covered: bool,
}

#[derive(Clone, Debug)]
struct Mount {
    members: Vec<Member>,
    /// What it covers; `None` for the root.
    covers: Option<Place>,
}

/// One line that takes part in rebuilding the namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    text: &'static str,
    source: Vec<u8>,
    target: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Table {
    mounts: BTreeMap<MountId, Mount>,
    over: BTreeMap<Place, MountId>,
    next: u32,
    lines: Vec<Line>,
}

/// What a task sees. Cloning shares until one side binds.
#[derive(Clone, Debug)]
pub struct Namespace(Arc<Table>);

impl Namespace {
    /// A namespace that shows one tree.
    pub fn new(filesystems: &mut impl FileSystems, root: Node) -> Namespace {
        let member = Member { held: Arc::new(filesystems.hold(root)), create: true, covered: true };
        let mounts = BTreeMap::from([(ROOT_MOUNT, Mount { members: vec![member], covers: None })]);
        Namespace(Arc::new(Table { mounts, over: BTreeMap::new(), next: 1, lines: Vec::new() }))
    }

    /// `/`.
    pub fn root(&self) -> Place {
        self.enter(self.top_of(ROOT_MOUNT))
    }

    /// The directories that a place shows, in the order in which names are looked up in them: more than one for a union.
    pub(crate) fn members(&self, place: Place) -> impl Iterator<Item = Node> + use<'_> {
        let mount = self.mount_at(place);
        let alone = if mount.is_none() { Some(place.node) } else { None };
        alone.into_iter().chain(mount.into_iter().flat_map(|mount| &mount.members).map(|m| m.held.node()))
    }

    /// Every mount, the root's first: its number, the directory that it shows first, and what it covers.
    pub fn mounts(&self) -> impl Iterator<Item = (MountId, Node, Option<Place>)> + '_ {
        self.0.mounts.iter().filter_map(|(&id, mount)| {
            let first = mount.members.first()?;
            Some((id, first.held.node(), mount.covers))
        })
    }

    /// Whether a place is a union of several.
    pub fn is_union(&self, place: Place) -> bool {
        self.mount_at(place).is_some_and(|mount| mount.members.len() > 1)
    }

    /// Where new files of a place are made: the first member bound with CREATE, else the covered directory, else the first.
    pub(crate) fn creation_member(&self, place: Place) -> Node {
        let Some(mount) = self.mount_at(place) else { return place.node };
        let pick = |wanted: fn(&Member) -> bool| mount.members.iter().find(|member| wanted(member));
        let member = pick(|member| member.create && !member.covered)
            .or_else(|| pick(|member| member.covered))
            .or_else(|| mount.members.first());
        member.map_or(place.node, |member| member.held.node())
    }

    /// What stands at a place once its binds are taken into account.
    pub(crate) fn enter(&self, place: Place) -> Place {
        let mut place = self.normal(place);
        // Each step enters a mount made later than the last, so this ends.
        while let Some(&mount) = self.0.over.get(&place) {
            place = self.top_of(mount);
        }
        place
    }

    /// Where `..` of a mount's top continues: the place it covers. `Err(())` when the place is no mount's top.
    pub(crate) fn covered_by(&self, place: Place) -> Result<Option<Place>, ()> {
        self.mount_at(place).map(|mount| mount.covers).ok_or(())
    }

    /// A union's members are all one place: its first member stands for it.
    pub(crate) fn normal(&self, place: Place) -> Place {
        match self.mount_at(place) {
            Some(_) => self.top_of(place.mount),
            None => place,
        }
    }

    fn mount_at(&self, place: Place) -> Option<&Mount> {
        let mount = self.0.mounts.get(&place.mount)?;
        mount.members.iter().any(|member| member.held.node() == place.node).then_some(mount)
    }

    fn top_of(&self, id: MountId) -> Place {
        Place { mount: id, node: self.0.mounts[&id].members[0].held.node() }
    }

    /// Whether a place is where something is mounted (or `/`): it cannot be removed or renamed.
    pub fn is_mount(&self, place: Place) -> bool {
        self.mount_at(place).is_some() || self.0.over.contains_key(&place)
    }

    /// Binds `source` over `target`, both as they were found by a walk, with the paths to remember for [`Namespace::lines`].
    ///
    /// # Errors
    /// ENOSPC when there are BINDS_MAX already; EBUSY for an unbound mount's leftovers.
    pub fn bind(
        &mut self,
        filesystems: &mut impl FileSystems,
        source: (Place, &[u8]),
        target: (Place, &[u8]),
        mode: BindMode,
        create: bool,
    ) -> Result<(), Errno> {
        if self.0.lines.len() >= bounds::BINDS_MAX {
            return Err(Errno::ENOSPC);
        }
        let mut added: Vec<Member> = self
            .members(source.0)
            .map(|node| Member { held: Arc::new(filesystems.hold(node)), create, covered: false })
            .collect();
        let target_place = self.normal(target.0);
        let existing = self.mount_at(target_place).is_some();
        let covered =
            Member { held: Arc::new(filesystems.hold(target_place.node)), create: false, covered: true };
        let table = Arc::make_mut(&mut self.0);
        let id = if existing {
            target_place.mount
        } else {
            let id = MountId(table.next);
            table.next += 1;
            table.mounts.insert(id, Mount { members: vec![covered], covers: Some(target_place) });
            table.over.insert(target_place, id);
            id
        };
        let mount = table.mounts.get_mut(&id).ok_or(Errno::EBUSY)?;
        let is_in = |list: &[Member], member: &Member| {
            list.iter().any(|other| other.held.node() == member.held.node())
        };
        // Nothing is in a union twice: the second would never be reached, and unions of unions would grow without end.
        match mode {
            BindMode::Replace => mount.members = added,
            BindMode::Before => {
                mount.members.retain(|member| !is_in(&added, member));
                mount.members.splice(0..0, added);
            }
            BindMode::After => {
                added.retain(|member| !is_in(&mount.members, member));
                mount.members.extend(added);
            }
        }
        let text = match (mode, create) {
            (BindMode::Replace, false) => "bind",
            (BindMode::Replace, true) => "bind -c",
            (BindMode::Before, false) => "bind -b",
            (BindMode::Before, true) => "bind -bc",
            (BindMode::After, false) => "bind -a",
            (BindMode::After, true) => "bind -ac",
        };
        if mode == BindMode::Replace {
            table.forget_lines(target.1);
        }
        table.lines.push(Line { text, source: source.1.to_vec(), target: target.1.to_vec() });
        Ok(())
    }

    /// Binds the root of a filesystem that no path leads to yet. Its line names the source `#` and its label.
    ///
    /// # Errors
    /// As [`Namespace::bind`].
    pub fn mount(
        &mut self,
        filesystems: &mut impl FileSystems,
        root: Node,
        label: &[u8],
        target: (Place, &[u8]),
    ) -> Result<(), Errno> {
        // A mount that no namespace has: the node stands for itself alone.
        let source = Place { mount: MountId(u32::MAX), node: root };
        let name = [b"#", label].concat();
        self.bind(filesystems, (source, &name), target, BindMode::Replace, true)
    }

    /// Removes the binds of a path; what it covered shows again.
    ///
    /// # Errors
    /// EINVAL when nothing is bound there, or it is the root; EBUSY when something is bound beneath.
    pub fn unbind(&mut self, target: (Place, &[u8])) -> Result<(), Errno> {
        let place = self.normal(target.0);
        let covers = self.mount_at(place).ok_or(Errno::EINVAL)?.covers.ok_or(Errno::EINVAL)?;
        if self.0.over.keys().any(|over| over.mount == place.mount) {
            return Err(Errno::EBUSY);
        }
        let table = Arc::make_mut(&mut self.0);
        table.mounts.remove(&place.mount);
        table.over.remove(&covers);
        if !table.forget_lines(target.1) {
            table.lines.push(Line { text: "unbind", source: Vec::new(), target: target.1.to_vec() });
        }
        Ok(())
    }

    /// The binds that would rebuild this namespace on its root, one a line, in order: `bind [-b|-a][c] SOURCE TARGET`. Spaces,
    /// backslashes and control bytes in paths are written `\ooo`, as in `/proc/mounts`.
    pub fn lines(&self) -> String {
        let mut out = String::new();
        for line in &self.0.lines {
            out.push_str(line.text);
            for path in [&line.source, &line.target].into_iter().filter(|path| !path.is_empty()) {
                out.push(' ');
                escape(path, &mut out);
            }
            out.push('\n');
        }
        out
    }
}

impl Table {
    /// Drops the lines of a target, unless later ones may lean on them. Says whether it could.
    fn forget_lines(&mut self, target: &[u8]) -> bool {
        let Some(first) = self.lines.iter().position(|line| line.target == target) else { return false };
        let touches = |path: &[u8]| {
            path.strip_prefix(target).is_some_and(|rest| target == b"/" || rest.is_empty() || rest[0] == b'/')
        };
        let leaned_on = self.lines[first..]
            .iter()
            .any(|line| touches(&line.source) || (line.target != target && touches(&line.target)));
        if !leaned_on {
            self.lines.retain(|line| line.target != target);
        }
        !leaned_on
    }
}

fn escape(path: &[u8], out: &mut String) {
    for &byte in path {
        if byte.is_ascii_graphic() && byte != b'\\' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "\\{byte:03o}");
        }
    }
}
