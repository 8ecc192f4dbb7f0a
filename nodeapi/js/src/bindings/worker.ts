// The main thread. Worker threads are not there yet: `Worker` fails by name.
export function create(): object {
  return { getEnvMessagePort: () => undefined };
}
