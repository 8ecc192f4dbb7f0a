//! TLS: the contexts of the binding `crypto`, the connections of `tls_wrap`.

use std::{cell::RefCell, rc::Rc, time::SystemTime};

use oac_engine::{OpArgs, OpDecl, OpError, OpResult, OpState, OpValue};
use oac_node_ops::tls::{self, Certificate, Connection, Context, KeyWords, Progress, Purpose, Session};

pub(crate) const OPS: &[OpDecl] = &[
    OpDecl { name: "tls_suite_names", run: suite_names },
    OpDecl { name: "tls_roots", run: roots },
    OpDecl { name: "tls_context_new", run: context_new },
    OpDecl { name: "tls_context_trust", run: context_trust },
    OpDecl { name: "tls_context_chain", run: context_chain },
    OpDecl { name: "tls_context_key", run: context_key },
    OpDecl { name: "tls_context_versions", run: context_versions },
    OpDecl { name: "tls_context_suites", run: context_suites },
    OpDecl { name: "tls_context_groups", run: context_groups },
    OpDecl { name: "tls_context_set", run: context_set },
    OpDecl { name: "tls_context_tickets", run: context_tickets },
    OpDecl { name: "tls_context_certificates", run: context_certificates },
    OpDecl { name: "tls_client", run: client },
    OpDecl { name: "tls_server", run: server },
    OpDecl { name: "tls_hello", run: hello },
    OpDecl { name: "tls_accept", run: accept },
    OpDecl { name: "tls_receive", run: receive },
    OpDecl { name: "tls_send", run: send },
    OpDecl { name: "tls_finish", run: finish },
    OpDecl { name: "tls_facts", run: facts },
    OpDecl { name: "tls_export", run: export },
    OpDecl { name: "tls_session", run: session },
    OpDecl { name: "tls_secrets", run: secrets },
    OpDecl { name: "tls_verify", run: verify },
    OpDecl { name: "tls_certificate", run: certificate },
];

type Shared = Rc<RefCell<Context>>;
type Roots = Rc<Vec<Certificate>>;

fn context(state: &mut OpState, args: &OpArgs<'_>, index: usize) -> Result<Shared, OpError> {
    Ok(state.resource::<Shared>(args.u32(index)?)?.clone())
}

fn bytes_list<'a>(list: impl IntoIterator<Item = &'a [u8]>) -> OpValue {
    OpValue::List(list.into_iter().map(|bytes| OpValue::Bytes(bytes.to_vec())).collect())
}

/// Certificates out of PEM, or one out of DER.
fn certificates(bytes: &[u8]) -> Vec<Vec<u8>> {
    let blocks = tls::pem_blocks(bytes, &["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"]);
    if blocks.is_empty() && bytes.first() == Some(&0x30) { vec![bytes.to_vec()] } else { blocks }
}

/// `[text, number]` of OpenSSL's reason, `undefined` for none.
fn reason(reason: Option<tls::Reason>) -> OpValue {
    reason.map_or(OpValue::Undefined, |reason| OpValue::List(vec![reason.text.into(), reason.number.into()]))
}

fn bytes_or_undefined(bytes: Vec<u8>) -> OpValue {
    if bytes.is_empty() { OpValue::Undefined } else { OpValue::Bytes(bytes) }
}

/// `[flags, plain?, wire?, failure?]`; flags: 1 established, 2 finished, 4 hello.
fn progress(progress: Progress) -> OpValue {
    let flags = i32::from(progress.is_established)
        | i32::from(progress.is_finished) << 1
        | i32::from(progress.has_hello) << 2;
    OpValue::List(vec![
        flags.into(),
        bytes_or_undefined(progress.plain),
        bytes_or_undefined(progress.wire),
        reason(progress.failure),
    ])
}

/// Protocols as TLS writes them: each with its length in front. RFC 7301, 3.1.
fn protocols(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    while let Some((&len, rest)) = bytes.split_first() {
        let Some((one, rest)) = rest.split_at_checked(usize::from(len)) else { break };
        list.push(one.to_vec());
        bytes = rest;
    }
    list
}

fn ticket_keys(bytes: &[u8], index: usize) -> Result<[u8; 48], OpError> {
    bytes.try_into().map_err(|_| OpError::arg(index, "48 bytes"))
}

/// `tls_suite_names()`: OpenSSL's names.
fn suite_names(_: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::List(tls::suite_names().map(OpValue::from).collect()))
}

/// `tls_roots(pem)`: a number for these certificates as roots.
fn roots(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let list: Roots =
        Rc::new(certificates(args.bytes(0)?).iter().filter_map(|der| Certificate::parse(der)).collect());
    Ok(state.add_resource(list).into())
}

/// `tls_context_new(ticketKeys)`: the context's number.
fn context_new(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context: Shared = Rc::new(RefCell::new(Context::new(ticket_keys(args.bytes(0)?, 0)?)));
    Ok(state.add_resource(context).into())
}

