// Kills installs at random moments (SIGKILL), and looks whether what is left is good: no damaged file in the shared store, every
// package folder whole, and the next install makes the tree that an undisturbed one makes.
//
// Usage: node kill.mjs TIMES oac|npm PATH [SEED]
//   oac PATH: the command line tool, with the project and the store mounted; npm PATH: a native build of npm.
// Needs a registry to fill the imitation from, so it is no unit test.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [times, kind, program, given] = process.argv.slice(2)
let seed = Number(given ?? Date.now() % 1e6)
console.log(`seed ${seed}`)
/** The next of a row of numbers below `limit` (xorshift). */
function random (limit) {
  seed ^= seed << 13; seed ^= seed >>> 17; seed ^= seed << 5
  return (seed >>> 0) % limit
}

const folder = mkdtempSync(join(tmpdir(), 'oac-kill-'))
const proxy = spawn('node', [fileURLToPath(new URL('registry_proxy.mjs', import.meta.url)), join(tmpdir(), 'oac-registry-proxy')])
const registry = await new Promise(resolve => proxy.stdout.once('data', line => resolve(line.toString().trim())))
const versions = [
  { express: '4.21.0', debug: '4.3.0' },
  { express: '4.18.0', 'is-odd': '3.0.1', semver: '7.5.0' },
]

function command (project, store) {
  const env = { ...process.env, npm_config_registry: registry, npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' }
  if (kind === 'npm') {
    return [program, ['install'], { cwd: project, env: { ...env, HOME: folder, npm_config_oac_store: store }, stdio: 'pipe' }]
  }
  const passed = Object.keys(env).filter(name => /^npm_config_(registry|audit|fund)$/.test(name)).flatMap(name => ['-e', name])
  const host = new URL(registry).host
  return [program, ['run', '-v', `${project}:/work`, '-w', '/work', `--allow-net=${host}`, '--npm-store', store, ...passed, '--', 'npm', 'install'], { env, stdio: 'pipe' }]
}

/** Every file and link with its content; what npm notes for itself aside. */
function list (folder, prefix = '') {
  return readdirSync(folder).sort().flatMap(name => {
    const path = join(folder, name)
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) return [`${prefix}${name} -> ${readlinkSync(path)}`]
    if (stat.isDirectory()) return list(path, `${prefix}${name}/`)
    return [`${prefix}${name} ${createHash('sha1').update(readFileSync(path)).digest('hex')}`]
  })
}

function want (project, index) {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', dependencies: versions[index] }, null, 2) + '\n')
  rmSync(join(project, 'package-lock.json'), { force: true })
  cpSync(join(folder, `lock${index}.json`), join(project, 'package-lock.json'))
}

/** What undisturbed installs make. */
const expected = versions.map((dependencies, index) => {
  const project = join(folder, `clean${index}`)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', dependencies }, null, 2) + '\n')
  mkdirSync(join(folder, 'clean-store'), { recursive: true })
  const [name, args, options] = command(project, join(folder, 'clean-store'))
  const start = Date.now()
  const { status, stderr } = spawnSync(name, args, options)
  if (status !== 0) throw new Error(`the first install failed: ${stderr}`)
  cpSync(join(project, 'package-lock.json'), join(folder, `lock${index}.json`))
  return { tree: list(project).join('\n'), took: Date.now() - start }
})

/** Files of a store whose bytes are not what their place says. */
function damaged (store) {
  return readdirSync(store, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile() && !entry.name.endsWith('.tmp') && entry.name !== '.swept').map(entry => join(entry.parentPath, entry.name)).filter(path => {
    const [algorithm, ...hex] = path.slice(store.length + 1).split('/')
    return createHash(algorithm).update(readFileSync(path)).digest('hex') !== hex.join('')
  })
}

/** Package folders without a whole package.json. */
function broken (project) {
  const modules = join(project, 'node_modules')
  if (!existsSync(modules)) return []
  return readdirSync(modules).filter(name => !name.startsWith('.')).filter(name => {
    try { return !JSON.parse(readFileSync(join(modules, name, 'package.json'))).version } catch { return true }
  })
}

let killed = 0
let failures = 0
const project = join(folder, 'app')
const store = join(folder, 'store')
mkdirSync(project)
mkdirSync(store)
for (let round = 0; round < Number(times); round++) {
  const index = round % 2
  if (random(5) === 0) rmSync(join(project, 'node_modules'), { recursive: true, force: true })
  if (random(4) === 0) { rmSync(store, { recursive: true, force: true }); mkdirSync(store) }
  want(project, index)
  const [name, args, options] = command(project, store)
  const child = spawn(name, args, { ...options, stdio: 'ignore' })
  const ended = new Promise(resolve => child.once('exit', (code, signal) => resolve(signal)))
  const after = random(Math.max(20, expected[index].took))
  setTimeout(() => child.kill('SIGKILL'), after)
  if (await ended === 'SIGKILL') killed++
  const problems = [...damaged(store).map(path => `damaged ${path}`), ...broken(project).map(name => `broken ${name}`)]
  // Half of the time the wish has changed meanwhile.
  const next = random(2) === 0 ? index : 1 - index
  want(project, next)
  const { status, stderr } = spawnSync(name, args, options)
  if (status !== 0) problems.push(`the next install failed: ${stderr}`)
  else {
    const [made, wanted] = [list(project), expected[next].tree.split('\n')]
    const other = [...made.filter(line => !wanted.includes(line)), ...wanted.filter(line => !made.includes(line)).map(line => `not ${line}`)]
    if (other.length) problems.push(`the next install made another tree: ${other.slice(0, 5).join(', ')}`)
  }
  if (problems.length) {
    failures++
    console.log(`round ${round}, killed after ${after} ms: ${problems.join('; ')}`)
  }
}
console.log(`${times} rounds, ${killed} killed, ${failures} failed`)
proxy.kill()
if (!failures) rmSync(folder, { recursive: true, force: true })
process.exit(failures ? 1 : 0)
