import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface PageFile {
  readonly content: Buffer;
  readonly type: string;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * What a browser may ask for, by name: read once, so that no path of a request ever meets the file system. Beside the
 * files of the page its folders may hold what a build leaves there; that and folders within them are passed over.
 * @throws the system's error for a folder that can't be read
 */
export function readPageFiles(directories: readonly string[]): ReadonlyMap<string, PageFile> {
  const names = directories.flatMap((directory) => readdirSync(directory).map((name) => ({ directory, name })));
  const wanted = names.filter(({ name }) => TYPES[extname(name)] !== undefined && !name.endsWith('.test.js'));
  return new Map(wanted.map(({ directory, name }) => [name, pageFile(readFileSync(join(directory, name)), name)]));
}

function pageFile(content: Buffer, name: string): PageFile {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  return { content, type: TYPES[extname(name)]!, etag: `"${hash}"` };
}
