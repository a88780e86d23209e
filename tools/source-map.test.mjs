import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linesOfOurs } from './source-map.mjs';

const OWN = `// Comes first.
export function first(word) {
  return word + 'first';
}
`;
const OTHER = `import { first } from './own.mjs';
import { theirs } from 'library';
console.log(first(theirs()));
`;
const LIBRARY = `// A comment.
export function theirs() {
  return 'theirs';
}
`;

const FILES = { 'own.mjs': OWN, 'other.mjs': OTHER, 'node_modules/library/index.js': LIBRARY };

/** What esbuild makes of the files, and a function that says where a line of it is from, by the map as `change` leaves it. */
async function bundled(change) {
  const folder = mkdtempSync(join(tmpdir(), 'seawall-map-'));
  try {
    mkdirSync(join(folder, 'node_modules/library'), { recursive: true });
    for (const [path, text] of Object.entries(FILES)) writeFileSync(join(folder, path), text);
    const input = { entryPoints: [join(folder, 'other.mjs')], absWorkingDir: folder, outdir: folder };
    const { outputFiles } = await build({ ...input, bundle: true, format: 'esm', write: false, sourcemap: true });
    const [map, code] = outputFiles.map(({ text }) => text);
    return { lines: code.split('\n'), sourceOf: reader(code.split('\n'), new SourceMap(JSON.parse(change(map)))) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As Node does it for a stack trace. */
function reader(lines, map) {
  return (start) => {
    const at = lines.findIndex((line) => line.trimStart().startsWith(start));
    if (at === -1) throw new Error(`No line begins with ${start}:\n${lines.join('\n')}`);
    const { originalSource, originalLine } = map.findEntry(at, lines[at].indexOf(start) + start.length);
    return originalSource && `${originalSource}:${originalLine + 1}`;
  };
}

it('leads to the lines of ours', async () => {
  const { sourceOf } = await bundled(linesOfOurs);
  expect(sourceOf('function first')).toBe('own.mjs:2');
  expect(sourceOf('return word')).toBe('own.mjs:3');
  expect(sourceOf('console.log(')).toBe('other.mjs:3');
});

it('leads nowhere from a library, not even to the line of ours before it', async () => {
  const whole = await bundled((map) => map);
  expect(whole.sourceOf('return "theirs"')).toBe('node_modules/library/index.js:3');
  const { sourceOf } = await bundled(linesOfOurs);
  expect(sourceOf('function theirs')).toBeUndefined();
  expect(sourceOf('return "theirs"')).toBeUndefined();
});
