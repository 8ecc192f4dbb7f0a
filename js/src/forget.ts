/** What `persist` kept, removed; the files are those of host/persistence.ts. */
import { ContainerError } from './errors.js';

export async function forget(name: string): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('openagents-container', { create: true });
    for (const suffix of ['a', 'b']) {
      await folder.removeEntry(`${encodeURIComponent(name)}.${suffix}`).catch((error: Error) => {
        if (error.name !== 'NotFoundError') throw error;
      });
    }
  } catch (error) {
    const isBusy = (error as Error).name === 'NoModificationAllowedError' || (error as Error).name === 'InvalidStateError';
    const message = isBusy ? `EBUSY: a container keeps its files as '${name}': tear it down first` : `what is kept as '${name}' cannot be removed: ${(error as Error).message}`;
    throw new ContainerError({ code: isBusy ? 'EBUSY' : 'ERR_STORAGE', message }, { cause: error });
  }
}
