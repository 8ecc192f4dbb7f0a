//! Whether a chain of certificates leads to one that is trusted, and what is wrong if it does not: in OpenSSL's words, for Node's
//! `authorizationError` is made of them. RFC 5280, 6; OpenSSL's crypto/x509/x509_vfy.c for the order of its complaints.

use super::certificate::Certificate;

/// Certificates between the end and the root, at most.
const DEPTH_MAX: usize = 100;

/// What the certificate is to be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// id-kp-serverAuth.
    Server,
    /// id-kp-clientAuth.
    Client,
}

/// What is wrong: OpenSSL's X509_V_ERR code without its prefix, and its text.
pub type Complaint = (&'static str, &'static str);

const EXPIRED: Complaint = ("CERT_HAS_EXPIRED", "certificate has expired");
const NOT_YET_VALID: Complaint = ("CERT_NOT_YET_VALID", "certificate is not yet valid");
const SELF_SIGNED_LEAF: Complaint = ("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate");
const SELF_SIGNED_IN_CHAIN: Complaint =
    ("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain");
const NO_LOCAL_ISSUER: Complaint =
    ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate");
const NO_ISSUER: Complaint = ("UNABLE_TO_GET_ISSUER_CERT", "unable to get issuer certificate");
const UNVERIFIED_LEAF: Complaint =
    ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate");
const BAD_SIGNATURE: Complaint = ("CERT_SIGNATURE_FAILURE", "certificate signature failure");
const NO_AUTHORITY: Complaint = ("INVALID_CA", "invalid CA certificate");
const TOO_LONG: Complaint = ("PATH_LENGTH_EXCEEDED", "path length constraint exceeded");
const WRONG_PURPOSE: Complaint = ("INVALID_PURPOSE", "unsuitable certificate purpose");
const UNKNOWN_CRITICAL: Complaint = ("UNHANDLED_CRITICAL_EXTENSION", "unhandled critical extension");

/// The chain that was found, from the end to the last certificate known, and what is wrong with it.
pub fn verify<'a>(
    presented: &'a [Certificate],
    trusted: &[&'a Certificate],
    purpose: Purpose,
    now_s: i64,
    allow_partial: bool,
) -> (Vec<&'a Certificate>, Option<Complaint>) {
    let Some(leaf) = presented.first() else { return (Vec::new(), None) };
    let mut chain = vec![leaf];
    let mut anchored = is_trusted(leaf, trusted) && (allow_partial || leaf.issuer == leaf.subject);
    while !anchored && chain.len() <= DEPTH_MAX {
        let Some(&last) = chain.last() else { break };
        if last.issuer == last.subject && last.is_self_signed() {
            break;
        }
        let fits = |candidate: &&&Certificate| {
            candidate.subject == last.issuer
                && last.is_signed_by(candidate)
                && !chain.iter().any(|one| one.der == candidate.der)
        };
        if let Some(&issuer) = trusted.iter().find(fits) {
            chain.push(issuer);
            anchored = allow_partial || issuer.issuer == issuer.subject;
            continue;
        }
        let untrusted: Vec<&Certificate> = presented[1..].iter().collect();
        match untrusted.iter().find(fits) {
            Some(&issuer) => chain.push(issuer),
            None => break,
        }
    }
    // OpenSSL goes on after a complaint that Node lets pass, and the last one counts: dates are looked at last.
    let complaint =
        if anchored { judge(&chain, purpose) } else { Some(unanchored(&chain, trusted, presented)) };
    let complaint = out_of_date(&chain, now_s).or(complaint);
    (chain, complaint)
}

fn is_trusted(certificate: &Certificate, trusted: &[&Certificate]) -> bool {
    trusted.iter().any(|one| one.der == certificate.der)
}

/// Why no trusted certificate was reached.
fn unanchored(chain: &[&Certificate], trusted: &[&Certificate], presented: &[Certificate]) -> Complaint {
    let Some(last) = chain.last() else { return NO_ISSUER };
    let named: Vec<&Certificate> =
        trusted.iter().copied().chain(presented).filter(|one| one.subject == last.issuer).collect();
    if last.issuer == last.subject && last.is_self_signed() {
        return if chain.len() == 1 { SELF_SIGNED_LEAF } else { SELF_SIGNED_IN_CHAIN };
    }
    if named.iter().any(|one| is_trusted(one, trusted)) && !named.iter().any(|one| last.is_signed_by(one)) {
        return BAD_SIGNATURE;
    }
    if is_trusted(last, trusted) {
        return NO_ISSUER;
    }
    if chain.len() == 1 { UNVERIFIED_LEAF } else { NO_LOCAL_ISSUER }
}

/// What is wrong with the dates of a chain: of the certificate that is nearest to its end.
fn out_of_date(chain: &[&Certificate], now_s: i64) -> Option<Complaint> {
    chain.iter().find_map(|certificate| {
        if now_s < certificate.not_before_s {
            Some(NOT_YET_VALID)
        } else {
            (now_s > certificate.not_after_s).then_some(EXPIRED)
        }
    })
}

/// What is wrong with a chain whose root is trusted, but for its dates.
fn judge(chain: &[&Certificate], purpose: Purpose) -> Option<Complaint> {
    for (depth, certificate) in chain.iter().enumerate() {
        if certificate.has_unknown_critical {
            return Some(UNKNOWN_CRITICAL);
        }
        if depth > 0 && !certificate.may_be_issuer() {
            return Some(NO_AUTHORITY);
        }
        let wanted = match purpose {
            Purpose::Server => "1.3.6.1.5.5.7.3.1",
            Purpose::Client => "1.3.6.1.5.5.7.3.2",
        };
        let fits = |id: &String| id == wanted || id == "2.5.29.37.0";
        if !certificate.purposes.is_empty() && !certificate.purposes.iter().any(fits) {
            return Some(WRONG_PURPOSE);
        }
        // Between it and the end, those that are issued by themselves do not count.
        let between = chain[..depth].iter().skip(1).filter(|one| one.issuer != one.subject).count();
        if depth > 0 && certificate.path_length.is_some_and(|max| between > max as usize) {
            return Some(TOO_LONG);
        }
    }
    None
}
