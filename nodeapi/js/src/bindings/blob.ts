// Blobs: immutable byte strings, and files as they were when the blob was made.

import { modified, size, statBuffer } from '../stat';
import { sharedNatives } from '../structured_clone';

type Source = Bytes | Uint8Array | BlobHandle;

class BlobHandle {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get bytes(): Uint8Array { return this.#bytes; }
  slice(start: number, end: number): BlobHandle { return new BlobHandle(this.#bytes.subarray(start, end)); }
  getReader(): object {
    let left: Uint8Array | undefined = this.#bytes;
    return {
      // All of it is there: nobody has to be woken.
      setWakeup(): void {},
      // Status 1: more, 0: the end.
      pull(callback: (status: number, buffer?: ArrayBuffer, last?: unknown) => void): void {
        const chunk = left;
        left = undefined;
        if (chunk === undefined || chunk.length === 0) callback(0, undefined, undefined);
        else callback(1, host.engine.arrayBufferOfBytes(chunk), undefined);
      },
    };
  }
}

function bytesOf(source: Source): Uint8Array {
  if (source instanceof BlobHandle) return source.bytes;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return new Uint8Array(source);
}

function join(sources: Source[]): Uint8Array {
  const parts = sources.map(bytesOf);
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** A blob over a file as it is now: reading it fails once the file has changed. As `DataQueue::CreateFdEntry`. */
class FileBlobHandle {
  readonly #path: string;
  readonly #start: number;
  readonly #end: number;
  readonly #version: string;
  constructor(path: string, start: number, end: number, version: string) {
    this.#path = path;
    this.#start = start;
    this.#end = end;
    this.#version = version;
  }
  get parts(): [string, number, number, string] { return [this.#path, this.#start, this.#end, this.#version]; }
  slice(start: number, end: number): FileBlobHandle {
    return new FileBlobHandle(this.#path, this.#start + start, Math.min(this.#start + end, this.#end), this.#version);
  }
  getReader(): object {
    let at = this.#start;
    return {
      setWakeup(): void {},
      pull: (callback: (status: number, buffer?: ArrayBuffer, last?: unknown) => void): void => {
        if (at >= this.#end) {
          callback(0, undefined, undefined);
          return;
        }
        if (fileVersion(this.#path) !== this.#version) {
          callback(-1, undefined, undefined);
          return;
        }
        const chunk = readAt(this.#path, at, Math.min(FILE_CHUNK_BYTES, this.#end - at));
        if (chunk === undefined || chunk.length === 0) callback(-1, undefined, undefined);
        else {
          at += chunk.length;
          callback(1, host.engine.arrayBufferOfBytes(chunk), undefined);
        }
      },
    };
  }
}

const FILE_CHUNK_BYTES = 64 << 10;
const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;

/** What changes when a file does; `undefined` if there is none. */
function fileVersion(path: string): string | undefined {
  if (host.ops.sys_fstatat(AT_FDCWD, path, 0, statBuffer) < 0) return undefined;
  return `${size()} ${modified()}`;
}

function readAt(path: string, position: number, length: number): Uint8Array | undefined {
  const fd = host.ops.sys_openat(AT_FDCWD, path, O_CLOEXEC, 0);
  if (fd < 0) return undefined;
  const buffer = new Uint8Array(length);
  const count = host.ops.sys_pread(fd, position, buffer);
  host.ops.sys_close(fd);
  return count < 0 ? undefined : buffer.subarray(0, count);
}

function createBlobFromFilePath(path: string): [FileBlobHandle, number] | undefined {
  const version = fileVersion(path);
  if (version === undefined) return undefined;
  const length = size();
  return [new FileBlobHandle(path, 0, length, version), length];
}

sharedNatives.push({
  name: 'Blob',
  is: (value) => value instanceof BlobHandle,
  toValue: (blob: BlobHandle) => blob.bytes.slice().buffer,
  fromValue: (bytes: ArrayBuffer) => new BlobHandle(new Uint8Array(bytes)),
});
sharedNatives.push({
  name: 'FileBlob',
  is: (value) => value instanceof FileBlobHandle,
  toValue: (blob: FileBlobHandle) => blob.parts,
  fromValue: (parts: [string, number, number, string]) => new FileBlobHandle(...parts),
});

const objects = new Map<string, [BlobHandle, number, string]>();

export function create(): object {
  return {
    createBlob: (sources: Source[]) => new BlobHandle(join(sources)),
    createBlobFromFilePath,
    concat: (sources: Source[]) => join(sources).buffer,
    storeDataObject(id: string, handle: BlobHandle, size: number, type: string): void { objects.set(id, [handle, size, type]); },
    getDataObject: (id: string) => objects.get(id),
    revokeObjectURL(id: string): void { objects.delete(id); },
  };
}
