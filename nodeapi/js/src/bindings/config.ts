// What this build has. The rest of the flags are Node's own.
export function create(): object {
  return { hasInspector: false, hasTracing: false };
}
