// What every process does after boot: take in argv, environment and clock, choose the main script, run it; and the events at the
// end. As src/node.cc (StartExecution) and src/api/hooks.cc.

import { callbackScope } from './async_wrap';
import { exitStatus, triggerUncaughtException } from './fatal';
import { monotonicNs, origin } from './loop';
import { parseCommandLine } from './command_line';
import { perContext, process, runInternal } from './realm';
import { kExiting, privateSymbols } from './symbols';
import { findSelf, self, type ThreadStart } from './thread';

declare global {
  interface Ops {
    sys_getpid(): Result;
    sys_getppid(): Result;
    sys_getcwd(buffer: Bytes): Result;
    sys_sigaction(signal: number, disposition: number): Result;
  }
}

const SIGPIPE = 13;
const IGNORE = 1;

const hooks: Array<() => void> = [];

/** Runs `hook` at the start of every process, before any script. */
export function onProcessStart(hook: () => void): void {
  hooks.push(hook);
}

/** What this process was started with. */
export const command = parseCommandLine([]);

/** What makes the realm of the main thread, as it was booted, that of another. As `node::worker::Worker::Run`. */
function becomeThread(start: ThreadStart): void {
  const { options, execArgv } = start;
  Object.assign(command, { options, execArgv, argv: [start.argv0], hasEval: false, envFiles: [], v8Options: [], error: undefined });
  host.loadGlue('bindings/worker').become(start);
  for (const name of ['_startProfilerIdleNotifier', '_stopProfilerIdleNotifier']) delete process[name];
  runInternal('internal/bootstrap/switches/is_not_main_thread');
  runInternal('internal/bootstrap/switches/does_not_own_process_state');
}

/** The environment, with the `NODE_OPTIONS` of the first environment file that has some. */
function variables(): Map<string, string> {
  const list = host.ops.program_env();
  const found = new Map<string, string>();
  for (let i = 0; i < list.length; i += 2) found.set(list[i]!, list[i + 1]!);
  if (found.has('NODE_OPTIONS')) return found;
  for (const [file] of parseCommandLine(host.ops.program_args()).envFiles) {
    const options = host.loadGlue('dotenv').read(file)?.['NODE_OPTIONS'];
    if (options !== undefined) found.set('NODE_OPTIONS', options);
  }
  return found;
}

function mainScript(): string {
  const { options } = command;
  if (self.start !== undefined) return 'internal/main/worker_thread';
  if (options['--help']) return 'internal/main/print_help';
  if (options['--check'] && command.argv.length > 1) return 'internal/main/check_syntax';
  if (command.hasEval && !options['--interactive']) return 'internal/main/eval_string';
  if (options['--test']) return 'internal/main/test_runner';
  if (command.argv.length > 1 && command.argv[1] !== '-') return 'internal/main/run_main_module';
  if (options['--interactive'] || isTerminal(0)) return 'internal/main/repl';
  return 'internal/main/eval_stdin';
}

function isTerminal(fd: number): boolean {
  return host.loadGlue('bindings/util').guessHandleType(fd) === 'TTY';
}

host.engine.setEntry('start', () => {
  origin.ns = monotonicNs();
  findSelf();
  if (self.start !== undefined) becomeThread(self.start);
  else Object.assign(command, parseCommandLine(host.ops.program_args(), variables()));
  if (command.error !== undefined) {
    host.ops.program_debug(`${command.argv[0]}: ${command.error}`);
    host.ops.program_exit(9);
  }
  if (command.options['--version']) {
    host.loadGlue('stdout').print(`${process.version}\n`);
    host.ops.program_exit(0);
  }
  // A peer that goes away is an EPIPE for the stream that writes, never the end of the process (src/node.cc, PlatformInit).
  host.ops.sys_sigaction(SIGPIPE, IGNORE);
  for (const hook of hooks) hook();
  const given = new Set(host.loadGlue('environment').environment.keys());
  for (const [file, required] of command.envFiles) {
    const isThere = host.loadGlue('dotenv').loadFile(file, given);
    if (isThere) continue;
    if (!required) {
      host.ops.program_debug(`${file} not found. Continuing without it.`);
      continue;
    }
    host.ops.program_debug(`${command.argv[0]}: ${file}: not found`);
    host.ops.program_exit(9);
  }
  callbackScope(process, 1, 0, undefined, () => {
    try {
      runInternal(mainScript());
    } catch (error) {
      triggerUncaughtException(error, false);
    }
  });
});

/** As `EmitProcessBeforeExit`. */
export function emitProcessBeforeExit(): void {
  callbackScope(process, 0, 0, undefined, () => process.emit('beforeExit', exitStatus(0)));
}

/** As `EmitProcessExitInternal`; gives the status. */
export function emitProcessExit(): number {
  const fields = process[privateSymbols['exit_info_private_symbol']!];
  fields[kExiting] = 1;
  const unsettled = unsettledEntryPoint();
  const status = exitStatus(unsettled !== undefined ? 13 : 0);
  if (unsettled !== undefined && command.options['--warnings'] !== false) host.ops.program_debug(`Warning: Detected unsettled top-level await at ${unsettled}`);
  callbackScope(process, 0, 0, undefined, () => process.emit('exit', status), true);
  return exitStatus(status);
}

/** Where the entry point's promise is still pending when nothing is left to run. */
function unsettledEntryPoint(): string | undefined {
  const promise = host.global[privateSymbols['entry_point_promise_private_symbol']!];
  if (promise === undefined || host.engine.promiseDetails(promise)?.[0] !== 0) return undefined;
  const path = command.hasEval || command.argv[1] === '-' ? undefined : command.argv[1];
  const file = path === undefined ? `${process.cwd()}/[eval1]` : process.argv[1] ?? path;
  const lines: string[] = host.loadGlue('sources').text(`file://${file}`)?.split('\n') ?? [];
  const at = Math.max(0, lines.findIndex((line) => /\bawait\b/.test(line)));
  const text = lines[at] ?? '';
  return `file://${file}:${at + 1}\n${text}\n${' '.repeat(Math.max(0, text.search(/\bawait\b/)))}^\n\n\n`;
}

void perContext;
