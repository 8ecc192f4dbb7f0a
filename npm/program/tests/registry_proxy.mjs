// A registry on this machine that answers from a folder what it has once asked of another one: so that two programs,
// and two runs, are given the same bytes at the same speed.
//
// Usage: node registry_proxy.mjs FOLDER [UPSTREAM]
//   UPSTREAM is the registry of the configuration by default. The first line of output is this registry's address;
//   HOST in the environment is what it listens on, 127.0.0.1 by default.
// Tarball addresses in packuments are moved here. Answers are kept as long as the folder is.
// What changes a registry is imitated in memory, and so are the questions that a plain mirror does not answer:
// advisories (made up), search, whoami. GET /-/said gives, and forgets, what was sent.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

const [folder, given] = process.argv.slice(2)
const upstream = (given ?? spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim()).replace(/\/?$/, '/')
mkdirSync(folder, { recursive: true })
const memory = new Map()
const underWay = new Map()

/** An answer: { status, type, body, etag, packed }. */
async function ask (path, accept) {
  const abbreviated = accept.includes('vnd.npm.install')
  const key = createHash('sha256').update(`${upstream} ${path} ${abbreviated}`).digest('hex')
  if (memory.has(key)) return memory.get(key)
  const place = join(folder, key)
  if (!existsSync(place)) {
    if (!underWay.has(key)) underWay.set(key, fetchOnce(path, accept, place).finally(() => underWay.delete(key)))
    const failed = await underWay.get(key)
    if (failed) return failed
  }
  const kept = readFileSync(place)
  const end = kept.indexOf(10)
  const answer = { ...JSON.parse(kept.subarray(0, end)), body: kept.subarray(end + 1) }
  if (answer.type.includes('json')) {
    const text = JSON.parse(answer.body)
    for (const version of Object.values(text.versions ?? {})) {
      const tarball = version.dist?.tarball
      if (tarball) version.dist.tarball = address + new URL(tarball).pathname.slice(1)
    }
    answer.body = Buffer.from(JSON.stringify(text))
    answer.packed = gzipSync(answer.body)
    answer.etag = `"${createHash('sha1').update(answer.body).digest('hex')}"`
  }
  memory.set(key, answer)
  return answer
}

async function fetchOnce (path, accept, place) {
  const response = await fetch(upstream + path, { headers: { accept } })
  const body = Buffer.from(await response.arrayBuffer())
  const head = { status: response.status, type: response.headers.get('content-type') ?? 'application/octet-stream' }
  if (!response.ok) return { ...head, body }
  writeFileSync(`${place}.new`, Buffer.concat([Buffer.from(JSON.stringify(head) + '\n'), body]))
  renameSync(`${place}.new`, place)
}

/** Made up, for packages that are small and do not change. */
const advisories = {
  ms: [{ id: 1001, url: 'https://advisories.invalid/1001', title: 'ms is slow', severity: 'moderate', vulnerable_versions: '<0.7.2', cwe: ['CWE-1'], cvss: { score: 5, vectorString: null } }],
  'is-number': [{ id: 1002, url: 'https://advisories.invalid/1002', title: 'is-number counts', severity: 'high', vulnerable_versions: '<7.0.0', cwe: [], cvss: { score: 7, vectorString: 'X' } }],
  debug: [
    { id: 1003, url: 'https://advisories.invalid/1003', title: 'debug prints', severity: 'low', vulnerable_versions: '<2.6.9', cwe: [], cvss: { score: 0, vectorString: null } },
    { id: 1004, url: 'https://advisories.invalid/1004', title: 'debug prints too much', severity: 'critical', vulnerable_versions: '>=2.0.0 <2.6.3', cwe: [], cvss: { score: 9, vectorString: null } },
  ],
}
const found = ['left', 'right'].map(name => ({
  package: { name: `is-${name}`, version: '1.2.3', description: `tells ${name}`, keywords: ['is', name], date: '2024-05-06T07:08:09.000Z', links: { npm: `https://registry.invalid/is-${name}` }, publisher: { username: 'ann', email: 'ann@mail.invalid' }, maintainers: [{ username: 'ann', email: 'ann@mail.invalid' }, { username: 'bob', email: 'bob@mail.invalid' }] },
  score: { final: 1, detail: { quality: 1, popularity: 1, maintenance: 1 } }, searchScore: 1, flags: { unstable: 0 },
}))
const tokens = [
  { token: 'aaaaaa', key: 'abcdef0123', name: 'first', created: '2024-01-02T03:04:05.000Z', readonly: false, cidr_whitelist: null },
  { token: 'bbbbbb', key: 'abcdef9876', name: 'second', created: '2024-02-02T03:04:05.000Z', readonly: true, cidr_whitelist: ['10.0.0.0/8'] },
]
const profile = { name: 'ann', email: 'ann@mail.invalid', email_verified: true, tfa: null, fullname: 'Ann', created: '2020-01-01T00:00:00.000Z', updated: '2021-01-01T00:00:00.000Z', twitter: '', github: 'ann' }

