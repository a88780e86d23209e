import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JournalEntry } from '@seawall/ports';
import { AppendProcess } from './append-process.ts';
import { openLmdbJournal } from './lmdb-journal.ts';

let path: string;
let child: AppendProcess | undefined;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'seawall-journal-'));
});

afterEach(async () => {
  await child?.end('SIGKILL');
  await rm(path, { recursive: true });
});

interface Stored {
  /** Name → the places it stands at. */
  readonly places: Map<string, number[]>;
  readonly seqs: number[];
  readonly state: string | undefined;
}

async function stored(): Promise<Stored> {
  const journal = await openLmdbJournal({ path });
  const entries: JournalEntry[] = [];
  for await (const chunk of journal.read(journal.start(), { follow: false })) entries.push(...chunk.entries);
  const state = journal.position('consumer')?.state;
  await journal.close();
  const places = new Map<string, number[]>();
  for (const entry of entries) {
    const name = entry.kind === 'device' ? entry.payload.device : entry.kind;
    places.set(name, [...(places.get(name) ?? []), entry.seq]);
  }
  return { places, seqs: entries.map((entry) => entry.seq), state: state && Buffer.from(state).toString() };
}

function expectWhole({ places, seqs }: Stored, acknowledged: ReadonlyMap<string, number>): void {
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  expect([...places].filter(([, at]) => at.length > 1)).toEqual([]);
  expect([...acknowledged].filter(([name, seq]) => places.get(name)?.[0] !== seq)).toEqual([]);
}

/** The consumer's state counts its outputs: the last of each run that is stored is the one that the state names. */
function expectConsumerInStep({ places, state }: Stored, run: string): void {
  const outputs = [...places.keys()].filter((name) => name.startsWith(`${run}-committed-`)).length;
  expect(state).toBe(`${run}:${outputs - 1}`);
}

describe('a journal whose process is killed', () => {
  it('holds everything that was acknowledged, once, in its place, time after time', async () => {
    const acknowledged = new Map<string, number>();
    for (const [round, count] of [37, 400, 151].entries()) {
      const run = `run${round}`;
      const appending = (child = new AppendProcess(path, run));
      const committed = () => appending.lines.some((line) => line.includes('-committed-'));
      await appending.until(() => appending.acknowledged.size >= count && committed());
      await appending.end('SIGKILL');
      for (const [name, seq] of appending.acknowledged) acknowledged.set(name, seq);
      const found = await stored();
      expectWhole(found, acknowledged);
      expectConsumerInStep(found, run);
    }
  });
});

const canInject = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;
if (!canInject) console.warn('SKIPPED: injected write errors need Linux and a C compiler named cc.');

(canInject ? describe : describe.skip)('a journal whose disk fails', () => {
  let built: string;
  let control: string;

  beforeAll(async () => {
    built = await mkdtemp(join(tmpdir(), 'seawall-fail-writes-'));
    control = join(built, 'control');
    const source = fileURLToPath(new URL('../test-fixtures/fail-writes.c', import.meta.url));
    const compiler = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', join(built, 'fail-writes.so'), source, '-ldl']);
    if (compiler.status !== 0) throw new Error(`cc could not build the fixture:\n${compiler.stderr.toString()}`);
  });

  afterAll(async () => {
    await rm(built, { recursive: true });
  });

  function appendProcess(): AppendProcess {
    return new AppendProcess(path, 'run', {
      LD_PRELOAD: join(built, 'fail-writes.so'),
      SEAWALL_FAIL_DIR: path,
      SEAWALL_FAIL_CONTROL: control,
    });
  }

  const EIO = 5;
  const ENOSPC = 28;
  it.each([
    { what: 'write', code: ENOSPC, how: 'the disk is full', says: 'no space left on device' },
    { what: 'write', code: EIO, how: 'writes fail', says: 'i/o error' },
    { what: 'sync', code: EIO, how: 'flushes fail', says: 'Input/output error' },
    { what: 'meta', code: EIO, how: 'the last write of a commit fails', says: 'Input/output error' },
    { what: 'after', code: EIO, how: 'a commit that is told to have failed is on disk', says: 'Input/output error' },
  ])('acknowledges nothing that is not stored and goes on afterwards, when $how', async ({ what, code, says }) => {
    const appending = (child = appendProcess());
    await appending.until(() => appending.acknowledged.size >= 50);
    for (let failure = 1; failure <= 3; failure++) {
      const { size } = appending.acknowledged;
      const refused = appending.refusals.length;
      await writeFile(control, `${what} ${code}`);
      await appending.until(() => appending.refusals.length >= refused + 12);
      await unlink(control);
      await appending.until(() => appending.acknowledged.size >= size + 50);
    }
    expect(await appending.end('SIGTERM')).toBe(0);
    for (const line of appending.refusals)
      expect(line).toMatch(new RegExp(`not writable: .*${says}.*Nothing of this call was stored`));
    expect(appending.lines.filter((line) => line.endsWith('duplicate'))).toEqual([]);
    const found = await stored();
    expectWhole(found, appending.acknowledged);
    expectConsumerInStep(found, 'run');
    expect(found.seqs).toHaveLength(appending.acknowledged.size);
  });
});
