/** The addresses of previews: `<scope>oac-preview/<client id>.<container>/<port>/<path>`. */

export interface PreviewAddress {
  /** The page's id among the service worker's clients. */
  clientId: string;
  /** Which of the page's containers. */
  container: number;
  port: number;
  /** With its leading slash. */
  path: string;
}

const FOLDER = 'oac-preview/';
/** System calls that are synchronous requests: `<scope>oac-call/<client id>.<container>/<task worker>`. */
export const CALLS_FOLDER = 'oac-call/';

/** The address of a port's root. */
export function previewPath(scope: string, { clientId, container, port }: Omit<PreviewAddress, 'path'>): string {
  return `${scope}${FOLDER}${clientId}.${container}/${port}/`;
}

export function parsePreview(scope: string, pathname: string): PreviewAddress | undefined {
  if (!pathname.startsWith(scope + FOLDER)) return undefined;
  const match = /^([\w-]+)\.(\d+)\/(\d+)(\/.*)?$/.exec(pathname.slice(scope.length + FOLDER.length));
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port < 1 || port > 65535) return undefined;
  return { clientId: match[1]!, container: Number(match[2]), port, path: match[4] ?? '/' };
}
