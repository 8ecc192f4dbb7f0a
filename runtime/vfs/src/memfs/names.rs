//! A directory's names, found by their hashes. Cloning shares the blocks they lie in; a change copies one block and the list of blocks.

use std::sync::Arc;

use crate::Ino;

/// Names in a block, at most; a full one is split in two.
const BLOCK_NAMES: usize = 64;

/// One name and what it leads to.
#[derive(Clone, Debug)]
pub(super) struct Name {
    hash: u64,
    pub(super) name: Arc<[u8]>,
    pub(super) ino: Ino,
    /// File type, as in `flags::mode`.
    pub(super) kind: u32,
}

/// Names in the order of their hashes; never none.
#[derive(Clone, Debug)]
struct Block {
    /// No hash in the block is less, none in the blocks before is more.
    first: u64,
    names: Arc<Vec<Name>>,
}

/// All names of a directory, in an order of their own.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    blocks: Vec<Block>,
    len: usize,
}

/// Spreads names over all numbers. Equal ones are found nevertheless, one after the other.
fn hash(name: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = name.len() as u64;
    for part in name.chunks(8) {
        let mut bytes = [0; 8];
        bytes[..part.len()].copy_from_slice(part);
        let product = u128::from(hash ^ u64::from_le_bytes(bytes)) * u128::from(ODD);
        hash = (product as u64 ^ (product >> 64) as u64).rotate_left(23);
    }
    hash.wrapping_mul(ODD)
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All names, in the order of their bytes.
    pub(super) fn sorted(&self) -> Vec<&Name> {
        let mut all: Vec<&Name> = self.blocks.iter().flat_map(|block| block.names.iter()).collect();
        all.sort_unstable_by(|one, two| one.name.cmp(&two.name));
        all
    }

    /// In which block and where in it a name is, or else would be put.
    fn find(&self, hash: u64, name: &[u8]) -> Result<(usize, usize), (usize, usize)> {
        let mut block = self.blocks.partition_point(|block| block.first < hash).saturating_sub(1);
        loop {
            let Some(Block { names, .. }) = self.blocks.get(block) else { return Err((block, 0)) };
            let mut at = names.partition_point(|entry| entry.hash < hash);
            while let Some(entry) = names.get(at).filter(|entry| entry.hash == hash) {
                if *entry.name == *name {
                    return Ok((block, at));
                }
                at += 1;
            }
            let goes_on = at == names.len() && self.blocks.get(block + 1).is_some_and(|b| b.first == hash);
            if !goes_on {
                return Err((block, at));
            }
            block += 1;
        }
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&Name> {
        let (block, at) = self.find(hash(name), name).ok()?;
        Some(&self.blocks[block].names[at])
    }

    /// Adds a name that is not there yet.
    pub(super) fn insert(&mut self, name: Arc<[u8]>, ino: Ino, kind: u32) {
        self.len += 1;
        let hash = hash(&name);
        let (index, at) = match self.find(hash, &name) {
            Ok(place) | Err(place) => place,
        };
        let new = Name { hash, name, ino, kind };
        let Some(block) = self.blocks.get_mut(index) else {
            self.blocks.push(Block { first: hash, names: Arc::new(vec![new]) });
            return;
        };
        block.first = block.first.min(hash);
        let names = Arc::make_mut(&mut block.names);
        names.insert(at, new);
        if names.len() > BLOCK_NAMES {
            let rest = names.split_off(BLOCK_NAMES / 2);
            let rest = Block { first: rest[0].hash, names: Arc::new(rest) };
            self.blocks.insert(index + 1, rest);
        }
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> Option<Name> {
        let (index, at) = self.find(hash(name), name).ok()?;
        self.len -= 1;
        let names = Arc::make_mut(&mut self.blocks[index].names);
        let removed = names.remove(at);
        if names.is_empty() {
            self.blocks.remove(index);
        }
        Some(removed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn listed(names: &Names) -> Vec<(Vec<u8>, u64)> {
        names.sorted().iter().map(|entry| (entry.name.to_vec(), entry.ino.0)).collect()
    }

    /// Inserts and removes names made of the numbers, against a plain map.
    fn check(numbers: impl Iterator<Item = u64>) {
        let (mut names, mut plain) = (Names::default(), BTreeMap::new());
        let mut clone = (Names::default(), Vec::new());
        for (step, number) in numbers.enumerate() {
            let name = format!("n{number}").into_bytes();
            match names.remove(&name) {
                Some(removed) => assert_eq!(plain.remove(&name), Some(removed.ino.0)),
                None => {
                    assert!(names.get(&name).is_none());
                    names.insert(name.as_slice().into(), Ino(number), 0);
                    assert_eq!(plain.insert(name.clone(), number), None);
                    assert_eq!(names.get(&name).unwrap().ino, Ino(number));
                }
            }
            if step % 97 == 0 {
                assert_eq!(listed(&clone.0), clone.1);
                clone = (names.clone(), listed(&names));
            }
            assert_eq!(names.len(), plain.len());
        }
        assert_eq!(listed(&names), plain.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn names_are_a_map_and_clones_stay_as_they_were() {
        check(0..1000);
        check((0..1000).rev());
        check((0..1000).chain(0..1000));
        check((0..5000).map(|i| i * i % 701));
    }

    #[test]
    fn names_of_one_hash_are_told_apart() {
        let mut names = Names::default();
        let mut plain = Vec::new();
        // As if all of them had the hash 5, over several blocks.
        for number in 0..200 {
            let name: Arc<[u8]> = format!("n{number}").into_bytes().into();
            let (index, at) = names.find(5, &name).unwrap_err();
            let new = Name { hash: 5, name: Arc::clone(&name), ino: Ino(number), kind: 0 };
            match names.blocks.get_mut(index) {
                Some(block) if at < BLOCK_NAMES => Arc::make_mut(&mut block.names).insert(at, new),
                _ => names.blocks.push(Block { first: 5, names: Arc::new(vec![new]) }),
            }
            plain.push(name);
        }
        for (number, name) in plain.iter().enumerate() {
            let (block, at) = names.find(5, name).unwrap();
            assert_eq!(names.blocks[block].names[at].ino, Ino(number as u64));
        }
        assert!(names.blocks.len() > 2);
        assert!(names.find(4, b"n1").is_err() && names.find(6, b"n1").is_err());
    }
}
