/**
 * The package in a real browser: `node tests/browser/e2e.mjs [--firefox] [part of a check's name]`. Wants js/dist to be built;
 * OAC_CHROMIUM and OAC_FIREFOX name the browsers.
 */
import { checks as bridges } from './bridges.mjs';
import { checks as client } from './client.mjs';
import { checks as contract } from './contract.mjs';
import { checks as depth } from './depth.mjs';
import { checks as endurance } from './endurance.mjs';
import { checks as faults } from './faults.mjs';
import { checks as files } from './files.mjs';
import { checks as job } from './job.mjs';
import { checks as lasting } from './lasting.mjs';
import { checks as modes } from './modes.mjs';
import { checks as outside } from './outside.mjs';
import { checks as previews } from './previews.mjs';
import { checks as units } from './units.mjs';
import { checks as work } from './work.mjs';
import { launchFirefox } from './firefox.mjs';
import { runChecks } from './harness.mjs';

const [only] = process.argv.slice(2).filter((argument) => argument !== '--firefox');
const launch = process.argv.includes('--firefox') ? launchFirefox : undefined;
const passed = await runChecks([...units, ...files, ...contract, ...depth, ...outside, ...faults, ...job, ...previews, ...bridges, ...modes, ...endurance, ...lasting, ...client, ...work], only, launch);
process.exit(passed ? 0 : 1);
