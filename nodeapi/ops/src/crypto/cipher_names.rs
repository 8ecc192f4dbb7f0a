//! The ciphers that there are, by OpenSSL's names. Numbers and lengths are what `crypto.getCipherInfo` of Node says.

use super::block::BlockKind;

/// A mode of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Ecb,
    Cbc,
    Ctr,
    /// Feedback of as many bits: 128 (a block), 8 or 1.
    Cfb(u8),
    Ofb,
    Gcm,
    Ccm,
    Ocb,
    Xts,
    /// RFC 3394, with `pad` RFC 5649.
    Wrap {
        pad: bool,
    },
    ChaCha20,
    ChaCha20Poly1305,
}

impl Mode {
    /// As `getCipherInfo` names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ecb => "ecb",
            Self::Cbc => "cbc",
            Self::Ctr => "ctr",
            Self::Cfb(_) => "cfb",
            Self::Ofb => "ofb",
            Self::Gcm => "gcm",
            Self::Ccm => "ccm",
            Self::Ocb => "ocb",
            Self::Xts => "xts",
            Self::Wrap { .. } => "wrap",
            Self::ChaCha20 | Self::ChaCha20Poly1305 => "stream",
        }
    }

    /// Whether it authenticates what it encrypts.
    pub(super) fn is_aead(self) -> bool {
        matches!(self, Self::Gcm | Self::Ccm | Self::Ocb | Self::ChaCha20Poly1305)
    }
}

/// A cipher: what `crypto.getCipherInfo` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CipherInfo {
    /// OpenSSL's name of it, in lower case.
    pub name: &'static str,
    /// OpenSSL's number.
    pub nid: i32,
    pub(super) mode: Mode,
    pub(super) block: BlockKind,
    /// Bytes of a key.
    pub key_len: usize,
    /// Bytes of an initialization vector, by default; 0 for none.
    pub iv_len: usize,
    /// Bytes of a block; 1 for a stream.
    pub block_len: usize,
}

impl CipherInfo {
    /// The mode's name: `cbc`, `gcm`, `stream` …
    pub fn mode_name(&self) -> &'static str {
        self.mode.name()
    }

    /// Whether keys of another length than `key_len`, or vectors of another than `iv_len`, are taken.
    pub fn takes_iv_len(&self, length: usize) -> bool {
        match self.mode {
            Mode::Gcm => (1..=128).contains(&length),
            Mode::Ccm => (7..=13).contains(&length),
            Mode::Ocb => (1..=15).contains(&length),
            Mode::ChaCha20Poly1305 => length == 12,
            _ => length == self.iv_len,
        }
    }
}

const fn aes(name: &'static str, nid: i32, mode: Mode, key_len: usize) -> CipherInfo {
    let (iv_len, block_len) = match mode {
        Mode::Ecb => (0, 16),
        Mode::Cbc => (16, 16),
        Mode::Ocb => (12, 16),
        Mode::Gcm | Mode::Ccm => (12, 1),
        Mode::Wrap { pad: false } => (8, 8),
        Mode::Wrap { pad: true } => (4, 8),
        _ => (16, 1),
    };
    CipherInfo { name, nid, mode, block: BlockKind::Aes, key_len, iv_len, block_len }
}

const fn des(name: &'static str, nid: i32, mode: Mode, key_len: usize) -> CipherInfo {
    let (iv_len, block_len) = match mode {
        Mode::Ecb => (0, 8),
        Mode::Cbc => (8, 8),
        _ => (8, 1),
    };
    CipherInfo { name, nid, mode, block: BlockKind::TripleDes, key_len, iv_len, block_len }
}

