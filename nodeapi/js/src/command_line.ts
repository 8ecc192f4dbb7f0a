// `node [options] [script] [arguments]`: Node's own option table (names, types, defaults) decides what is what.

import { called, constant } from './oracle';

interface OptionInfo { type: number; defaultIsTrue: boolean; envVarSettings: number }

export interface Command {
  /** All option values, by name; what `getCLIOptionsValues` gives. */
  options: Record<string, any>;
  execPath: string;
  execArgv: string[];
  /** `process.argv` before Node replaces its first element. */
  argv: string[];
  hasEval: boolean;
  /** Files of variables, in the order of the options, with whether they have to be there. */
  envFiles: Array<[string, boolean]>;
  /** V8's own options, as they were given. */
  v8Options: string[];
  error?: string;
}

const types: Record<string, number> = constant('options', 'types');
const info: Map<string, OptionInfo> = called('options.getCLIOptionsInfo').options;

/** Options that set another one (`Implies` of src/node_options.cc). */
const IMPLIED: Record<string, string> = {
  '--experimental-transform-types': '--enable-source-maps', '--report-signal': '--report-on-signal',
  '--trace-env-native-stack': '--trace-env', '--trace-env-js-stack': '--trace-env',
};

/** Variables that are options. */
const FLAGS = [
  ['NODE_PENDING_DEPRECATION', '--pending-deprecation'], ['NODE_PRESERVE_SYMLINKS', '--preserve-symlinks'],
  ['NODE_PRESERVE_SYMLINKS_MAIN', '--preserve-symlinks-main'],
] as const;

/** Options that take one of some words, and the end of the message about any other. */
const CHOICES: Record<string, [string[], string]> = {
  '--input-type': [
    ['module', 'commonjs', 'module-typescript', 'commonjs-typescript'],
    'must be "module","commonjs", "module-typescript" or "commonjs-typescript"',
  ],
  '--trace-require-module': [['all', 'no-node-modules'], 'invalid value for --trace-require-module'],
  '--unhandled-rejections': [
    ['warn-with-error-code', 'throw', 'strict', 'warn', 'none'], 'invalid value for --unhandled-rejections',
  ],
};

/** Options of two names. */
const TWINS: Record<string, string> = { '--require-module': '--experimental-require-module', '--experimental-require-module': '--require-module' };

const SHORT: Record<string, string> = {
  '--experimental-strip-types': '--strip-types', '--experimental-test-isolation': '--test-isolation',
  '--report-directory': '--report-dir', '--debug-port': '--inspect-port',
  '--enable-network-family-autoselection': '--network-family-autoselection',
  '--experimental-default-config-file': '--experimental-config-file',
  '-e': '--eval', '-p': '--print', '-c': '--check', '-i': '--interactive', '-r': '--require', '-h': '--help', '-v': '--version',
  '-pe': '--print', '-C': '--conditions', '--es-module-specifier-resolution': '--experimental-specifier-resolution',
  '--loader': '--experimental-loader', '--security-reverts': '--security-revert', '--inspect-brk-node': '--inspect-brk-node',
};

/** The words of `NODE_OPTIONS`, as `ParseNodeOptionsEnvVar`; an error if a string has no end. */
function words(text: string): string[] | string {
  const found: string[] = [];
  let inString = false;
  let starts = true;
  for (let at = 0; at < text.length; at += 1) {
    let char = text[at]!;
    if (char === '\\' && inString) {
      at += 1;
      if (at === text.length) return 'invalid value for NODE_OPTIONS (invalid escape)\n';
      char = text[at]!;
    } else if (char === ' ' && !inString) {
      starts = true;
      continue;
    } else if (char === '"') {
      inString = !inString;
      continue;
    }
    if (starts) found.push('');
    found[found.length - 1] += char;
    starts = false;
  }
  return inString ? 'invalid value for NODE_OPTIONS (unterminated string)\n' : found;
}

/** Whether an option may stand in `NODE_OPTIONS`. */
function allowedInEnvironment(name: string): boolean {
  const entry = info.get(name) ?? info.get(`--${name.slice(5)}`);
  return entry === undefined ? false : entry.envVarSettings === 0;
}

/** Takes the options of `NODE_OPTIONS`, all of which have to be allowed there. */
function takeEnvironment(command: Command, text: string): void {
  const list = words(text);
  if (typeof list === 'string') {
    command.error = list;
    return;
  }
  for (let at = 0; at < list.length; at += 1) {
    if (!list[at]!.startsWith('-')) return;
    const { given, name, inline } = split(list[at]!);
    if (!allowedInEnvironment(name)) {
      command.error = `${given} is not allowed in NODE_OPTIONS`;
      return;
    }
    if (set(command, given, name, inline, list[at + 1])) at += 1;
    if (command.error !== undefined) return;
  }
}

function split(arg: string): { given: string; name: string; inline: string | undefined } {
  const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
  const given = equals < 0 ? arg : arg.slice(0, equals);
  return { given, name: SHORT[given] ?? given.replaceAll('_', '-'), inline: equals < 0 ? undefined : arg.slice(equals + 1) };
}

