// Writes semver_expectations.json: what npm's own `semver` package says of the texts below.
// Usage: node semver_expectations.mjs PATH_OF_THE_SEMVER_PACKAGE [MORE_INPUTS.json]
//   (npm pack semver && tar xzf semver-*.tgz gives such a path.)
// MORE_INPUTS.json, if given, is { "ranges": [...], "versions": [...] }, for a wider run that is not kept.
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'

const semver = createRequire(import.meta.url)(resolve(process.argv[2]))
const more = process.argv[3] ? JSON.parse(readFileSync(process.argv[3], 'utf8')) : { ranges: [], versions: [] }

const numbers = ['0.0.0', '0.0.1', '0.0.2', '0.1.0', '0.1.2', '0.2.0', '1.0.0', '1.0.1', '1.2.0', '1.2.3', '1.2.4', '1.3.0', '1.9.9', '2.0.0', '2.0.1', '2.1.3', '3.0.0', '10.2.0']
const pre = ['0', 'alpha', 'alpha.1', 'beta.2', 'beta.11', 'rc.1', '1-x']
const versions = [...numbers,
  ...['0.0.0', '0.1.0', '1.0.0', '1.2.3', '2.0.0'].flatMap(n => pre.map(p => `${n}-${p}`)),
  '1.2.3+build', '1.2.3-beta.2+b.1', ...more.versions]
const odd = ['v1.2.3', '=1.2.3', ' 1.2.3 ', '01.2.3', '1.2', '1', '', 'x', '1.2.3.4', '1.2.3beta', '1.2.3-01', '1.2.3-', '1.2.3+', 'V1.2.3', '= v1.2.3', '9007199254740991.0.0', '9007199254740992.0.0', '1.2.3-a..b', '1.2.3-é', 'latest', '>1.2.3']

const cores = ['*', 'x', '', '1', '1.x', '1.2', '1.2.x', '1.2.3', '0', '0.1', '0.1.2', '0.0.1', '0.0', '1.2.3-beta.2', '0.0.1-alpha', '1.2.3beta', 'v1.2.3', '01.02.03', '1.*.3']
const operators = ['', '^', '~', '~>', '>', '>=', '<', '<=', '=', '^ ', '>= ', '~ ', '> = ', '>==', '<=v']
const ranges = [...operators.flatMap(o => cores.map(c => o + c)),
  '1 - 2', '1.2.3 - 2.0.0', '1.2 - 1.x', '1.2.3-beta.2 - 2', '* - 2', '1.2.3 - *', '1 -2', '1.2.3-2.0.0', ' 1.2.3  -  2 ',
  '1 || 2', '1.2.3 || >2 <2.1', '^1 || ^2 || *', '||', '1||', '||1', '<1 >2', '>1 <2 || 3', '>=1.2.3 <2.0.0', '>1.0.0 <=1.3.0',
  '^1.2.3 ^1.2', '~1.2.3 1.2.4', '>=0.0.0', '>=0.0.0-0', '<0.0.0', '<0.0.0-0', '> 0.0.0', 'latest', 'next', 'blerg', '1.2.3 foo', 'foo 1.2.3', '>=1.2.3 foo',
  '^1.2.3+build', '1.2.3+build', '>=1.2.3+build <2', '1.2.3 1.2.4', '>=16.0.0 || 14', '^0.0.1 || ^0.1', '1.2.3 - 1.2.4 || 2', 'https://x', '1.2.3.4', '^1.2.3.4',
  '>1.2.3-alpha <1.2.3', '>=1.2.3-alpha', '<1.2.3-beta.11', '^1.2.3-alpha || 2', '>x 2.x || * || <x', '>=09090', '>01.02.03', '~1.2.3beta', '^ 1.2 ^ 1', '~ 1.2 || 2.x', '"1.2.3"', '<=  2.0.0', '<    2.0.0', '\t1.2.3\t', ...more.ranges]

const optionSets = [{}, { loose: true }, { includePrerelease: true }, { loose: true, includePrerelease: true }]
const parsed = [...versions, ...odd].flatMap(v => [false, true].map(loose => [v, loose, semver.valid(v, { loose })]))
const valid = versions.filter(v => semver.valid(v))
const questions = [...new Set(ranges)].flatMap(range => optionSets.map(o => {
  const printed = semver.validRange(range, o)
  const matches = printed === null ? '' : valid.map(v => semver.satisfies(v, range, o) ? '1' : '0').join('')
  return [range, !!o.loose, !!o.includePrerelease, printed, matches]
}))
const some = ['^1.2.3', '~1.2', '1.2.3', '>1', '<1', '>=2 <3', '*', '1 || 3', '<0.0.0-0', '>=1.2.3 <=1.2.3', '^0.1', '2.0.0-rc.1', '<=2']
const pairs = some.flatMap(a => some.map(b => [a, b, semver.intersects(a, b)]))
const order = [...valid].sort((a, b) => semver.compareBuild(a, b)).map(v => v)
const line = rows => '[\n' + rows.map(r => JSON.stringify(r)).join(',\n') + '\n]'
const text = `{"semver":${JSON.stringify(semver.SEMVER_SPEC_VERSION)},"versions":${JSON.stringify(valid)},"order":${JSON.stringify(order)},\n"parsed":${line(parsed)},\n"ranges":${line(questions)},\n"intersects":${line(pairs)}}\n`
writeFileSync(process.env.OUT ?? fileURLToPath(new URL('semver_expectations.json', import.meta.url)), text)
