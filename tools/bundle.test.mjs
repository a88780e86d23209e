import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
let server;

beforeAll(async () => {
  await run(process.execPath, ['tools/bundle.mjs'], { cwd: root });
  server = createServer((_, response) => response.end('no JSON'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}, 120_000);

afterAll(() => server.close());

it('is what the command runs, and its stack traces name our sources, line by line', async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const args = ['apps/hub/bin/seawall.mjs', 'query', '--url', url, '--metric', 'pm25', '--from', '-1h'];
  const { stderr } = await run(process.execPath, args, { cwd: root }).catch((failure) => failure);
  const [, file, line] = /at async _?Command\.query \((.*\.ts):(\d+):\d+\)/.exec(stderr) ?? [];
  expect(stderr).toMatch(/at async .*dist\/bundle\/\d+\//); // a library's part of the bundle
  expect(file).toBe(`${root}apps/hub/src/commands/query.ts`);
  expect(readFileSync(file, 'utf8').split('\n')[line - 1]).toContain('response.json()');
});
