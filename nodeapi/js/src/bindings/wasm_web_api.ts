// What `WebAssembly.compileStreaming` reads responses with.

import { streaming } from '../interpose/webassembly';

export function create(): object {
  return { setImplementation(read: typeof streaming.read): void { streaming.read = read; } };
}
