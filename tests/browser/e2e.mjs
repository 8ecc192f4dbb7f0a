/**
 * The package in a real Chromium: `node tests/browser/e2e.mjs [part of a check's name]`. Wants js/dist to be built; OAC_CHROMIUM names
 * the browser.
 */
import { checks as bridges } from './bridges.mjs';
import { checks as contract } from './contract.mjs';
import { checks as faults } from './faults.mjs';
import { checks as files } from './files.mjs';
import { checks as job } from './job.mjs';
import { checks as modes } from './modes.mjs';
import { checks as previews } from './previews.mjs';
import { checks as units } from './units.mjs';
import { runChecks } from './harness.mjs';

process.exit((await runChecks([...units, ...files, ...contract, ...faults, ...job, ...previews, ...bridges, ...modes], process.argv[2])) ? 0 : 1);
