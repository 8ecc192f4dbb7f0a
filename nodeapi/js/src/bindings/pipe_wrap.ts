// Pipes and Unix sockets, as src/pipe_wrap.cc.

import { AsyncWrap } from '../async_wrap';
import { ConnectionWrap } from '../connection_wrap';
import { AF_UNIX, encodePath } from '../socket_address';
import { UV } from '../uv';

const SERVER = 1;
/** `sun_path`, less the NUL. */
const PATH_BYTES_MAX = 107;
const ENAMETOOLONG = -36;

export class Pipe extends ConnectionWrap {
  constructor(kind: number) {
    super(kind === SERVER ? 'PIPESERVERWRAP' : 'PIPEWRAP');
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
    return error < 0 ? error : this.bindTo(address);
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

class PipeConnectWrap extends AsyncWrap {
  constructor() {
    super('PIPECONNECTWRAP');
  }
}

export function create(): object {
  return { Pipe, PipeConnectWrap };
}
