import { ERRNO, ERRNO_TEXT } from './generated/abi.js';

/** The name of a Linux errno, `ENOENT`. */
export type ErrnoName = keyof typeof ERRNO;

/** Every `code` that an error of this package can carry. */
export type ErrorCode =
  | ErrnoName
  /** The page is not cross-origin isolated; the message names the headers that are missing. */
  | 'ERR_NOT_ISOLATED'
  /** The browser lacks something without which there is no container. */
  | 'ERR_UNSUPPORTED_BROWSER'
  /** A part of the interface that is declared and not there yet. */
  | 'ERR_INVALID_ARGUMENT'
  /** The container has been torn down. */
  | 'ERR_TORN_DOWN'
  | 'ERR_ALREADY_BOOTED'
  /** A file of this package could not be loaded. */
  | 'ERR_LOAD'
  /** The browser keeps no data for this page. */
  | 'ERR_STORAGE'
  /** Previews need a service worker, and there is none. */
  | 'ERR_SERVICE_WORKER'
  /** A server inside the container sent something that is not HTTP/1.1. */
  | 'ERR_BAD_RESPONSE'
  /** A defect of this package: the kernel's worker failed. */
  | 'ERR_INTERNAL';

/** What an error looks like on its way between workers. */
export interface ErrorRecord {
  code: ErrorCode;
  message: string;
  syscall?: string;
  path?: string;
}

/** An error of the container. Tell them apart by `code`, never by `message`. */
export class ContainerError extends Error {
  override readonly name = 'ContainerError';
  readonly code: ErrorCode;
  /** The negative errno, as Node has it, where `code` is one. */
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;

  constructor(record: ErrorRecord, options?: ErrorOptions) {
    super(record.message, options);
    this.code = record.code;
    if (record.code in ERRNO) this.errno = -ERRNO[record.code as ErrnoName];
    if (record.syscall !== undefined) this.syscall = record.syscall;
    if (record.path !== undefined) this.path = record.path;
  }
}

/** Node's wording: `ENOENT: no such file or directory, open '/x'`. */
export function errnoError(code: ErrnoName, syscall: string, path?: string): ContainerError {
  const where = path === undefined ? '' : ` '${path}'`;
  return new ContainerError({
    code,
    message: `${code}: ${ERRNO_TEXT[code]}, ${syscall}${where}`,
    syscall,
    ...(path === undefined ? {} : { path }),
  });
}

export function invalidArgument(message: string): ContainerError {
  return new ContainerError({ code: 'ERR_INVALID_ARGUMENT', message });
}

/** For sending an error that was caught to another worker. */
export function toRecord(error: unknown): ErrorRecord {
  if (error instanceof ContainerError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.syscall === undefined ? {} : { syscall: error.syscall }),
      ...(error.path === undefined ? {} : { path: error.path }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'ERR_INTERNAL', message };
}
