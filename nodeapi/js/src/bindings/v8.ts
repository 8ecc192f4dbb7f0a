// Heap numbers of the engine in the places where V8 has them, and the few of V8's flags that mean something here.

import { constant } from '../oracle';
import { installGc } from '../v8_flags';

/** Where a wasm program's memory ends. */
const HEAP_LIMIT_BYTES = 4 * 2 ** 30;

export function create(): object {
  const heap = constant('v8', 'heapStatisticsBuffer') as Float64Array;
  const code = constant('v8', 'heapCodeStatisticsBuffer') as Float64Array;
  const space = constant('v8', 'heapSpaceStatisticsBuffer') as Float64Array;
  const at = (name: string): number => constant('v8', name);
  return {
    heapStatisticsBuffer: heap,
    heapCodeStatisticsBuffer: code,
    heapSpaceStatisticsBuffer: space,
    kHeapSpaces: ['heap'],
    updateHeapStatisticsBuffer(): void {
      const [allocated, used, external] = host.engine.memoryUsage();
      heap.fill(0);
      heap[at('kTotalHeapSizeIndex')] = allocated;
      heap[at('kTotalPhysicalSizeIndex')] = allocated;
      heap[at('kTotalAvailableSize')] = HEAP_LIMIT_BYTES - allocated;
      heap[at('kUsedHeapSizeIndex')] = used;
      heap[at('kHeapSizeLimitIndex')] = HEAP_LIMIT_BYTES;
      heap[at('kMallocedMemoryIndex')] = allocated;
      heap[at('kPeakMallocedMemoryIndex')] = allocated;
      heap[at('kNumberOfNativeContextsIndex')] = 1;
      heap[at('kExternalMemoryIndex')] = external;
    },
    updateHeapSpaceStatisticsBuffer(): void {
      const [allocated, used] = host.engine.memoryUsage();
      space[at('kSpaceSizeIndex')] = allocated;
      space[at('kSpaceUsedSizeIndex')] = used;
      space[at('kSpaceAvailableSizeIndex')] = HEAP_LIMIT_BYTES - allocated;
      space[at('kPhysicalSpaceSizeIndex')] = allocated;
    },
    updateHeapCodeStatisticsBuffer(): void { code.fill(0); },
    setFlagsFromString(flags: string): void {
      // V8 ignores flags that it does not know.
      if (/^--expose[-_]gc$/.test(flags)) installGc(host.global);
    },
    isStringOneByteRepresentation: (text: string) => /^[\0-\xff]*$/.test(text),
    cachedDataVersionTag: () => 0x51a5,
  };
}
