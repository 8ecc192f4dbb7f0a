// A guest's memory, as calls see it: every range is checked.

import { Refused } from './errors';

/** As many buffers as one call takes: IOV_MAX. */
const BUFFERS_MAX = 1024;

export class GuestMemory {
  readonly #memory: { buffer: ArrayBuffer };
  #buffer: ArrayBuffer | undefined;
  #bytes!: Uint8Array;
  #view!: DataView;

  constructor(memory: { buffer: ArrayBuffer }) {
    this.#memory = memory;
  }

  /** Memories that grow get another buffer. */
  #current(): void {
    const { buffer } = this.#memory;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  /** Refuses a range that is not inside. */
  check(address: number, bytes: number): void {
    this.#current();
    if (address + bytes > this.#bytes.length) throw new Refused('EOVERFLOW');
  }

  bytes(address: number, length: number): Uint8Array {
    this.check(address, length);
    return this.#bytes.subarray(address, address + length);
  }

  view(address: number, length: number): DataView {
    this.check(address, length);
    return new DataView(this.#view.buffer, address, length);
  }

  setU32(address: number, value: number): void {
    this.check(address, 4);
    this.#view.setUint32(address, value, true);
  }

  setU64(address: number, value: bigint): void {
    this.check(address, 8);
    this.#view.setBigUint64(address, value, true);
  }

  /** The buffers that `iovec`s name. */
  buffers(address: number, count: number): Uint8Array[] {
    if (count > BUFFERS_MAX) throw new Refused('EINVAL');
    const records = this.view(address, 8 * count);
    const list: Uint8Array[] = [];
    for (let i = 0; i < count; i += 1) list.push(this.bytes(records.getUint32(8 * i, true), records.getUint32(8 * i + 4, true)));
    return list;
  }

  /** Strings one after the other, each with its end, and where each begins. */
  putStrings(addresses: number, buffer: number, strings: Uint8Array[]): void {
    this.check(addresses, 4 * strings.length);
    this.check(buffer, strings.reduce((total, text) => total + text.length + 1, 0));
    let at = buffer;
    strings.forEach((text, i) => {
      this.setU32(addresses + 4 * i, at);
      this.#bytes.set(text, at);
      this.#bytes[at + text.length] = 0;
      at += text.length + 1;
    });
  }
}
