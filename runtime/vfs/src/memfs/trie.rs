//! A map from numbers that copies share: cloning one takes no time, and changing a clone copies one path of nodes.
//!
//! Numbers are expected to be dense, as inode numbers and indices of chunks are. (The persistent maps among published crates are either
//! under the Mozilla licence or hash their keys; for dense numbers an array-mapped trie is also the faster of the two.)

use std::sync::Arc;

const BITS: u32 = 5;
const WIDTH: usize = 1 << BITS;

// Both variants are arrays of pointers in all uses, so of one size.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
enum Node<T> {
    Branch([Option<Arc<Node<T>>>; WIDTH]),
    Leaf([Option<T>; WIDTH]),
}

/// The map.
#[derive(Clone, Debug)]
pub(super) struct Trie<T> {
    root: Option<Arc<Node<T>>>,
    /// Levels of branches above the leaves.
    height: u32,
}

impl<T> Default for Trie<T> {
    fn default() -> Trie<T> {
        Trie { root: None, height: 0 }
    }
}

/// Which slot of a node at `level` (0: a leaf) leads to a key.
fn slot(key: u64, level: u32) -> usize {
    (key >> (BITS * level)) as usize % WIDTH
}

impl<T> Node<T> {
    fn empty(level: u32) -> Node<T> {
        if level == 0 {
            Node::Leaf(std::array::from_fn(|_| None))
        } else {
            Node::Branch(std::array::from_fn(|_| None))
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Node::Branch(children) => children.iter().all(Option::is_none),
            Node::Leaf(values) => values.iter().all(Option::is_none),
        }
    }

    /// The first key from `key` on, and its value; `base` is the node's own first key.
    fn from(&self, level: u32, base: u64, key: u64) -> Option<(u64, &T)> {
        let first = if key > base { slot(key, level) } else { 0 };
        match self {
            Node::Leaf(values) => (first..WIDTH).find_map(|i| Some((base + i as u64, values[i].as_ref()?))),
            Node::Branch(children) => (first..WIDTH).find_map(|i| {
                let base = base + ((i as u64) << (BITS * level));
                children[i].as_ref()?.from(level - 1, base, key)
            }),
        }
    }
}

impl<T> Trie<T> {
    /// Whether a key is beyond what a root of this height reaches.
    fn is_beyond(&self, key: u64) -> bool {
        let bits = BITS * (self.height + 1);
        bits < u64::BITS && key >> bits != 0
    }

    pub(super) fn get(&self, key: u64) -> Option<&T> {
        if self.is_beyond(key) {
            return None;
        }
        let mut node = self.root.as_deref()?;
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(values) => return values[slot(key, 0)].as_ref(),
                Node::Branch(children) => node = children[slot(key, level)].as_deref()?,
            }
            level -= 1;
        }
    }

    /// The first entry whose key is not below `key`.
    pub(super) fn from(&self, key: u64) -> Option<(u64, &T)> {
        if self.is_beyond(key) { None } else { self.root.as_ref()?.from(self.height, 0, key) }
    }
}

impl<T: Clone> Trie<T> {
    /// A value to change; what other clones see stays.
    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        if self.is_beyond(key) {
            return None;
        }
        let mut node = Arc::make_mut(self.root.as_mut()?);
        let mut level = self.height;
        loop {
            match node {
                Node::Leaf(values) => return values[slot(key, 0)].as_mut(),
                Node::Branch(children) => node = Arc::make_mut(children[slot(key, level)].as_mut()?),
            }
            level -= 1;
        }
    }

    /// The place of a value, made where it is missing.
    fn place(&mut self, key: u64) -> &mut Option<T> {
        while self.is_beyond(key) {
            self.height += 1;
            if let Some(old) = self.root.take() {
                let mut children = std::array::from_fn(|_| None);
                children[0] = Some(old);
                self.root = Some(Arc::new(Node::Branch(children)));
            }
        }
        let mut level = self.height;
        let mut node = Arc::make_mut(self.root.get_or_insert_with(|| Arc::new(Node::empty(level))));
        loop {
            match node {
                Node::Leaf(values) => return &mut values[slot(key, 0)],
                Node::Branch(children) => {
                    let child = &mut children[slot(key, level)];
                    level -= 1;
                    node = Arc::make_mut(child.get_or_insert_with(|| Arc::new(Node::empty(level))));
                }
            }
        }
    }

    /// Puts a value in; gives the old one.
    pub(super) fn insert(&mut self, key: u64, value: T) -> Option<T> {
        self.place(key).replace(value)
    }

    /// A value to change, made where it is missing.
    pub(super) fn get_or_insert_with(&mut self, key: u64, make: impl FnOnce() -> T) -> &mut T {
        self.place(key).get_or_insert_with(make)
    }

    pub(super) fn remove(&mut self, key: u64) -> Option<T> {
        // Nothing is copied for a key that is not there.
        self.get(key)?;
        let height = self.height;
        let (value, empty) = Self::remove_in(self.root.as_mut()?, height, key);
        if empty {
            *self = Trie::default();
        }
        value
    }

    /// Removes below a node; says whether that has left it empty.
    fn remove_in(node: &mut Arc<Node<T>>, level: u32, key: u64) -> (Option<T>, bool) {
        let node = Arc::make_mut(node);
        let value = match node {
            Node::Leaf(values) => values[slot(key, 0)].take(),
            Node::Branch(children) => {
                let child = &mut children[slot(key, level)];
                let Some(inner) = child else { return (None, false) };
                let (value, empty) = Self::remove_in(inner, level - 1, key);
                if !empty {
                    return (value, false);
                }
                *child = None;
                value
            }
        };
        (value, node.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Random steps, done to a trie and to a plain map; clones taken on the way must not change.
    fn check(seed: u64, keys: u64) {
        let mut state = seed;
        let mut roll = |sides: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % sides
        };
        let (mut trie, mut plain) = (Trie::default(), BTreeMap::new());
        let mut clones = Vec::new();
        for step in 0..2000 {
            let key = roll(keys) << (roll(3) * 20 % 41);
            match roll(8) {
                0..4 => assert_eq!(trie.insert(key, step), plain.insert(key, step)),
                4..6 => assert_eq!(trie.remove(key), plain.remove(&key)),
                6 => {
                    if let Some(value) = trie.get_mut(key) {
                        *value += 1;
                    }
                    if let Some(value) = plain.get_mut(&key) {
                        *value += 1;
                    }
                }
                _ if step % 100 == 0 => clones.push((trie.clone(), plain.clone())),
                _ => assert_eq!(trie.from(key), plain.range(key..).next().map(|(&key, value)| (key, value))),
            }
            assert_eq!(trie.get(key), plain.get(&key));
        }
        clones.push((trie, plain));
        for (trie, plain) in clones {
            let mut at = Some(0);
            let all = std::iter::from_fn(|| {
                let (key, &value) = trie.from(at?)?;
                at = key.checked_add(1);
                Some((key, value))
            });
            assert!(all.eq(plain.iter().map(|(&key, &value)| (key, value))));
        }
    }

    #[test]
    fn a_trie_is_a_map_and_clones_stay_as_they_were() {
        for seed in 0..20 {
            check(seed, 40);
            check(seed, 5000);
        }
    }

    #[test]
    fn an_emptied_trie_holds_nothing() {
        let mut trie = Trie::default();
        for key in [0, 31, 32, 1 << 40, u64::MAX] {
            trie.insert(key, key);
        }
        for key in [u64::MAX, 0, 32, 31, 1 << 40] {
            assert_eq!(trie.remove(key), Some(key));
        }
        assert!(trie.root.is_none() && trie.height == 0);
    }
}
