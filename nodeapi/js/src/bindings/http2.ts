// HTTP/2 is not here: the module loads, so that programs that only mention it run, and a session fails by name.

export function create(): object {
  return {
    // What a session would call; there are no sessions.
    setCallbackFunctions(): void {},
  };
}
