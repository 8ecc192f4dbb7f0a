// Names of CommonJS modules, as ES modules see them.
import('./load.mjs');
