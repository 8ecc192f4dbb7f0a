/** What `@webcontainer/api/utils` has: for pages that show previews. */

/** What a preview tells of itself. */
export enum PreviewMessageType {
  UncaughtException = 'PREVIEW_UNCAUGHT_EXCEPTION',
  UnhandledRejection = 'PREVIEW_UNHANDLED_REJECTION',
  ConsoleError = 'PREVIEW_CONSOLE_ERROR',
}

export interface BasePreviewMessage {
  previewId: string;
  port: number;
  pathname: string;
  search: string;
  hash: string;
}

export type PreviewMessage = BasePreviewMessage &
  (
    | { type: PreviewMessageType.UncaughtException | PreviewMessageType.UnhandledRejection; message: string; stack: string | undefined }
    // The original says `any`.
    | { type: PreviewMessageType.ConsoleError; args: any[]; stack: string }
  );

const TYPES: ReadonlySet<unknown> = new Set(Object.values(PreviewMessageType));

/** Whether `data`, of a message event, is a preview's message. */
export function isPreviewMessage(data: unknown): data is PreviewMessage {
  return typeof data === 'object' && data !== null && 'type' in data && TYPES.has(data.type);
}

/** Asks a preview to load itself again, which keeps where it is; one that does not answer within `hardRefreshTimeout` ms is reset to its first address. */
export function reloadPreview(preview: HTMLIFrameElement, hardRefreshTimeout = 200): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      port2.close();
      resolve();
    };
    const timer = setTimeout(() => {
      const { src } = preview;
      preview.src = src;
      done();
    }, hardRefreshTimeout);
    port2.onmessage = ({ data }: MessageEvent<{ type?: string } | null>): void => {
      if (data?.type === 'LOCALSERVICE_WINDOW_RELOADED') done();
    };
    preview.contentWindow?.postMessage({ type: 'LOCALSERVICE_RELOAD_WINDOW', callback: port1 }, '*', [port1]);
  });
}
