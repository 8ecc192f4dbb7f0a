// Records what real npm makes of the projects below, for tests without a network.
//
// Usage: node record.mjs [PROJECT…]      (npm on PATH, a registry configured)
//
// For each project: a registry on this machine forwards npm's questions to the configured registry and notes the
// packuments; they are cut down to the fields and versions that matter; then npm runs again, offline, over the cut-down
// ones, and its package-lock.json, or its report of a failure, is the expectation. Addresses are replaced by
// http://registry.invalid. A project is its package.json; one with `files` has more of these in folders, one with
// `options` is installed with them. Answers of the registry are kept for a day in the temporary folder, so that
// projects share them. Recordings are compressed: gunzip to look at them.
import { createServer } from 'node:http'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const react = { react: '^18.3.1', 'react-dom': '^18.3.1' }
const projects = {
  express: { name: 'app', version: '1.0.0', dependencies: { express: '4.21.2' } },
  eslint: { name: 'app', devDependencies: { eslint: '^8.57.0', 'eslint-config-airbnb': '^19.0.4', 'eslint-plugin-import': '^2.30.0', 'eslint-plugin-react': '^7.37.0', 'eslint-plugin-react-hooks': '^4.6.0', 'eslint-plugin-jsx-a11y': '^6.10.0', typescript: '^5.0.0' } },
  vite: { name: 'app', dependencies: react, devDependencies: { vite: '^5.4.0', '@vitejs/plugin-react': '^4.3.0' } },
  overrides: { name: 'app', dependencies: { send: '^0.19.0', a4: 'npm:ansi-regex@^4.1.0' }, overrides: { debug: '4.3.4', send: { ms: '2.1.2' } } },
  aliases: { name: 'app', dependencies: { lodash4: 'npm:lodash@^4', chalk: '^5', chalk4: 'npm:chalk@^4', chalk2: 'npm:chalk@2' } },
  jest: { name: 'app', devDependencies: { jest: '^29.7.0' } },
  'jest-typescript': { name: 'app', devDependencies: { jest: '^29.7.0', 'ts-jest': '^29.2.0', '@types/jest': '^29.5.0', typescript: '^5.5.0', 'jest-environment-jsdom': '^29.7.0' } },
  webpack: { name: 'app', devDependencies: { webpack: '^5.95.0', 'webpack-cli': '^5.1.4', 'babel-loader': '^9.2.0', '@babel/core': '^7.25.0', '@babel/preset-env': '^7.25.0' } },
  'webpack-styles': { name: 'app', devDependencies: { webpack: '^5.95.0', 'webpack-cli': '^5.1.4', 'webpack-dev-server': '^5.1.0', 'css-loader': '^7.1.0', 'style-loader': '^4.0.0', sass: '^1.79.0', 'sass-loader': '^16.0.0', 'html-webpack-plugin': '^5.6.0', 'mini-css-extract-plugin': '^2.9.0' } },
  next: { name: 'app', dependencies: { next: '14.2.15', ...react } },
  'next-eslint': { name: 'app', dependencies: { next: '15.1.0', react: '^19.0.0', 'react-dom': '^19.0.0' }, devDependencies: { eslint: '^9.0.0', 'eslint-config-next': '15.1.0', typescript: '^5', '@types/react': '^19', '@types/node': '^20', tailwindcss: '^3.4.1', postcss: '^8' } },
  'testing-library': { name: 'app', dependencies: { react: '18.3.1', 'react-dom': '18.3.1' }, devDependencies: { '@testing-library/react': '^16.0.0', '@testing-library/jest-dom': '^6.5.0', '@testing-library/user-event': '^14.5.0', vitest: '^2.1.0', jsdom: '^25.0.0' } },
  'angular-core': { name: 'app', dependencies: { '@angular/core': '^18.0.0', '@angular/common': '^18.0.0', '@angular/platform-browser': '^18.0.0', '@angular/router': '^18.0.0', '@angular/forms': '^18.0.0', rxjs: '^7.8.0', 'zone.js': '^0.14.0' } },
  angular: { name: 'app', dependencies: { '@angular/core': '^18.0.0', '@angular/common': '^18.0.0', '@angular/platform-browser': '^18.0.0', rxjs: '^7.8.0', 'zone.js': '^0.14.0' }, devDependencies: { '@angular/cli': '^18.0.0', '@angular/build': '^18.0.0', '@angular/compiler-cli': '^18.0.0', '@angular/compiler': '^18.0.0', typescript: '~5.5.0' } },
  fastify: { name: 'app', dependencies: { fastify: '^5.0.0', 'pino-pretty': '*', '@fastify/static': '^8.0.0', axios: '^1', lodash: '*' } },
  koa: { name: 'app', dependencies: { koa: '^2.15.0', '@koa/router': '^13.0.0', 'koa-bodyparser': '^4.4.0', 'koa-static': '^5.0.0' } },
  nest: { name: 'app', dependencies: { '@nestjs/common': '^10.4.0', '@nestjs/core': '^10.4.0', '@nestjs/platform-express': '^10.4.0', 'reflect-metadata': '^0.2.0', rxjs: '^7.8.1' }, devDependencies: { '@nestjs/testing': '^10.4.0', '@nestjs/cli': '^10.4.0', typescript: '^5.6.0' } },
  hapi: { name: 'app', dependencies: { '@hapi/hapi': '^21.3.0', '@hapi/inert': '^7.1.0', joi: '^17.13.0' } },
  'socket-io': { name: 'app', dependencies: { 'socket.io': '^4.8.0', 'socket.io-client': '^4.8.0', ws: '^8.18.0' } },
  apollo: { name: 'app', dependencies: { '@apollo/server': '^4.11.0', graphql: '^16.9.0', '@graphql-tools/schema': '^10.0.0', dataloader: '^2.2.0' } },
  vue: { name: 'app', dependencies: { vue: '^3.5.0', 'vue-router': '^4.4.0', pinia: '^2.2.0' }, devDependencies: { vite: '^5.4.0', '@vitejs/plugin-vue': '^5.1.0', typescript: '~5.6.0', 'vue-tsc': '^2.1.0' } },
  svelte: { name: 'app', devDependencies: { '@sveltejs/kit': '^2.7.0', '@sveltejs/adapter-auto': '^3.2.0', '@sveltejs/vite-plugin-svelte': '^3.1.0', svelte: '^4.2.0', vite: '^5.4.0' } },
  solid: { name: 'app', dependencies: { 'solid-js': '^1.9.0', '@solidjs/router': '^0.14.0' }, devDependencies: { vite: '^5.4.0', 'vite-plugin-solid': '^2.10.0' } },
  astro: { name: 'app', dependencies: { astro: '^4.16.0', '@astrojs/react': '^3.6.0', ...react } },
  remix: { name: 'app', dependencies: { '@remix-run/node': '^2.12.0', '@remix-run/react': '^2.12.0', '@remix-run/express': '^2.12.0', express: '^4.21.0', ...react }, devDependencies: { '@remix-run/dev': '^2.12.0', vite: '^5.4.0', typescript: '^5.6.0' } },
  'create-react-app': { name: 'app', dependencies: { 'react-scripts': '5.0.1', ...react } },
  storybook: { name: 'app', dependencies: react, devDependencies: { storybook: '^8.3.0', '@storybook/react': '^8.3.0', '@storybook/react-vite': '^8.3.0', '@storybook/addon-essentials': '^8.3.0', vite: '^5.4.0' } },
  mui: { name: 'app', dependencies: { ...react, '@mui/material': '^6.1.0', '@mui/icons-material': '^6.1.0', '@emotion/react': '^11.13.0', '@emotion/styled': '^11.13.0' } },
  redux: { name: 'app', dependencies: { ...react, '@reduxjs/toolkit': '^2.2.0', 'react-redux': '^9.1.0', 'react-router-dom': '^6.26.0', '@tanstack/react-query': '^5.59.0' } },
  'three-fiber': { name: 'app', dependencies: { ...react, three: '^0.169.0', '@react-three/fiber': '^8.17.0', '@react-three/drei': '^9.114.0' } },
  mocha: { name: 'app', devDependencies: { mocha: '^10.7.0', chai: '^5.1.0', sinon: '^19.0.0', nyc: '^17.1.0', supertest: '^7.0.0' } },
  rollup: { name: 'app', devDependencies: { rollup: '^4.24.0', '@rollup/plugin-node-resolve': '^15.3.0', '@rollup/plugin-commonjs': '^28.0.0', '@rollup/plugin-typescript': '^12.1.0', '@rollup/plugin-terser': '^0.4.4', typescript: '^5.6.0', tslib: '^2.7.0' } },
  tailwind: { name: 'app', devDependencies: { tailwindcss: '^3.4.0', postcss: '^8.4.0', autoprefixer: '^10.4.0', 'postcss-cli': '^11.0.0', cssnano: '^7.0.0' } },
  'typescript-eslint': { name: 'app', devDependencies: { eslint: '^9.12.0', 'typescript-eslint': '^8.8.0', '@eslint/js': '^9.12.0', prettier: '^3.3.0', 'eslint-config-prettier': '^9.1.0', 'eslint-plugin-prettier': '^5.2.0', 'eslint-plugin-vue': '^9.28.0', typescript: '^5.6.0' } },
  babel: { name: 'app', devDependencies: { '@babel/cli': '^7.25.0', '@babel/core': '^7.25.0', '@babel/preset-env': '^7.25.0', '@babel/preset-react': '^7.25.0', '@babel/preset-typescript': '^7.25.0', '@babel/plugin-proposal-decorators': '^7.25.0' } },
  gulp: { name: 'app', devDependencies: { gulp: '^4.0.2', 'gulp-sass': '^5.1.0', 'gulp-uglify': '^3.0.2', 'gulp-concat': '^2.6.1' } },
  grunt: { name: 'app', devDependencies: { grunt: '^1.6.1', 'grunt-contrib-uglify': '^5.2.2', 'grunt-contrib-jshint': '^3.2.0', 'grunt-contrib-watch': '^1.1.0' } },
  'command-line': { name: 'app', dependencies: { commander: '^12.1.0', yargs: '^17.7.0', chalk: '^5.3.0', ora: '^8.1.0', inquirer: '^11.1.0', execa: '^9.4.0', globby: '^14.0.0', boxen: '^8.0.0' } },
  databases: { name: 'app', dependencies: { knex: '^3.1.0', pg: '^8.13.0', sequelize: '^6.37.0', mongoose: '^8.7.0', redis: '^4.7.0', typeorm: '^0.3.20' } },
  prisma: { name: 'app', dependencies: { '@prisma/client': '^5.20.0' }, devDependencies: { prisma: '^5.20.0', tsx: '^4.19.0', typescript: '^5.6.0' } },
  playwright: { name: 'app', devDependencies: { '@playwright/test': '^1.48.0', puppeteer: '^23.5.0', cypress: '^13.15.0' } },
  d3: { name: 'app', dependencies: { d3: '^7.9.0', 'chart.js': '^4.4.0', 'react-chartjs-2': '^5.2.0', react: '^18.3.1' } },
  parcel: { name: 'app', devDependencies: { parcel: '^2.12.0' } },
  'react-native': { name: 'app', dependencies: { react: '18.3.1', 'react-native': '0.76.0' }, devDependencies: { '@babel/core': '^7.25.2', '@react-native/metro-config': '0.76.0', typescript: '5.0.4' } },
  docusaurus: { name: 'app', dependencies: { '@docusaurus/core': '3.5.2', '@docusaurus/preset-classic': '3.5.2', '@mdx-js/react': '^3.0.0', ...react } },
  // Peers that exclude each other: npm's report, and what its options make of it.
  'peer-conflict': { name: 'app', dependencies: { react: '^16.0.0', 'react-dom': '^17.0.0' } },
  'peer-conflict-deep': { name: 'app', version: '2.0.0', dependencies: { react: '^18.3.1', '@testing-library/react-hooks': '^8.0.1', 'react-test-renderer': '^16.9.0' } },
  'peer-conflict-legacy': { options: ['--legacy-peer-deps'], name: 'app', dependencies: { react: '^16.0.0', 'react-dom': '^17.0.0', 'eslint-config-airbnb': '^19.0.4', eslint: '^9.0.0' } },
  'peer-conflict-forced': { options: ['--force'], name: 'app', dependencies: { 'eslint-config-airbnb-base': '^15.0.0', eslint: '^9.0.0', 'eslint-plugin-import': '^2.30.0' } },
  'overrides-nested': { name: 'app', dependencies: { express: '^4.17.0', mocha: '^10.0.0', '@babel/core': '^7.25.0' }, overrides: { qs: { '.': '6.11.0' }, 'send@0.18': { mime: '1.4.1' }, mocha: { glob: '^8.0.0', yargs: { 'y18n': '5.0.7' } }, semver: '$semver' }, devDependencies: { semver: '^7.5.0' } },
  // Workspaces.
  workspaces: { name: 'root', version: '1.0.0', workspaces: ['packages/*'], devDependencies: { typescript: '^5.6.0' }, files: {
    'packages/a': { name: 'a', version: '1.0.0', dependencies: { b: '^1.0.0', debug: '^4.3.0' } },
    'packages/b': { name: 'b', version: '1.2.0', dependencies: { debug: '^2.6.9', ms: '^2.1.0' }, bin: { b: 'cli.js' } },
    'packages/c': { name: '@scope/c', version: '0.1.0', dependencies: { a: '*', b: '1.x' }, devDependencies: { mocha: '^10.7.0' }, peerDependencies: { typescript: '>=5' } } } },
  'workspaces-versions': { name: 'root', private: true, workspaces: ['apps/web', 'apps/api', 'libs/*', '!libs/old'], files: {
    'apps/web': { name: 'web', version: '1.0.0', dependencies: { ...react, ui: '*', chalk: '^5.3.0' }, devDependencies: { vite: '^5.4.0' } },
    'apps/api': { name: 'api', version: '1.0.0', dependencies: { express: '^4.21.0', chalk: '^4.1.0', ui: '^2.0.0' } },
    'libs/ui': { name: 'ui', version: '2.1.0', peerDependencies: { react: '>=17' }, dependencies: { chalk: '^2.4.0' } },
    'libs/old': { name: 'old', version: '0.1.0', dependencies: { express: '^3.0.0' } } } },
  'workspaces-eslint': { name: 'root', private: true, workspaces: { packages: ['packages/**'] }, devDependencies: { eslint: '^8.57.0' }, files: {
    'packages/config': { name: '@acme/eslint-config', version: '1.0.0', dependencies: { 'eslint-config-airbnb-base': '^15.0.0', 'eslint-plugin-import': '^2.30.0' }, peerDependencies: { eslint: '^8.0.0' } },
    'packages/group/one': { name: '@acme/one', version: '1.0.0', devDependencies: { '@acme/eslint-config': '*', eslint: '^8.57.0', jest: '^29.7.0' } },
    'packages/group/two': { name: '@acme/two', version: '1.0.0', dependencies: { '@acme/one': '1.0.0', lodash: '^4.17.0' }, devDependencies: { '@acme/eslint-config': '^1.0.0', jest: '^28.0.0' } } } },
  'workspaces-conflict': { name: 'root', private: true, workspaces: ['apps/*', 'libs/*'], devDependencies: { semver: '^7.5.0' }, files: {
    'apps/web': { name: 'web', version: '1.0.0', dependencies: { ui: '*', chalk: '^5.3.0', semver: '^6.0.0' } },
    'apps/api': { name: '@acme/api', version: '1.0.0', dependencies: { express: '^4.21.0', chalk: '^4.1.0', ui: '^2.0.0' }, devDependencies: { mkdirp: '^1.0.0' } },
    'libs/ui': { name: 'ui', version: '2.1.0', dependencies: { chalk: '^2.4.0', mkdirp: '^3.0.0' }, peerDependencies: { react: '>=17' } } } },
  // Folders.
  folders: { name: 'app', version: '1.0.0', dependencies: { inner: 'file:./inner', linked: 'file:other/linked' }, devDependencies: { tool: 'file:tools/tool' }, files: {
    inner: { name: 'inner', version: '1.0.0', dependencies: { debug: '^4.3.0' } },
    'other/linked': { name: 'linked', version: '3.0.0', dependencies: { inner: 'file:../../inner', ms: '^2.0.0' } },
    'tools/tool': { name: '@my/tool', version: '0.0.1', bin: 'tool.js', dependencies: { debug: '^3.2.0', mkdirp: '^3.0.0' } } } },
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
  const kept = join(tmpdir(), 'oac-recorded-packuments', name.replace('/', '%2f'))
  if (existsSync(kept) && Date.now() - statSync(kept).mtimeMs < 86_400_000) return JSON.parse(readFileSync(kept, 'utf8'))
  const packument = await fetchPackument(name)
  mkdirSync(join(tmpdir(), 'oac-recorded-packuments'), { recursive: true })
  writeFileSync(kept, JSON.stringify(packument))
  return packument
}

