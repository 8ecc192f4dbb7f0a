import { notAvailable } from '../oracle';

export function create(): object {
  return { queryObjects(): never { throw notAvailable('v8.queryObjects'); } };
}
