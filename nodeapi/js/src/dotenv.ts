// `.env` files. As src/node_dotenv.cc: comments, quotes, `export`, multi-line values in quotes, `\n` in double quotes.

import { readText } from './files';

const LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=[ \t]*(?:"((?:[^"])*)"|'((?:[^'])*)'|`((?:[^`])*)`|([^\n#]*))?/gm;

export function parse(text: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const match of text.replaceAll('\r\n', '\n').matchAll(LINE)) {
    const [, name, double, single, back, plain] = match;
    result[name!] = double !== undefined ? double.replaceAll('\\n', '\n') : single ?? back ?? (plain ?? '').trim();
  }
  return result;
}

/** The variables of a file, if there is one. */
export function read(path: string): Record<string, string> | undefined {
  const text = readText(path);
  return text === undefined ? undefined : parse(text);
}

/** Takes the variables of a file, except those in `given`. False if there is no such file. */
export function loadFile(path: string, given: Set<string>): boolean {
  const variables = read(path);
  if (variables === undefined) return false;
  for (const [name, value] of Object.entries(variables)) {
    if (!given.has(name)) host.global.process.env[name] = value;
  }
  return true;
}
