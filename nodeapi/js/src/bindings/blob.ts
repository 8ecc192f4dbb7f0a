// Blobs as immutable byte strings.

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

const objects = new Map<string, [BlobHandle, number, string]>();

export function create(): object {
  return {
    createBlob: (sources: Source[]) => new BlobHandle(join(sources)),
    concat: (sources: Source[]) => join(sources).buffer,
    storeDataObject(id: string, handle: BlobHandle, size: number, type: string): void { objects.set(id, [handle, size, type]); },
    getDataObject: (id: string) => objects.get(id),
    revokeObjectURL(id: string): void { objects.delete(id); },
  };
}