const CIPHERS: &[CipherInfo] = &[
    aes("aes-128-cbc", 419, Mode::Cbc, 16),
    aes("id-aes128-ccm", 896, Mode::Ccm, 16),
    aes("aes-128-cfb", 421, Mode::Cfb(128), 16),
    aes("aes-128-cfb1", 650, Mode::Cfb(1), 16),
    aes("aes-128-cfb8", 653, Mode::Cfb(8), 16),
    aes("aes-128-ctr", 904, Mode::Ctr, 16),
    aes("aes-128-ecb", 418, Mode::Ecb, 16),
    aes("id-aes128-gcm", 895, Mode::Gcm, 16),
    aes("aes-128-ocb", 958, Mode::Ocb, 16),
    aes("aes-128-ofb", 420, Mode::Ofb, 16),
    aes("aes-128-xts", 913, Mode::Xts, 32),
    aes("aes-192-cbc", 423, Mode::Cbc, 24),
    aes("id-aes192-ccm", 899, Mode::Ccm, 24),
    aes("aes-192-cfb", 425, Mode::Cfb(128), 24),
    aes("aes-192-cfb1", 651, Mode::Cfb(1), 24),
    aes("aes-192-cfb8", 654, Mode::Cfb(8), 24),
    aes("aes-192-ctr", 905, Mode::Ctr, 24),
    aes("aes-192-ecb", 422, Mode::Ecb, 24),
    aes("id-aes192-gcm", 898, Mode::Gcm, 24),
    aes("aes-192-ocb", 959, Mode::Ocb, 24),
    aes("aes-192-ofb", 424, Mode::Ofb, 24),
    aes("aes-256-cbc", 427, Mode::Cbc, 32),
    aes("id-aes256-ccm", 902, Mode::Ccm, 32),
    aes("aes-256-cfb", 429, Mode::Cfb(128), 32),
    aes("aes-256-cfb1", 652, Mode::Cfb(1), 32),
    aes("aes-256-cfb8", 655, Mode::Cfb(8), 32),
    aes("aes-256-ctr", 906, Mode::Ctr, 32),
    aes("aes-256-ecb", 426, Mode::Ecb, 32),
    aes("id-aes256-gcm", 901, Mode::Gcm, 32),
    aes("aes-256-ocb", 960, Mode::Ocb, 32),
    aes("aes-256-ofb", 428, Mode::Ofb, 32),
    aes("aes-256-xts", 914, Mode::Xts, 64),
    aes("id-aes128-wrap", 788, Mode::Wrap { pad: false }, 16),
    aes("id-aes128-wrap-pad", 897, Mode::Wrap { pad: true }, 16),
    aes("id-aes192-wrap", 789, Mode::Wrap { pad: false }, 24),
    aes("id-aes192-wrap-pad", 900, Mode::Wrap { pad: true }, 24),
    aes("id-aes256-wrap", 790, Mode::Wrap { pad: false }, 32),
    aes("id-aes256-wrap-pad", 903, Mode::Wrap { pad: true }, 32),
    CipherInfo {
        name: "chacha20",
        nid: 1019,
        mode: Mode::ChaCha20,
        block: BlockKind::Aes,
        key_len: 32,
        iv_len: 16,
        block_len: 0,
    },
    CipherInfo {
        name: "chacha20-poly1305",
        nid: 1018,
        mode: Mode::ChaCha20Poly1305,
        block: BlockKind::Aes,
        key_len: 32,
        iv_len: 12,
        block_len: 0,
    },
    des("des-ede", 32, Mode::Ecb, 16),
    des("des-ede-cbc", 43, Mode::Cbc, 16),
    des("des-ede-cfb", 60, Mode::Cfb(128), 16),
    des("des-ede-ofb", 62, Mode::Ofb, 16),
    des("des-ede3", 33, Mode::Ecb, 24),
    des("des-ede3-cbc", 44, Mode::Cbc, 24),
    des("des-ede3-cfb", 61, Mode::Cfb(128), 24),
    des("des-ede3-cfb1", 658, Mode::Cfb(1), 24),
    des("des-ede3-cfb8", 659, Mode::Cfb(8), 24),
    des("des-ede3-ofb", 63, Mode::Ofb, 24),
];

/// Other names, in lower case.
const ALIASES: &[(&str, &str)] = &[
    ("aes-128-ccm", "id-aes128-ccm"),
    ("aes-192-ccm", "id-aes192-ccm"),
    ("aes-256-ccm", "id-aes256-ccm"),
    ("aes-128-gcm", "id-aes128-gcm"),
    ("aes-192-gcm", "id-aes192-gcm"),
    ("aes-256-gcm", "id-aes256-gcm"),
    ("aes128", "aes-128-cbc"),
    ("aes192", "aes-192-cbc"),
    ("aes256", "aes-256-cbc"),
    ("aes128-wrap", "id-aes128-wrap"),
    ("aes192-wrap", "id-aes192-wrap"),
    ("aes256-wrap", "id-aes256-wrap"),
    ("aes128-wrap-pad", "id-aes128-wrap-pad"),
    ("aes192-wrap-pad", "id-aes192-wrap-pad"),
    ("aes256-wrap-pad", "id-aes256-wrap-pad"),
    ("des-ede-ecb", "des-ede"),
    ("des-ede3-ecb", "des-ede3"),
    ("des3", "des-ede3-cbc"),
];

/// What `crypto.getCiphers()` lists of those that are here, in its order and spelling.
pub fn cipher_names() -> Vec<String> {
    let own = CIPHERS.iter().map(|info| info.name).filter(|name| !name.starts_with("id-"));
    let aliases = ALIASES.iter().map(|(alias, _)| *alias);
    let mut names: Vec<String> = own.chain(aliases).map(str::to_owned).collect();
    names.extend(
        CIPHERS
            .iter()
            .filter(|info| info.name.starts_with("id-"))
            .map(|info| info.name.replace("ccm", "CCM").replace("gcm", "GCM")),
    );
    names.sort();
    names
}

/// The cipher with this name, in any case.
pub fn cipher_by_name(name: &str) -> Option<&'static CipherInfo> {
    let name = name.to_ascii_lowercase();
    let name =
        ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, official)| *official);
    CIPHERS.iter().find(|info| info.name == name)
}

/// The cipher with OpenSSL's number.
pub fn cipher_by_nid(nid: i32) -> Option<&'static CipherInfo> {
    CIPHERS.iter().find(|info| info.nid == nid)
}
