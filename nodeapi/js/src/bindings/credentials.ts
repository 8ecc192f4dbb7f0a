import { environment } from '../environment';

export function create(): object {
  return {
    safeGetenv: (name: string) => environment.get(name),
    getTempDir: () => environment.get('TMPDIR') ?? '/tmp',
    implementsPosixCredentials: true,
    getuid: () => 0,
    geteuid: () => 0,
    getgid: () => 0,
    getegid: () => 0,
    getgroups: () => [0],
  };
}
