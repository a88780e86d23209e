import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestFile } from './file-digests.ts';
import { readManifest } from './manifest.ts';
import { copyVerified, differenceOf } from './verify-backup.ts';

const of = (device: string, readings: number, checksum = '00') => ({
  domain: 'environment',
  device,
  metric: 'pm25',
  readings,
  checksum,
});

describe('differenceOf', () => {
  it('finds none between the same series, in whatever order', () => {
    expect(differenceOf([of('a', 1), of('b', 2)], [of('b', 2), of('a', 1)])).toBeUndefined();
    const { checksum: _, ...counted } = of('a', 1);
    expect(differenceOf([counted], [of('a', 1, 'ff')])).toBeUndefined();
  });

  it.each([
    ['missing', [], /The series environment\/a\/pm25 is missing, with 3 readings\./],
    ['short', [of('a', 2)], /has 2 readings instead of 3/],
    ['changed', [of('a', 3, 'ff')], /its checksum is ff instead of 00/],
    ['not alone', [of('a', 3), of('b', 1)], /environment\/b\/pm25 that should not be there/],
  ])('says what is %s', (_, found, sentence) => {
    expect(differenceOf([of('a', 3)], found)).toMatch(sentence);
  });
});

describe('a backup of files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seawall-verify-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function manifestOf(path: string, text: string) {
    await mkdir(join(folder, 'from'), { recursive: true });
    await writeFile(join(folder, 'from', path), text);
    const file = await digestFile(join(folder, 'from'), path);
    const head = { format: 1 as const, seawall: '0', name: 'n', startedAt: 0, finishedAt: 0, notifier: null };
    return { ...head, readings: 0, series: 0, bytes: file.bytes, files: [file] };
  }

  const toOf = async (path: string) => join(folder, `to-${path}`);

  it('is copied where it is as it was, and refused where a byte has changed or a file is gone', async () => {
    const manifest = await manifestOf('a', 'abc');
    await copyVerified(manifest, join(folder, 'from'), toOf, {});
    await rm(await toOf('a'));
    await writeFile(join(folder, 'from', 'a'), 'abd');
    await expect(copyVerified(manifest, join(folder, 'from'), toOf, {})).rejects.toThrow(
      /The backup is damaged: .*a is not/,
    );
    await rm(await toOf('a'));
    await rm(join(folder, 'from', 'a'));
    await expect(copyVerified(manifest, join(folder, 'from'), toOf, {})).rejects.toThrow(
      /The backup is not whole: .*a is missing/,
    );
  });

  it.each([
    ['{"format":2,"seawall":"9.0.0","files":[]}', /has format 2, and this Seawall knows format 1.*9\.0\.0/],
    ['{"format":1,"files":[{"path":"../../etc/passwd"}]}', /names a file outside of it: \.\.\/\.\.\/etc\/passwd/],
    ['{"format":1,"files":[{"path":"/etc/passwd"}]}', /names a file outside of it/],
    ['{"format":1,"files":[{"path":"./x"}]}', /names a file outside of it/],
    ['{"format":1,', /manifest\.json is damaged/],
  ])('is refused for its manifest %s', async (text, sentence) => {
    await writeFile(join(folder, 'manifest.json'), text);
    await expect(readManifest(folder)).rejects.toThrow(sentence);
  });
});
