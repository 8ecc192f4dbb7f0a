// The message for a name that a CommonJS module does not export.
import('./missing.mjs').catch((error) => console.log(error.name, error.message));
