import '../environment';
import { AsyncWrap } from '../async_wrap';
import { activeHandles, ownerOf } from '../handle_wrap';
import { activeRequests, monotonicNs, origin, timers } from '../loop';
import { command } from '../start';
import { UV, uvException } from '../uv';
import { exitStatus } from '../fatal';
import { utf8Text } from './buffer';

declare global {
  interface Ops {
    sys_chdir(path: string | Bytes): Result;
    sys_umask(mask: number): Result;
    sys_kill(pid: number, signal: number): Result;
  }
}

const { ops } = host;
const CLOCK_PROCESS_CPU = 2;

/** The working directory. Throws Node's exception when it is gone. */
export function currentDirectory(): string {
  const buffer = new Uint8Array(4096);
  const length = ops.sys_getcwd(buffer);
  if (length < 0) throw uvException(length, 'uv_cwd');
  return utf8Text(buffer.subarray(0, length));
}

function accessor(object: any, name: string, get: () => unknown, set?: (value: any) => void): void {
  Object.defineProperty(object, name, { get, set, enumerable: true, configurable: false });
}

/** As `PatchProcessObject`. */
function patchProcessObject(process: any): void {
  // `--title`, else how the program was called.
  let title: string | undefined;
  let debugPort = 9229;
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(process, name, { value, enumerable: true, configurable: true, writable: true });
  };
  accessor(process, 'title', () => title ??= command.options['--title'] || command.argv[0], (value) => { title = String(value); });
  define('argv', [...command.argv]);
  define('execArgv', [...command.execArgv]);
  Object.defineProperty(process, 'pid', { value: Math.max(1, ops.sys_getpid()), enumerable: true, configurable: true });
  accessor(process, 'ppid', () => Math.max(0, ops.sys_getppid()));
  define('execPath', command.execPath);
  accessor(process, 'debugPort', () => debugPort, (value) => { debugPort = Number(value); });
}

function cpuUs(): number {
  return Math.max(0, ops.sys_clock_gettime(CLOCK_PROCESS_CPU)) / 1000;
}

export function create(): object {
  const hrtimeBuffer = new Uint32Array(3);
  const hrtimeBig = new BigUint64Array(hrtimeBuffer.buffer, 0, 1);
  return {
    hrtimeBuffer,
    hrtime(): void {
      const now = monotonicNs();
      const seconds = Math.floor(now / 1e9);
      hrtimeBuffer[0] = Math.floor(seconds / 0x100000000);
      hrtimeBuffer[1] = seconds >>> 0;
      hrtimeBuffer[2] = now - seconds * 1e9;
    },
    hrtimeBigInt(): void { hrtimeBig[0] = BigInt(monotonicNs()); },
    uptime: () => (monotonicNs() - origin.ns) / 1e9,
    patchProcessObject,
    cwd: currentDirectory,
    chdir(path: string): void {
      const result = ops.sys_chdir(path);
      if (result < 0) throw uvException(result, 'chdir', undefined, currentDirectory(), path);
    },
    umask(mask?: number): number {
      if (mask !== undefined) return ops.sys_umask(mask);
      const old = ops.sys_umask(0);
      ops.sys_umask(old);
      return old;
    },
    memoryUsage(array: Float64Array): void {
      const [allocated, used, buffers] = host.engine.memoryUsage();
      array.set([allocated, allocated, used, buffers, buffers]);
    },
    rss: () => host.engine.memoryUsage()[0],
    constrainedMemory: () => 0,
    availableMemory: () => 2 ** 31,
    cpuUsage(array: Float64Array): void {
      array[0] = cpuUs();
      array[1] = 0;
    },
    threadCpuUsage(array: Float64Array): void {
      array[0] = cpuUs();
      array[1] = 0;
    },
    resourceUsage(array: Float64Array): void {
      array.fill(0);
      array[0] = cpuUs();
      array[2] = host.engine.memoryUsage()[0] / 1024;
    },
    _kill: (pid: number, signal: number) => ops.sys_kill(pid, signal),
    _rawDebug(text: string): void { ops.program_debug(text); },
    _debugProcess(): never { throw host.loadGlue('oracle').notAvailable('the inspector'); },
    _debugEnd(): void {},
    _getActiveRequests: activeRequests,
    _getActiveHandles: () => activeHandles().map(ownerOf),
    getActiveResourcesInfo(): string[] {
      const list = [...activeRequests(), ...activeHandles()].filter((wrap) => wrap instanceof AsyncWrap).map(AsyncWrap.resourceName);
      for (let i = 0; i < timers.timeoutInfo[0]!; i += 1) list.push('Timeout');
      for (let i = 0; i < timers.immediateInfo[1]!; i += 1) list.push('Immediate');
      return list;
    },
    reallyExit(code?: number): never { return ops.program_exit(code ?? exitStatus(0)); },
    abort(): never {
      const result = ops.sys_kill(ops.sys_getpid(), 6);
      return ops.program_exit(result < 0 ? 134 : 134);
    },
    setEmitWarningSync(): void {},
    loadEnvFile(path: string): void {
      const found = host.loadGlue('dotenv').loadFile(path, new Set(host.loadGlue('environment').environment.keys()), true);
      if (!found) throw uvException(UV.ENOENT, 'open', undefined, path);
    },
  };
}
