export function create(): object {
  return { subscribers: new Uint32Array(16), linkNativeChannel(): void {} };
}
