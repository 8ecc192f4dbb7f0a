export function create(): object {
  return { setImplementation(): void {} };
}
