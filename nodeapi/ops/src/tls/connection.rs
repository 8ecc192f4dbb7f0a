//! One connection: bytes of the wire in, bytes for the wire and plain text out. It does no I/O, and waits for nobody: where Node
//! asks the program (which certificate for this name?), it stops at the client's hello until it is told.

use std::{
    io::{Read as _, Write as _},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    ClientConnection, Connection as Tls, Error, HandshakeKind, KeyLog, ProtocolVersion,
    pki_types::ServerName,
    server::{Accepted, Acceptor},
};

use super::{
    certificate::Certificate,
    context::Context,
    errors::{self, HTTP_REQUEST, Reason},
    provider::ALL_SUITES,
    session::{Session, Sessions},
};

/// Lines of secrets that the program has not taken, at most.
const LOG_LINES_MAX: usize = 64;
/// Plain text that rustls keeps before it is taken out; all of it is, after each piece of input.
const NO_LIMIT: Option<usize> = None;

/// What a piece of input led to.
#[derive(Debug, Default)]
pub struct Progress {
    /// For the program.
    pub plain: Vec<u8>,
    /// For the other side.
    pub wire: Vec<u8>,
    /// The handshake is over, since this piece.
    pub is_established: bool,
    /// The other side has said that it sends nothing more.
    pub is_finished: bool,
    /// A server has read the client's hello, and waits for [`Connection::accept`].
    pub has_hello: bool,
    /// The connection is broken.
    pub failure: Option<Reason>,
}

/// What the client's hello says. RFC 8446, 4.1.2.
#[derive(Clone, Debug, Default)]
pub struct Hello {
    /// Whom it is for.
    pub server_name: Option<String>,
    /// Protocols above TLS, in the client's order.
    pub alpn: Vec<Vec<u8>>,
}

/// Lines for key logs.
#[derive(Debug, Default)]
struct Secrets(Mutex<Vec<String>>);

impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < LOG_LINES_MAX {
            lines.push(format!("{label} {} {}\n", hex(client_random), hex(secret)));
        }
    }
}

enum Stage {
    /// A server that has not read the client's hello.
    Listening(Box<Acceptor>),
    /// It has, and waits to be told which context answers.
    Asking(Box<Accepted>),
    Running(Box<Tls>),
    Broken,
}

/// One side of a connection.
pub struct Connection {
    stage: Stage,
    hello: Hello,
    /// Came while the program was asked.
    held: Vec<u8>,
    sessions: Arc<Sessions>,
    secrets: Arc<Secrets>,
    was_established: bool,
    close_sent: bool,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    fn new(stage: Stage, sessions: Arc<Sessions>, secrets: Arc<Secrets>) -> Connection {
        Connection {
            stage,
            hello: Hello::default(),
            held: Vec::new(),
            sessions,
            secrets,
            was_established: false,
            close_sent: false,
        }
    }

    /// A client. An empty name, or an address, is not sent.
    ///
    /// # Errors
    /// Why the context cannot be used.
    pub fn client(
        context: &mut Context,
        server_name: &str,
        alpn: Vec<Vec<u8>>,
        session: Option<Session>,
    ) -> Result<Connection, Reason> {
        let sessions = Sessions::resuming(session);
        let secrets = Arc::new(Secrets::default());
        let mut config = context.client_config(alpn, sessions.clone(), secrets.clone())?;
        let name = ServerName::try_from(server_name.to_owned()).ok();
        config.enable_sni = name.is_some();
        let name = name.unwrap_or(ServerName::IpAddress(std::net::Ipv4Addr::UNSPECIFIED.into()));
        let tls = ClientConnection::new(Arc::new(config), name).map_err(|error| errors::of(&error))?;
        let mut tls = Tls::from(tls);
        tls.set_buffer_limit(NO_LIMIT);
        Ok(Connection::new(Stage::Running(Box::new(tls)), sessions, secrets))
    }

    /// A server that reads the client's hello first.
    pub fn server() -> Connection {
        Connection::new(Stage::Listening(Box::default()), Arc::default(), Arc::default())
    }

