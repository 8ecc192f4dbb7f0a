//! Sessions to go on with. A client's are kept one by one, because Node hands each to the program; a server's are inside of its
//! tickets. RFC 8446, 2.2; RFC 5077.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aes_gcm::{
    Aes256Gcm,
    aead::{AeadInOut, KeyInit},
};
use rustls::{
    NamedGroup,
    client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue},
    pki_types::ServerName,
    server::ProducesTickets,
};

/// Sessions of one connection that the program has not taken, at most.
const SESSIONS_MAX: usize = 8;

/// A session that a client can go on with, once.
pub enum Session {
    /// By a ticket or a session's number.
    Tls12(Box<Tls12ClientSessionValue>),
    /// By a ticket.
    Tls13(Box<Tls13ClientSessionValue>),
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// What one connection goes on with, and what it gets.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    resumed: Mutex<Option<Session>>,
    fresh: Mutex<VecDeque<Session>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    pub(super) fn resuming(session: Option<Session>) -> Arc<Sessions> {
        Arc::new(Sessions { resumed: Mutex::new(session), fresh: Mutex::default() })
    }

    pub(super) fn take_fresh(&self) -> Option<Session> {
        lock(&self.fresh).pop_front()
    }

    fn add(&self, session: Session) {
        let mut fresh = lock(&self.fresh);
        if fresh.len() == SESSIONS_MAX {
            fresh.pop_front();
        }
        fresh.push_back(session);
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.add(Session::Tls12(Box::new(value)));
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        match &*lock(&self.resumed) {
            Some(Session::Tls12(value)) => Some((**value).clone()),
            _ => None,
        }
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        *lock(&self.resumed) = None;
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.add(Session::Tls13(Box::new(value)));
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut resumed = lock(&self.resumed);
        match resumed.take() {
            Some(Session::Tls13(value)) => Some(*value),
            other => {
                *resumed = other;
                None
            }
        }
    }
}

/// Tickets under a key of the program's: `tls.Server#setTicketKeys`.
pub(super) struct Tickets {
    cipher: Aes256Gcm,
    lifetime_s: u32,
}

const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

impl std::fmt::Debug for Tickets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tickets").finish_non_exhaustive()
    }
}

impl Tickets {
    /// Of Node's 48 bytes the last 32 are the key here.
    pub(super) fn new(keys: &[u8; 48], lifetime_s: u32) -> Tickets {
        let cipher = Aes256Gcm::new_from_slice(&keys[16..]).expect("32 bytes are left");
        Tickets { cipher, lifetime_s }
    }
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.lifetime_s
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).ok()?;
        let mut ticket = nonce.to_vec();
        ticket.extend_from_slice(plain);
        let text = &mut ticket[NONCE_BYTES..];
        let tag = self.cipher.encrypt_inout_detached(&nonce.into(), &[], text.into()).ok()?;
        ticket.extend_from_slice(&tag);
        Some(ticket)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = ticket.split_first_chunk::<NONCE_BYTES>()?;
        let (text, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let mut plain = text.to_vec();
        let (nonce, tag) = ((*nonce).into(), (*tag).into());
        self.cipher.decrypt_inout_detached(&nonce, &[], plain.as_mut_slice().into(), &tag).ok()?;
        Some(plain)
    }
}
