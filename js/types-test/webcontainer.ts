/** What is written for `@webcontainer/api` type-checks against this package: ours is assigned to theirs. */
import type * as Theirs from '@webcontainer/api';
import type * as TheirConnect from '@webcontainer/api/connect';
import type * as TheirUtils from '@webcontainer/api/utils';
import * as OurConnect from '../src/connect.js';
import * as Ours from '../src/index.js';

/** Public members only: their class has private ones, which nobody can have but itself. */
type Public<T> = { [K in keyof T]: T[K] };

declare const ours: Ours.WebContainer;
export const instance: Pick<Public<Theirs.WebContainer>, 'spawn' | 'export' | 'mount' | 'setPreviewScript' | 'path' | 'workdir' | 'teardown'> = ours;
export const files: Theirs.FileSystemAPI = ours.fs;
export const auth: Theirs.AuthAPI = Ours.auth;
export const configureAPIKey: typeof Theirs.configureAPIKey = Ours.configureAPIKey;

/** And what a user passes in, the other way round. */
export const bootOptions = (options: Theirs.BootOptions): Ours.BootOptions => options;
export const spawnOptions = (options: Theirs.SpawnOptions): Ours.WebContainerSpawnOptions => options;
export const tree = (given: Theirs.FileSystemTree): Ours.FileSystemTree => given;
export const exportOptions = (options: Theirs.ExportOptions): Ours.ExportOptions => options;
export const process = (given: Ours.WebContainerProcess): Theirs.WebContainerProcess => given;

/** `on` is overloaded, so that each event is tried by itself. */
export function listeners(
  port: Theirs.PortListener,
  ready: Theirs.ServerReadyListener,
  message: Theirs.PreviewMessageListener,
  error: Theirs.ErrorListener,
  open: Theirs.OpenListener,
  code: Theirs.CodeListener,
): Theirs.Unsubscribe[] {
  return [
    ours.on('port', port),
    ours.on('server-ready', ready),
    ours.on('preview-message', message),
    ours.on('error', error),
    ours.on('xdg-open', open),
    ours.on('code', code),
  ];
}

export const reloadPreview: typeof TheirUtils.reloadPreview = Ours.reloadPreview;
export const messageTypes = (type: `${Theirs.PreviewMessageType}`): `${Ours.PreviewMessageType}` => type;

/** What their listeners are given is what ours get. */
export const previewMessage = (given: Ours.PreviewMessage): Theirs.PreviewMessage => given as unknown as Theirs.PreviewMessage;
export const codeEvent = (given: Ours.CodeEvent): Theirs.CodeEvent => given;
export const watcher = (given: Ours.Watcher): Theirs.IFSWatcher => given;
export const watchListener = (given: Theirs.FSWatchCallback): Ours.WatchListener => given;
export const entries = (given: Ours.DirEnt<string>): Theirs.DirEnt<string> => given;
export const setupConnect: typeof TheirConnect.setupConnect = OurConnect.setupConnect;
export const isPreviewMessage: typeof TheirUtils.isPreviewMessage = Ours.isPreviewMessage as unknown as typeof TheirUtils.isPreviewMessage;
export const boot = (options: Theirs.BootOptions): Promise<Pick<Public<Theirs.WebContainer>, 'spawn' | 'mount' | 'export' | 'setPreviewScript'>> => Ours.WebContainer.boot(options);
