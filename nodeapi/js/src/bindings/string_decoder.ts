declare global {
  interface Ops {
    string_decoder_decode(state: Uint8Array, chunk: Bytes): string;
    string_decoder_flush(state: Uint8Array): string;
  }
}

export function create(): object {
  return {
    decode(state: Uint8Array, chunk: unknown): string {
      if (typeof chunk === 'string') return chunk;
      if (!ArrayBuffer.isView(chunk)) {
        const error: any = new TypeError('The "buf" argument must be an instance of Buffer, TypedArray, or DataView.');
        error.code = 'ERR_INVALID_ARG_TYPE';
        throw error;
      }
      return host.ops.string_decoder_decode(state, chunk);
    },
    flush: (state: Uint8Array) => host.ops.string_decoder_flush(state),
  };
}
