// The binding of HTTP/2, as src/node_http2.cc: sessions and streams are in `http2/`.

import { packSettings, optionsBuffer, sessionState, settingsBuffer, streamState, writeDefaults } from '../http2/buffers';
import { callbacks, Http2Session } from '../http2/session';
import { Http2Stream } from '../http2/stream';
import { asBuffer } from './buffer';

const NAMES = ['internalError', 'priority', 'settings', 'ping', 'headers', 'frameError', 'goaway', 'altsvc', 'origin', 'trailers', 'close'] as const;

/** nghttp2_strerror. */
const ERRORS: Record<number, string> = {
  [-501]: 'Invalid argument', [-505]: 'Protocol error', [-509]: 'Stream ID is not available', [-510]: 'Stream was already closed or invalid',
  [-521]: 'Flow control error', [-522]: 'The length of the frame is invalid', [-523]: 'Header compression/decompression error',
  [-524]: 'Flow control error', [-902]: 'The user callback function failed', [-903]: 'Received bad client magic byte string',
  [-904]: 'Flooding was detected in this HTTP/2 session, and it must be closed',
};

export function create(): object {
  return {
    Http2Session, Http2Stream, settingsBuffer, optionsBuffer, sessionState, streamState,
    setCallbackFunctions(...functions: ((...args: any[]) => any)[]): void {
      NAMES.forEach((name, i) => { callbacks[name] = functions[i]!; });
    },
    refreshDefaultSettings: writeDefaults,
    packSettings: () => asBuffer(packSettings()),
    nghttp2ErrorString: (code: number) => ERRORS[code] ?? 'Unknown error code',
  };
}
