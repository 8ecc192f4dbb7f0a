/** What a preview shows when there is nothing of the program's own to show. */
import type { ContainerError } from './errors.js';

const STYLE = `
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; margin: 0; text-align: center }
  p { opacity: .7; max-width: 40ch; margin: 0 auto }
`;

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export function plainPage(status: number, title: string, text: string, script = ''): Response {
  const html = `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style>
<main><h1>${escape(title)}</h1><p>${escape(text)}</p></main>${script === '' ? '' : `<script>${script}</script>`}`;
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
    },
  });
}

/** Asks once more and is answered when somebody listens: no polling. */
const RELOAD_WHEN_THERE = `fetch(location.href, { headers: { 'x-oac-wait': '1' } }).then((r) => { r.body?.cancel(); location.reload(); })`;

/** `error` is an exchange's; `starting` says that there are tasks that may yet listen. */
export function failurePage(error: ContainerError & { starting?: boolean }, port: number): Response {
  if (error.code === 'ECONNREFUSED') {
    return error.starting === true
      ? plainPage(503, 'Starting…', `Nothing listens on port ${port} yet. This page shows the server as soon as it does.`, RELOAD_WHEN_THERE)
      : plainPage(502, 'Nothing listens there', `No program of the container listens on port ${port}.`, RELOAD_WHEN_THERE);
  }
  return plainPage(502, 'The server did not answer', error.message);
}
