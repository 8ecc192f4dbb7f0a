import {
  clearAsyncIdStack, popAsyncContext, pushAsyncContext, setStackGrown, state,
} from '../async_wrap';

export function create(): object {
  const binding: any = {
    async_hook_fields: state.async_hook_fields,
    async_id_fields: state.async_id_fields,
    async_ids_stack: state.async_ids_stack,
    execution_async_resources: state.execution_async_resources,
    setupHooks(hooks: any): void { state.hooks = hooks; },
    setCallbackTrampoline(fn: any): void { state.trampoline = fn; },
    pushAsyncContext(asyncId: number, triggerId: number): void { pushAsyncContext(asyncId, triggerId, undefined); },
    popAsyncContext,
    executionAsyncResource: (index: number) => state.nativeResources[index],
    clearAsyncIdStack,
    registerDestroyHook(): void {},
    queueDestroyAsyncId(): void {},
    setPromiseHooks(): void {},
    getPromiseHooks: () => [undefined, undefined, undefined, undefined],
  };
  setStackGrown(() => { binding.async_ids_stack = state.async_ids_stack; });
  return binding;
}
