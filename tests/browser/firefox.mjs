/** Firefox over WebDriver BiDi, behind as much of Playwright's interface as the checks use: Playwright cannot drive a Firefox that is not its own. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(join(dirname(fileURLToPath(import.meta.url)), '../../js/package.json'));

/** Between two looks at a page that has not come so far. */
const LOOK_MS = 20;

export function firefoxPath() {
  if (process.env.OAC_FIREFOX) return process.env.OAC_FIREFOX;
  for (const name of ['firefox-esr', 'firefox']) {
    try {
      return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error('no Firefox is on the PATH: install it, or name it in OAC_FIREFOX');
}

export async function launchFirefox() {
  const { default: puppeteer } = await import(require.resolve('puppeteer-core'));
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefoxPath(), headless: true, args: [], extraPrefsFirefox: { 'network.dns.localDomains': 'outside.test' } });
  return {
    async newContext() {
      const context = await browser.createBrowserContext();
      const own = { newPage: async () => new Page(await context.newPage(), own), close: () => context.close() };
      return own;
    },
    close: () => browser.close(),
  };
}

async function until(look) {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

class Page {
  #page;
  #context;

  constructor(page, context) {
    this.#page = page;
    this.#context = context;
  }
  context() {
    return this.#context;
  }
  url() {
    return this.#page.url();
  }
  async goto(url) {
    await this.#page.goto(url);
  }
  async reload() {
    await this.#page.reload();
  }
  evaluate(act, argument) {
    return this.#page.evaluate(act, argument);
  }
  async waitForFunction(act) {
    await until(() => this.#page.evaluate(act).catch(() => false));
  }
  on(event, listener) {
    this.#page.on(event, (value) => listener(event === 'console' ? { type: () => value.type(), text: () => value.text() } : value));
  }
  locator(selector) {
    return new Locator(() => Promise.resolve(this.#page.mainFrame()), { selector });
  }
  frameLocator(selector) {
    const frame = async () => (await this.#page.$(selector))?.contentFrame();
    return {
      locator: (inner) => new Locator(frame, { selector: inner }),
      getByText: (text) => new Locator(frame, { selector: 'body *', hasText: text }),
    };
  }
}

class Locator {
  #frame;
  #wanted;

  constructor(frame, wanted) {
    this.#frame = frame;
    this.#wanted = wanted;
  }
  filter({ hasText }) {
    return new Locator(this.#frame, { ...this.#wanted, hasText });
  }
  /** The element, once it is there. */
  #find() {
    const { selector, hasText = '' } = this.#wanted;
    return until(async () => {
      try {
        const frame = await this.#frame();
        const handle = await frame?.evaluateHandle(
          (selector, text) => [...document.querySelectorAll(selector)].find((element) => element.textContent.includes(text)) ?? null,
          selector,
          hasText,
        );
        return handle?.asElement() ?? undefined;
      } catch {
        // The frame is on its way to another page.
        return undefined;
      }
    });
  }
  async waitFor() {
    await this.#find();
  }
  textContent() {
    return this.evaluate((element) => element.textContent);
  }
  async evaluate(act, argument) {
    return (await this.#find()).evaluate(act, argument);
  }
}
