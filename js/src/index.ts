/**
 * A Node.js-compatible container in this page.
 *
 *     const container = await OpenAgentsContainer.boot({ registry: '/registry/' });
 *     await container.mount({ 'hello.js': { file: { contents: 'console.log("hello")' } } });
 *     const node = await container.spawn('node', ['hello.js']);
 *     for await (const text of node.output) console.log(text);
 *     console.log(await node.exit);
 */
export {
  OpenAgentsContainer,
  type Capabilities,
  type CodeEvent,
  type ContainerEvents,
  type ContainerOptions,
  type Environment,
  type SpawnOptions,
} from './container.js';
export type { ExecOptions, ExecResult } from './exec.js';
export { ContainerError, type ErrnoName, type ErrorCode } from './errors.js';
export {
  Batch,
  DirEnt,
  FileSystem,
  Stats,
  type BufferEncoding,
  type StreamOptions,
  type WatchListener,
  type WatchOptions,
  type Watcher,
} from './filesystem.js';
export { Internal, type PathWatcherEvent, type TextSearchMatch, type TextSearchOptions, type WatchPathsOptions } from './internal.js';
export type { Isolation, Mode, WantedIsolation } from './isolation.js';
export type { Exit, ExportFormat, FileChange, Limits, NetworkPolicy, NodeEngine, TerminalSize } from './messages.js';
export { ContainerProcess, type SignalName } from './process.js';
export { attachTerminal, type AttachedTerminal, type AttachOptions, type XtermLike } from './terminal.js';
export type { DirectoryNode, FileNode, FileSystemTree, SymlinkNode } from './tree.js';
export {
  WebContainer,
  auth,
  configureAPIKey,
  type BootOptions,
  type CodeListener,
  type ErrorListener,
  type ExportOptions,
  type OpenListener,
  type PortListener,
  type PreviewMessageListener,
  type PreviewScriptOptions,
  type ServerReadyListener,
  type WebContainerProcess,
  type WebContainerSpawnOptions,
} from './webcontainer.js';
export { PreviewMessageType, isPreviewMessage, reloadPreview, type BasePreviewMessage, type PreviewMessage } from './preview-messages.js';
