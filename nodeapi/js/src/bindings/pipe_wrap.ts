// Pipes and Unix sockets, as src/pipe_wrap.cc.

import { AsyncWrap } from '../async_wrap';
import { ConnectionWrap, SOL_SOCKET } from '../connection_wrap';
import { getInternalBinding } from '../realm';
import { AF_UNIX, encodePath } from '../socket_address';
import { UV } from '../uv';

declare global {
  interface Ops {
    sys_sendmsg(fd: number, bytes: Bytes, flags: number, address: Bytes, fds: Bytes): Result;
    sys_recvmsg(fd: number, bytes: Bytes, flags: number, fds: Bytes, details: Bytes): Result;
  }
}

const { ops } = host;
const SERVER = 1;
const IPC = 2;
const AT_FDCWD = -100;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** `message::Details` of oac-abi: the address's length, the address, the number of descriptors, the flags. */
const DETAILS_BYTES = 4 + 112 + 4 + 4;
const COUNT_AT = 116;
const AF_INET = 2;
const AF_INET6 = 10;
const SO_TYPE = 3;
const SOCK_DGRAM = 2;
/** `sun_path`, less the NUL. */
const PATH_BYTES_MAX = 107;
const ENAMETOOLONG = -36;

export class Pipe extends ConnectionWrap {
  readonly #ipc: boolean;
  /** The name that this socket has made. */
  #bound: string | undefined;

  constructor(kind: number) {
    super(kind === SERVER ? 'PIPESERVERWRAP' : 'PIPEWRAP');
    this.#ipc = kind === IPC;
  }

  protected override sendHandle(bytes: Uint8Array, handle: any): number {
    if (!this.#ipc || typeof handle.fd !== 'number' || handle.fd < 0) return UV.EBADF;
    return ops.sys_sendmsg(this.fd, bytes, 0, new Uint8Array(0), new Uint8Array(new Int32Array([handle.fd]).buffer));
  }

  protected override receive(into: Uint8Array): number {
    if (!this.#ipc) return super.receive(into);
    const fds = new Uint8Array(4);
    const details = new Uint8Array(DETAILS_BYTES);
    const count = ops.sys_recvmsg(this.fd, into, MSG_CMSG_CLOEXEC, fds, details);
    // Without descriptors in messages a channel still carries messages.
    if (count === UV.ENOSYS) return super.receive(into);
    if (count >= 0 && new DataView(details.buffer).getUint32(COUNT_AT, true) > 0) {
      (this as any).pendingHandle = wrapped(new DataView(fds.buffer).getInt32(0, true));
    }
    return count;
  }

  protected override accepted(fd: number): Pipe {
    const client = new Pipe(0);
    client.adopt(fd);
    return client;
  }

  bind(path: string): number {
    const address = encodePath(path);
    if (address.length - 2 > PATH_BYTES_MAX) return ENAMETOOLONG;
    const error = this.ensureSocket(AF_UNIX);
    if (error < 0) return error;
    const result = this.bindTo(address);
    if (result === 0 && !path.startsWith('\0')) this.#bound = path;
    return result;
  }

  /** As `uv__pipe_close`: the name goes with the socket. */
  protected override release(): void {
    super.release();
    if (this.#bound !== undefined) ops.sys_unlinkat(AT_FDCWD, this.#bound, 0);
    this.#bound = undefined;
  }

  connect(req: AsyncWrap, path: string): number {
    const address = encodePath(path);
    if (address.length - 2 > PATH_BYTES_MAX) return ENAMETOOLONG;
    const error = this.ensureSocket(AF_UNIX);
    return error < 0 ? error : this.connectTo(req, address);
  }

  fchmod(): number {
    return UV.ENOTSUP;
  }
}

// Node's library asks pipes for no address: it keeps the name itself.
for (const name of ['getsockname', 'getpeername']) Object.defineProperty(Pipe.prototype, name, { value: undefined, configurable: true, writable: true });

/** The handle for a descriptor that came with a message, by the kind of its socket. */
function wrapped(fd: number): any {
  const address = new Uint8Array(128);
  const family = ops.sys_getsockname(fd, address) < 0 ? 0 : new DataView(address.buffer).getUint16(0, true);
  const kind = new Uint8Array(4);
  const datagram = ops.sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, kind) >= 0 && kind[0] === SOCK_DGRAM;
  const inet = family === AF_INET || family === AF_INET6;
  let handle: any;
  if (inet && datagram) handle = new (getInternalBinding('udp_wrap').UDP)();
  else if (inet) handle = new (getInternalBinding('tcp_wrap').TCP)(0);
  else handle = new Pipe(0);
  handle.open(fd);
  return handle;
}

class PipeConnectWrap extends AsyncWrap {
  constructor() {
    super('PIPECONNECTWRAP');
  }
}

export function create(): object {
  return { Pipe, PipeConnectWrap };
}
