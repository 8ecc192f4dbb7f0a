//! What Node calls a SecureContext: certificates, keys, trusted authorities, versions and ciphers, for any number of connections.

use std::sync::Arc;

use rustls::{
    ClientConfig, KeyLog, ServerConfig, SupportedProtocolVersion,
    client::Resumption,
    crypto::SupportedKxGroup,
    pki_types::CertificateDer,
    sign::{CertifiedKey, SigningKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};

use super::{
    certificate::Certificate,
    errors::{self, Reason},
    provider::{self, ALL_KX_GROUPS, ALL_SUITES, Suite},
    session::{Sessions, Tickets},
    trust::{JudgedLater, LATER, NOBODY},
};

/// Trusted certificates that a context may hold besides the roots.
const AUTHORITIES_MAX: usize = 4096;

/// One context.
#[derive(Debug)]
pub struct Context {
    /// Trusted besides, or in place of, the roots.
    pub authorities: Vec<Certificate>,
    /// Whether the roots are trusted too.
    pub uses_roots: bool,
    /// A chain may end at any trusted certificate.
    pub allows_partial_chains: bool,
    chain: Vec<CertificateDer<'static>>,
    key: Option<Arc<dyn SigningKey>>,
    client_certificate: Option<Arc<SingleCertAndKey>>,
    versions: Vec<&'static SupportedProtocolVersion>,
    suites: Vec<&'static Suite>,
    groups: Vec<&'static dyn SupportedKxGroup>,
    /// Of a server's tickets: Node's 48 bytes.
    pub ticket_keys: [u8; 48],
    tickets: Option<Arc<Tickets>>,
    session_timeout_s: u32,
}

impl Context {
    /// An empty one, with these keys for its tickets.
    pub fn new(ticket_keys: [u8; 48]) -> Context {
        Context {
            authorities: Vec::new(),
            uses_roots: false,
            allows_partial_chains: false,
            chain: Vec::new(),
            key: None,
            client_certificate: None,
            versions: vec![&TLS13, &TLS12],
            suites: ALL_SUITES.iter().collect(),
            groups: ALL_KX_GROUPS.to_vec(),
            ticket_keys,
            tickets: None,
            session_timeout_s: 7200,
        }
    }

    /// Trusts certificates. Gives how many.
    pub fn add_authorities(&mut self, certificates: &[Vec<u8>]) -> usize {
        let room = AUTHORITIES_MAX.saturating_sub(self.authorities.len());
        let found: Vec<_> =
            certificates.iter().filter_map(|der| Certificate::parse(der)).take(room).collect();
        let count = found.len();
        self.authorities.extend(found);
        count
    }

    /// The own certificate and those that follow it.
    pub fn set_chain(&mut self, certificates: Vec<Vec<u8>>) {
        self.chain = certificates.into_iter().map(CertificateDer::from).collect();
        self.client_certificate = None;
    }

    /// The own certificate, DER.
    pub fn own_certificate(&self) -> Option<&[u8]> {
        self.chain.first().map(AsRef::as_ref)
    }

    /// The chain, DER each.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        self.chain.iter().map(AsRef::as_ref)
    }

    /// The own private key, PKCS#8. Whether TLS can sign with it.
    pub fn set_key(&mut self, pkcs8: &[u8]) -> bool {
        self.key = provider::signing_key(pkcs8).ok();
        self.client_certificate = None;
        self.key.is_some()
    }

    /// The versions from `min` to `max`, as numbers on the wire; 0 leaves an end open.
    pub fn set_versions(&mut self, min: u16, max: u16) {
        let fits = |number: u16| number >= min && (max == 0 || number <= max);
        let all: [(u16, &'static SupportedProtocolVersion); 2] = [(0x0304, &TLS13), (0x0303, &TLS12)];
        self.versions =
            all.into_iter().filter(|(number, _)| fits(*number)).map(|(_, version)| version).collect();
    }

    /// Suites by their names in OpenSSL, in order. Whether any is left.
    pub fn set_suites(&mut self, names: &[&str]) -> bool {
        let found: Vec<_> =
            names.iter().filter_map(|name| ALL_SUITES.iter().find(|suite| suite.name == *name)).collect();
        self.suites = found;
        !self.suites.is_empty()
    }

    /// Groups by their names in OpenSSL, in order. Whether any is left.
    pub fn set_groups(&mut self, names: &[&str]) -> bool {
        let by_name = |name: &&str| {
            let index = match *name {
                "X25519" => 0,
                "P-256" | "prime256v1" | "secp256r1" => 1,
                "P-521" | "secp521r1" => 2,
                "P-384" | "secp384r1" => 3,
                _ => return None,
            };
            Some(ALL_KX_GROUPS[index])
        };
        self.groups = names.iter().filter_map(by_name).collect();
        !self.groups.is_empty()
    }

    /// How long a server's tickets are valid.
    pub fn set_session_timeout(&mut self, timeout_s: u32) {
        self.session_timeout_s = timeout_s;
        self.tickets = None;
    }

    /// Keys of a server's tickets.
    pub fn set_ticket_keys(&mut self, keys: [u8; 48]) {
        self.ticket_keys = keys;
        self.tickets = None;
    }

    fn provider(&self) -> Arc<rustls::crypto::CryptoProvider> {
        let suites = self.suites.iter().map(|suite| suite.suite).collect();
        Arc::new(provider::provider(suites, self.groups.clone()))
    }

    fn certified(&self) -> Option<CertifiedKey> {
        let key = self.key.clone()?;
        (!self.chain.is_empty()).then(|| CertifiedKey::new(self.chain.clone(), key))
    }

    /// What a client's connection is made with.
    pub(super) fn client_config(
        &mut self,
        alpn: Vec<Vec<u8>>,
        sessions: Arc<Sessions>,
        log: Arc<dyn KeyLog>,
    ) -> Result<ClientConfig, Reason> {
        let builder = ClientConfig::builder_with_provider(self.provider())
            .with_protocol_versions(&self.versions)
            .map_err(|_| errors::NO_PROTOCOLS)?
            .dangerous()
            .with_custom_certificate_verifier(LATER.clone());
        if self.client_certificate.is_none() {
            self.client_certificate = self.certified().map(|key| Arc::new(SingleCertAndKey::from(key)));
        }
        let mut config = match &self.client_certificate {
            Some(certificate) => builder.with_client_cert_resolver(certificate.clone()),
            None => builder.with_client_cert_resolver(NOBODY.clone()),
        };
        config.alpn_protocols = alpn;
        config.resumption = Resumption::store(sessions);
        config.key_log = log;
        Ok(config)
    }

    /// What a server's connection is made with.
    pub(super) fn server_config(
        &mut self,
        alpn: Vec<Vec<u8>>,
        (asks, is_mandatory): (bool, bool),
        log: Arc<dyn KeyLog>,
    ) -> Result<ServerConfig, Reason> {
        let builder = ServerConfig::builder_with_provider(self.provider())
            .with_protocol_versions(&self.versions)
            .map_err(|_| errors::NO_PROTOCOLS)?;
        let builder = if asks {
            builder.with_client_cert_verifier(Arc::new(JudgedLater { is_mandatory }))
        } else {
            builder.with_no_client_auth()
        };
        let certified = self.certified().ok_or(errors::NO_SHARED_CIPHER)?;
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = alpn;
        let (keys, timeout_s) = (&self.ticket_keys, self.session_timeout_s);
        config.ticketer = self.tickets.get_or_insert_with(|| Arc::new(Tickets::new(keys, timeout_s))).clone();
        config.key_log = log;
        Ok(config)
    }
}
