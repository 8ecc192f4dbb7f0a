//! What rustls asks about certificates. It is told yes: as with OpenSSL under Node, the handshake goes on, and the program is told
//! afterwards what `chain.rs` makes of the chain. Only the signature of the handshake itself is checked here, with the peer's key.

use std::sync::{Arc, LazyLock};

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved, SignatureScheme,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
    sign::CertifiedKey,
};

use super::{
    certificate::Certificate,
    provider::{Digest, Padding},
};

/// One for all connections: rustls goes on with a session only under the verifier that it began with.
pub(super) static LATER: LazyLock<Arc<JudgedLater>> =
    LazyLock::new(|| Arc::new(JudgedLater { is_mandatory: false }));
/// A client without a certificate; one for all, for the same reason.
pub(super) static NOBODY: LazyLock<Arc<Nobody>> = LazyLock::new(|| Arc::new(Nobody));

#[derive(Debug)]
pub(super) struct JudgedLater {
    /// A server's: whether a client without a certificate is refused.
    pub(super) is_mandatory: bool,
}

const SCHEMES: &[(SignatureScheme, Digest, Option<usize>)] = &[
    (SignatureScheme::ECDSA_NISTP256_SHA256, Digest::Sha256, None),
    (SignatureScheme::ECDSA_NISTP384_SHA384, Digest::Sha384, None),
    (SignatureScheme::ECDSA_NISTP521_SHA512, Digest::Sha512, None),
    (SignatureScheme::ED25519, Digest::Sha512, None),
    (SignatureScheme::RSA_PSS_SHA256, Digest::Sha256, Some(32)),
    (SignatureScheme::RSA_PSS_SHA384, Digest::Sha384, Some(48)),
    (SignatureScheme::RSA_PSS_SHA512, Digest::Sha512, Some(64)),
    (SignatureScheme::RSA_PKCS1_SHA256, Digest::Sha256, None),
    (SignatureScheme::RSA_PKCS1_SHA384, Digest::Sha384, None),
    (SignatureScheme::RSA_PKCS1_SHA512, Digest::Sha512, None),
];

fn check(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let bad = || Error::PeerMisbehaved(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme);
    let (_, digest, salt) = *SCHEMES.iter().find(|(scheme, ..)| *scheme == signed.scheme).ok_or_else(bad)?;
    let certificate = Certificate::parse(certificate)
        .ok_or(Error::InvalidCertificate(rustls::CertificateError::BadEncoding))?;
    let padding = salt.map_or(Padding::Pkcs1, Padding::Pss);
    let key = certificate.key().ok_or(Error::InvalidCertificate(rustls::CertificateError::BadEncoding))?;
    if key.verifies(digest, padding, message, signed.signature()) {
        Ok(HandshakeSignatureValid::assertion())
    } else {
        Err(Error::InvalidCertificate(rustls::CertificateError::BadSignature))
    }
}

fn schemes() -> Vec<SignatureScheme> {
    SCHEMES.iter().map(|(scheme, ..)| *scheme).collect()
}

impl ServerCertVerifier for JudgedLater {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        schemes()
    }
}

impl ClientCertVerifier for JudgedLater {
    fn client_auth_mandatory(&self) -> bool {
        self.is_mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        check(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        schemes()
    }
}

/// No certificate of a client's own.
#[derive(Debug)]
pub(super) struct Nobody;

impl ResolvesClientCert for Nobody {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
