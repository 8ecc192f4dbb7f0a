// Our npm against real npm on the same machine, at the same moment: the lock files, and with --install the trees.
//
// Usage: node compare_with_npm.mjs [--install] OUR_NPM [PROJECT…]
//   OUR_NPM: cargo build -p oac-npm --features native-http leaves it at target/debug/npm
// Needs a registry, so it is no unit test; npm/resolver/tests/record.mjs makes those.
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const projects = {
  express: { dependencies: { express: '4.21.2' } },
  eslint: { devDependencies: { eslint: '^9.0.0' } },
  airbnb: { devDependencies: { eslint: '^8.57.0', 'eslint-config-airbnb': '^19.0.4', 'eslint-plugin-import': '^2.30.0', 'eslint-plugin-react': '^7.37.0', 'eslint-plugin-react-hooks': '^4.6.0', 'eslint-plugin-jsx-a11y': '^6.10.0', prettier: '^3', typescript: '^5' } },
  jest: { devDependencies: { jest: '^29.7.0' } },
  vite: { dependencies: { react: '^18.3.1', 'react-dom': '^18.3.1' }, devDependencies: { vite: '^5.4.0', '@vitejs/plugin-react': '^4.3.0', typescript: '^5.6.0', '@types/react': '^18.3.0' } },
  webpack: { devDependencies: { webpack: '^5.95.0', 'webpack-cli': '^5.1.4', 'babel-loader': '^9.2.0', '@babel/core': '^7.25.0', '@babel/preset-env': '^7.25.0' } },
  next: { dependencies: { next: '14.2.15', react: '^18', 'react-dom': '^18' } },
  'testing-library': { dependencies: { react: '18.3.1', 'react-dom': '18.3.1' }, devDependencies: { '@testing-library/react': '^16.0.0', '@testing-library/jest-dom': '^6.5.0', vitest: '^2.1.0', jsdom: '^25.0.0' } },
  angular: { dependencies: { '@angular/core': '^18.0.0', '@angular/common': '^18.0.0', '@angular/platform-browser': '^18.0.0', rxjs: '^7.8.0', 'zone.js': '^0.14.0' }, devDependencies: { '@angular/cli': '^18.0.0', '@angular/build': '^18.0.0', '@angular/compiler-cli': '^18.0.0', '@angular/compiler': '^18.0.0', typescript: '~5.5.0' } },
  fastify: { dependencies: { fastify: '^5.0.0', 'pino-pretty': '*', axios: '^1', lodash: '*' } },
  overrides: { dependencies: { express: '^4.17.0' }, overrides: { debug: '4.3.4', qs: { '.': '6.11.0' } } },
  aliases: { dependencies: { lodash4: 'npm:lodash@^4', chalk: '^5', chalk4: 'npm:chalk@^4' } },
  workspaces: { workspaces: ['apps/*', 'libs/*'], devDependencies: { semver: '^7.5.0' }, files: {
    'apps/web': { name: 'web', version: '1.0.0', dependencies: { ui: '*', chalk: '^5.3.0', semver: '^6.0.0' }, scripts: { prepare: 'exit 0' } },
    'apps/api': { name: '@acme/api', version: '1.0.0', bin: { api: 'api.js' }, dependencies: { express: '^4.21.0', chalk: '^4.1.0', ui: '^2.0.0' }, devDependencies: { mkdirp: '^1.0.0' } },
    'libs/ui': { name: 'ui', version: '2.1.0', bin: 'ui.js', dependencies: { chalk: '^2.4.0', mkdirp: '^3.0.0' }, peerDependencies: { react: '>=17' } } } },
  folders: { dependencies: { inner: 'file:./inner' }, devDependencies: { tool: 'file:tools/tool' }, files: {
    inner: { name: 'inner', version: '1.0.0', dependencies: { debug: '^4.3.0', tool: 'file:../tools/tool' } },
    'tools/tool': { name: '@my/tool', version: '0.0.1', bin: 'tool.js', dependencies: { debug: '^3.2.0', semver: '^7.0.0' } } } },
  'peer-conflict': { dependencies: { react: '^16.0.0', 'react-dom': '^17.0.0' } },
}

const args = process.argv.slice(2)
const install = args[0] === '--install' && args.shift()
const ours = args.shift()
const options = install ? ['--ignore-scripts'] : ['--package-lock-only', '--ignore-scripts']

function run (program, more, { files = {}, ...manifest }) {
  const folder = mkdtempSync(join(tmpdir(), 'oac-compare-'))
  const project = join(folder, 'app')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'app', ...manifest }, null, 2) + '\n')
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(project, path), { recursive: true })
    writeFileSync(join(project, path, 'package.json'), JSON.stringify(content, null, 2) + '\n')
    for (const file of typeof content.bin === 'string' ? [content.bin] : Object.values(content.bin ?? {})) writeFileSync(join(project, path, file), '')
  }
  const start = performance.now()
  let output = ''
  try {
    execFileSync(program, ['install', '--no-audit', '--no-fund', ...options, ...more], { cwd: project, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    // npm's hints at its own log files are not ours to give.
    const own = /^npm error( *$| A complete log| For a full report| \/)/
    output = error.stderr.split('\n').filter(line => line.startsWith('npm error') && !own.test(line)).join('\n')
  }
  const took = Math.round(performance.now() - start)
  return { folder, took, text: output + list(project).join('\n') }
}

/** Every file with its mode and content, every link with its target. */
function list (folder, prefix = '') {
  return readdirSync(folder).sort().flatMap(name => {
    const path = join(folder, name)
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) return [`${prefix}${name} -> ${readlinkSync(path)}`]
    if (stat.isDirectory()) return list(path, `${prefix}${name}/`)
    return [`${prefix}${name} ${(stat.mode & 0o777).toString(8)} ${readFileSync(path, 'base64')}`]
  })
}

let different = 0
for (const name of args.length ? args : Object.keys(projects)) {
  const theirs = run('npm', [], projects[name])
  const mine = run(ours, [`--node-version=${process.versions.node}`], projects[name])
  const same = theirs.text === mine.text
  console.log(`${same ? 'same' : 'DIFFERENT'} ${name}: npm ${theirs.took} ms, ours ${mine.took} ms${same ? '' : ` (${theirs.folder}, ${mine.folder})`}`)
  if (same) for (const { folder } of [theirs, mine]) rmSync(folder, { recursive: true })
  different += !same
}
process.exit(different ? 1 : 0)
