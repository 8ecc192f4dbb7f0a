// Trace events: what is noted of enabled categories goes to a file in the format of Chrome's tracing. As src/tracing and v8's
// JSONTraceWriter.

import { utf8Bytes } from './bindings/buffer';
import { atExit, monotonicNs } from './loop';
import { process } from './realm';
import { command, onProcessStart } from './start';
import { self } from './thread';

declare global {
  interface Ops {
    sys_write(fd: number, bytes: Bytes): Result;
  }
}

const { ops } = host;
const AT_FDCWD = -100;
const O_WRONLY_CREAT_TRUNC_CLOEXEC = 1 | 0o100 | 0o1000 | 0o2000000;
/** As many events as a file takes, and as are kept before they are written. */
const EVENTS_PER_FILE = 1 << 19;
const EVENTS_KEPT = 512;
const DEFAULT_CATEGORIES = 'v8,node,node.async_hooks';

/** Categories as often as somebody wants them. */
const wanted = new Map<string, number>();
/** The live flag of each list of categories that was asked for. */
const flags = new Map<string, Uint8Array>();
let update: ((isEnabled: boolean) => void) | undefined;

const file = { fd: -1, rotation: 0, events: 0, kept: [] as string[] };

function isOn(categories: string): boolean {
  return wanted.size > 0 && (wanted.has('*') || categories.split(',').some((category) => wanted.has(category)));
}

function refresh(): void {
  for (const [categories, flag] of flags) flag[0] = isOn(categories) ? 1 : 0;
  update?.(isOn('node.async_hooks'));
}

/** The flag of a list of categories, which follows what is enabled. */
export function flagOf(categories: string): Uint8Array {
  let flag = flags.get(categories);
  if (flag === undefined) {
    flag = new Uint8Array([isOn(categories) ? 1 : 0]);
    flags.set(categories, flag);
  }
  return flag;
}

export function isEnabled(categories: string): boolean {
  return flagOf(categories)[0] === 1;
}

export function enabledCategories(): string | undefined {
  return wanted.size === 0 ? undefined : [...wanted.keys()].sort().join();
}

export function onUpdate(fn: (isEnabled: boolean) => void): void {
  update = fn;
}

export function enable(categories: string[]): void {
  for (const category of categories) wanted.set(category, (wanted.get(category) ?? 0) + 1);
  refresh();
  if (file.fd < 0) open();
}

export function disable(categories: string[]): void {
  for (const category of categories) {
    const left = (wanted.get(category) ?? 1) - 1;
    if (left === 0) wanted.delete(category);
    else wanted.set(category, left);
  }
  refresh();
  if (wanted.size === 0) close();
}

function open(): void {
  // A thread's events have no file of their own.
  if (self.start !== undefined) return;
  file.rotation += 1;
  const pattern: string = command.options['--trace-event-file-pattern'] as string;
  const path = pattern.replaceAll('${pid}', String(ops.sys_getpid())).replaceAll('${rotation}', String(file.rotation));
  file.fd = ops.sys_openat(AT_FDCWD, path, O_WRONLY_CREAT_TRUNC_CLOEXEC, 0o644);
  if (file.fd < 0) {
    ops.program_debug(`Could not open trace file ${path}: errno ${-file.fd}`);
    return;
  }
  file.events = 0;
  write('{"traceEvents":[');
  if (!atExit.includes(close)) atExit.push(close);
  metadata();
}

function write(text: string): void {
  const bytes = utf8Bytes(text);
  for (let at = 0; at < bytes.length;) {
    const count = ops.sys_write(file.fd, bytes.subarray(at));
    if (count <= 0) return;
    at += count;
  }
}

function flush(): void {
  if (file.kept.length === 0) return;
  write((file.events > file.kept.length ? ',\n' : '') + file.kept.join(',\n'));
  file.kept = [];
}

function close(): void {
  if (file.fd < 0) return;
  flush();
  write(']}\n');
  ops.sys_close(file.fd);
  file.fd = -1;
}

/** Notes an event, whatever is enabled. `args` is JSON. */
function put(phase: string, categories: string, name: string, id: number, args: string, ts = monotonicNs()): void {
  if (file.fd < 0) return;
  const at = Math.round(ts / 1000);
  const identity = id === 0 ? '' : `,"id":"0x${id.toString(16)}"`;
  const pid = ops.sys_getpid();
  file.kept.push(`{"pid":${pid},"tid":${pid},"ts":${at},"tts":${at},"ph":"${phase}","cat":${JSON.stringify(categories)},` +
    `"name":${JSON.stringify(name)},"dur":0,"tdur":0${identity},"args":${args}}`);
  file.events += 1;
  if (file.events >= EVENTS_PER_FILE) {
    close();
    open();
  } else if (file.kept.length >= EVENTS_KEPT) flush();
}

/** What stands in every file. */
function metadata(): void {
  const note = (name: string, args: object): void => put('M', '__metadata', name, 0, JSON.stringify(args), 0);
  note('process_name', { name: process.title });
  note('version', { node: process.versions.node });
  note('thread_name', { name: 'JavaScriptMainThread' });
  note('node', { process: { versions: process.versions, arch: process.arch, platform: process.platform, release: process.release } });
}

/** An event of an enabled category. */
export function trace(phase: number, categories: string, name: string, id?: number | null, data?: unknown): void {
  if (!isEnabled(categories)) return;
  put(String.fromCharCode(phase), categories, name, id ?? 0, data === undefined ? '{}' : `{"data":${JSON.stringify(data) ?? 'null'}}`);
}

/** A milestone of the process, in ns of the monotonic clock. */
export function milestone(name: string, ns: number): void {
  if (isEnabled('node,node.bootstrap')) put('I', 'node,node.bootstrap', name, 0, '{}', ns);
}

/** Runs `work` between the two events of a name. */
export function traced<T>(categories: string, name: string, work: () => T): T {
  if (!isEnabled(categories)) return work();
  put('B', categories, name, 0, '{}');
  try {
    return work();
  } finally {
    put('E', categories, name, 0, '{}');
  }
}

onProcessStart(() => {
  const given = command.options['--trace-event-categories'] as string;
  const list = given !== '' ? given : command.options['--trace-events-enabled'] === true ? DEFAULT_CATEGORIES : '';
  if (list !== '') enable(list.split(',').map((category) => category.trim()).filter((category) => category !== ''));
});