/// `tls_context_trust(context, pemOrDer)`: how many certificates it held.
fn context_trust(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let count = context.borrow_mut().add_authorities(&certificates(args.bytes(1)?));
    Ok((count as u32).into())
}

/// `tls_context_chain(context, pemOrDer)`: how many certificates it held.
fn context_chain(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let list = certificates(args.bytes(1)?);
    let list: Vec<_> = list.into_iter().filter(|der| Certificate::parse(der).is_some()).collect();
    let count = list.len() as u32;
    if count > 0 {
        context.borrow_mut().set_chain(list);
    }
    Ok(count.into())
}

/// `tls_context_key(context, pemOrDer)`, which is not encrypted: whether TLS signs with it.
fn context_key(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let bytes = args.bytes(1)?;
    let blocks = tls::pem_blocks(bytes, &["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]);
    let usable = context.borrow_mut().set_key(blocks.first().map_or(bytes, Vec::as_slice));
    Ok(usable.into())
}

/// `tls_context_versions(context, min, max)`, as numbers on the wire.
fn context_versions(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    context.borrow_mut().set_versions(args.u32(1)? as u16, args.u32(2)? as u16);
    Ok(OpValue::Undefined)
}

/// `tls_context_suites(context, names)`, parted by colons: whether any is there.
fn context_suites(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let names = args.str(1)?;
    let names: Vec<&str> = names.split(':').collect();
    let found = context.borrow_mut().set_suites(&names);
    Ok(found.into())
}

/// `tls_context_groups(context, names)`, parted by colons: whether any is there.
fn context_groups(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let names = args.str(1)?;
    let names: Vec<&str> = names.split(':').collect();
    let found = context.borrow_mut().set_groups(&names);
    Ok(found.into())
}

/// `tls_context_set(context, usesRoots, allowsPartialChains, sessionTimeout)`.
fn context_set(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let mut context = context.borrow_mut();
    (context.uses_roots, context.allows_partial_chains) = (args.bool(1), args.bool(2));
    context.set_session_timeout(args.u32(3)?);
    Ok(OpValue::Undefined)
}

/// `tls_context_tickets(context, keys?)`: sets the keys of tickets, and gives them.
fn context_tickets(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let mut context = context.borrow_mut();
    if !args.is_nullish(1) {
        context.set_ticket_keys(ticket_keys(args.bytes(1)?, 1)?);
    }
    Ok(OpValue::Bytes(context.ticket_keys.to_vec()))
}

/// `tls_context_certificates(context)`: the own chain, DER each.
fn context_certificates(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let context = context.borrow();
    Ok(bytes_list(context.chain()))
}

/// `tls_client(context, serverName, alpn, session?)`: the connection's number, or the reason why there is none.
fn client(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 0)?;
    let session = match args.is_nullish(3) {
        true => None,
        false => state.take_resource::<Session>(args.u32(3)?).ok(),
    };
    let name = args.str(1)?;
    let connection = Connection::client(&mut context.borrow_mut(), &name, protocols(args.bytes(2)?), session);
    Ok(match connection {
        Ok(connection) => state.add_resource(connection).into(),
        Err(why) => reason(Some(why)),
    })
}

/// `tls_server()`: the connection's number.
fn server(state: &mut OpState, _: &OpArgs<'_>) -> OpResult {
    Ok(state.add_resource(Connection::server()).into())
}

/// `tls_hello(connection)`: `[serverName?, ...protocols]` of the client.
fn hello(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let hello = state.resource::<Connection>(args.u32(0)?)?.hello().clone();
    let mut list = vec![hello.server_name.map_or(OpValue::Undefined, OpValue::Str)];
    list.extend(hello.alpn.into_iter().map(OpValue::Bytes));
    Ok(OpValue::List(list))
}

/// `tls_accept(connection, context, alpn, asksForCertificate, refusesWithout)`: progress.
fn accept(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 1)?;
    let connection = state.resource::<Connection>(args.u32(0)?)?;
    let verify = (args.bool(3), args.bool(4));
    Ok(progress(connection.accept(&mut context.borrow_mut(), protocols(args.bytes(2)?), verify)))
}

/// `tls_receive(connection, bytes)`: progress.
fn receive(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(progress(state.resource::<Connection>(args.u32(0)?)?.receive(args.bytes(1)?)))
}

/// `tls_send(connection, plain)`: bytes for the wire.
fn send(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::Bytes(state.resource::<Connection>(args.u32(0)?)?.send(args.bytes(1)?)))
}

/// `tls_finish(connection)`: bytes for the wire, once.
fn finish(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    Ok(OpValue::Bytes(state.resource::<Connection>(args.u32(0)?)?.finish()))
}

