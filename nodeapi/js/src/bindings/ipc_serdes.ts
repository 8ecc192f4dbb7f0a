// Messages of `serialization: 'advanced'` channels: V8's format behind a length of four bytes, big-endian. As src/node_ipc_serdes.cc.

import { asBuffer } from './buffer';
import { loaders } from '../realm';

const LENGTH_BYTES = 4;
/** What a host object is. */
const VIEW = 0;
const OTHER = 1;

let Writer: any;
let Reader: any;

function classes(): void {
  const { DefaultSerializer, DefaultDeserializer } = loaders.require!('v8');
  Writer = class extends DefaultSerializer {
    _writeHostObject(object: any): any {
      if (ArrayBuffer.isView(object)) {
        this.writeUint32(VIEW);
        return super._writeHostObject(object);
      }
      this.writeUint32(OTHER);
      this.writeValue({ ...object });
    }
  };
  Reader = class extends DefaultDeserializer {
    _readHostObject(): any {
      return this.readUint32() === VIEW ? super._readHostObject() : this.readValue();
    }
  };
}

export function create(): object {
  return {
    serialize(message: unknown): Uint8Array {
      if (Writer === undefined) classes();
      const writer = new Writer();
      writer.writeHeader();
      writer.writeValue(message);
      const body: Uint8Array = writer.releaseBuffer();
      const all = new Uint8Array(LENGTH_BYTES + body.length);
      new DataView(all.buffer).setUint32(0, body.length);
      all.set(body, LENGTH_BYTES);
      return asBuffer(all);
    },
    deserialize(bytes: Uint8Array): unknown {
      if (Reader === undefined) classes();
      const reader = new Reader(bytes);
      reader.readHeader();
      return reader.readValue();
    },
  };
}
