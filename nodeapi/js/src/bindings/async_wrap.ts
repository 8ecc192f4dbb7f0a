import { triggerUncaughtException } from '../fatal';
import {
  clearAsyncIdStack, popAsyncContext, pushAsyncContext, queueDestroy, setStackGrown, state,
} from '../async_wrap';

/** Init, before, after, settled. */
const promiseHooks: Array<PromiseHook | undefined> = [undefined, undefined, undefined, undefined];

/** What a hook throws nobody could catch. */
function guarded(hook: PromiseHook): PromiseHook {
  return (promise, parent) => {
    try {
      hook(promise, parent);
    } catch (error) {
      triggerUncaughtException(error, false);
    }
  };
}

/** Objects whose ids end with them, unless the program has said so before. */
const collected = new FinalizationRegistry<{ asyncId: number; destroyed: { destroyed: boolean } | undefined }>(({ asyncId, destroyed }) => {
  if (destroyed?.destroyed !== true) queueDestroy(asyncId);
});

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
    registerDestroyHook(object: WeakKey, asyncId: number, destroyed?: { destroyed: boolean }): void {
      collected.register(object, { asyncId, destroyed });
    },
    queueDestroyAsyncId: queueDestroy,
    setPromiseHooks(...hooks: Array<PromiseHook | undefined>): void {
      promiseHooks.splice(0, 4, ...hooks);
      host.engine.setPromiseHooks?.(...promiseHooks.map((hook) => hook && guarded(hook)));
    },
    getPromiseHooks: () => [...promiseHooks],
  };
  setStackGrown(() => { binding.async_ids_stack = state.async_ids_stack; });
  return binding;
}