/** Accounts and organisations. A page to log in at there is for nobody but adduser. */
function imitateAccount (method, path, json, known, headers) {
  const [plain] = path.split('?')
  const is = (wanted, pattern) => method === wanted && new RegExp(`^-/${pattern}$`).exec(decodeURIComponent(plain))
  if (is('POST', 'v1/login')) return json.create ? { json: { loginUrl: 'https://login.invalid/new', doneUrl: `${address}-/v1/done` } } : { status: 404, json: {} }
  if (is('GET', 'v1/done')) return { json: { token: 'by-page' } }
  if (is('PUT', 'user/org.couchdb.user:[^/]*')) {
    if (json.name === 'nobody') return { status: 400, json: { error: 'no such user' } }
    return json.name === 'bob' ? { status: 409, json: { error: 'conflict' } } : { status: 201, json: { token: 'by-password' } }
  }
  if (is('PUT', 'user/org.couchdb.user:.*/-rev/.*')) return { status: 201, json: { token: `again-${headers.authorization}` } }
  const user = is('GET', 'user/org.couchdb.user:(.*)')
  if (user) return user[1] === 'nobody' ? { status: 404, json: { error: 'not found' } } : { json: { _id: `org.couchdb.user:${user[1]}`, _rev: '3-x', name: user[1], email: `${user[1]}@mail.invalid`, roles: ['r'] } }
  if (is('GET', '_view/starredByUser')) return { json: { rows: path.includes('nobody') ? [] : [{ value: 'ms' }, { value: 'debug' }] } }
  const needsLogin = /^-\/(npm\/v1|team|org|package\/[^/]*\/(access|collaborators|visibility))/.test(decodeURIComponent(plain))
  if (!needsLogin) return
  if (!known) return { status: 401, json: { error: 'unauthorized' } }
  if (is('GET', 'npm/v1/tokens')) return { json: { objects: tokens, urls: {} } }
  if (is('POST', 'npm/v1/tokens')) return { json: { key: 'k', token: 'made', name: json.name, cidr_whitelist: json.cidr_whitelist, readonly: false, updated: 'now', expires: '2030-01-01' } }
  if (is('GET', 'npm/v1/user')) return { json: profile }
  if (is('POST', 'npm/v1/user')) return json.tfa?.mode === 'auth-only' ? { status: 401, json: { error: 'one-time password needed' }, challenge: 'OTP' } : { json: { ...profile, ...json } }
  if (is('GET', 'package/.*/collaborators')) return { json: { bob: 'write', ann: 'read' } }
  if (is('GET', 'package/.*/visibility')) return { json: { public: true } }
  if (is('GET', 'org/ann/package')) return { status: 404, json: { error: 'no such organisation' } }
  if (is('GET', '(org|team|user)/.*/package')) return { json: { zed: 'write', '@acme/a': 'read' } }
  if (is('GET', 'org/.*/team')) return { json: ['acme:two', 'acme:one'] }
  if (is('GET', 'team/.*/user')) return { json: ['bob', 'ann'] }
  if (is('GET', 'org/.*/user')) return { json: { bob: 'developer', ann: 'owner' } }
  if (is('PUT', 'org/.*/user')) return { json: { org: { name: 'acme', size: 2 }, ...json } }
  return { json: { ok: true } }
}
const published = new Map()
let said = []

