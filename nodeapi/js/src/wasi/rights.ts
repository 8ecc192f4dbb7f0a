// What a descriptor may be used for, by the kind of its file. As uvwasi, which Node's WASI is.

/** `filetype`. */
export const FileType = { UNKNOWN: 0, BLOCK: 1, CHARACTER: 2, DIRECTORY: 3, REGULAR: 4, DATAGRAM: 5, STREAM: 6, LINK: 7 } as const;

const names = [
  'FD_DATASYNC', 'FD_READ', 'FD_SEEK', 'FD_FDSTAT_SET_FLAGS', 'FD_SYNC', 'FD_TELL', 'FD_WRITE', 'FD_ADVISE', 'FD_ALLOCATE',
  'PATH_CREATE_DIRECTORY', 'PATH_CREATE_FILE', 'PATH_LINK_SOURCE', 'PATH_LINK_TARGET', 'PATH_OPEN', 'FD_READDIR', 'PATH_READLINK',
  'PATH_RENAME_SOURCE', 'PATH_RENAME_TARGET', 'PATH_FILESTAT_GET', 'PATH_FILESTAT_SET_SIZE', 'PATH_FILESTAT_SET_TIMES',
  'FD_FILESTAT_GET', 'FD_FILESTAT_SET_SIZE', 'FD_FILESTAT_SET_TIMES', 'PATH_SYMLINK', 'PATH_REMOVE_DIRECTORY', 'PATH_UNLINK_FILE',
  'POLL_FD_READWRITE', 'SOCK_SHUTDOWN', 'SOCK_ACCEPT',
] as const;

/** A bit for each right. */
export const Right = Object.fromEntries(names.map((name, bit) => [name, 1 << bit])) as Record<(typeof names)[number], number>;

const all = (1 << names.length) - 1;
const sum = (...rights: number[]): number => rights.reduce((total, right) => total | right, 0);
const stream = sum(Right.FD_READ, Right.FD_FDSTAT_SET_FLAGS, Right.FD_WRITE, Right.FD_FILESTAT_GET, Right.POLL_FD_READWRITE);
const regular = sum(
  stream, Right.FD_DATASYNC, Right.FD_SEEK, Right.FD_SYNC, Right.FD_TELL, Right.FD_ADVISE, Right.FD_ALLOCATE, Right.FD_FILESTAT_SET_SIZE,
  Right.FD_FILESTAT_SET_TIMES,
);
const directory = sum(
  ...names.filter((name) => name.startsWith('PATH_')).map((name) => Right[name]), Right.FD_FDSTAT_SET_FLAGS, Right.FD_SYNC,
  Right.FD_ADVISE, Right.FD_READDIR, Right.FD_FILESTAT_GET, Right.FD_FILESTAT_SET_TIMES, Right.POLL_FD_READWRITE,
);
export const SOCKET_RIGHTS = sum(stream, Right.SOCK_SHUTDOWN, Right.SOCK_ACCEPT);

/** Rights of a descriptor, and of what is opened through it. */
export function rightsOf(fileType: number, isTerminal: boolean): [base: number, inheriting: number] {
  switch (fileType) {
    case FileType.REGULAR: return [regular, 0];
    case FileType.DIRECTORY: return [directory, directory | regular];
    case FileType.STREAM:
    case FileType.DATAGRAM: return [SOCKET_RIGHTS, all];
    case FileType.CHARACTER: return isTerminal ? [stream, 0] : [all, all];
    case FileType.BLOCK: return [all, all];
    default: return [0, 0];
  }
}

/** Stands for every right that does not exist. */
const BEYOND = 1 << 30;

/** Rights as a guest gives them. */
export function rightsGiven(rights: bigint): number {
  return Number(rights & BigInt(all)) | (rights > BigInt(all) ? BEYOND : 0);
}
