import { LibuvStreamWrap, ShutdownWrap, streamBaseState, WriteWrap } from '../stream_base';


export function create(): object {
  return { LibuvStreamWrap, ShutdownWrap, WriteWrap, streamBaseState };
}
