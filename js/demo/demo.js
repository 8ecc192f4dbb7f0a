/** The demo: an Express app, installed and served by a container in this page, with a shell beside it. */
import { attachTerminal, OpenAgentsContainer } from '/index.js';
import { FitAddon } from '/vendor/addon-fit.js';
import { Terminal } from '/vendor/xterm.js';

const element = (id) => document.getElementById(id);
const source = element('source');

const terminal = new Terminal({ fontSize: 13, cursorBlink: true, theme: { background: '#161b22', foreground: '#d7dde5', cursor: '#58c4a3' } });
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(element('terminal'));
fit.fit();
new ResizeObserver(() => fit.fit()).observe(element('terminal'));

/** Runs one step, and shows how long it took. */
async function step(name, run) {
  const item = document.querySelector(`[data-step="${name}"]`);
  item.className = 'now';
  const started = performance.now();
  try {
    const result = await run();
    item.className = 'done';
    item.textContent += ` ${Math.round(performance.now() - started)} ms`;
    return result;
  } catch (error) {
    item.className = 'failed';
    throw error;
  }
}

let container;
let server;
let file = 'server.js';

const report = (error) => terminal.write(`\r\n\x1b[31m${error.message}\x1b[0m\r\n`);

/** Runs a program on the terminal, as if it had been typed. */
async function start(command, args) {
  terminal.write(`\x1b[36m$ ${[command, ...args].join(' ')}\x1b[0m\r\n`);
  return (await attachTerminal(container, terminal, { command, args })).process;
}

async function run(command, args) {
  const code = await (await start(command, args)).exit;
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
}

async function serve() {
  server?.kill('SIGKILL');
  await server?.exit;
  const ready = new Promise((resolve) => {
    const stop = container.on('server-ready', (port, url) => {
      stop();
      resolve({ port, url });
    });
  });
  // Not on the terminal, which is the shell's.
  server = await container.spawn('node', ['server.js'], { merged: true });
  server.output.pipeTo(new WritableStream({ write: (text) => terminal.write(text.replaceAll('\n', '\r\n')) }));
  const ended = server.exit.then((code) => Promise.reject(new Error(`node server.js ended with ${code}`)));
  ended.catch(() => undefined);
  const { port, url } = await Promise.race([ready, ended]);
  element('address').textContent = `localhost:${port}`;
  element('open').href = url;
  element('open').hidden = false;
  element('preview').src = url;
}

/** The files of the working directory; a click shows one. */
async function listFiles() {
  const entries = await container.fs.readdir('.', { withFileTypes: true });
  element('files').replaceChildren(
    ...entries.map((entry) => {
      const button = document.createElement('button');
      button.textContent = entry.isDirectory() ? `${entry.name}/` : entry.name;
      button.className = entry.isDirectory() ? 'folder' : entry.name === file ? 'now' : '';
      button.disabled = entry.isDirectory();
      button.onclick = () => open(entry.name).catch(report);
      const item = document.createElement('li');
      item.append(button);
      return item;
    }),
  );
}

async function open(name) {
  file = name;
  element('file').textContent = name;
  source.value = await container.fs.readFile(name, 'utf8');
  await listFiles();
}

element('restart').onclick = async () => {
  element('restart').disabled = true;
  try {
    await container.fs.writeFile(file, source.value);
    await serve();
  } catch (error) {
    report(error);
  }
  element('restart').disabled = false;
};

try {
  container = await step('boot', () => OpenAgentsContainer.boot({ registry: '/registry/' }));
  container.on('error', report);
  element('mode').textContent = container.mode.isolation;
  const tree = await (await fetch('/example/express')).json();
  await step('mount', () => container.mount(tree));
  await open(file);
  container.fs.watch('.', () => listFiles().catch(report));
  await step('install', () => run('npm', ['install']));
  await step('serve', serve);
  element('restart').disabled = false;
  await attachTerminal(container, terminal);
  terminal.focus();
} catch (error) {
  report(error);
}
