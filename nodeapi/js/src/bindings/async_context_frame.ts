export function create(): object {
  return {
    getContinuationPreservedEmbedderData: () => host.engine.getAsyncContext(),
    setContinuationPreservedEmbedderData: (value: unknown) => host.engine.setAsyncContext(value),
  };
}
