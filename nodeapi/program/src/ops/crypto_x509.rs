//! The binding `crypto`: certificates, and signed public keys with challenges.

use oac_engine::{OpArgs, OpDecl, OpResult, OpState, OpValue};
use oac_node_ops::crypto::{self, Certificate, CryptoError, Spkac};

use super::crypto::thrown;
use super::crypto_keys::key;

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "crypto_x509_parse", run: parse },
    OpDecl { name: "crypto_x509_fields", run: fields },
    OpDecl { name: "crypto_x509_public_key", run: public_key },
    OpDecl { name: "crypto_x509_check_host", run: check_host },
    OpDecl { name: "crypto_x509_check_email", run: check_email },
    OpDecl { name: "crypto_x509_check_ip", run: check_ip },
    OpDecl { name: "crypto_x509_check_issued", run: check_issued },
    OpDecl { name: "crypto_x509_verify", run: verify },
    OpDecl { name: "crypto_spkac", run: spkac },
];

fn certificate(state: &mut OpState, args: &OpArgs<'_>) -> Result<Certificate, oac_engine::OpError> {
    Ok(state.resource::<Certificate>(args.u32(0)?)?.clone())
}

/// `crypto_x509_parse(PEM or DER)`: its number.
fn parse(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let data = args.bytes(0)?;
    let found = if data.first() == Some(&0x30) {
        Certificate::parse(data).map_err(thrown)?
    } else {
        let blocks = crypto::parse_pem(data);
        let labels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
        let block = blocks
            .iter()
            .find(|block| labels.contains(&block.label.as_str()))
            .ok_or_else(|| thrown(CryptoError::OpenSsl("error:0480006C:PEM routines::no start line")))?;
        Certificate::parse(&block.data).map_err(thrown)?
    };
    Ok(state.add_resource(found).into())
}

/// `crypto_x509_fields(certificate)`: all that is text, and the bytes.
fn fields(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let certificate = certificate(state, args)?;
    let text = |value: Option<String>| value.map_or(OpValue::Undefined, OpValue::from);
    let usage = certificate
        .extended_key_usage()
        .map_or(OpValue::Undefined, |list| OpValue::List(list.into_iter().map(OpValue::from).collect()));
    Ok(OpValue::Record(vec![
        ("subject", certificate.subject().into()),
        ("issuer", certificate.issuer().into()),
        ("subjectAltName", text(certificate.alt_name())),
        ("infoAccess", text(certificate.info_access())),
        ("validFrom", certificate.valid_from().into()),
        ("validTo", certificate.valid_to().into()),
        ("serialNumber", certificate.serial_number().into()),
        ("signatureAlgorithm", text(certificate.signature_algorithm().map(str::to_owned))),
        ("signatureAlgorithmOid", certificate.signature_algorithm_oid().into()),
        ("keyUsage", usage),
        ("ca", certificate.is_ca().into()),
        ("raw", certificate.raw().to_vec().into()),
        ("pem", crypto::write_pem("CERTIFICATE", certificate.raw()).into()),
    ]))
}

/// `crypto_x509_public_key(certificate)`: the key's number.
fn public_key(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let key = certificate(state, args)?.public_key().map_err(thrown)?;
    Ok(state.add_resource(key).into())
}

/// `crypto_x509_check_host(certificate, host, flags)`: the name that matches, or undefined.
fn check_host(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let found = certificate(state, args)?.check_host(&args.str(1)?, args.u32(2)?);
    Ok(found.map_or(OpValue::Undefined, OpValue::from))
}

/// `crypto_x509_check_email(certificate, address, flags)`.
fn check_email(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let found = certificate(state, args)?.check_email(&args.str(1)?, args.u32(2)?);
    Ok(found.map_or(OpValue::Undefined, OpValue::from))
}

/// `crypto_x509_check_ip(certificate, address)`: undefined for what is no address.
fn check_ip(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let address = match args.str(1)?.parse() {
        Ok(std::net::IpAddr::V4(address)) => address.octets().to_vec(),
        Ok(std::net::IpAddr::V6(address)) => address.octets().to_vec(),
        Err(_) => return Ok(OpValue::Undefined),
    };
    Ok(certificate(state, args)?.check_ip(&address).into())
}

/// `crypto_x509_check_issued(certificate, issuer)`.
fn check_issued(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let issuer = state.resource::<Certificate>(args.u32(1)?)?.clone();
    Ok(certificate(state, args)?.is_issued_by(&issuer).into())
}

/// `crypto_x509_verify(certificate, key)`.
fn verify(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let key = key(state, args, 1)?;
    Ok(certificate(state, args)?.verify(&key).map_err(thrown)?.into())
}

/// `crypto_spkac(text)`: `[holds, PEM | undefined, challenge]`, or undefined for what is none.
fn spkac(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let Some(spkac) = Spkac::parse(args.bytes(0)?) else { return Ok(OpValue::Undefined) };
    let key = spkac.public_key().map_or(OpValue::Undefined, OpValue::from);
    Ok(OpValue::List(vec![spkac.verify().into(), key, spkac.challenge().to_vec().into()]))
}
