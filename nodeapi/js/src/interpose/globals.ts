// Removes globals that the engine brings and Node does not have, or defines itself.

import { hideFunctionOrigin } from '../function_origin';

for (const name of [
  'InternalError', 'performance', 'navigator', 'queueMicrotask', 'btoa', 'atob', 'DOMException', 'print', 'console', 'gc',
]) {
  delete host.global[name];
}

hideFunctionOrigin(host.global);
