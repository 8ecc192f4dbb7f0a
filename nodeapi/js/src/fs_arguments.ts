// What Node's fs binding itself checks of its arguments (`GetValidatedFd` and `GetValidFileMode` of src/node_file.cc); all else the
// library has checked before.

import { internals } from './fatal';

const MAX_FD = 0x7fff_ffff;

function coded(Constructor: new (message: string) => Error, code: string, message: string): Error {
  const error: any = new Constructor(message);
  error.code = code;
  return error;
}

/** A descriptor's number. Throws `ERR_INVALID_ARG_TYPE` and `ERR_OUT_OF_RANGE`. */
export function validFd(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= MAX_FD && value === Math.trunc(value)) return value;
  if (typeof value !== 'number') {
    const received = typeof value === 'symbol' ? value.toString() : internals.require!('internal/errors').determineSpecificType(value);
    throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', `The "fd" argument must be of type number. Received ${received}`);
  }
  const range = Number.isInteger(value) ? `>= 0 && <= ${MAX_FD}` : 'an integer';
  throw coded(RangeError, 'ERR_OUT_OF_RANGE', `The value of "fd" is out of range. It must be ${range}. Received ${value}`);
}

/** A mode argument from 0 to `max`, 0 if it is missing. Throws `ERR_INVALID_ARG_TYPE` and `ERR_OUT_OF_RANGE`. */
export function validMode(mode: unknown, max: number): number {
  if (mode === undefined || mode === null) return 0;
  if (typeof mode !== 'number' || !Number.isInteger(mode)) {
    throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'mode must be int32 or null/undefined');
  }
  if (mode < 0 || mode > max) throw coded(RangeError, 'ERR_OUT_OF_RANGE', `mode is out of range: >= 0 && <= ${max}`);
  return mode;
}
