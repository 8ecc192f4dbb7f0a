// node::HandleWrap: something that keeps the event loop alive until it is closed.

import { AsyncWrap, makeCallback } from './async_wrap';
import { enqueueClose } from './loop';
import { isolateSymbols } from './symbols';

const onclose = isolateSymbols['handle_onclose']!;
const owner = isolateSymbols['owner_symbol']!;

/** Handles whose close callback has not run, in the order they were made. */
const handles = new Set<HandleWrap>();

/** Those that keep the process alive: what `process._getActiveHandles` and `getActiveResourcesInfo` ask for. */
export function activeHandles(): HandleWrap[] {
  return [...handles].filter(HandleWrap.isReferenced);
}

/** The object that a program knows a handle by. */
export const ownerOf = (handle: object): unknown => (handle as any)[owner] ?? handle;

export abstract class HandleWrap extends AsyncWrap {
  protected closed = false;
  protected referenced = true;

  constructor(provider: string) {
    super(provider);
    Object.defineProperty(this, 'closed', { enumerable: false, writable: true, value: false });
    Object.defineProperty(this, 'referenced', { enumerable: false, writable: true, value: true });
    handles.add(this);
  }

  /** Also while it closes. */
  static isReferenced(handle: HandleWrap): boolean {
    return handle.referenced;
  }

  /** Releases what the handle holds. */
  protected abstract release(): void;
  /** Tells the event loop whether the handle counts. */
  protected abstract setReferenced(referenced: boolean): void;

  close(callback?: () => void): void {
    if (this.closed) return;
    this.closed = true;
    this.release();
    if (typeof callback === 'function') (this as any)[onclose] = callback;
    enqueueClose(() => {
      makeCallback(this, onclose);
      AsyncWrap.end(this);
      handles.delete(this);
    });
  }

  ref(): void {
    if (this.closed) return;
    this.referenced = true;
    this.setReferenced(true);
  }

  unref(): void {
    if (this.closed) return;
    this.referenced = false;
    this.setReferenced(false);
  }

  hasRef(): boolean {
    return !this.closed && this.referenced;
  }
}