    /// What the client said, after [`Progress::has_hello`].
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Answers the client's hello with a context; `verify` is whether clients are asked for certificates, and refused without.
    pub fn accept(&mut self, context: &mut Context, alpn: Vec<Vec<u8>>, verify: (bool, bool)) -> Progress {
        let accepted = match mem::replace(&mut self.stage, Stage::Broken) {
            Stage::Asking(accepted) => accepted,
            stage => {
                self.stage = stage;
                return Progress::default();
            }
        };
        let config = match context.server_config(alpn, verify, self.secrets.clone()) {
            Ok(config) => config,
            // A fatal alert, handshake_failure: RFC 8446, 6.2.
            Err(reason) => {
                return Progress {
                    wire: vec![21, 3, 3, 0, 2, 2, 40],
                    failure: Some(reason),
                    ..Progress::default()
                };
            }
        };
        match accepted.into_connection(Arc::new(config)) {
            Ok(tls) => {
                let mut tls = Tls::from(tls);
                tls.set_buffer_limit(NO_LIMIT);
                self.stage = Stage::Running(Box::new(tls));
                let held = mem::take(&mut self.held);
                self.receive(&held)
            }
            Err((error, mut alert)) => {
                let mut progress = Progress { failure: Some(errors::of(&error)), ..Progress::default() };
                // Writing to a vector cannot fail.
                let _ = alert.write_all(&mut progress.wire);
                progress
            }
        }
    }

    /// Takes bytes off the wire; none at all begins a client's handshake, or looks for what is to be sent.
    pub fn receive(&mut self, input: &[u8]) -> Progress {
        let mut progress = Progress::default();
        match &mut self.stage {
            Stage::Listening(_) => self.read_hello(input, &mut progress),
            Stage::Asking(_) => self.held.extend_from_slice(input),
            Stage::Running(tls) => {
                let failed = read_all(tls, input, &mut progress);
                drain(tls, &mut progress);
                progress.is_established = !self.was_established && !tls.is_handshaking() && failed.is_none();
                self.was_established |= progress.is_established;
                if failed.is_some() {
                    progress.failure = failed;
                    self.stage = Stage::Broken;
                }
            }
            Stage::Broken => {}
        }
        progress
    }

    fn read_hello(&mut self, input: &[u8], progress: &mut Progress) {
        let Stage::Listening(acceptor) = &mut self.stage else { return };
        let words: [&[u8]; 4] = [b"GET ", b"POST ", b"HEAD ", b"PUT "];
        if words.iter().any(|word| input.starts_with(word)) {
            progress.failure = Some(HTTP_REQUEST);
            self.stage = Stage::Broken;
            return;
        }
        let mut rest = input;
        loop {
            let failed = match acceptor.read_tls(&mut rest) {
                Ok(_) => match acceptor.accept() {
                    Ok(None) if rest.is_empty() => return,
                    Ok(None) => continue,
                    Ok(Some(accepted)) => {
                        let hello = accepted.client_hello();
                        self.hello = Hello {
                            server_name: hello.server_name().map(str::to_owned),
                            alpn: hello
                                .alpn()
                                .map(|list| list.map(<[u8]>::to_vec).collect())
                                .unwrap_or_default(),
                        };
                        self.stage = Stage::Asking(Box::new(accepted));
                        self.held = rest.to_vec();
                        progress.has_hello = true;
                        return;
                    }
                    Err((error, mut alert)) => {
                        let _ = alert.write_all(&mut progress.wire);
                        errors::of(&error)
                    }
                },
                Err(_) => errors::of(&Error::InvalidMessage(rustls::InvalidMessage::MessageTooLarge)),
            };
            progress.failure = Some(failed);
            self.stage = Stage::Broken;
            return;
        }
    }

    /// Encrypts; before the handshake is over, nothing may be written. Gives what is to be sent.
    pub fn send(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut progress = Progress::default();
        if let Stage::Running(tls) = &mut self.stage {
            // Without a limit of its buffer it takes everything.
            let _ = tls.writer().write_all(plain);
            drain_wire(tls, &mut progress);
        }
        progress.wire
    }

