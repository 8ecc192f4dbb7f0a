// Diagnostic reports: their settings, and what a report says here. As src/node_report.cc; parts that have no counterpart in
// the container (native stack, libuv's handles, resource limits) are left out, and reports on signals and fatal errors are not made.

import { environment } from '../environment';
import { internals } from '../fatal';
import { processShape } from '../oracle';
import { command } from '../start';
import { currentDirectory } from './process_methods';

const REPORT_VERSION = 5;
/** What Node's build for Linux is linked with, and what programs that choose a build by it get. */
const GLIBC = { glibcVersionRuntime: '2.36', glibcVersionCompiler: '2.28' };

interface Settings {
  Compact: boolean; ExcludeNetwork: boolean; ExcludeEnv: boolean; Directory: string; Filename: string; Signal: string;
}

function header(event: string, trigger: string, filename: string | null, withNetwork: boolean): object {
  const os = internals.require!('os');
  const { process } = internals;
  const now = new Date();
  return {
    reportVersion: REPORT_VERSION, event, trigger, filename,
    dumpEventTime: now.toISOString().replace(/\.\d+Z$/, 'Z'), dumpEventTimeStamp: String(now.getTime()),
    processId: process.pid, threadId: 0, cwd: currentDirectory(), commandLine: [...command.argv.slice(0, 1), ...command.execArgv, ...command.argv.slice(1)],
    nodejsVersion: process.version, ...GLIBC, wordSize: 64, arch: process.arch, platform: process.platform,
    componentVersions: { ...processShape.versions }, release: { ...processShape.release },
    osName: os.type(), osRelease: os.release(), osVersion: os.version(), osMachine: os.machine(),
    cpus: os.cpus().map(({ model, speed, times }: any) => ({ model, speed, ...times })),
    ...(withNetwork && { networkInterfaces: networkInterfaces(os) }),
    host: os.hostname(),
  };
}

function networkInterfaces(os: any): object[] {
  return Object.entries<any[]>(os.networkInterfaces()).flatMap(([name, list]) =>
    list.map(({ address, netmask, family, mac, internal, scopeid }) => ({
      name, internal, mac, address, netmask, family, ...(scopeid !== undefined && { scopeid }),
    })));
}

function javascriptStack(error: any): object {
  const [message, ...stack] = String(error.stack ?? error).split('\n').map((line) => line.trim());
  const errorProperties: Record<string, string> = {};
  for (const name of Object.keys(error)) {
    if (name !== 'stack' && name !== 'message') errorProperties[name] = String(error[name]);
  }
  return { message, stack, errorProperties };
}

function javascriptHeap(): object {
  const v8 = internals.require!('v8');
  const heap = v8.getHeapStatistics();
  const heapSpaces: Record<string, object> = {};
  for (const space of v8.getHeapSpaceStatistics()) {
    heapSpaces[space.space_name] = {
      memorySize: space.space_size, committedMemory: space.physical_space_size,
      capacity: space.space_used_size + space.space_available_size, used: space.space_used_size, available: space.space_available_size,
    };
  }
  return {
    totalMemory: heap.total_heap_size, executableMemory: heap.total_heap_size_executable, totalCommittedMemory: heap.total_physical_size,
    availableMemory: heap.total_available_size, totalGlobalHandlesMemory: heap.total_global_handles_size,
    usedGlobalHandlesMemory: heap.used_global_handles_size, usedMemory: heap.used_heap_size, memoryLimit: heap.heap_size_limit,
    mallocedMemory: heap.malloced_memory, externalMemory: heap.external_memory, peakMallocedMemory: heap.peak_malloced_memory,
    nativeContextCount: heap.number_of_native_contexts, detachedContextCount: heap.number_of_detached_contexts,
    doesZapGarbage: heap.does_zap_garbage, heapSpaces,
  };
}

function resourceUsage(): object {
  const os = internals.require!('os');
  const { process } = internals;
  const usage = process.resourceUsage();
  return {
    free_memory: os.freemem(), total_memory: os.totalmem(), rss: process.memoryUsage.rss(), available_memory: process.availableMemory(),
    userCpuSeconds: usage.userCPUTime / 1e6, kernelCpuSeconds: usage.systemCPUTime / 1e6, maxRss: usage.maxRSS * 1024,
  };
}

function report(settings: Settings, event: string, trigger: string, filename: string | null, error: unknown): string {
  const content = {
    header: header(event, trigger, filename, !settings.ExcludeNetwork),
    javascriptStack: javascriptStack(error), javascriptHeap: javascriptHeap(), resourceUsage: resourceUsage(), workers: [],
    ...(!settings.ExcludeEnv && { environmentVariables: Object.fromEntries(environment) }),
    sharedObjects: [],
  };
  return JSON.stringify(content, null, settings.Compact ? undefined : 2);
}

/** `report.20261121.164857.42.0.001.json`: local time, process, thread, number. */
function defaultName(serial: number): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `report.${date}.${time}.${internals.process.pid}.0.${String(serial).padStart(3, '0')}.json`;
}

export function create(): object {
  const settings: Settings = { Compact: false, ExcludeNetwork: false, ExcludeEnv: false, Directory: '', Filename: '', Signal: 'SIGUSR2' };
  const triggers = { FatalError: false, Signal: false, UncaughtException: false };
  let written = 0;
  const binding: Record<string, unknown> = {
    getReport: (error: unknown) => report(settings, 'JavaScript API', 'GetReport', null, error),
    writeReport(event: string, trigger: string, file: string | undefined, error: unknown): string {
      const name = file ?? (settings.Filename || defaultName(written += 1));
      const path = settings.Directory === '' ? name : internals.require!('path').join(settings.Directory, name);
      const { process } = internals;
      process._rawDebug(`\nWriting Node.js report to file: ${name}`);
      internals.require!('fs').writeFileSync(path, `${report(settings, event, trigger, name, error)}\n`);
      process._rawDebug('Node.js report completed');
      return name;
    },
  };
  for (const name of Object.keys(settings) as Array<keyof Settings>) {
    binding[`get${name}`] = () => settings[name];
    binding[`set${name}`] = (value: never) => { settings[name] = value; };
  }
  for (const name of Object.keys(triggers) as Array<keyof typeof triggers>) {
    binding[`shouldReportOn${name}`] = () => triggers[name];
    binding[`setReportOn${name}`] = (value: boolean) => { triggers[name] = value; };
  }
  return binding;
}
