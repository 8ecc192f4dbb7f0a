//! Random bytes from the container's seed, by ChaCha20 (RFC 8439): repeatable for who knows the seed, and for nobody else.
//!
//! After every use the key is replaced by bytes that nobody has seen, so that what was given cannot be computed from what is
//! left in memory (fast key erasure). Programs' getrandom is answered by the host.

const KEY_WORDS: usize = 8;
const BLOCK_WORDS: usize = 16;
const BLOCK_BYTES: usize = 64;

/// From which everything that looks random in a kernel comes: 256 bits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl From<[u8; 32]> for Seed {
    fn from(bytes: [u8; 32]) -> Seed {
        Seed(bytes)
    }
}

/// For tests, which only want runs to differ.
impl From<u64> for Seed {
    fn from(number: u64) -> Seed {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Seed(bytes)
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It is a secret.
        f.write_str("Seed(…)")
    }
}

/// The generator.
#[derive(Clone)]
pub(crate) struct Random([u32; KEY_WORDS]);

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random(…)")
    }
}

/// What numbers of one seed are for: other purposes give other numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `/dev/urandom` and the like.
    Devices = 0,
    /// What names this start of the container.
    BootId = 1,
}

impl Random {
    pub(crate) fn new(seed: Seed, purpose: Purpose) -> Random {
        let words = words(&seed.0);
        let key: [u32; KEY_WORDS] = std::array::from_fn(|at| words[at]);
        let first = block(&key, 0, [purpose as u32, u32::MAX, u32::MAX]);
        Random(std::array::from_fn(|at| first[at]))
    }

    pub(crate) fn fill(&mut self, buf: &mut [u8]) {
        let key = self.0;
        let first = block(&key, 0, [0; 3]);
        self.0 = std::array::from_fn(|at| first[at]);
        for (counter, chunk) in buf.chunks_mut(BLOCK_BYTES).enumerate() {
            // A buffer holds far fewer blocks than a counter can count, and the nonce holds the rest.
            let counter = counter as u64 + 1;
            let bytes = bytes(&block(&key, counter as u32, [(counter >> 32) as u32, 0, 0]));
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

fn words(bytes: &[u8; 32]) -> Vec<u32> {
    let (chunks, _) = bytes.as_chunks::<4>();
    chunks.iter().map(|chunk| u32::from_le_bytes(*chunk)).collect()
}

fn bytes(words: &[u32; BLOCK_WORDS]) -> [u8; BLOCK_BYTES] {
    let mut out = [0; BLOCK_BYTES];
    for (chunk, word) in out.chunks_exact_mut(4).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    out
}

/// RFC 8439, 2.1.
fn quarter_round(state: &mut [u32; BLOCK_WORDS], [a, b, c, d]: [usize; 4]) {
    for (x, y, z, by) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        state[x] = state[x].wrapping_add(state[y]);
        state[z] = (state[z] ^ state[x]).rotate_left(by);
    }
}

/// RFC 8439, 2.3.
fn block(key: &[u32; KEY_WORDS], counter: u32, nonce: [u32; 3]) -> [u32; BLOCK_WORDS] {
    // "expand 32-byte k"
    let mut initial =
        [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    initial[4..12].copy_from_slice(key);
    initial[12] = counter;
    initial[13..].copy_from_slice(&nonce);
    let mut state = initial;
    for _ in 0..10 {
        for column in 0..4 {
            quarter_round(&mut state, [column, column + 4, column + 8, column + 12]);
        }
        for diagonal in 0..4 {
            let at = |row: usize| row * 4 + (diagonal + row) % 4;
            quarter_round(&mut state, [at(0), at(1), at(2), at(3)]);
        }
    }
    std::array::from_fn(|at| state[at].wrapping_add(initial[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8439, 2.3.2.
    #[test]
    fn the_block_function() {
        let key: [u8; 32] = std::array::from_fn(|at| at as u8);
        let words = words(&key);
        let block = block(&std::array::from_fn(|at| words[at]), 1, [0x0900_0000, 0x4a00_0000, 0]);
        let expect = [
            0xe4e7_f110,
            0x1559_3bd1,
            0x1fdd_0f50,
            0xc471_20a3,
            0xc7f4_d1c7,
            0x0368_c033,
            0x9aaa_2204,
            0x4e6c_d4c3,
            0x4664_82d2,
            0x09aa_9f07,
            0x05d7_c214,
            0xa202_8bd9,
            0xd19c_12b5,
            0xb94e_16de,
            0xe883_d0cb,
            0x4e3c_50a2,
        ];
        assert_eq!(block, expect);
    }

    #[test]
    fn numbers_differ_and_repeat() {
        let take = |seed: u64, purpose: Purpose, len: usize| {
            let mut random = Random::new(Seed::from(seed), purpose);
            let mut out = vec![vec![0; len], vec![0; len]];
            out.iter_mut().for_each(|buf| random.fill(buf));
            out
        };
        let one = take(1, Purpose::Devices, 100);
        assert_eq!(one, take(1, Purpose::Devices, 100));
        assert_ne!(one[0], one[1]);
        assert_ne!(one, take(2, Purpose::Devices, 100));
        assert_ne!(one, take(1, Purpose::BootId, 100));
        assert_eq!(take(1, Purpose::Devices, 7)[0], one[0][..7]);
    }
}
