import { AsyncWrap } from '../async_wrap';
import { request, type Outcome } from '../request';
import { uvException } from '../uv';
import { encodeBytes } from './buffer';
import { direntType, entries } from './fs';

const { ops } = host;
const AT_FDCWD = -100;
const O_DIRECTORY = 0o200000;
const O_CLOEXEC = 0o2000000;

class DirHandle extends AsyncWrap {
  #fd: number;
  #left: Array<{ name: Uint8Array; kind: number }> | undefined;

  constructor(fd: number) {
    super('DIRHANDLE');
    this.#fd = fd;
  }

  read(encoding: unknown, bufferSize: number, req?: any): unknown {
    return request(req, 'scandir', undefined, undefined, (): Outcome<unknown> => {
      if (this.#left === undefined) {
        const list = entries(this.#fd);
        if (typeof list === 'number') return list;
        this.#left = list;
      }
      const some = this.#left.splice(0, bufferSize);
      if (some.length === 0) return null;
      return some.flatMap((entry) => [encodeBytes(entry.name, encoding), direntType(entry.kind)]);
    });
  }

  close(req?: any): unknown {
    return request(req, 'closedir', undefined, undefined, () => {
      const result = ops.sys_close(this.#fd);
      return result < 0 ? result : undefined;
    });
  }
}

function openDirectory(path: string): Outcome<DirHandle> {
  const fd = ops.sys_openat(AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC, 0);
  return fd < 0 ? fd : new DirHandle(fd);
}

export function create(): object {
  return {
    DirHandle,
    opendir: (path: string, _encoding: unknown, req?: any) => request(req, 'opendir', path, undefined, () => openDirectory(path)),
    opendirSync(path: string): DirHandle {
      const handle = openDirectory(path);
      if (typeof handle === 'number') throw uvException(handle, 'opendir');
      return handle;
    },
  };
}