async function fetchPackument (name) {
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

/** npm's lock file for a project, or what it says on standard error. */
async function npm ({ files = {}, options: own = [], ...manifest }, address) {
  const above = mkdtempSync(join(tmpdir(), 'oac-record-'))
  const folder = join(above, 'app')
  for (const [path, content] of Object.entries({ '': manifest, ...files })) {
    mkdirSync(join(folder, path), { recursive: true })
    writeFileSync(join(folder, path, 'package.json'), JSON.stringify(content, null, 2) + '\n')
  }
  const options = [...own, '--package-lock-only', '--no-audit', '--ignore-scripts', '--omit-lockfile-registry-resolved=false',
    `--registry=${address}`, `--cache=${join(folder, 'cache')}`]
  const [code, said] = await new Promise(done => {
    let said = ''
    const child = spawn('npm', ['install', ...options], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.on('data', data => { said += data })
    child.on('close', code => done([code, said]))
  })
  // npm's hints at its own log files are its own.
  const logs = /^npm error( *$| A complete log| For a full report| \/)/
  const error = said.split('\n').filter(line => line.startsWith('npm error') && !logs.test(line)).join('\n')
  const result = code === 0 ? { lock: readFileSync(join(folder, 'package-lock.json'), 'utf8') } : { error }
  rmSync(above, { recursive: true })
  return result
}

/**
 * The versions in the lock, those the tags point at, and for each of these the next newer and older one; of packages that
 * were only looked at, and where conflicts are overridden, the newest of each major version.
 */
function cut (packument, locked, withMajors) {
  const all = Object.keys(packument.versions)
  const keep = new Set(Object.values(packument['dist-tags']).slice(0, 1))
  for (const version of [...locked, packument['dist-tags'].latest]) {
    const at = all.indexOf(version)
    for (const near of [at - 1, at, at + 1]) if (all[near]) keep.add(all[near])
  }
  if (withMajors || !locked.length) {
    const newest = new Map(all.filter(v => !v.includes('-')).map(v => [v.split('.')[0], v]))
    for (const version of newest.values()) keep.add(version)
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
  const first = await npm(projects[name], recording.address)
  recording.server.close()
  const locked = new Map()
  for (const [location, entry] of Object.entries(first.lock ? JSON.parse(first.lock).packages : {})) {
    const package_ = entry.name ?? location.slice(location.lastIndexOf('node_modules/') + 13)
    locked.set(package_, [...(locked.get(package_) ?? []), entry.version])
  }
  const packuments = Object.fromEntries([...seen].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([n, p]) => [n, cut(p, first.lock ? locked.get(n) ?? [] : Object.keys(p.versions).filter(v => !v.includes('-')), projects[name].options)]))
  const replay = await serve(async wanted => packuments[wanted] ?? null)
  const { lock, error } = await npm(projects[name], replay.address)
  replay.server.close()
  if (!lock !== !first.lock) {
    console.error(name, 'does not end alike over the packuments cut down:', error)
    process.exitCode = 1
    continue
  }
  const { files, options, ...manifest } = projects[name]
  const text = JSON.stringify({ manifest, files, options, node: process.versions.node, lock, error, packuments })
  const packed = gzipSync(text, { level: 9 })
  writeFileSync(new URL(`recorded/${name}.json.gz`, import.meta.url), packed)
  console.log(name, error ? 'fails' : '', Object.keys(packuments).length, 'packuments,', packed.length, 'bytes')
}