/** As `PerProcessOptionsParser` for the options a container can have. `variables` are those of the environment. */
export function parseCommandLine(args: string[], variables?: Map<string, string>): Command {
  const options: Record<string, any> = called('options.getCLIOptionsValues');
  options['--network-family-autoselection'] = false;
  // The oracle was run with options of its own.
  options['--warnings'] = true;
  options['--expose-internals'] = false;
  const command: Command = { options, execPath: '/usr/bin/node', execArgv: [], argv: [args[0] ?? 'node'], hasEval: false, envFiles: [], v8Options: [] };
  if (variables !== undefined) {
    for (const [variable, option] of FLAGS) if (variables.get(variable)?.startsWith('1')) options[option] = true;
    const redirected = variables.get('NODE_REDIRECT_WARNINGS');
    if (redirected !== undefined) options['--redirect-warnings'] = redirected;
    takeEnvironment(command, variables.get('NODE_OPTIONS') ?? '');
    if (command.error !== undefined) return command;
  }
  let at = 1;
  for (; at < args.length; at += 1) {
    const arg = args[at]!;
    if (arg === '--') {
      at += 1;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') break;
    command.execArgv.push(arg);
    const { given, name, inline } = split(arg);
    if (name === '--print') options['--print'] = true;
    const next = args[at + 1];
    const takesNext = set(command, given, name, inline, next);
    if (command.error !== undefined) return command;
    if (takesNext) {
      at += 1;
      command.execArgv.push(args[at]!);
    }
  }
  command.argv.push(...args.slice(at));
  return command;
}

function switchTo(options: Record<string, any>, name: string, on: boolean): void {
  for (const each of [name, TWINS[name], on ? IMPLIED[name] : undefined]) {
    if (each === undefined) continue;
    options[each] = on;
    if (!on || `--no-${each.slice(2)}` in options) options[`--no-${each.slice(2)}`] = !on;
  }
}

let v8Options: Set<string> | undefined;

/** Whether V8 knows it: `-` and `_` are one, and `no` turns an option off. */
function isV8Option(name: string): boolean {
  v8Options ??= new Set((called('v8.options') as string).split(' '));
  const plain = name.replace(/^--/, '').replaceAll('_', '-');
  return v8Options.has(plain) || v8Options.has(plain.replace(/^no-?/, ''));
}

/** The value of an option that needs one: what follows has to be no option, or a backslash says that it is none. */
function valueOf(inline: string | undefined, next: string | undefined): string | undefined {
  if (inline !== undefined) return inline === '' ? undefined : inline;
  if (next?.startsWith('-')) return undefined;
  return next?.startsWith('\\-') ? next.slice(1) : next;
}

/** Sets one option; whether it took the next argument as its value. */
function set(command: Command, given: string, name: string, inline: string | undefined, next: string | undefined): boolean {
  const { options } = command;
  if (name === '--eval' || name === '--print') {
    const text = valueOf(inline, next);
    if (text === undefined && name === '--eval') command.error = `${given} requires an argument`;
    if (text === undefined) return false;
    options['--eval'] = text;
    command.hasEval = true;
    return inline === undefined;
  }
  const negated = name.startsWith('--no-') ? `--${name.slice(5)}` : undefined;
  const entry = info.get(name) ?? (negated === undefined ? undefined : info.get(negated));
  if (entry === undefined && isV8Option(name)) {
    command.v8Options.push(inline === undefined ? given : `${given}=${inline}`);
    return false;
  }
  if (entry === undefined) {
    command.error = `bad option: ${inline === undefined ? given : `${given}=${inline}`}`;
    return false;
  }
  switch (entry.type) {
    case types['kBoolean']:
      if (negated !== undefined && !info.has(name)) switchTo(options, negated, false);
      else switchTo(options, name, true);
      return false;
    case types['kV8Option']:
      command.v8Options.push(inline === undefined ? given : `${given}=${inline}`);
      return false;
    case types['kNoOp']:
      return false;
    default: {
      const text = valueOf(inline, next);
      if (text === undefined) {
        command.error = `${given}${inline === undefined ? '' : '='} requires an argument`;
        return false;
      }
      const choices = CHOICES[name];
      if (choices !== undefined && !choices[0].includes(text)) {
        command.error = `${given} ${choices[1]}`.replace(/^(\S+) invalid/, 'invalid');
        return false;
      }
      if (name === '--env-file' || name === '--env-file-if-exists') command.envFiles.push([text, name === '--env-file']);
      if (IMPLIED[name] !== undefined) switchTo(options, IMPLIED[name], true);
      if (entry.type === types['kStringList']) options[name] = [...(options[name] ?? []), text];
      else if (entry.type === types['kInteger'] || entry.type === types['kUInteger']) options[name] = Number(text);
      else options[name] = text;
      return inline === undefined;
    }
  }
}
