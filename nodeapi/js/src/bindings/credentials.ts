// Users and groups, as src/node_credentials.cc: the kernel keeps numbers, `/etc/passwd` and `/etc/group` have the names.

import { environment } from '../environment';
import { readText } from '../files';
import { errnoException } from '../uv';

declare global {
  interface Ops {
    sys_setresuid(real: number, effective: number, saved: number): Result;
    sys_setresgid(real: number, effective: number, saved: number): Result;
    sys_getgroups(groups: Bytes): Result;
    sys_setgroups(groups: Bytes): Result;
  }
}

const { ops } = host;
const KEEP = 0xffff_ffff;
const GROUPS_MAX = 65536;
const enum Id { RealUser, EffectiveUser, SavedUser, RealGroup, EffectiveGroup, SavedGroup }

function id(which: Id): number {
  const ids = new Uint32Array(6);
  ops.sys_getcredentials(ids);
  return ids[which]!;
}

/** The lines of a database, split into fields. */
const records = (file: string): string[][] => (readText(file) ?? '').split('\n').filter(Boolean).map((line) => line.split(':'));

type Name = string | number;

/** The number behind a name; numbers are what they are, but not as text. */
function numberOf(file: string, name: Name): number | undefined {
  if (typeof name === 'number') return name;
  const found = records(file).find((record) => record[0] === name);
  return found === undefined ? undefined : Number(found[2]);
}

const userNumber = (name: Name): number | undefined => numberOf('/etc/passwd', name);
const groupNumber = (name: Name): number | undefined => numberOf('/etc/group', name);

function check(result: Result, syscall: string): 0 {
  if (result < 0) throw errnoException(result, syscall);
  return 0;
}

/** `set…id(name)`: 0, or 1 for a name that nobody has. */
function setter(syscall: string, number: (name: Name) => number | undefined, set: (id: number) => Result) {
  return (name: Name): number => {
    const found = number(name);
    return found === undefined ? 1 : check(set(found), syscall);
  };
}

/** All three for root, else only the effective one: setuid(2), setgid(2). */
const allOr = (set: (real: number, effective: number, saved: number) => Result) => (wanted: number): Result =>
  (id(Id.EffectiveUser) === 0 ? set(wanted, wanted, wanted) : set(KEEP, wanted, KEEP));

function groups(): number[] {
  const list = new Uint32Array(GROUPS_MAX);
  const count = ops.sys_getgroups(list);
  if (count < 0) throw errnoException(count, 'getgroups');
  const own = [...list.subarray(0, count)];
  // POSIX leaves it open whether the effective group is among them; Node adds it.
  const effective = id(Id.EffectiveGroup);
  if (!own.includes(effective)) own.push(effective);
  return own;
}

function setgroups(names: Name[]): number {
  const numbers = names.map(groupNumber);
  const unknown = numbers.indexOf(undefined);
  if (unknown >= 0) return unknown + 1;
  return check(ops.sys_setgroups(Uint32Array.from(numbers as number[])), 'setgroups');
}

/** 0, 1 for an unknown user, 2 for an unknown group. */
function initgroups(user: Name, extra: Name): number {
  const name = typeof user === 'number' ? records('/etc/passwd').find((record) => Number(record[2]) === user)?.[0] : user;
  if (name === undefined) return 1;
  const group = groupNumber(extra);
  if (group === undefined) return 2;
  const memberOf = records('/etc/group').filter((record) => record[3]?.split(',').includes(name)).map((record) => Number(record[2]));
  return check(ops.sys_setgroups(Uint32Array.from(new Set([group, ...memberOf]))), 'initgroups');
}

export function create(): object {
  return {
    safeGetenv: (name: string) => environment.get(name),
    getTempDir: () => environment.get('TMPDIR') ?? '/tmp',
    implementsPosixCredentials: true,
    getuid: () => id(Id.RealUser),
    geteuid: () => id(Id.EffectiveUser),
    getgid: () => id(Id.RealGroup),
    getegid: () => id(Id.EffectiveGroup),
    getgroups: groups,
    setuid: setter('setuid', userNumber, allOr((...ids) => ops.sys_setresuid(...ids))),
    seteuid: setter('seteuid', userNumber, (user) => ops.sys_setresuid(KEEP, user, KEEP)),
    setgid: setter('setgid', groupNumber, allOr((...ids) => ops.sys_setresgid(...ids))),
    setegid: setter('setegid', groupNumber, (group) => ops.sys_setresgid(KEEP, group, KEEP)),
    setgroups,
    initgroups,
  };
}
