//! rustls's errors in OpenSSL's words, of which Node makes `code`, `library`, `reason` and the message.

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

/// What went wrong in TLS: OpenSSL's number (of `ERR_LIB_SSL`) and text for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SSL_R_…`.
    pub number: u32,
    /// `wrong version number`.
    pub text: &'static str,
}

const fn reason(number: u32, text: &'static str) -> Reason {
    Reason { number, text }
}

/// A server that is spoken to in clear text.
pub(super) const HTTP_REQUEST: Reason = reason(156, "http request");
/// No version of TLS is left between the smallest and the largest.
pub(super) const NO_PROTOCOLS: Reason = reason(191, "no protocols available");
/// A server without a certificate.
pub(super) const NO_SHARED_CIPHER: Reason = reason(193, "no shared cipher");

/// The reason for an error.
pub(super) fn of(error: &Error) -> Reason {
    match error {
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::NoApplicationProtocol => reason(235, "no application protocol"),
        Error::NoCertificatesPresented => reason(199, "peer did not return a certificate"),
        Error::PeerIncompatible(incompatible) => of_incompatible(incompatible),
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => reason(267, "wrong version number"),
        Error::InvalidMessage(InvalidMessage::MessageTooLarge) | Error::PeerSentOversizedRecord => {
            reason(198, "packet length too long")
        }
        Error::InvalidMessage(_) => reason(159, "length mismatch"),
        Error::DecryptError => reason(281, "decryption failed or bad record mac"),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            reason(244, "unexpected message")
        }
        Error::InvalidCertificate(_) => reason(134, "certificate verify failed"),
        Error::PeerMisbehaved(_) => reason(110, "bad extension"),
        _ => reason(68, "internal error"),
    }
}

fn of_incompatible(incompatible: &PeerIncompatible) -> Reason {
    use PeerIncompatible as P;
    match incompatible {
        P::NoCipherSuitesInCommon => NO_SHARED_CIPHER,
        P::NoKxGroupsInCommon => reason(101, "no suitable key share"),
        P::NoSignatureSchemesInCommon | P::NoCertificateRequestSignatureSchemesInCommon => {
            reason(118, "no suitable signature algorithm")
        }
        P::ServerDoesNotSupportTls12Or13
        | P::ServerTlsVersionIsDisabledByOurConfig
        | P::SupportedVersionsExtensionRequired
        | P::Tls12NotOffered
        | P::Tls12NotOfferedOrEnabled => reason(258, "unsupported protocol"),
        _ => reason(110, "bad extension"),
    }
}

fn of_alert(alert: AlertDescription) -> Reason {
    let text = match alert {
        AlertDescription::CloseNotify => "ssl/tls alert close notify",
        AlertDescription::UnexpectedMessage => "ssl/tls alert unexpected message",
        AlertDescription::BadRecordMac => "ssl/tls alert bad record mac",
        AlertDescription::RecordOverflow => "tlsv1 alert record overflow",
        AlertDescription::HandshakeFailure => "ssl/tls alert handshake failure",
        AlertDescription::BadCertificate => "ssl/tls alert bad certificate",
        AlertDescription::UnsupportedCertificate => "ssl/tls alert unsupported certificate",
        AlertDescription::CertificateRevoked => "ssl/tls alert certificate revoked",
        AlertDescription::CertificateExpired => "ssl/tls alert certificate expired",
        AlertDescription::CertificateUnknown => "ssl/tls alert certificate unknown",
        AlertDescription::IllegalParameter => "ssl/tls alert illegal parameter",
        AlertDescription::UnknownCA => "tlsv1 alert unknown ca",
        AlertDescription::AccessDenied => "tlsv1 alert access denied",
        AlertDescription::DecodeError => "tlsv1 alert decode error",
        AlertDescription::DecryptError => "tlsv1 alert decrypt error",
        AlertDescription::ProtocolVersion => "tlsv1 alert protocol version",
        AlertDescription::InsufficientSecurity => "tlsv1 alert insufficient security",
        AlertDescription::InternalError => "tlsv1 alert internal error",
        AlertDescription::InappropriateFallback => "tlsv1 alert inappropriate fallback",
        AlertDescription::UserCanceled => "tlsv1 alert user cancelled",
        AlertDescription::NoRenegotiation => "tlsv1 alert no renegotiation",
        AlertDescription::MissingExtension => "tlsv13 alert missing extension",
        AlertDescription::UnsupportedExtension => "tlsv1 unsupported extension",
        AlertDescription::UnrecognisedName => "tlsv1 unrecognized name",
        AlertDescription::UnknownPSKIdentity => "tlsv1 alert unknown psk identity",
        AlertDescription::CertificateRequired => "tlsv13 alert certificate required",
        AlertDescription::NoApplicationProtocol => "tlsv1 alert no application protocol",
        _ => "unknown alert type",
    };
    reason(1000 + u32::from(u8::from(alert)), text)
}
