export function create(): object {
  return { has: () => true };
}
