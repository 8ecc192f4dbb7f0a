import { isolateSymbols } from '../symbols';

export function create(): object {
  return { ...isolateSymbols };
}
