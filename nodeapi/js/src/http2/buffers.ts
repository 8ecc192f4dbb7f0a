// Typed arrays through which the binding `http2` and the library speak: settings, options, states.

import { constant } from '../oracle';
import { Settings } from './frames';

export const settingsBuffer: Uint32Array = constant('http2', 'settingsBuffer');
export const optionsBuffer: Uint32Array = constant('http2', 'optionsBuffer');
export const sessionState: Float64Array = constant('http2', 'sessionState');
export const streamState: Float64Array = constant('http2', 'streamState');

const enum Index { TableSize, EnablePush, Window, FrameSize, Streams, ListSize, Connect, Flags, CustomCount }
/** The number on the wire for each place in the buffer. */
const WIRE = [1, 2, 4, 5, 3, 6, 8];

/** The settings that the library has put into the buffer, as pairs for the wire. */
export function readSettings(): [number, number][] {
  const flags = settingsBuffer[Index.Flags]!;
  const pairs: [number, number][] = [];
  WIRE.forEach((id, at) => { if ((flags & (1 << at)) !== 0) pairs.push([id, settingsBuffer[at]!]); });
  for (let i = 0; i < settingsBuffer[Index.CustomCount]!; i += 1) {
    pairs.push([settingsBuffer[Index.CustomCount + 1 + 2 * i]!, settingsBuffer[Index.CustomCount + 2 + 2 * i]!]);
  }
  return pairs;
}

export function writeSettings(from: Settings): void {
  settingsBuffer[Index.TableSize] = from.headerTableSize;
  settingsBuffer[Index.EnablePush] = from.enablePush;
  settingsBuffer[Index.Window] = from.initialWindowSize;
  settingsBuffer[Index.FrameSize] = from.maxFrameSize;
  settingsBuffer[Index.Streams] = from.maxConcurrentStreams;
  settingsBuffer[Index.ListSize] = from.maxHeaderListSize;
  settingsBuffer[Index.Connect] = from.enableConnectProtocol;
  let at = Index.CustomCount + 1;
  settingsBuffer[Index.CustomCount] = Math.min(from.custom.size, 10);
  for (const [id, value] of [...from.custom].slice(0, 10)) {
    settingsBuffer[at] = id;
    settingsBuffer[at + 1] = value;
    at += 2;
  }
}

/** As nghttp2 and Node have them: `getDefaultSettings`. */
export function writeDefaults(): void {
  const values: [number, number][] = [[Index.TableSize, 4096], [Index.EnablePush, 1], [Index.Window, 65535], [Index.FrameSize, 16384], [Index.Streams, 0xffffffff], [Index.ListSize, 65535], [Index.Connect, 0]];
  let flags = 0;
  for (const [at, value] of values) {
    settingsBuffer[at] = value;
    flags |= 1 << at;
  }
  settingsBuffer[Index.Flags] = flags;
  settingsBuffer[Index.CustomCount] = 0;
}

/** `http2.getPackedSettings`: six bytes each. */
export function packSettings(): Uint8Array {
  const pairs = readSettings().sort(([a], [b]) => a - b);
  const out = new Uint8Array(pairs.length * 6);
  pairs.forEach(([id, value], i) => {
    out[i * 6] = id >> 8;
    out[i * 6 + 1] = id;
    for (let k = 0; k < 4; k += 1) out[i * 6 + 2 + k] = value >>> (24 - 8 * k);
  });
  return out;
}

/** The options that a session begins with. */
export function readOptions(): { headerPairs: number; pings: number; settingsAcks: number; settings: number; resetBurst: number; resetRate: number; padding: number; strictWhitespace: boolean } {
  const flags = optionsBuffer[13]!;
  const option = (at: number, usual: number): number => ((flags & (1 << at)) !== 0 ? optionsBuffer[at]! : usual);
  return { headerPairs: option(5, 128), pings: option(6, 10), settingsAcks: option(7, 10), settings: option(9, 32), resetBurst: option(11, 1000), resetRate: option(10, 33), padding: option(4, 0), strictWhitespace: option(12, 0) === 0 };
}
