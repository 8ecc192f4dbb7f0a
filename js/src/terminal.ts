/** A terminal of the page, `@xterm/xterm` or what looks like it, as the terminal of a process. */
import type { OpenAgentsContainer, SpawnOptions } from './container.js';
import { invalidArgument } from './errors.js';
import type { ContainerProcess } from './process.js';

/** What is used of xterm.js. */
export interface XtermLike {
  readonly cols: number;
  readonly rows: number;
  write(data: string, callback?: () => void): void;
  onData(listener: (data: string) => void): { dispose(): void };
  onResize(listener: (size: { cols: number; rows: number }) => void): { dispose(): void };
  /** Where it is there, addresses in the output can be clicked. */
  registerLinkProvider?(provider: LinkProvider): { dispose(): void };
  readonly buffer?: { readonly active: { getLine(line: number): { translateToString(trimRight?: boolean): string } | undefined } };
}

interface Link {
  range: { start: { x: number; y: number }; end: { x: number; y: number } };
  text: string;
  activate(event: MouseEvent, text: string): void;
}
interface LinkProvider {
  provideLinks(line: number, callback: (links: Link[] | undefined) => void): void;
}

export interface AttachOptions extends Omit<SpawnOptions, 'terminal' | 'merged'> {
  /** What runs in it. Default: a shell. */
  command?: string;
  args?: readonly string[];
  /** What a click on an address does. Default: opens a tab, the container's own ports as their previews. */
  onLink?: (url: string) => void;
}

/** A process on a terminal of the page. */
export interface AttachedTerminal {
  readonly process: ContainerProcess;
  /** Takes the terminal away; the process hears a hang-up. */
  dispose(): void;
}

/**
 * Runs a shell (or another program) on a terminal: keys and pasted text go in, output comes back as fast as the terminal takes it,
 * sizes are passed on, addresses can be clicked.
 *
 *     const terminal = new Terminal();
 *     terminal.open(element);
 *     await attachTerminal(container, terminal);
 *
 * @throws as `spawn`
 */
export async function attachTerminal(container: OpenAgentsContainer, terminal: XtermLike, options: AttachOptions = {}): Promise<AttachedTerminal> {
  if (typeof terminal?.write !== 'function' || typeof terminal.onData !== 'function') throw invalidArgument('attachTerminal takes a Terminal of xterm.js');
  const { command = 'sh', args = [], onLink, ...rest } = options;
  const process = await container.spawn(command, args, { ...rest, terminal: { cols: terminal.cols, rows: terminal.rows } });
  const input = process.input.getWriter();
  const disposables = [
    // What is typed after the program's end reaches nobody.
    terminal.onData((data) => void input.write(data).catch(() => undefined)),
    terminal.onResize((size) => process.resize(size)),
  ];
  const links = terminal.registerLinkProvider?.(linkProvider(terminal, onLink ?? ((url) => openLink(container, url))));
  if (links !== undefined) disposables.push(links);
  const release = (): void => {
    for (const disposable of disposables.splice(0)) disposable.dispose();
  };
  const shown = process.output.pipeTo(
    // A write is done when it is shown, so that a program does not run ahead of the screen.
    new WritableStream<string>({ write: (text) => new Promise<void>((resolve) => terminal.write(text, resolve)) }),
  );
  shown.then(release, release);
  return {
    process,
    dispose: () => {
      release();
      process.kill('SIGHUP');
    },
  };
}

const ADDRESS = /https?:\/\/[^\s"'<>`\x1b]+[^\s"'<>`\x1b.,;:!?)\]}]/g;

function linkProvider(terminal: XtermLike, open: (url: string) => void): LinkProvider {
  return {
    provideLinks: (line, callback) => {
      const text = terminal.buffer?.active.getLine(line - 1)?.translateToString(true) ?? '';
      const links = [...text.matchAll(ADDRESS)].map((match): Link => ({
        text: match[0],
        range: { start: { x: match.index + 1, y: line }, end: { x: match.index + match[0].length, y: line } },
        activate: (_, url) => open(url),
      }));
      callback(links.length === 0 ? undefined : links);
    },
  };
}

const LOCAL = new Set(['localhost', '127.0.0.1', '0.0.0.0', '[::1]']);

function openLink(container: OpenAgentsContainer, address: string): void {
  const url = new URL(address);
  const port = Number(url.port === '' ? 80 : url.port);
  const preview = LOCAL.has(url.hostname) ? container.previewUrl(port) : '';
  const shown = preview === '' ? url.href : new URL(url.pathname.slice(1) + url.search + url.hash, preview).href;
  window.open(shown, '_blank', preview === '' ? 'noopener' : '');
}
