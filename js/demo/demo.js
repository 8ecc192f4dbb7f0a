/** The demo: an Express app, installed and served by a container in this page. */
import { OpenAgentsContainer } from '/index.js';

const element = (id) => document.getElementById(id);
const output = element('output');
const source = element('source');

function print(text, kind) {
  const span = document.createElement('span');
  // There is no terminal here: colours and cursor movements would be noise.
  span.textContent = text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  if (kind !== undefined) span.className = kind;
  output.append(span);
  output.scrollTop = output.scrollHeight;
}

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

/** Starts a program, with its output below; `printed` resolves after the last of it. */
async function start(command, args, shown = [command, ...args].join(' ')) {
  print(`$ ${shown}\n`, 'command');
  const process = await container.spawn(command, args, { merged: true });
  const printed = process.output.pipeTo(new WritableStream({ write: (text) => print(text) }));
  return { process, printed };
}

async function run(command, args, shown) {
  const { process, printed } = await start(command, args, shown);
  const code = await process.exit;
  await printed;
  if (code !== 0) throw new Error(`${shown ?? command} ended with ${code}`);
}

async function serve() {
  server?.kill();
  await server?.exit;
  const ready = new Promise((resolve) => {
    const stop = container.on('server-ready', (port, url) => {
      stop();
      resolve({ port, url });
    });
  });
  server = (await start('node', ['server.js'])).process;
  const ended = server.exit.then((code) => Promise.reject(new Error(`node server.js ended with ${code}`)));
  const { port, url } = await Promise.race([ready, ended]);
  element('address').textContent = `localhost:${port}`;
  element('open').href = url;
  element('open').hidden = false;
  element('preview').src = url;
}

function report(error) {
  print(`${error.message}\n`, 'bad');
}

element('restart').onclick = async () => {
  element('restart').disabled = true;
  try {
    await container.fs.writeFile('server.js', source.value);
    await serve();
  } catch (error) {
    report(error);
  }
  element('restart').disabled = false;
};

element('prompt').onsubmit = async (event) => {
  event.preventDefault();
  const command = element('command').value;
  element('command').value = '';
  try {
    await run('sh', ['-c', command], command);
  } catch (error) {
    report(error);
  }
};

try {
  container = await step('boot', () => OpenAgentsContainer.boot({ registry: '/registry/' }));
  container.on('error', report);
  const tree = await (await fetch('/example/express')).json();
  source.value = tree['server.js'].file.contents;
  await step('mount', () => container.mount(tree));
  await step('install', () => run('npm', ['install']));
  await step('serve', serve);
  element('restart').disabled = false;
} catch (error) {
  report(error);
}
element('command').disabled = container === undefined;
