/** Pages of previews get scripts in front of their own. */
import type { PreviewInsert } from './messages.js';
import type { PreviewClientConfig } from './preview-client.js';

/** How far the head's beginning is looked for. */
const SEARCHED_BYTES_MAX = 64 << 10;

const attribute = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** The elements, ASCII only. */
export function previewHead(client: string, config: PreviewClientConfig, { scripts }: PreviewInsert): string {
  const data = attribute(JSON.stringify(config)).replace(/[^\x20-\x7e]/g, (char) => `&#${char.codePointAt(0)};`);
  const own = scripts.map(({ src, type, defer, async }) => {
    const kind = type === undefined ? '' : ` type="${attribute(type)}"`;
    return `<script src="${attribute(src)}"${kind}${defer === true ? ' defer' : ''}${async === true ? ' async' : ''}></script>`;
  });
  return `<script src="${client}" data-oac="${data}"></script>${own.join('')}`;
}

/** Where the head begins, or the page if it has none: in Latin-1, in which every byte is a character. */
function placeFor(text: string): number | undefined {
  const head = /<head(?:\s[^>]*)?>/i.exec(text);
  if (head !== null) return head.index + head[0].length;
  const other = /<(?:body|script|link|meta|title|style|h1|div|p|main|a|img)[\s>/]/i.exec(text);
  return other === null ? undefined : other.index;
}

function fallbackPlace(text: string): number {
  const start = /^(?:\xef\xbb\xbf)?\s*(?:<!--[\s\S]*?-->\s*)*(?:<!doctype[^>]*>)?\s*(?:<html(?:\s[^>]*)?>)?/i.exec(text);
  return start?.[0].length ?? 0;
}

/** Puts `insert` where the head begins, without holding up what follows. */
export function insertIntoHtml(body: ReadableStream<Uint8Array>, insert: string): ReadableStream<Uint8Array> {
  const latin1 = new TextDecoder('latin1');
  const encoder = new TextEncoder();
  let begun = new Uint8Array();
  let isDone = false;
  const put = (controller: TransformStreamDefaultController<Uint8Array>, place: number): void => {
    isDone = true;
    controller.enqueue(begun.subarray(0, place));
    controller.enqueue(encoder.encode(insert));
    controller.enqueue(begun.subarray(place));
  };
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (isDone) return controller.enqueue(chunk);
        const joined = new Uint8Array(begun.length + chunk.length);
        joined.set(begun);
        joined.set(chunk, begun.length);
        begun = joined;
        const text = latin1.decode(begun);
        const place = placeFor(text);
        if (place !== undefined) put(controller, place);
        else if (begun.length > SEARCHED_BYTES_MAX) put(controller, fallbackPlace(text));
      },
      flush(controller) {
        if (!isDone) put(controller, fallbackPlace(latin1.decode(begun)));
      },
    }),
  );
}
