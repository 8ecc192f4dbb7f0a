// Our npm against real npm, command by command: output, errors, exit code, and the files that are left.
//
// Usage: node compare_commands.mjs OUR_NPM [CASE…]
//   OUR_NPM: cargo build -p oac-npm --features native-http leaves it at target/debug/npm
// Needs a registry, so it is no unit test. A case is a project and the lines that are run in it, one after the other.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const app = { 'package.json': { name: 'app', version: '1.0.0', dependencies: { debug: '^2.0.0' } } }
const workspaces = {
  'package.json': { name: 'root', private: true, workspaces: ['packages/*'], dependencies: { 'is-odd': '3' }, scripts: { hi: 'echo root' } },
  'packages/a/package.json': { name: 'a', version: '1.0.0', dependencies: { b: '^1.0.0', ms: '^2.0.0' }, scripts: { hi: 'echo hi from a' } },
  'packages/b/package.json': { name: 'b', version: '1.2.0', dependencies: { debug: '^2.6.9' }, scripts: { hi: 'echo hi from b; exit 3' } },
}
const folder = { ...app, 'loc/package.json': { name: 'loc', version: '1.0.0', bin: 'x.js', dependencies: { ms: '1' } }, 'loc/x.js': '' }
const vulnerable = { 'package.json': { name: 'app', version: '1.0.0', dependencies: { debug: '~2.2.0', 'is-odd': '^0.1.2', ms: '0.7.1' }, devDependencies: { 'is-number': '^3.0.0' } } }
const published = { 'package.json': { name: 'oac-published-zz', version: '1.0.0', description: 'a test', main: 'a.js', license: 'MIT' }, 'a.js': '1\n', '.npmrc': '//REGISTRY_HOST/:_authToken=good\n' }
const loggedIn = { ...app, '.npmrc': '//REGISTRY_HOST/:_authToken=good\n' }
const cases = {
  add: [app, 'install', 'install ms@2.0.0 is-odd --save-dev', 'ls', 'ls --all --json', 'ls ms', 'explain ms', 'uninstall is-odd'],
  update: [app, 'install debug@2.6.0', 'outdated', 'outdated --json', 'update', 'update --save'],
  before: [app, 'install --before=2016-01-01'],
  prune: [app, 'install', 'install is-odd --no-save', 'ls', 'prune'],
  shrinkwrap: [app, 'install', 'shrinkwrap', 'install is-odd'],
  folder: [folder, 'install ./loc', 'ls', 'ls --json', 'uninstall loc'],
  address: [app, 'install REGISTRYms/-/ms-2.0.0.tgz'],
  alias: [app, 'install l@npm:lodash@4.17.20 --save-exact', 'ls', 'outdated'],
  strategies: [app, 'install --install-strategy=nested'],
  peers: [app, 'install react@16 react-dom@17', 'install react@16 react-dom@17 --legacy-peer-deps'],
  workspaces: [workspaces, 'install', 'ls', 'ls -w a', 'run hi --workspaces', 'run', 'run -w a', 'run nope -w b', 'run hi -w nope', 'outdated --all', 'explain debug', 'pkg get name --workspaces'],
  'workspaces-add': [workspaces, 'install', 'install is-number@7 -w b', 'install semver@6 --workspaces', 'uninstall semver --workspaces', 'ci'],
  'workspaces-one': [workspaces, 'install -w a', 'install --no-workspaces'],
  pkg: [app, 'pkg set scripts.test=x keywords[]=a keywords[]=b private=true', 'pkg delete private', 'pkg get', 'pkg get name version', 'pkg get scripts.test'],
  version: [app, 'install --package-lock-only', 'version minor', 'version prerelease --preid=beta', 'version frob'],
  view: [app, 'view ms', 'view ms versions', 'view ms versions --json', 'view express@4 version', 'view express@4.18.2 dependencies', 'view ms@99', 'view nosuchpackage-zz-1'],
  errors: [app, 'frob', 'run nope', 'install ./nope', 'install ms@99.0.0', 'install nosuchpackage-zz-1', 'uninstall', 'whoami', 'update ms@1'],
  init: [{}, 'init -y', 'init -y -w packages/a'],
  fund: [{ 'package.json': { name: 'app', version: '1.0.0', funding: 'https://fund.invalid/me', dependencies: { 'safe-buffer': '5.2.1', qs: '6.11.0', 'is-odd': '3' } } }, 'install', 'fund', 'fund --json', 'fund qs --no-browser', 'fund is-odd', 'fund --which=3 safe-buffer --no-browser', 'fund safe-buffer'],
  query: [workspaces, 'install', 'query *', 'query :root', 'query #ms', 'query .workspace', 'query [license=MIT]', 'query :root>*', 'query .dev', 'query :semver(^2)', 'query :not(:empty)', 'query :type(registry)', 'query :attr(scripts,[test])', 'query #debug --package-lock-only', 'query .nope', 'query :nope', 'query :link', 'query :missing', 'query #b --workspace=a', 'query :has(>#ms)', 'query #nope --expect-results'],
  publish: [published, 'publish --dry-run', 'publish', 'dist-tag ls oac-published-zz', 'dist-tag add oac-published-zz@1.0.0 beta', 'dist-tag ls oac-published-zz', 'dist-tag rm oac-published-zz beta', 'dist-tag rm oac-published-zz nope', 'publish', 'version minor', 'publish --tag next', 'deprecate oac-published-zz@1.0.0 old', 'deprecate oac-published-zz@9 old', 'owner ls express', 'unpublish oac-published-zz', 'unpublish oac-published-zz@1.0.0', 'unpublish oac-published-zz --force', 'view oac-published-zz'],
  'publish-no': [app, 'publish', 'publish --tag 1.0.0', 'unpublish', 'deprecate', 'dist-tag add', 'unpublish a@^1'],
  // npm takes one answer only from standard input that is no terminal.
  login: [{ ...app, '.npmrc': 'auth-type=legacy\n' }, 'logout', 'adduser --auth-type=web', 'logout', 'adduser --auth-type=web --scope=@acme', 'logout --scope=acme'],
  token: [loggedIn, 'token', 'token list --json', 'token list --parseable', 'token revoke abcdef0', 'token revoke abcdef', 'token revoke zz', 'token revoke', 'token create --password=x --name=n --cidr=10.0.0.0/8', 'token create --password=x --name=n --json --expires=30 --packages=a --packages=b', 'token create --cidr=::/0 --password=x', 'token frob', 'logout'],
  profile: [loggedIn, 'profile', 'profile get', 'profile get --json', 'profile get --parseable', 'profile get email,name', 'profile set fullname Ann B', 'profile set github x --json', 'profile set nope x', 'profile set email', 'profile set password x', 'profile frob', 'profile disable-2fa', 'profile enable-2fa frob', 'profile enable-2fa --json', { line: 'profile enable-2fa auth-only', input: 'x\n' }],
  access: [loggedIn, 'access', 'access frob', 'access list', 'access list packages', 'access list packages @acme', 'access list packages acme:one zed', 'access list packages --json', 'access list collaborators ms', 'access list collaborators ms bob', 'access list nope', 'access get status ms', 'access get nope', 'access set status=private @acme/a', 'access set status=public ms', 'access set mfa=automation ms', 'access set 2fa=none ms', 'access grant read-write acme:one ms', 'access grant read-write acme ms', 'access grant frob x', 'access revoke acme:one ms'],
  team: [loggedIn, 'team', 'team create @acme:one', 'team destroy acme:one --json', 'team add acme:one bob', 'team rm acme:one bob --parseable', 'team ls acme', 'team ls @acme:one', 'team ls acme:one --json', 'org ls acme', 'org ls @acme ann --json', 'org ls acme --parseable', 'org set acme bob admin', 'org set acme bob frob', 'org set acme', 'org rm acme bob', 'org', 'org rm @acme bob --json'],
  owner: [loggedIn, 'owner', 'owner add', 'owner add bob ms', 'owner add nobody ms', 'owner ls ms', 'star ms', 'unstar ms --no-unicode', 'star', 'stars', 'stars nobody', 'stars ann'],
  'logged-out': [app, 'token', 'profile get', 'stars', 'star ms', 'access list packages', 'team ls acme', 'logout', 'owner add bob ms'],
  pages: [{ 'package.json': { name: 'app', version: '1.0.0', repository: 'github:ann/app', dependencies: { ms: '2.1.3' } }, '.npmrc': 'browser=false\n' }, 'repo', 'docs', 'bugs', 'repo ms', 'docs ms@2.0.0', 'home ms', 'issues debug', 'repo ms --json', 'repo nosuchpackage-zz-1', 'install', 'explore ms -- echo here', 'explore', 'explore nope -- echo', 'edit', 'edit nope', 'edit ms --editor=true'],
  sbom: [{ 'package.json': { name: 'app', version: '1.0.0', private: true, license: 'MIT', dependencies: { express: '4.21.2', debug: '2.6.9' }, devDependencies: { 'is-odd': '3' } } }, 'sbom', 'sbom --sbom-format=cyclonedx', 'install', 'sbom --sbom-format=cyclonedx', 'sbom --sbom-format=spdx', 'sbom --sbom-format=spdx --omit=dev --sbom-type=application', 'sbom --sbom-format=cyclonedx --package-lock-only'],
  'sbom-workspaces': [{ ...workspaces, 'package.json': { ...workspaces['package.json'], version: '2.0.0' } }, 'install', 'sbom --sbom-format=spdx', 'sbom --sbom-format=cyclonedx', 'sbom --sbom-format=cyclonedx -w a', 'sbom --sbom-format=spdx --no-workspaces'],
  search: [app, 'search is', 'search is odd --json', 'search nothing', 'search', 'search is --parseable', 'search is --searchexclude=left'],
  audit: [vulnerable, 'audit', 'install', 'audit', 'audit --json', 'audit --audit-level=critical', 'audit --omit=dev', 'audit fix --dry-run', 'audit fix', 'audit', 'audit fix --force', 'audit --json', 'install --json'],
  scripts: [{ 'package.json': { name: 'app', version: '1.0.0', dependencies: { 'es5-ext': '0.10.64', bufferutil: '4.0.8' } } }, 'install --ignore-scripts', 'install-scripts ls', 'install-scripts ls --json', 'rebuild es5-ext', 'install-scripts approve es5-ext', 'install-scripts approve --all --no-allow-scripts-pin', 'deny-scripts bufferutil', 'approve-scripts bufferutil', 'uninstall bufferutil', 'install-scripts prune --dry-run', 'install-scripts prune', 'install-scripts', 'install-scripts frob', 'approve-scripts nope', 'install bufferutil@4.0.8 --strict-allow-scripts', 'install --allow-scripts=x'],
  help: [{ ...app, '.npmrc': 'nope=1\n//x.invalid/:frob=1\n' }, 'in -h', 'team -h', 'trust github -h', 'hlep ls', 'instal-x', 'stat', 'run tst', 'ls --nope x', '--no-nope ls', 'ls --save-d', 'help-search', 'install-scripts x', 'trust x'],
  'audit-none': [app, 'install', 'audit', 'audit --json', 'audit fix'],
}

