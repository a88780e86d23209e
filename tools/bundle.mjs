// Makes of the hub's modules and of the libraries they use a few files: loading three thousand takes longer than all else
// that a start does. Runs after tsc, whose output it bundles, and does nothing if nothing has changed since.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUNDLES, NOTE, newestBundle, timesOf } from '../apps/hub/bin/entry-point.mjs';
import { linesOfOurs } from './source-map.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const fromRoot = (path) => relative(root, path).split(sep).join('/');

/** They load a binary from where they are installed. */
const NATIVE = ['@duckdb/node-bindings', 'libsql', 'lmdb'];
/** What libraries use if it is there; here it isn't. */
const ABSENT = [
  '@fastify/multipart',
  '@fastify/view',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'bufferutil',
  'class-transformer',
  'class-validator',
  'utf-8-validate',
];

/** Our modules find their files beside themselves, and still do from within the bundle. */
function placesKept(folder) {
  const own = new RegExp(`^${root.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(apps|libs|devices-sim)[\\\\/].*\\.js$`);
  return {
    name: 'places-kept',
    setup(build) {
      build.onLoad({ filter: own }, async ({ path }) => {
        if (path.includes('node_modules')) return undefined;
        const text = await readFile(path, 'utf8');
        if (/import\.meta\.(?!url\b)/.test(text))
          return {
            errors: [{ text: `${fromRoot(path)} asks import.meta for what only import.meta.url is made for here.` }],
          };
        const place = JSON.stringify(relative(folder, path).split(sep).join('/'));
        return { contents: text.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`) };
      });
    },
  };
}

async function bundle(folder) {
  const { build } = await import('esbuild');
  return build({
    absWorkingDir: root,
    entryPoints: ['apps/hub/dist/main.js'],
    outdir: folder,
    write: false,
    metafile: true,
    bundle: true,
    // What a command loads only when it needs it stays apart.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Nest and its errors go by the names of classes; see ofClassesOnly.
    keepNames: true,
    sourcemap: true,
    sourcesContent: false,
    external: [...NATIVE, ...ABSENT],
    // For libraries that are CommonJS.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    plugins: [placesKept(folder)],
    logLevel: 'warning',
  });
}

const NAMES = 'var __name = (target, value) => __defProp(target,';
const CLASS_NAME = /static \{\s*__name\(this, "[^"]+"/g;

/** esbuild writes down the names of functions too, each time one is made, which costs more than some of them do. */
function ofClassesOnly(text) {
  const named = text.replaceAll(CLASS_NAME, '$&, true');
  return named.replace(NAMES, 'var __name = (target, value, isClass) => !isClass ? target : __defProp(target,');
}

/** @returns the text of each file, by its path @throws Error if esbuild names classes in a way that is not known here */
function textsOf(outputFiles) {
  const code = outputFiles.filter(({ path }) => path.endsWith('.js'));
  if (
    code.filter(({ text }) => text.includes(NAMES)).length !== 1 ||
    !code.some(({ text }) => text.search(CLASS_NAME) !== -1)
  )
    throw new Error('esbuild keeps names otherwise than tools/bundle.mjs expects; see ofClassesOnly there.');
  return outputFiles.map(({ path, text }) => [path, path.endsWith('.map') ? linesOfOurs(text) : ofClassesOnly(text)]);
}

/** What says when it changed: of each package the note that tsc keeps, of the libraries the one of npm, and this. */
function timesNow() {
  const { references } = JSON.parse(readFileSync(`${root}tsconfig.json`, 'utf8'));
  const packages = references.map(({ path }) => `${path.replace(/^\.\//, '')}/dist/tsconfig.tsbuildinfo`);
  return timesOf([...packages, 'node_modules/.package-lock.json', 'tools/bundle.mjs', 'tools/source-map.mjs']);
}

/** Of a package only if something of it is in the bundle: tests and the page are not. */
function madeOf(inputs, times) {
  const isIn = (path) => !path.includes('/dist/') || inputs.some((input) => input.startsWith(dirname(path)));
  return Object.fromEntries(Object.entries(times).filter(([path]) => isIn(path)));
}

/** A hub that runs may still load a part of the bundle before: that one is left. */
function removeOlderThan(id) {
  const older = readdirSync(root + BUNDLES).filter((name) => /^\d+$/.test(name) && Number(name) < Number(id));
  for (const name of older) rmSync(`${root}${BUNDLES}${name}`, { recursive: true });
}

async function main() {
  const before = newestBundle();
  if (before?.isOfNow) return;
  const id = String(Date.now());
  const folder = `${root}${BUNDLES}${id}/`;
  // Before anything is read: what changes meanwhile is then newer than the bundle.
  const times = timesNow();
  const { outputFiles, metafile } = await bundle(folder);
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of textsOf(outputFiles)) writeFileSync(path, text);
  const note = `${root}${NOTE}`;
  writeFileSync(
    `${note}.${id}`,
    JSON.stringify({ entry: `${id}/main.js`, madeOf: madeOf(Object.keys(metafile.inputs), times) }, undefined, 2),
  );
  renameSync(`${note}.${id}`, note);
  if (before !== undefined) removeOlderThan(before.entry.split('/')[0]);
}

await main();
