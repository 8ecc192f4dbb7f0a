/** What the browser checks stand on: a server, a browser, a list of checks. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../js/demo/serve.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(join(here, '../../js/package.json'))('playwright-core');

/** So that a hang fails with a name instead of holding everything up; no check comes near it. */
const LIMIT_MS = Number(process.env.OAC_LIMIT_MS ?? 120_000);

/** Of a page's console, shown when its check fails. */
const LOG_LINES = 20;

/** Without them Chromium wants a sandbox, a GPU and a network that a test machine may not have. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A host that is not the page's own, for what programs ask of the outside.
  '--host-resolver-rules=MAP outside.test 127.0.0.1',
];

function chromiumPath() {
  if (process.env.OAC_CHROMIUM) return process.env.OAC_CHROMIUM;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    try {
      return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error('no Chromium is on the PATH: install it, or name it in OAC_CHROMIUM');
}

/** A text that must hold what is expected; says what it held instead. */
export function assertIncludes(text, expected, what) {
  if (!String(text).includes(expected)) throw new Error(`${what}: expected …${JSON.stringify(expected)}…, got ${JSON.stringify(text)}`);
}

export function assertEqual(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`);
}

/** One page on a server with isolation; call its `end`. */
export async function openPage() {
  const server = await serve({ roots: [join(here, 'pages')] });
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
  const page = await browser.newPage();
  await page.goto(`${server.address}blank.html`);
  const end = async () => {
    await browser.close();
    await server.close();
  };
  return Object.assign(page, { end });
}

/**
 * Runs checks, each in a fresh profile on its own page, in order. `only`: a part of the names to run.
 *
 * @param {{ name: string, isolation?: boolean, chromium?: string, run(page, server): Promise<void> }[]} checks `chromium`: why only that
 * has it; `run` gets the page and `{ absent }`, the paths that the server has not
 * @param {() => Promise<{ newContext(): Promise<object>, close(): Promise<void> }>} launch which browser
 */
export async function runChecks(checks, only, launch = launchChromium) {
  const absent = new Set();
  const start = (isolation) => serve({ roots: [join(here, 'pages')], isolation, absent });
  const servers = { true: await start(true), false: await start(false) };
  const browser = await launch();
  let passed = 0;
  let failed = 0;
  try {
    const wanted = checks.filter((check) => (only === undefined || check.name.includes(only)) && (launch === launchChromium || check.chromium === undefined));
    for (const { name, isolation = true, run } of wanted) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const log = [];
      page.on('console', (message) => log.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => log.push(`uncaught: ${error.stack ?? error.message}`));
      const started = performance.now();
      try {
        await page.goto(`${servers[isolation].address}blank.html`);
        await limited(run(page, { absent }));
        passed++;
        console.log(`ok ${name} (${Math.round(performance.now() - started)} ms)`);
      } catch (error) {
        failed++;
        console.log(`not ok ${name}`);
        console.log(`  ${String(error.stack ?? error).replaceAll('\n', '\n  ')}`);
        for (const line of log.slice(-LOG_LINES)) console.log(`  | ${line.replaceAll('\n', '\n  | ')}`);
      } finally {
        absent.clear();
        await context.close();
      }
    }
  } finally {
    await browser.close();
    await Promise.all(Object.values(servers).map((server) => server.close()));
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

const launchChromium = () => chromium.launch({ executablePath: chromiumPath(), args: FLAGS });

function limited(promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still not done after ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
