// Records what real npm makes of the projects below, for tests without a network.
//
// Usage: node record.mjs [PROJECT…]      (npm on PATH, a registry configured)
//
// For each project: a registry on this machine forwards npm's questions to the configured registry and notes the
// packuments; they are cut down to the fields and versions that matter; then npm runs again, offline, over the cut-down
// ones, and its package-lock.json is the expectation. Addresses are replaced by http://registry.invalid.
import { createServer } from 'node:http'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const projects = {
  express: { name: 'app', version: '1.0.0', dependencies: { express: '4.21.2' } },
  eslint: { name: 'app', devDependencies: { eslint: '^8.57.0', 'eslint-config-airbnb': '^19.0.4', 'eslint-plugin-import': '^2.30.0', 'eslint-plugin-react': '^7.37.0', 'eslint-plugin-react-hooks': '^4.6.0', 'eslint-plugin-jsx-a11y': '^6.10.0', typescript: '^5.0.0' } },
  vite: { name: 'app', dependencies: { react: '^18.3.1', 'react-dom': '^18.3.1' }, devDependencies: { vite: '^5.4.0', '@vitejs/plugin-react': '^4.3.0' } },
  overrides: { name: 'app', dependencies: { send: '^0.19.0', a4: 'npm:ansi-regex@^4.1.0' }, overrides: { debug: '4.3.4', send: { ms: '2.1.2' } } },
}
const FIELDS = ['name', 'version', 'dependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta',
  'bundleDependencies', 'engines', 'os', 'cpu', 'libc', 'bin', 'license', 'funding', 'deprecated', 'hasInstallScript']
const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

async function serve (answer) {
  const server = createServer(async (request, response) => {
    const name = decodeURIComponent(request.url.slice(1))
    const packument = request.method === 'GET' ? await answer(name) : null
    response.writeHead(packument ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(packument ?? { error: 'Not found' }))
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  return { server, address: `http://127.0.0.1:${server.address().port}/` }
}

/** A packument, or null for a 404. A recording with a hole would be worse than none, so anything else ends it. */
async function ask (name) {
  for (let tries = 0; ; tries++) {
    try {
      const answer = await fetch(upstream.replace(/\/$/, '') + '/' + name.replace('/', '%2f'))
      if (answer.ok) return await answer.json()
      if (answer.status === 404) return null
      throw new Error(`${name}: ${answer.status}`)
    } catch (error) {
      if (tries === 5) {
        console.error(error)
        process.exit(1)
      }
      await new Promise(done => setTimeout(done, 500))
    }
  }
}

async function npm (manifest, address) {
  const folder = mkdtempSync(join(tmpdir(), 'oac-record-'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2) + '\n')
  const options = ['--package-lock-only', '--no-audit', '--ignore-scripts', '--omit-lockfile-registry-resolved=false',
    `--registry=${address}`, `--cache=${join(folder, 'cache')}`]
  await new Promise((done, failed) => spawn('npm', ['install', ...options], { cwd: folder, stdio: 'ignore' })
    .on('exit', code => code === 0 ? done() : failed(new Error(`npm ended with ${code}`))))
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  rmSync(folder, { recursive: true })
  return lock
}

/** The versions in the lock, those the tags point at, and for each of these the next newer and older one. */
function cut (packument, locked) {
  const all = Object.keys(packument.versions)
  const keep = new Set(Object.values(packument['dist-tags']).slice(0, 1))
  for (const version of [...locked, packument['dist-tags'].latest]) {
    const at = all.indexOf(version)
    for (const near of [at - 1, at, at + 1]) if (all[near]) keep.add(all[near])
  }
  const versions = {}
  for (const version of all.filter(v => keep.has(v))) {
    const full = packument.versions[version]
    const slim = Object.fromEntries(FIELDS.filter(f => full[f] !== undefined).map(f => [f, full[f]]))
    if (['preinstall', 'install', 'postinstall'].some(s => full.scripts?.[s])) slim.hasInstallScript = true
    const file = full.dist.tarball.slice(full.dist.tarball.lastIndexOf('/') + 1)
    slim.dist = { tarball: `http://registry.invalid/${packument.name}/-/${file}`, integrity: full.dist.integrity, shasum: full.dist.integrity ? undefined : full.dist.shasum }
    versions[version] = slim
  }
  const tags = Object.fromEntries(Object.entries(packument['dist-tags']).filter(([, v]) => versions[v]))
  return { name: packument.name, 'dist-tags': tags, versions }
}

for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(projects)) {
  const seen = new Map()
  const recording = await serve(async wanted => {
    const packument = await ask(wanted)
    if (!packument) return null
    seen.set(wanted, packument)
    return packument
  })
  const first = JSON.parse(await npm(projects[name], recording.address))
  recording.server.close()
  const locked = new Map()
  for (const [location, entry] of Object.entries(first.packages)) {
    const package_ = entry.name ?? location.slice(location.lastIndexOf('node_modules/') + 13)
    locked.set(package_, [...(locked.get(package_) ?? []), entry.version])
  }
  const packuments = Object.fromEntries([...seen].sort(([a], [b]) => a < b ? -1 : 1).map(([n, p]) => [n, cut(p, locked.get(n) ?? [])]))
  const replay = await serve(async wanted => packuments[wanted] ?? null)
  const lock = await npm(projects[name], replay.address)
  replay.server.close()
  const lines = Object.entries(packuments).map(([n, p]) => `${JSON.stringify(n)}:${JSON.stringify(p)}`).join(',\n')
  const text = `{"manifest":${JSON.stringify(projects[name])},\n"node":${JSON.stringify(process.versions.node)},\n"lock":${JSON.stringify(lock)},\n"packuments":{\n${lines}\n}}\n`
  writeFileSync(new URL(`recorded/${name}.json`, import.meta.url), text)
  console.log(name, Object.keys(packuments).length, 'packuments,', text.length, 'bytes')
}
