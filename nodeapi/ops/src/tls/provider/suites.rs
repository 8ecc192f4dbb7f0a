//! Cipher suites, under the names that OpenSSL and the standards have for them.

use rustls::{
    CipherSuite, CipherSuiteCommon, SignatureScheme, SupportedCipherSuite, Tls12CipherSuite,
    Tls13CipherSuite,
    crypto::{KeyExchangeAlgorithm, tls12::PrfUsingHmac, tls13::HkdfUsingHmac},
};

use super::{
    aead::Cipher,
    hash::{HMAC_SHA256, HMAC_SHA384, SHA256, SHA384},
};

/// A suite and its names.
#[derive(Debug)]
pub(crate) struct Suite {
    pub(crate) suite: SupportedCipherSuite,
    /// OpenSSL's name: `getCipher().name`, the option `ciphers`.
    pub(crate) name: &'static str,
    /// The standard's name.
    pub(crate) standard_name: &'static str,
}

const ECDSA: &[SignatureScheme] = &[
    SignatureScheme::ED25519,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP256_SHA256,
];

const RSA: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

static HKDF_SHA256: HkdfUsingHmac<'static> = HkdfUsingHmac(&HMAC_SHA256);
static HKDF_SHA384: HkdfUsingHmac<'static> = HkdfUsingHmac(&HMAC_SHA384);
static PRF_SHA256: PrfUsingHmac<'static> = PrfUsingHmac(&HMAC_SHA256);
static PRF_SHA384: PrfUsingHmac<'static> = PrfUsingHmac(&HMAC_SHA384);
static AES_128: Cipher = Cipher::Aes128Gcm;
static AES_256: Cipher = Cipher::Aes256Gcm;
static CHACHA: Cipher = Cipher::ChaCha20Poly1305;

/// Records that one key may protect: RFC 8446, 5.5.
const GCM_RECORDS_MAX: u64 = 1 << 24;

macro_rules! tls13 {
    ($name:ident, $hash:expr, $hkdf:expr, $cipher:expr, $records:expr) => {
        Suite {
            suite: SupportedCipherSuite::Tls13(&Tls13CipherSuite {
                common: CipherSuiteCommon {
                    suite: CipherSuite::$name,
                    hash_provider: &$hash,
                    confidentiality_limit: $records,
                },
                hkdf_provider: &$hkdf,
                aead_alg: &$cipher,
                quic: None,
            }),
            name: openssl13(CipherSuite::$name),
            standard_name: openssl13(CipherSuite::$name),
        }
    };
}

const fn openssl13(suite: CipherSuite) -> &'static str {
    match suite {
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        _ => "TLS_AES_128_GCM_SHA256",
    }
}

macro_rules! tls12 {
    ($name:ident, $openssl:literal, $sign:expr, $hash:expr, $prf:expr, $cipher:expr, $records:expr) => {
        Suite {
            suite: SupportedCipherSuite::Tls12(&Tls12CipherSuite {
                common: CipherSuiteCommon {
                    suite: CipherSuite::$name,
                    hash_provider: &$hash,
                    confidentiality_limit: $records,
                },
                kx: KeyExchangeAlgorithm::ECDHE,
                sign: $sign,
                aead_alg: &$cipher,
                prf_provider: &$prf,
            }),
            name: $openssl,
            standard_name: stringify!($name),
        }
    };
}

/// All, in OpenSSL's order of preference.
pub(crate) static ALL_SUITES: [Suite; 9] = [
    tls13!(TLS13_AES_256_GCM_SHA384, SHA384, HKDF_SHA384, AES_256, GCM_RECORDS_MAX),
    tls13!(TLS13_CHACHA20_POLY1305_SHA256, SHA256, HKDF_SHA256, CHACHA, u64::MAX),
    tls13!(TLS13_AES_128_GCM_SHA256, SHA256, HKDF_SHA256, AES_128, GCM_RECORDS_MAX),
    tls12!(
        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        ECDSA,
        SHA384,
        PRF_SHA384,
        AES_256,
        GCM_RECORDS_MAX
    ),
    tls12!(
        TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-RSA-AES256-GCM-SHA384",
        RSA,
        SHA384,
        PRF_SHA384,
        AES_256,
        GCM_RECORDS_MAX
    ),
    tls12!(
        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        ECDSA,
        SHA256,
        PRF_SHA256,
        CHACHA,
        u64::MAX
    ),
    tls12!(
        TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-RSA-CHACHA20-POLY1305",
        RSA,
        SHA256,
        PRF_SHA256,
        CHACHA,
        u64::MAX
    ),
    tls12!(
        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        ECDSA,
        SHA256,
        PRF_SHA256,
        AES_128,
        GCM_RECORDS_MAX
    ),
    tls12!(
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-RSA-AES128-GCM-SHA256",
        RSA,
        SHA256,
        PRF_SHA256,
        AES_128,
        GCM_RECORDS_MAX
    ),
];