/** What this registry answers itself: { status, json }, or nothing. */
function imitate (method, path, headers, text) {
  const json = text && headers['content-type']?.includes('json') ? JSON.parse(text) : undefined
  if (method !== 'GET' && !path.includes('advisories')) said.push({ method, path: decodeURIComponent(path), json })
  if (path === '-/said') {
    const all = said
    said = []
    return { json: all }
  }
  if (path === '-/npm/v1/security/advisories/bulk') {
    return { json: Object.fromEntries(Object.keys(json).filter(name => advisories[name]).map(name => [name, advisories[name]])) }
  }
  if (path.startsWith('-/v1/search?')) return { json: path.includes('text=nothing') ? { objects: [], total: 0 } : { objects: found, total: 2, time: '' } }
  const known = headers.authorization === 'Bearer good'
  const account = imitateAccount(method, path, json, known, headers)
  if (account) return account
  if (path === '-/whoami') return known ? { json: { username: 'ann' } } : { status: 401, json: { error: 'unauthorized' } }
  if (method !== 'GET' && !known) return { status: 401, json: { error: 'You must be logged in to publish packages.' } }
  const [name, ...rest] = decodeURIComponent(path.split('?')[0]).split('/-')
  if (method === 'PUT' && rest.length === 0 && json.versions) {
    const old = published.get(name)
    published.set(name, old ? { ...old, ...json, versions: { ...old.versions, ...json.versions }, _rev: `${+old._rev[0] + 1}-x` } : { ...json, _rev: '1-x' })
    return { status: 201, json: { ok: true } }
  }
  if (method === 'PUT' && rest[0]?.startsWith('rev') && json.versions) {
    published.set(name, { ...json, _rev: '9-x' })
    return { json: { ok: true } }
  }
  if (method === 'DELETE' && rest[0]?.startsWith('rev')) {
    published.delete(name)
    return { json: { ok: true } }
  }
  const tags = /^-\/package\/(.+)\/dist-tags(?:\/(.+))?$/.exec(decodeURIComponent(path))
  if (tags && published.has(tags[1])) {
    const packument = published.get(tags[1])
    if (method === 'PUT') packument['dist-tags'][tags[2]] = json
    if (method === 'DELETE') delete packument['dist-tags'][tags[2]]
    return { json: packument['dist-tags'] }
  }
  if (published.has(name) && rest.length === 0) return { json: published.get(name) }
  return method === 'GET' ? undefined : { json: { ok: true } }
}

const server = createServer(async (request, response) => {
  try {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const sent = Buffer.concat(chunks)
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).toString()
    const own = imitate(request.method, request.url.slice(1), request.headers, text)
    if (own) return response.writeHead(own.status ?? 200, { 'content-type': 'application/json', ...(own.challenge && { 'www-authenticate': own.challenge }) }).end(JSON.stringify(own.json))
    const answer = await ask(request.url.slice(1), request.headers.accept ?? '*/*')
    const headers = { 'content-type': answer.type, ...(answer.etag && { etag: answer.etag }) }
    if (answer.etag && request.headers['if-none-match'] === answer.etag) return response.writeHead(304, headers).end()
    const packed = answer.packed && /gzip/.test(request.headers['accept-encoding'] ?? '')
    const body = packed ? answer.packed : answer.body
    response.writeHead(answer.status, { ...headers, 'content-length': body.length, ...(packed && { 'content-encoding': 'gzip' }) }).end(body)
  } catch (error) {
    response.writeHead(502).end(String(error))
  }
})
let address
const host = process.env.HOST ?? '127.0.0.1'
server.listen(0, host, () => {
  address = `http://${host}:${server.address().port}/`
  console.log(address)
})
