import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { entryPoint, NOTE, timesOf } from './entry-point.mjs';

const TSC = 'libs/model/dist/tsconfig.tsbuildinfo';
const NPM = 'node_modules/.package-lock.json';
const MODULES = 'apps/hub/dist/main.js';
const BUNDLE = 'apps/hub/dist/bundle/1/main.js';

let folder;
let root;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seawall-entry-'));
  root = pathToFileURL(`${folder}/`);
  for (const path of [TSC, NPM, MODULES, BUNDLE]) write(path, '');
  write(NOTE, JSON.stringify({ entry: '1/main.js', madeOf: timesOf([TSC, NPM], root) }));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(path, text) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function started() {
  const { bundled, url } = entryPoint(root);
  return { bundled, path: url.slice(root.href.length) };
}

it('is the bundle as long as nothing of what it was made of has changed', () => {
  expect(started()).toEqual({ bundled: true, path: BUNDLE });
});

it.each([TSC, NPM])('is the modules once %s is another, newer or older', (path) => {
  for (const time of [Date.now() / 1_000 + 60, 1]) {
    utimesSync(join(folder, path), time, time);
    expect(started()).toEqual({ bundled: false, path: MODULES });
  }
});

it.each([TSC, NOTE, BUNDLE])('is the modules where %s is gone', (path) => {
  rmSync(join(folder, path));
  expect(started()).toEqual({ bundled: false, path: MODULES });
});

it('is the modules, which are to be built, where they have been cleared away', () => {
  rmSync(join(folder, MODULES));
  rmSync(join(folder, TSC));
  expect(started()).toEqual({ bundled: false, path: MODULES });
});

it('is the modules where the note was cut off', () => {
  write(NOTE, '{ "entry": "1/ma');
  expect(started()).toEqual({ bundled: false, path: MODULES });
});

it('is the bundle where it goes by nothing, as in an image that has nothing else', () => {
  rmSync(join(folder, MODULES));
  write(NOTE, JSON.stringify({ entry: '1/main.js', madeOf: {} }));
  expect(started()).toEqual({ bundled: true, path: BUNDLE });
});
