// A connection of TLS over another stream, as src/crypto/crypto_tls.cc: it listens to what that reads, and writes into it.

import { AsyncWrap, makeCallback } from '../async_wrap';
import { enqueueWork } from '../loop';
import { notAvailable } from '../oracle';
import type { ReadListener, StreamSource } from '../read_listener';
import { freeWhenCollected } from '../resources';
import { joined, State, streamBaseState, WriteWrap, ShutdownWrap, writtenBytes } from '../stream_base';
import { legacyChain, legacyObject, x509Handle } from '../tls/certificate';
import { Reason, tlsError } from '../tls/errors';
import { SecureContext } from '../tls/secure_context';
import { UV } from '../uv';
import { asBuffer, utf8Bytes } from './buffer';

type Progress = [flags: number, plain: Uint8Array | undefined, wire: Uint8Array | undefined, failure: Reason | undefined];

declare global {
  interface Ops {
    tls_client(context: number, serverName: string, alpn: Bytes, session?: number): number | Reason;
    tls_server(): number;
    tls_hello(connection: number): [serverName: string | undefined, ...protocols: Uint8Array[]];
    tls_accept(connection: number, context: number, alpn: Bytes, asks: boolean, refuses: boolean): Progress;
    tls_receive(connection: number, bytes: Bytes): Progress;
    tls_send(connection: number, plain: Bytes): Uint8Array;
    tls_finish(connection: number): Uint8Array;
    tls_facts(connection: number): [version?: string, suite?: string, standardSuite?: string, group?: string, groupBits?: number, alpn?: Uint8Array, isResumed?: boolean];
    tls_export(connection: number, length: number, label: string, context?: Bytes): Uint8Array | undefined;
    tls_session(connection: number): number | undefined;
    tls_secrets(connection: number): string[];
    tls_verify(connection: number, context: number, roots: number | undefined, isServer: boolean): [code?: string, text?: string, ...chain: Uint8Array[]];
  }
}

const { ops } = host;
const enum Flag { Established = 1, Finished = 2, Hello = 4 }
const EPROTO = -71;
/** What Node advises, and for which complaints. */
const ADVICE = '; if the root CA is installed locally, try running Node.js with --use-system-ca';
const ADVISED = ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'DEPTH_ZERO_SELF_SIGNED_CERT'];
const NOTHING = new Uint8Array(0);
const SOL_OAC = 0x6f616300;
const OAC_GATEWAY_TLS = 1;
const ONE = new Uint8Array([1, 0, 0, 0]);
/** A protocol that no client offers: what no choice looks like to rustls. */
const NO_PROTOCOL = new Uint8Array([1, 0]);

/** Sessions that programs hold tokens of. A token means nothing outside of this process. */
const SESSIONS_MAX = 1024;
const TOKEN_BYTES = 32;
const sessions = new Map<string, number>();

function tokenFor(session: number): Uint8Array {
  const token = new Uint8Array(TOKEN_BYTES);
  ops.sys_getrandom(token, 0);
  if (sessions.size >= SESSIONS_MAX) {
    const [oldest, id] = sessions.entries().next().value as [string, number];
    sessions.delete(oldest);
    ops.resource_drop(id);
  }
  sessions.set(token.join(), session);
  return asBuffer(token);
}

function sessionOf(token: Uint8Array): number | undefined {
  const key = new Uint8Array(token).join();
  const session = sessions.get(key);
  sessions.delete(key);
  return session;
}

interface Pending { req: any; bytes: Uint8Array }

