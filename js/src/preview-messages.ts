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

/** Loads a preview again. The original first asks the preview to do so itself, for at most `_hardRefreshTimeout` ms. */
export async function reloadPreview(preview: HTMLIFrameElement, _hardRefreshTimeout = 200): Promise<void> {
  const { src } = preview;
  preview.src = src;
}
