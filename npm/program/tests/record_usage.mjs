// Records what commands and settings npm has: src/interface.json, which the program's usage texts, its command line and
// its defaults are made of.
//
// Usage: node record_usage.mjs      (npm on PATH)
import { execFileSync } from 'node:child_process'
import { realpathSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim()), '../..')
const require = createRequire(join(root, 'package.json'))
const { definitions, shorthands } = require('@npmcli/config/lib/definitions')
const { commands, aliases } = require(join(root, 'lib/utils/cmd-list.js'))

/** What of a value depends on the machine it is recorded on. */
const ofMachine = ['cache', 'cpu', 'os', 'libc', 'color', 'prefix', 'globalconfig', 'userconfig', 'init-module', 'user-agent', 'node-version', 'npm-version',
  'editor', 'shell', 'tmp', 'unicode', 'registry', 'progress', 'viewer', 'cidr', 'https-proxy', 'proxy', 'noproxy', 'omit', 'local-address', 'ci-name', 'umask', 'script-shell', 'node-gyp']
const kind = type => typeof type === 'function' ? type.name : 'object'
const isWord = type => ['string', 'number', 'boolean'].includes(typeof type)

function setting ({ key, type, usage, short, alias, exclusive, description, required, default: value }) {
  const types = [type].flat()
  return {
    usage,
    short: short ? [short].flat() : undefined,
    alias,
    exclusive,
    // The first line is what usage texts show.
    description: description?.trim().split('\n')[0],
    required: required || undefined,
    kinds: types.filter(t => t !== null && !isWord(t)).map(kind),
    words: types.some(isWord) ? types.filter(isWord).map(String) : undefined,
    nullable: types.includes(null) || undefined,
    default: ofMachine.includes(key) ? undefined : value === Infinity ? 'Infinity' : value,
  }
}
const settings = Object.fromEntries(Object.keys(definitions).sort().map(key => [key, setting(definitions[key])]))
function own (all) {
  const different = all.filter(d => definitions[d.key]?.usage !== d.usage || definitions[d.key]?.description !== d.description)
  return different.length ? Object.fromEntries(different.map(d => [d.key, setting(d)])) : undefined
}
const describe = (name, Command) => ({
  description: Command.description,
  usage: Command.usage === null ? [] : Command.usage,
  params: Command.definitions ? Command.definitions.map(d => d.key) : Command.params ?? undefined,
  // Options that mean something of their own here.
  own: own(Command.definitions ?? []),
  workspaces: Command.workspaces || undefined,
  ignores_implicit_workspace: Command.ignoreImplicitWorkspace || undefined,
  subcommands: Command.subcommands ? Object.fromEntries(Object.entries(Command.subcommands).map(([sub, Sub]) => [sub, describe(sub, Sub)])) : undefined,
})
const named = Object.fromEntries(commands.map(name => [name, describe(name, require(join(root, `lib/commands/${name}`)))]))
// The names of licences that SPDX has (CC0).
const licences = [...require('spdx-license-ids'), ...require('spdx-license-ids/deprecated')].sort()
const text = JSON.stringify({ commands: named, aliases, shorthands, settings, licences }, null, 1)
writeFileSync(fileURLToPath(new URL('../src/interface.json', import.meta.url)), text + '\n')