    /// Says that nothing more will be sent. RFC 8446, 6.1.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut progress = Progress::default();
        if let Stage::Running(tls) = &mut self.stage
            && !mem::replace(&mut self.close_sent, true)
        {
            tls.send_close_notify();
            drain_wire(tls, &mut progress);
        }
        progress.wire
    }

    fn tls(&self) -> Option<&Tls> {
        match &self.stage {
            Stage::Running(tls) => Some(tls),
            _ => None,
        }
    }

    /// `TLSv1.2`, `TLSv1.3`, once it is known.
    pub fn version(&self) -> Option<&'static str> {
        match self.tls()?.protocol_version()? {
            ProtocolVersion::TLSv1_2 => Some("TLSv1.2"),
            ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
            _ => None,
        }
    }

    /// The suite's names: OpenSSL's and the standard's.
    pub fn suite(&self) -> Option<(&'static str, &'static str)> {
        let suite = self.tls()?.negotiated_cipher_suite()?;
        let known = ALL_SUITES.iter().find(|known| known.suite.suite() == suite.suite())?;
        Some((known.name, known.standard_name))
    }

    /// The group of the key exchange, by OpenSSL's name, and its bits.
    pub fn group(&self) -> Option<(&'static str, u32)> {
        Some(match self.tls()?.negotiated_key_exchange_group()?.name() {
            rustls::NamedGroup::X25519 => ("X25519", 253),
            rustls::NamedGroup::secp256r1 => ("prime256v1", 256),
            rustls::NamedGroup::secp384r1 => ("secp384r1", 384),
            _ => ("secp521r1", 521),
        })
    }

    /// The protocol above TLS that both agreed on.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.tls()?.alpn_protocol()
    }

    /// Whether it goes on with an earlier session.
    pub fn is_resumed(&self) -> bool {
        self.tls().and_then(|tls| tls.handshake_kind()) == Some(HandshakeKind::Resumed)
    }

    /// The peer's certificates, its own first; empty when it has none. What is no certificate is left out.
    pub fn peer_chain(&self) -> Vec<Certificate> {
        let chain = self.tls().and_then(|tls| tls.peer_certificates()).unwrap_or_default();
        chain.iter().filter_map(|der| Certificate::parse(der)).collect()
    }

    /// RFC 5705, RFC 8446, 7.5. `None` before the handshake is over.
    pub fn export(&self, len: usize, label: &[u8], context: Option<&[u8]>) -> Option<Vec<u8>> {
        self.tls()?.export_keying_material(vec![0; len], label, context).ok()
    }

    /// A session to go on with later; each is given once.
    pub fn take_session(&mut self) -> Option<Session> {
        self.sessions.take_fresh()
    }

    /// Lines for a key log since the last time.
    pub fn take_secrets(&mut self) -> Vec<String> {
        mem::take(&mut *self.secrets.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Feeds all of the input; what went wrong.
fn read_all(tls: &mut Tls, mut input: &[u8], progress: &mut Progress) -> Option<Reason> {
    while !input.is_empty() {
        match tls.read_tls(&mut input) {
            // After the other side's end nothing is read any more.
            Ok(0) => return None,
            Ok(_) => {}
            Err(_) => return Some(errors::of(&Error::PeerSentOversizedRecord)),
        }
        match tls.process_new_packets() {
            Ok(state) => progress.is_finished |= state.peer_has_closed(),
            Err(error) => return Some(errors::of(&error)),
        }
        drain_plain(tls, progress);
    }
    None
}

fn drain(tls: &mut Tls, progress: &mut Progress) {
    drain_plain(tls, progress);
    drain_wire(tls, progress);
}

fn drain_plain(tls: &mut Tls, progress: &mut Progress) {
    let mut chunk = [0; 16384];
    while let Ok(len) = tls.reader().read(&mut chunk) {
        if len == 0 {
            return;
        }
        progress.plain.extend_from_slice(&chunk[..len]);
    }
}

fn drain_wire(tls: &mut Tls, progress: &mut Progress) {
    while tls.wants_write() {
        // Writing to a vector cannot fail.
        if tls.write_tls(&mut progress.wire).is_err() {
            return;
        }
    }
}
