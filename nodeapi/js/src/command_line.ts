// `node [options] [script] [arguments]`: Node's own option table (names, types, defaults) decides what is what.

import { called, constant } from './oracle';

interface OptionInfo { type: number; defaultIsTrue: boolean }

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

const SHORT: Record<string, string> = {
  '-e': '--eval', '-p': '--print', '-c': '--check', '-i': '--interactive', '-r': '--require', '-h': '--help', '-v': '--version',
  '-pe': '--print', '-C': '--conditions', '--es-module-specifier-resolution': '--experimental-specifier-resolution',
  '--loader': '--experimental-loader', '--security-reverts': '--security-revert', '--inspect-brk-node': '--inspect-brk-node',
};

/** As `PerProcessOptionsParser` for the options a container can have. */
export function parseCommandLine(args: string[]): Command {
  const options: Record<string, any> = called('options.getCLIOptionsValues');
  options['--network-family-autoselection'] = false;
  // The oracle was run with options of its own.
  options['--warnings'] = true;
  options['--expose-internals'] = false;
  const command: Command = { options, execPath: '/usr/bin/node', execArgv: [], argv: [args[0] ?? 'node'], hasEval: false, envFiles: [], v8Options: [] };
  let at = 1;
  for (; at < args.length; at += 1) {
    const arg = args[at]!;
    if (arg === '--') {
      at += 1;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') break;
    command.execArgv.push(arg);
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const given = equals < 0 ? arg : arg.slice(0, equals);
    const name = SHORT[given] ?? given.replaceAll('_', '-');
    const inline = equals < 0 ? undefined : arg.slice(equals + 1);
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

/** Sets one option; whether it took the next argument as its value. */
function set(command: Command, given: string, name: string, inline: string | undefined, next: string | undefined): boolean {
  const { options } = command;
  if (name === '--eval' || name === '--print') {
    const text = inline ?? (name === '--print' && (next === undefined || next.startsWith('-')) ? undefined : next);
    if (text === undefined && name === '--eval') command.error = `${given} requires an argument`;
    if (text === undefined) return false;
    options['--eval'] = text;
    command.hasEval = true;
    return inline === undefined;
  }
  const negated = name.startsWith('--no-') ? `--${name.slice(5)}` : undefined;
  const entry = info.get(name) ?? (negated === undefined ? undefined : info.get(negated));
  if (entry === undefined) {
    command.error = `bad option: ${given}`;
    return false;
  }
  switch (entry.type) {
    case types['kBoolean']:
      if (negated !== undefined && !info.has(name)) {
        options[negated] = false;
        options[name] = true;
      } else {
        options[name] = true;
        if (`--no-${name.slice(2)}` in options) options[`--no-${name.slice(2)}`] = false;
      }
      return false;
    case types['kV8Option']:
      command.v8Options.push(inline === undefined ? given : `${given}=${inline}`);
      return false;
    case types['kNoOp']:
      return false;
    default: {
      const text = inline ?? next;
      if (text === undefined) {
        command.error = `${given} requires an argument`;
        return false;
      }
      if (name === '--env-file' || name === '--env-file-if-exists') command.envFiles.push([text, name === '--env-file']);
      if (entry.type === types['kStringList']) options[name] = [...(options[name] ?? []), text];
      else if (entry.type === types['kInteger'] || entry.type === types['kUInteger']) options[name] = Number(text);
      else options[name] = text;
      return inline === undefined;
    }
  }
}
