// `.env` files. As src/node_dotenv.cc: comments, quotes, `export`, multi-line values in quotes, `\n` in double quotes.

import { readText } from './files';
import { environment } from './environment';
import { UV, uvException } from './uv';

const LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=[ \t]*(?:"((?:[^"])*)"|'((?:[^'])*)'|`((?:[^`])*)`|([^\n#]*))?/gm;

export function parse(text: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const match of text.replaceAll('\r\n', '\n').matchAll(LINE)) {
    const [, name, double, single, back, plain] = match;
    result[name!] = double !== undefined ? double.replaceAll('\\n', '\n') : single ?? back ?? (plain ?? '').trim();
  }
  return result;
}

export function loadFile(path: string): void {
  const text = readText(path);
  if (text === undefined) throw uvException(UV.ENOENT, 'open', undefined, path);
  for (const [name, value] of Object.entries(parse(text))) {
    if (!environment.has(name)) host.global.process.env[name] = value;
  }
}