/// `tls_facts(connection)`: `[version?, suite?, standardSuite?, group?, groupBits, alpn?, isResumed]`.
fn facts(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let connection = state.resource::<Connection>(args.u32(0)?)?;
    let text = |text: Option<&'static str>| text.map_or(OpValue::Undefined, OpValue::from);
    let (suite, group) = (connection.suite(), connection.group());
    Ok(OpValue::List(vec![
        text(connection.version()),
        text(suite.map(|(name, _)| name)),
        text(suite.map(|(_, name)| name)),
        text(group.map(|(name, _)| name)),
        group.map_or(0, |(_, bits)| bits).into(),
        connection.alpn().map_or(OpValue::Undefined, |alpn| OpValue::Bytes(alpn.to_vec())),
        connection.is_resumed().into(),
    ]))
}

/// `tls_export(connection, length, label, context?)`: keying material, `undefined` before the handshake is over.
fn export(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = if args.is_nullish(3) { None } else { Some(args.bytes(3)?) };
    let label = args.str(2)?;
    let connection = state.resource::<Connection>(args.u32(0)?)?;
    Ok(connection
        .export(args.usize(1)?, label.as_bytes(), context)
        .map_or(OpValue::Undefined, OpValue::Bytes))
}

/// `tls_session(connection)`: the number of a session that can be gone on with, `undefined` when there is no further one.
fn session(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let session = state.resource::<Connection>(args.u32(0)?)?.take_session();
    Ok(session.map_or(OpValue::Undefined, |session| state.add_resource(session).into()))
}

/// `tls_secrets(connection)`: lines for a key log.
fn secrets(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let lines = state.resource::<Connection>(args.u32(0)?)?.take_secrets();
    Ok(OpValue::List(lines.into_iter().map(OpValue::Str).collect()))
}

/// `tls_verify(connection, context, roots?, isServer)`: `[code?, text?, ...chain]`, from the peer's own certificate upwards.
fn verify(state: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let context = context(state, args, 1)?;
    let context = context.borrow();
    let roots =
        if args.is_nullish(2) { Roots::default() } else { state.resource::<Roots>(args.u32(2)?)?.clone() };
    let presented = state.resource::<Connection>(args.u32(0)?)?.peer_chain();
    let roots = roots.iter().filter(|_| context.uses_roots);
    let trusted: Vec<&Certificate> = context.authorities.iter().chain(roots).collect();
    // A server judges its clients.
    let purpose = if args.bool(3) { Purpose::Client } else { Purpose::Server };
    let now_s =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
    let (chain, complaint) = tls::verify(&presented, &trusted, purpose, now_s, context.allows_partial_chains);
    let text = |text: Option<&'static str>| text.map_or(OpValue::Undefined, OpValue::from);
    let mut list = vec![text(complaint.map(|(code, _)| code)), text(complaint.map(|(_, text)| text))];
    list.extend(chain.iter().map(|certificate| OpValue::Bytes(certificate.der.clone())));
    Ok(OpValue::List(list))
}

/// `tls_certificate(der)`: `[subject, issuer, altNames?, infoAccess?, isAuthority, key, spki, from, to, [sha1, sha256, sha512], purposes,
/// serial]`; names as `[key, value, …]`, the key as `['rsa', modulus, bits, exponent]`, `['ec', bits, point, asn1, nist?]` or `[]`.
/// `undefined` for what is no certificate.
fn certificate(_: &mut OpState, args: &OpArgs<'_>) -> OpResult {
    let Some(words) = tls::describe(args.bytes(0)?) else { return Ok(OpValue::Undefined) };
    let name = |parts: Vec<(String, String)>| {
        OpValue::List(
            parts.into_iter().flat_map(|(key, value)| [OpValue::Str(key), OpValue::Str(value)]).collect(),
        )
    };
    let key = match words.key {
        KeyWords::Rsa { modulus, exponent, bits } => {
            vec!["rsa".into(), OpValue::Str(modulus), bits.into(), OpValue::Str(exponent)]
        }
        KeyWords::Curve { asn1, nist, bits, point } => {
            let nist = nist.map_or(OpValue::Undefined, OpValue::from);
            vec!["ec".into(), bits.into(), OpValue::Bytes(point), asn1.into(), nist]
        }
        KeyWords::Other => Vec::new(),
    };
    let text = |text: Option<String>| text.map_or(OpValue::Undefined, OpValue::Str);
    Ok(OpValue::List(vec![
        name(words.subject),
        name(words.issuer),
        text(words.alt_names),
        text(words.info_access),
        words.is_authority.into(),
        OpValue::List(key),
        OpValue::Bytes(words.spki),
        OpValue::Str(words.valid_from),
        OpValue::Str(words.valid_to),
        OpValue::List(words.fingerprints.into_iter().map(OpValue::Str).collect()),
        OpValue::List(words.purposes.into_iter().map(OpValue::Str).collect()),
        OpValue::Str(words.serial),
    ]))
}
