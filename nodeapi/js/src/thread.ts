// Threads: what one is started with, and the one that runs here.

import { utf8Bytes, utf8Text } from './bindings/buffer';
import type { SharedEnvironment } from './environment';

declare global {
  interface Ops {
    sys_thread_create(number: Bytes): Result;
    sys_thread_start(fd: number, start: Bytes, fds: Bytes, memoryBytes: number): Result;
    sys_thread_stop(fd: number, status: number): Result;
    sys_thread_status(fd: number, status: Bytes): Result;
    sys_thread_self(start: Bytes): Result;
  }
}

/** What a thread needs to know before its first message. */
export interface ThreadStart {
  threadId: number;
  name: string;
  /** Its end of the channel to who made it, and of that on which it answers questions about itself. */
  port: number;
  questions: number;
  isInternal: boolean;
  /** `[name, value …]`. */
  env: string[];
  /** When it is shared with who made it. */
  sharedEnv?: SharedEnvironment;
  options: Record<string, unknown>;
  execArgv: string[];
  argv0: string;
  /** As `kMaxYoungGenerationSizeMb` and so on count them. */
  resourceLimits: number[];
}

/** The thread that runs here; `undefined` for the main one. */
export const self: { start?: ThreadStart } = {};

/** Finds out what this instance of the program is. */
export function findSelf(): void {
  const length = host.ops.sys_thread_self(new Uint8Array(0));
  if (length < 0) return;
  const buffer = new Uint8Array(length);
  host.ops.sys_thread_self(buffer);
  self.start = JSON.parse(utf8Text(buffer));
}

export function encodeStart(start: ThreadStart): Uint8Array {
  return utf8Bytes(JSON.stringify(start));
}
