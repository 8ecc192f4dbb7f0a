//! `crypto` against real Node (OpenSSL).

#![allow(clippy::unwrap_used, reason = "a test may stop at malformed oracle data")]

mod support;

use oac_node_ops::crypto::{CryptoError, Hmac, ScryptParams, hkdf, one_shot_digest, pbkdf2, scrypt};
use serde_json::Value;
use support::{bytes, cases};

fn run(case: &Value) -> Result<Vec<u8>, CryptoError> {
    let name = case["name"].as_str().unwrap_or_default();
    let number = |key: &str| case[key].as_u64().unwrap();
    let length = case["length"].as_u64().map(|length| length as usize);
    match case["op"].as_str().unwrap() {
        "hash" => one_shot_digest(name, &bytes(&case["data"]), length),
        "hmac" => {
            let mut mac = Hmac::new(name, &bytes(&case["key"]))?;
            mac.update(&bytes(&case["data"]));
            Ok(mac.finish())
        }
        "pbkdf2" => {
            let (password, salt) = (bytes(&case["password"]), bytes(&case["salt"]));
            pbkdf2(name, &password, &salt, number("iterations") as u32, length.unwrap())
        }
        "hkdf" => {
            hkdf(name, &bytes(&case["key"]), &bytes(&case["salt"]), &bytes(&case["info"]), length.unwrap())
        }
        "scrypt" => {
            let params = ScryptParams {
                cost: number("N"),
                block_size: number("r") as u32,
                parallelization: number("p") as u32,
                max_memory: number("maxmem"),
            };
            scrypt(b"password", b"NaCl", params, 40)
        }
        other => panic!("unknown op {other}"),
    }
}

#[test]
fn crypto_matches_node() {
    for case in cases(include_str!("data/crypto.json")) {
        match run(&case) {
            Ok(got) => assert_eq!(
                got,
                if case["out"].is_string() { bytes(&case["out"]) } else { panic!("{case}") },
                "{case}"
            ),
            // The digest's name is the glue's to check where Node has a code of its own.
            Err(CryptoError::UnknownDigest) => assert!(case["out"].is_object(), "{case}"),
            Err(error) => assert_eq!(case["out"]["code"].as_str(), Some(error.code()), "{case}"),
        }
    }
}
