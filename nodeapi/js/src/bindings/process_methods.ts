import '../environment';
import { AsyncWrap } from '../async_wrap';
import { activeHandles, ownerOf } from '../handle_wrap';
import { activeRequests, monotonicNs, origin, timers } from '../loop';
import { called } from '../oracle';
import { process } from '../realm';
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
const AT_FDCWD = -100;
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

/** What `--trace-exit` prints. */
function exitTrace(code: number): string {
  // C++ prints a function's own name, without whose method it is.
  const frames = String(new Error().stack).split('\n').slice(1);
  const stack = frames.map((frame) => frame.replace(/^( +at )(?:[^\s(]+\.)?([^\s(]+)(?: \[as [^\]]+\])? \(/, '$1$2 (')).join('\n');
  return `(node:${process.pid}) WARNING: Exited the environment with code ${code}\n${stack}\n`;
}

/** As `node::binding::DLOpen`, where no file can be loaded: machine code has no machine here. */
function dlopen(module: any, path: unknown): never {
  const fail = (code: string, message: string): never => {
    throw Object.defineProperty(new Error(message), 'code', { value: code, enumerable: true, configurable: true, writable: true });
  };
  const { options } = command;
  if (options['--addons'] === false || (options['--permission'] && !options['--allow-addons'])) fail('ERR_DLOPEN_DISABLED', 'Cannot load native addon because loading addons is disabled.');
  if (module === undefined || path === undefined) fail('ERR_MISSING_ARGS', 'process.dlopen needs at least 2 arguments.');
  const file = String(path);
  const O_CLOEXEC = 0o2000000;
  const fd = ops.sys_openat(AT_FDCWD, file, O_CLOEXEC, 0);
  if (fd < 0) fail('ERR_DLOPEN_FAILED', `${file}: cannot open shared object file: ${reason(fd)}`);
  const ELF_HEADER_BYTES = 64;
  const start = new Uint8Array(ELF_HEADER_BYTES);
  const count = ops.sys_read(fd, start);
  ops.sys_close(fd);
  if (count < start.length) fail('ERR_DLOPEN_FAILED', `${file}: file too short`);
  const isElf = [0x7f, 0x45, 0x4c, 0x46].every((byte, i) => start[i] === byte);
  return fail('ERR_DLOPEN_FAILED', isElf ? `${file}: native addons cannot run in this container` : `${file}: invalid ELF header`);
}

/** Of an errno, capitalized as glibc says it. */
function reason(errno: number): string {
  const text: string = called('uv.getErrorMap').get(errno)?.[1] ?? `error ${-errno}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
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
    reallyExit(code?: number): never {
      if (command.options['--trace-exit']) ops.program_debug(exitTrace(code ?? exitStatus(0)));
      return ops.program_exit(code ?? exitStatus(0));
    },
    dlopen,
    abort(): never {
      const result = ops.sys_kill(ops.sys_getpid(), 6);
      return ops.program_exit(result < 0 ? 134 : 134);
    },
    /** For Node's own tests. */
    causeSegfault(): never {
      ops.sys_kill(ops.sys_getpid(), 11);
      return ops.program_exit(139);
    },
    setEmitWarningSync(): void {},
    loadEnvFile(path: string): void {
      const found = host.loadGlue('dotenv').loadFile(path, new Set(host.loadGlue('environment').environment.keys()));
      if (!found) throw uvException(UV.ENOENT, 'open', undefined, path);
    },
  };
}
