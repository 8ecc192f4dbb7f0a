/** What `@webcontainer/api/connect` has: for a page under `/webcontainer/connect/` that stands between a preview's tab and its editor. */
import { ContainerError } from './errors.js';

export interface ConnectOptions {
  /** Where the editor is. Default: this page's own origin. */
  editorOrigin?: string;
}

/**
 * Passes messages between the tab that opened this page and the editor's page of the same path, which it loads in a hidden frame.
 *
 * @throws ContainerError ERR_INVALID_ARGUMENT on another path, or without an opener
 */
export function setupConnect(options: ConnectOptions = {}): void {
  const here = new URL(location.href);
  if (!here.pathname.startsWith('/webcontainer/connect/')) {
    throw new ContainerError({ code: 'ERR_INVALID_ARGUMENT', message: `This function must be used on a '/webcontainer/connect' endpoint. Used in ${here.pathname}` });
  }
  const opener = window.opener as Window | null;
  if (opener === null) {
    throw new ContainerError({ code: 'ERR_INVALID_ARGUMENT', message: 'This page must have an opener. You must serve it with appropriate headers' });
  }
  const editor = new URL(options.editorOrigin ?? here.origin);
  editor.pathname = here.pathname;
  const frame = document.createElement('iframe');
  frame.style.display = 'none';
  addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.data === 'close') {
      window.close();
      return;
    }
    const to = event.source === opener ? frame.contentWindow : opener;
    to?.postMessage(event.data, '*', portsIn(event.data));
  });
  frame.src = editor.href;
  document.body.append(frame);
}

function portsIn(value: unknown, seen = new Set<unknown>()): MessagePort[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  if (value instanceof MessagePort) return [value];
  seen.add(value);
  return Object.values(value).flatMap((part) => portsIn(part, seen));
}