class TLSWrap extends AsyncWrap implements StreamSource, ReadListener {
  #parent: any;
  #context: SecureContext;
  #isServer: boolean;
  #id: number | undefined;
  #listeners: ReadListener[] = [];
  #userBuffer: Uint8Array | undefined;
  /** Clear text that waits for the handshake. */
  #pending: Pending[] = [];
  /** Bytes that wait for what an earlier owner of the stream wrote. */
  #held: Uint8Array[] | undefined;
  /** A stream of scripts takes one write at a time: what waits for the one under way, with who is told. */
  #writing = false;
  #later: [wire: Uint8Array, done: (status: number) => void][] = [];
  #shutdownAfter: any;
  #established = false;
  #throughGateway = false;
  /** The program is being told of the end of the handshake, whose last message has not been sent. */
  #telling = false;
  #lateShutdown: any;
  #ended = false;
  #broken = false;
  #asks = false;
  #refuses = false;
  #alpn = NOTHING;
  #serverName = '';
  #session: number | undefined;
  #lastToken: Uint8Array | undefined;
  #ticket: Uint8Array | undefined;
  #wantsSessions = false;
  #wantsKeyLog = false;
  #wantsCertificateCallback = false;
  #wantsAlpnCallback = false;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(parent: any, context: SecureContext, isServer: boolean, hasActiveWrite: boolean) {
    super('TLSWRAP');
    this.#parent = parent;
    this.#context = context;
    this.#isServer = isServer;
    if (hasActiveWrite) this.#held = [];
    parent.pushListener(this);
    if (isServer) this.#adopt(ops.tls_server());
  }

  get fd(): number { return this.#parent.fd; }
  get isStreamBase(): boolean { return true; }
  get bytesRead(): number { return this.#bytesRead; }
  get bytesWritten(): number { return this.#bytesWritten; }
  get writeQueueSize(): number { return this.#pending.reduce((sum, { bytes }) => sum + bytes.length, this.#parent.writeQueueSize ?? 0); }
  hasRef(): boolean { return this.#parent.hasRef?.() ?? false; }

  #adopt(id: number): void {
    this.#id = id;
    freeWhenCollected(this, id);
  }

  // --- the handshake -------------------------------------------------------------------------------------------------------------

  start(): void {
    if (this.#isServer || this.#id !== undefined) return;
    // Where the host can only fetch, it is the host that speaks TLS, and checks certificates.
    if (this.fd >= 0 && ops.sys_setsockopt(this.fd, SOL_OAC, OAC_GATEWAY_TLS, ONE) === 0) {
      this.#throughGateway = true;
      enqueueWork(() => this.#proceed([Flag.Established, undefined, undefined, undefined]));
      return;
    }
    const made = ops.tls_client(SecureContext.idOf(this.#context), this.#serverName, this.#alpn, this.#session);
    this.#session = undefined;
    if (typeof made !== 'number') {
      this.#fail(made);
      return;
    }
    this.#adopt(made);
    this.#proceed(ops.tls_receive(made, NOTHING));
  }

  onRead(bytes: Uint8Array): void {
    if (this.#throughGateway) this.#give(bytes.slice());
    if (this.#id !== undefined && !this.#broken) this.#proceed(ops.tls_receive(this.#id, bytes));
  }

  /** Bytes that a stream had read before it was wrapped. */
  receive(bytes: Uint8Array): void {
    this.onRead(new Uint8Array(bytes));
  }

  onEnd(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#deliver(status, undefined);
  }

  #proceed([flags, plain, wire, failure]: Progress): void {
    if (this.#wantsKeyLog) this.#logSecrets();
    // As with OpenSSL the program hears of it before the last message goes: what it does not like is not answered.
    if ((flags & Flag.Established) !== 0) {
      this.#telling = true;
      makeCallback(this, 'onhandshakedone');
      this.#telling = false;
    }
    if (wire !== undefined) this.#sendWire(wire);
    if ((flags & Flag.Hello) !== 0) {
      this.#answerHello();
      return;
    }
    if ((flags & Flag.Established) !== 0) {
      this.#established = true;
      this.#flushPending();
      const req = this.#lateShutdown;
      this.#lateShutdown = undefined;
      if (req !== undefined) this.shutdown(req);
    }
    if (!this.#isServer && this.#id !== undefined) this.#takeSessions();
    if (plain !== undefined) this.#give(plain);
    if (failure !== undefined) this.#fail(failure);
    else if ((flags & Flag.Finished) !== 0) this.onEnd(UV.EOF);
  }

  #fail(reason: Reason): void {
    if (this.#broken) return;
    this.#broken = true;
    makeCallback(this, 'onerror', tlsError(reason));
    this.#cancelPending(EPROTO);
  }

  /** A server has read the client's hello: the program may choose a certificate by its name. */
  #answerHello(): void {
    const [servername] = ops.tls_hello(this.#id!);
    this.#serverName = servername ?? '';
    if (this.#wantsCertificateCallback) makeCallback(this, 'oncertcb', { servername: servername ?? '', OCSPRequest: false });
    else this.certCbDone();
  }

  certCbDone(): void {
    if (this.#id === undefined || this.#broken) return;
    const chosen = (this as any).sni_context;
    if (chosen !== undefined && chosen !== null && !(chosen instanceof SecureContext)) {
      makeCallback(this, 'onerror', Object.assign(new TypeError('Invalid SNI context'), { code: 'ERR_TLS_INVALID_CONTEXT' }));
      return;
    }
    if (chosen) this.#context = chosen;
    const [, ...offered] = ops.tls_hello(this.#id);
    let alpn = this.#alpn;
    if (this.#wantsAlpnCallback && offered.length > 0) {
      const list = joined(offered.flatMap((one) => [new Uint8Array([one.length]), one]));
      const offset = makeCallback(this, 'ALPNCallback', asBuffer(list));
      if (this.#id === undefined) return;
      alpn = typeof offset === 'number' ? list.slice(offset, offset + 1 + list[offset]!) : NO_PROTOCOL;
    }
    this.#proceed(ops.tls_accept(this.#id, SecureContext.idOf(this.#context), alpn, this.#asks, this.#refuses));
  }

  setVerifyMode(asks: boolean, refuses: boolean): void { [this.#asks, this.#refuses] = [asks, refuses]; }
  enableCertCb(): void { this.#wantsCertificateCallback = true; }
  enableALPNCb(): void { this.#wantsAlpnCallback = true; }
  setALPNProtocols(protocols: Uint8Array): void { this.#alpn = new Uint8Array(protocols); }
  setServername(name: string): void { this.#serverName = name; }
  getServername(): string | false { return this.#serverName === '' ? false : this.#serverName; }
  setKeyCert(context: SecureContext): void { (this as any).sni_context = context; }
  enablePskCallback(): void { throw notAvailable('TLS with pre-shared keys (pskCallback)'); }
  setPskIdentityHint(): void { throw notAvailable('TLS with pre-shared keys (pskIdentityHint)'); }
  renegotiate(): void { throw tlsError(['wrong ssl version', 266]); }
  /** A client that asks for a stapled answer goes on without one. */
  requestOCSP(): void {}
  setOCSPResponse(): void { throw notAvailable('stapling of OCSP answers'); }
  enableTrace(): void { throw notAvailable('the option enableTrace of TLS'); }
  setMaxSendFragment(_bytes: number): number { return 0; }

  // --- sessions ------------------------------------------------------------------------------------------------------------------

  enableSessionCallbacks(): void { this.#wantsSessions = true; }
  setSession(token: Uint8Array): void { this.#session = sessionOf(token); }
  /** Before a ticket has come (with TLS 1.3 that is after the handshake) a session that nothing can go on with. */
  getSession(): Uint8Array | undefined {
    if (!this.#established || this.#throughGateway) return undefined;
    if (this.#lastToken === undefined) {
      this.#lastToken = asBuffer(new Uint8Array(TOKEN_BYTES));
      ops.sys_getrandom(this.#lastToken, 0);
    }
    return this.#lastToken;
  }

  /** The ticket itself stays with the session: its token is as good, and as opaque. */
  getTLSTicket(): Uint8Array | undefined { return this.#isServer ? undefined : this.#ticket; }
  /** A server's sessions are in its tickets: there is none that a program could bring. */
  loadSession(): void {}
  endParser(): void {}
  newSessionDone(): void {}

  #takeSessions(): void {
    for (;;) {
      const session = ops.tls_session(this.#id!);
      if (session === undefined) return;
      const token = tokenFor(session);
      this.#lastToken = token;
      this.#ticket = token;
      if (this.#wantsSessions) makeCallback(this, 'onnewsession', asBuffer(new Uint8Array(TOKEN_BYTES)), token);
      if (this.#id === undefined) return;
    }
  }

  enableKeylogCallback(): void { this.#wantsKeyLog = true; }

  #logSecrets(): void {
    if (this.#id === undefined) return;
    for (const line of ops.tls_secrets(this.#id)) makeCallback(this, 'onkeylog', asBuffer(utf8Bytes(line)));
  }

  // --- what was agreed on ----------------------------------------------------------------------------------------------------------

  #facts(): ReturnType<Ops['tls_facts']> { return this.#id === undefined ? [] : ops.tls_facts(this.#id); }
  getProtocol(): string | null { return this.#facts()[0] ?? 'unknown'; }

  getCipher(): object | undefined {
    const [version, name, standardName] = this.#facts();
    return name === undefined ? undefined : { name, standardName, version };
  }

  getEphemeralKeyInfo(): object | null {
    if (this.#isServer) return null;
    const [, , , name, size] = this.#facts();
    return name === undefined ? {} : { type: 'ECDH', name, size };
  }

  getALPNNegotiatedProtocol(): string | false {
    const alpn = this.#facts()[5];
    return alpn === undefined ? false : String.fromCharCode(...alpn);
  }

  /** Through the gateway there is no certificate to look at: the host has. */
  isSessionReused(): boolean { return this.#throughGateway || (this.#facts()[6] ?? false); }
  getSharedSigalgs(): never { throw notAvailable('getSharedSigalgs of TLS'); }
  getFinished(): undefined { return undefined; }
  getPeerFinished(): undefined { return undefined; }

  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array {
    const material = this.#id === undefined ? undefined : ops.tls_export(this.#id, length, label, context);
    if (material === undefined) throw tlsError(['internal error', 68]);
    return asBuffer(material);
  }

  #verify(): ReturnType<Ops['tls_verify']> {
    if (this.#id === undefined) return [];
    return ops.tls_verify(this.#id, SecureContext.idOf(this.#context), SecureContext.rootsOf(this.#context), this.#isServer);
  }

  verifyError(): Error | null {
    if (this.#throughGateway) return null;
    const [code, text, leaf] = this.#verify();
    if (code !== undefined) return Object.assign(new Error(`${text}${ADVISED.includes(code) ? ADVICE : ''}`), { code });
    // A server is told by its next question that there is no certificate.
    if (leaf === undefined && !this.#isServer) return Object.assign(new Error('unable to get issuer certificate'), { code: 'UNABLE_TO_GET_ISSUER_CERT' });
    return null;
  }

  getPeerCertificate(detailed: boolean): object | undefined {
    const [, , ...chain] = this.#verify();
    if (chain.length === 0) return undefined;
    return detailed ? legacyChain(chain) : legacyObject(chain[0]!);
  }

  getPeerX509Certificate(): object | undefined {
    const [, , leaf] = this.#verify();
    return leaf === undefined ? undefined : x509Handle(leaf);
  }

  getCertificate(): object | undefined {
    const own = this.#context.getCertificate();
    return own === null ? undefined : legacyObject(own);
  }

  getX509Certificate(): object | undefined {
    const own = this.#context.getCertificate();
    return own === null ? undefined : x509Handle(own);
  }

  // --- reading ---------------------------------------------------------------------------------------------------------------------

  readStart(): number { return this.#parent.readStart(); }
  readStop(): number { return this.#parent.readStop(); }
  pushListener(listener: ReadListener): void { this.#listeners.push(listener); }

  removeListener(listener: ReadListener): void {
    const at = this.#listeners.lastIndexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  useUserBuffer(buffer: Uint8Array): number {
    this.#userBuffer = buffer;
    return 0;
  }

  #give(plain: Uint8Array): void {
    this.#bytesRead += plain.length;
    const listener = this.#listeners.at(-1);
    if (listener !== undefined) {
      listener.onRead(plain);
      return;
    }
    if (this.#userBuffer === undefined) {
      this.#deliver(plain.length, plain.buffer as ArrayBuffer);
      return;
    }
    for (let at = 0; at < plain.length;) {
      const room: Uint8Array = this.#userBuffer;
      const piece = plain.subarray(at, at + room.length);
      room.set(piece);
      at += piece.length;
      this.#deliver(piece.length, undefined);
    }
  }

  #deliver(count: number, buffer: ArrayBuffer | undefined): void {
    if (count < 0) {
      const listener = this.#listeners.at(-1);
      if (listener?.onEnd !== undefined) {
        listener.onEnd(count);
        return;
      }
    }
    streamBaseState[State.ReadBytesOrError] = count;
    streamBaseState[State.ArrayBufferOffset] = 0;
    const next = makeCallback(this, 'onread', buffer);
    if (this.#userBuffer !== undefined && ArrayBuffer.isView(next)) this.#userBuffer = next as Uint8Array;
  }

  // --- writing ---------------------------------------------------------------------------------------------------------------------

  writeBuffer(req: any, bytes: any): number { return this.#write(req, writtenBytes([bytes], true)); }
  writeUtf8String(req: any, text: string): number { return this.#write(req, [utf8Bytes(text)]); }
  writeAsciiString(req: any, text: string): number { return this.#write(req, writtenBytes([text, 'latin1'], false)); }
  writeLatin1String(req: any, text: string): number { return this.#write(req, writtenBytes([text, 'latin1'], false)); }
  writeUcs2String(req: any, text: string): number { return this.#write(req, writtenBytes([text, 'utf16le'], false)); }
  writev(req: any, chunks: any[], allBuffers: boolean): number { return this.#write(req, writtenBytes(chunks, allBuffers)); }

  #write(req: any, parts: Uint8Array[]): number {
    const bytes = joined(parts);
    const report = (isAsync: boolean): void => {
      streamBaseState[State.BytesWritten] = bytes.length;
      streamBaseState[State.LastWriteWasAsync] = isAsync ? 1 : 0;
    };
    report(false);
    if (this.#broken) return EPROTO;
    this.#bytesWritten += bytes.length;
    if (!this.#established) {
      this.#pending.push({ req, bytes: bytes.slice() });
      report(true);
      return 0;
    }
    const isDone = this.#encrypt(req, bytes);
    if (isDone < 0) return isDone;
    report(isDone === 0);
    return 0;
  }

  /** Sends clear text; 1 when it is written, 0 when `req` will be told, else an error. */
  #encrypt(req: any, bytes: Uint8Array): number {
    if (this.#id === undefined && !this.#throughGateway) return UV.EBADF;
    const wire = this.#id === undefined ? bytes : ops.tls_send(this.#id, bytes);
    return this.#sendWire(wire, (status) => makeCallback(req, 'oncomplete', status, this, undefined));
  }

  #flushPending(): void {
    for (const { req, bytes } of this.#pending.splice(0)) {
      const isDone = this.#encrypt(req, bytes);
      if (isDone !== 0) enqueueWork(() => makeCallback(req, 'oncomplete', Math.min(0, isDone), this, undefined));
    }
  }

  #cancelPending(status: number): void {
    for (const { req } of this.#pending.splice(0)) makeCallback(req, 'oncomplete', status, this, undefined);
  }

  #sendWire(wire: Uint8Array, done: (status: number) => void = () => {}): number {
    if (this.#held !== undefined) {
      this.#held.push(wire);
      return 1;
    }
    if (this.#writing) {
      this.#later.push([wire, done]);
      return 0;
    }
    const req: any = new WriteWrap();
    req.oncomplete = (status: number): void => {
      this.#writing = false;
      done(status);
      this.#sendLater(status);
    };
    this.#writing = this.fd < 0;
    const error = this.#parent.writeBuffer(req, asBuffer(wire));
    const isDone = error !== 0 || streamBaseState[State.LastWriteWasAsync] === 0;
    if (isDone) this.#writing = false;
    return error !== 0 ? error : isDone ? 1 : 0;
  }

  #sendLater(before: number): void {
    const waiting = this.#later.splice(0);
    const tell = (status: number): void => waiting.forEach(([, done]) => done(status));
    if (waiting.length > 0) {
      const status = before < 0 ? before : this.#sendWire(joined(waiting.map(([wire]) => wire)), tell);
      if (status !== 0) tell(Math.min(0, status));
    }
    const req = this.#shutdownAfter;
    if (req === undefined || this.#writing) return;
    this.#shutdownAfter = undefined;
    const status = this.#shutdownParent(req);
    if (status !== 0) makeCallback(req, 'oncomplete', Math.min(0, status), this, undefined);
  }

  writesIssuedByPrevListenerDone(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const wire of held) this.#sendWire(wire);
  }

  shutdown(req: any): number {
    if (this.#telling) {
      this.#lateShutdown = req;
      return 0;
    }
    if (this.#id !== undefined && !this.#broken) {
      const wire = ops.tls_finish(this.#id);
      if (wire.length > 0) this.#sendWire(wire);
    }
    if (this.#writing) {
      this.#shutdownAfter = req;
      return 0;
    }
    return this.#shutdownParent(req);
  }

  #shutdownParent(req: any): number {
    const inner: any = new ShutdownWrap();
    inner.oncomplete = (status: number): void => makeCallback(req, 'oncomplete', status, this, undefined);
    return this.#parent.shutdown(inner);
  }

  destroySSL(): void {
    this.#broken = true;
    this.#parent.removeListener(this);
    this.#cancelPending(UV.ECANCELED);
  }
}
for (const hidden of ['onRead', 'onEnd', 'pushListener', 'removeListener']) Object.defineProperty(TLSWrap.prototype, hidden, { enumerable: false });

function wrap(handle: any, context: SecureContext, isServer: boolean, hasActiveWrite: boolean): TLSWrap {
  return new TLSWrap(handle, context, isServer, hasActiveWrite);
}

export function create(): object {
  return { TLSWrap, wrap, HAVE_SSL_TRACE: true };
}
