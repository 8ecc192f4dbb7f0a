/** `xdg-open` and `code` in the container: scripts that write into a FIFO which the page reads. */
import type { WebKernel } from '../kernel/oac_web.js';
import type { Streams } from './streams.js';

export type Command = 'xdg-open' | 'code';

const FOLDER = '/run/oac';
const FIFO = `${FOLDER}/page`;
const COMMANDS: readonly Command[] = ['xdg-open', 'code'];
/** A line that is longer was not written by these scripts. */
const LINE_MAX = 64 << 10;

/** One write a call, so that two at a time do not mix. The fields stand behind tabs, for paths hold none. */
const script = (name: Command): string => `#!/bin/sh
line="${name}\t$PWD"
for argument; do line="$line\t$argument"; done
printf '%s\\n' "$line" > ${FIFO}
`;

export async function serveCommands(
  kernel: WebKernel,
  streams: Streams,
  told: (command: Command, args: string[], cwd: string) => void,
): Promise<void> {
  kernel.mkdir(FOLDER, true);
  kernel.mkdir('/usr/local/bin', true);
  for (const name of COMMANDS) {
    const path = `/usr/local/bin/${name}`;
    kernel.writeFile(path, new TextEncoder().encode(script(name)));
    kernel.chmod(path, 0o755);
  }
  kernel.rm(FIFO, false, true);
  kernel.mkfifo(FIFO);
  const id = streams.fifo(FIFO);
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const bytes = await streams.read(id);
    if (bytes === null) return;
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > LINE_MAX) rest = '';
    for (const line of lines) {
      const [command, cwd, ...args] = line.split('\t');
      if (COMMANDS.includes(command as Command)) told(command as Command, args, cwd ?? '/');
    }
  }
}
