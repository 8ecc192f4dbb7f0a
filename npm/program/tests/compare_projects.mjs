// Our npm against real npm, project by project: the lock files, with --install the installed set, the links of bins and
// the hidden lock file, and what is said, after the first install and after each further command.
//
// Usage: node compare_projects.mjs [--install] OUR_NPM [PROJECT…]
//   OUR_NPM: cargo build -p oac-npm --features native-http leaves it at target/debug/npm
// Both ask registry_proxy.mjs, so that they are told the same. Needs a registry, so it is no unit test.
import { spawn } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projects } from './projects.mjs'

const args = process.argv.slice(2)
const install = args[0] === '--install' && args.shift()
const ours = args.shift()
const npm = process.env.NPM ?? 'npm'
const proxy = spawn('node', [fileURLToPath(new URL('registry_proxy.mjs', import.meta.url)), join(tmpdir(), 'oac-registry-proxy')])
const registry = await new Promise(resolve => proxy.stdout.once('data', line => resolve(line.toString().trim())))
const always = ['--no-audit', '--ignore-scripts', ...(install ? [] : ['--package-lock-only'])]

function execute (program, words, options) {
  return new Promise(resolve => {
    const child = spawn(program, words, options)
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr']) child[stream].on('data', data => { said[stream] += data })
    child.on('close', status => resolve({ ...said, status }))
  })
}

/** What is in node_modules: each package's name and version, each link with its target. */
function installed (folder, prefix = '') {
  if (!existsSync(folder)) return []
  return readdirSync(folder).sort().flatMap(name => {
    const path = join(folder, name)
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) return [`${prefix}${name} -> ${readlinkSync(path)}`]
    if (!stat.isDirectory()) return name === '.package-lock.json' ? [`${prefix}${name} ${readFileSync(path)}`] : []
    if (name.startsWith('@') || name === '.bin' || name === '.store' || prefix.endsWith('.store/')) return installed(path, `${prefix}${name}/`)
    const manifest = existsSync(join(path, 'package.json')) ? JSON.parse(readFileSync(join(path, 'package.json'))) : {}
    return [`${prefix}${name} ${manifest.name}@${manifest.version}`, ...installed(join(path, 'node_modules'), `${prefix}${name}/node_modules/`)]
  })
}

async function run (program, { files = {}, options = [], then = [], ...manifest }) {
  const folder = mkdtempSync(join(tmpdir(), 'oac-projects-'))
  const project = join(folder, 'app')
  for (const [path, content] of Object.entries({ '': { name: 'app', version: '1.0.0', ...manifest }, ...files })) {
    mkdirSync(join(project, path), { recursive: true })
    writeFileSync(join(project, path, 'package.json'), JSON.stringify(content, null, 2) + '\n')
  }
  const env = {
    PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: folder, npm_config_registry: registry, npm_config_update_notifier: 'false',
    npm_config_node_version: program === npm ? '' : process.versions.node, npm_config_cache: join(tmpdir(), program === npm ? 'oac-projects-npm' : 'oac-projects-ours'),
  }
  const own = /A complete log|_logs|^npm error *$|For a full report|eresolve-report/
  const steps = []
  for (const line of ['install', ...then]) {
    const start = performance.now()
    const { stdout, stderr, status } = await execute(program, [...line.split(' '), ...always, ...options], { cwd: project, env })
    const took = Math.round(performance.now() - start)
    const said = stderr.split('\n').filter(l => !own.test(l))
    // npm warns as packages arrive, so in no fixed order.
    const text = [...said.filter(l => !l.startsWith('npm warn deprecated')), ...said.filter(l => l.startsWith('npm warn deprecated')).sort(), stdout, `exit ${status}`]
      .join('\n').replaceAll(folder, '').replace(/ in \d+(m?s|m)\b/g, '')
    const read = path => existsSync(join(project, path)) ? readFileSync(join(project, path), 'utf8') : ''
    const lock = ['', ...Object.keys(files)].map(path => read(join(path, 'package.json'))).join('') + read('package-lock.json')
    const set = install ? [...installed(join(project, 'node_modules')), ...Object.keys(files).flatMap(path => installed(join(project, path, 'node_modules'), `${path}/`))].join('\n') : ''
    steps.push({ line, took, parts: { text, lock, set } })
  }
  return { folder, steps }
}

let different = 0
for (const name of args.length ? args : Object.keys(projects)) {
  const [theirs, mine] = [await run(npm, projects[name]), await run(ours, projects[name])]
  const wrong = []
  for (const [at, { line, took, parts }] of mine.steps.entries()) {
    const other = Object.keys(parts).filter(part => parts[part] !== theirs.steps[at].parts[part])
    console.log(`${other.length ? 'DIFFERENT ' + other.join(' ') : 'same'} ${name}: ${line}: npm ${theirs.steps[at].took} ms, ours ${took} ms`)
    for (const part of other) {
      for (const [side, steps] of [['npm', theirs.steps], ['ours', mine.steps]]) writeFileSync(join(mine.folder, `${at}-${part}-${side}`), steps[at].parts[part])
      wrong.push(`diff ${join(mine.folder, `${at}-${part}-npm`)} ${join(mine.folder, `${at}-${part}-ours`)}`)
    }
  }
  if (wrong.length) console.log(wrong.map(line => '  ' + line).join('\n'))
  rmSync(theirs.folder, { recursive: true })
  rmSync(wrong.length ? join(mine.folder, 'app') : mine.folder, { recursive: true })
  different += wrong.length
}
proxy.kill()
process.exit(different ? 1 : 0)
