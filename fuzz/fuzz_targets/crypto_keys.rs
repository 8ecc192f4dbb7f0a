//! Any bytes are keys, certificates or signed challenges, or are refused; what was read as a key is written and read again as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oac_node_ops::crypto::{
    Certificate, Key, KeyEncoding, Spkac, pkcs8, private_from_der, private_from_pem, public_from_der, public_from_pem, spki,
};

fn again(key: &Key) {
    let read = public_from_der(&spki(key), KeyEncoding::Spki).expect("what was written is a key");
    assert!(read.is_same_public(key));
    if key.is_private() {
        let read = private_from_der(&pkcs8(key), KeyEncoding::Pkcs8, None).expect("what was written is a key");
        assert_eq!(read.type_name(), key.type_name());
    }
}

fuzz_target!(|data: &[u8]| {
    for encoding in [KeyEncoding::Pkcs1, KeyEncoding::Pkcs8, KeyEncoding::Sec1] {
        if let Ok(key) = private_from_der(data, encoding, None) {
            again(&key);
        }
    }
    for encoding in [KeyEncoding::Pkcs1, KeyEncoding::Spki] {
        if let Ok(key) = public_from_der(data, encoding) {
            again(&key);
        }
    }
    let _ = private_from_pem(data, None);
    let _ = public_from_pem(data, None);
    let _ = Spkac::parse(data);
    if let Ok(certificate) = Certificate::parse(data) {
        let _ = (certificate.subject(), certificate.issuer(), certificate.alt_name(), certificate.info_access());
        let _ = (certificate.check_host("a.example", 0), certificate.is_issued_by(&certificate), certificate.public_key());
    }
});
