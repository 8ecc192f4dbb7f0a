// Native resources whose owners Node never closes: freed after their owner was collected.

declare global {
  interface Ops {
    resource_drop(id: number): void;
  }
}

const registry = new FinalizationRegistry<number>((id) => host.ops.resource_drop(id));

/** Drops resource `id` some time after `owner` is gone. */
export function freeWhenCollected(owner: object, id: number): void {
  registry.register(owner, id);
}
