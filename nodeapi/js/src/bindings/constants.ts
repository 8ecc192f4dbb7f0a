// Everything here is data of Node's own; `complete` fills it.
export function create(): object {
  return {};
}