const args = process.argv.slice(2)
const ours = args.shift()
const npm = process.env.NPM ?? 'npm'
// The imitation of a registry, so that both are told the same and nothing is changed anywhere.
const proxy = spawn('node', [fileURLToPath(new URL('registry_proxy.mjs', import.meta.url)), join(tmpdir(), 'oac-registry-proxy')])
const registry = await new Promise(resolve => proxy.stdout.once('data', line => resolve(line.toString().trim())))

/** Every file, link and folder with its content; times and npm's own files aside. */
function list (folder, prefix = '') {
  return readdirSync(folder).sort().flatMap(name => {
    const path = join(folder, name)
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) return [`${prefix}${name} -> ${readlinkSync(path)}`]
    if (stat.isDirectory()) return list(path, `${prefix}${name}/`)
    return [`${prefix}${name} ${readFileSync(path, 'base64')}`]
  })
}

const readIfThere = path => existsSync(path) ? readFileSync(path, 'utf8') : ''

function run (program, name, [files, ...lines]) {
  const folder = mkdtempSync(join(tmpdir(), 'oac-commands-'))
  const project = join(folder, 'app')
  mkdirSync(project)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), typeof content === 'string' ? content.replace('REGISTRY_HOST', new URL(registry).host) : JSON.stringify(content, null, 2) + '\n')
  }
  const env = {
    PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: folder, npm_config_registry: registry, npm_config_audit: String(name.startsWith('audit')), npm_config_fund: 'false',
    npm_config_update_notifier: 'false', npm_config_node_version: program === npm ? '' : process.versions.node,
  }
  const own = /A complete log|_logs|^npm error *$|For a full report|eresolve-report/
  const steps = lines.map(step => {
    const { line, input } = typeof step === 'string' ? { line: step } : step
    const words = line.replace('REGISTRY', registry).split(' ')
    const { stdout, stderr, status } = spawnSync(program, words, { cwd: project, env, encoding: 'utf8', input })
    const errors = stderr.split('\n').filter(l => !own.test(l)).join('\n')
    const text = `${stdout}\n${errors}\nexit ${status}`.replaceAll(folder, '').replace(/ in \d+m?s/g, '').replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|"(timestamp|created)": "[^"]*"/g, '')
    // What was sent to the registry.
    const said = spawnSync('curl', ['-s', `${registry}-/said`], { encoding: 'utf8' }).stdout.replace(/"_nodeVersion":"[^"]*"|"_npmVersion":"[^"]*"|"date":"[^"]*"/g, '')
    return { line, text: said === '[]' ? text : `${text}\nsent ${said}`, files: list(project).join('\n') + readIfThere(join(folder, '.npmrc')) }
  })
  rmSync(folder, { recursive: true })
  return steps
}

let different = 0
for (const name of args.length ? args : Object.keys(cases)) {
  const [theirs, mine] = [run(npm, name, cases[name]), run(ours, name, cases[name])]
  for (const [at, { line, text, files }] of mine.entries()) {
    const sameText = text === theirs[at].text
    const sameFiles = files === theirs[at].files
    console.log(`${sameText && sameFiles ? 'same' : sameText ? 'OTHER FILES' : 'OTHER TEXT'} ${name}: npm ${line}`)
    if (sameText && !sameFiles) writeFileSync(join(tmpdir(), 'oac-commands-npm'), theirs[at].files), writeFileSync(join(tmpdir(), 'oac-commands-ours'), files)
    if (!sameText) console.log(`--- npm\n${theirs[at].text}\n--- ours\n${text}`)
    different += !(sameText && sameFiles)
  }
}
proxy.kill()
process.exit(different ? 1 : 0)
