// What this build has. The rest of the flags are Node's own.

import { DEFAULT_LOCALE } from '../intl/data';

export function create(): object {
  return { hasInspector: false, hasTracing: true, getDefaultLocale: () => DEFAULT_LOCALE };
}
