import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { keepTime, keptTime } from './kept-time.ts';

const folder = mkdtempSync(join(tmpdir(), 'kept-time-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a time is kept in whole milliseconds; of a file that is none, nothing is taken', async () => {
  const path = join(folder, 'trusted-time');
  expect(keptTime(path)).toBeUndefined();
  await keepTime(path, 1_790_000_000_000.7);
  expect(keptTime(path)).toBe(1_790_000_000_000);
  for (const damaged of ['', '\n', 'NaN', 'soon']) {
    writeFileSync(path, damaged);
    expect(keptTime(path)).toBeUndefined();
  }
});
