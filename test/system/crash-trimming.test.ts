import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openLmdbJournal } from '@seawall/journal-lmdb';
import type { EntryDraft } from '@seawall/ports';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hubMetrics, metric } from '../support/hub-metrics.ts';
import { HubUnderLoad } from '../support/hub-under-load.ts';
import type { LoadPlan } from '../support/load-plan.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const KILLS = process.env.SEAWALL_LONG === '1' ? 12 : 2;
const SEED = Number(process.env.SEAWALL_SEED ?? 20_261_127);
const RATE = 500;
/** Of which one trim makes steps of 500: so many that all the kills find it at work. */
const TICKS = 80_000 * KILLS;
const TICK: EntryDraft = { kind: 'tick', origin: 'live', payload: null };
const LIMITS = ['--journal-max-size', '0.5MB'];

const plan: LoadPlan = {
  run: 'trim',
  domain: 'utility',
  connections: 4,
  devicesPerConnection: 2,
  metrics: ['flow', 'level'],
  baseTime: Date.parse('2026-05-05T00:00:00Z'),
  stepMs: 50,
};

let dataDir: string;
let run: HubUnderLoad;
/** Where the log began at each kill. */
const begins: number[] = [];
const random = seededRandom(SEED);

beforeAll(
  async () => {
    dataDir = await makeTempDir('crash-trim');
    await fillJournal();
    run = new HubUnderLoad(plan, { dataDir, args: LIMITS }, 64);
    for (let kill = 0; kill < KILLS; kill++) {
      await run.begin(RATE);
      await whileTrimming();
      await run.kill();
    }
    await run.begin(RATE);
    await run.drained();
  },
  120_000 + KILLS * 60_000,
);

afterAll(async () => {
  await run?.stop();
  await removeTempDir(dataDir);
});

async function fillJournal(): Promise<void> {
  const path = join(dataDir, 'journal');
  await mkdir(path, { recursive: true });
  const journal = await openLmdbJournal({ path });
  const drafts = new Array<EntryDraft>(8_000).fill(TICK);
  for (let i = 0; i < TICKS; i += drafts.length) await journal.append(drafts);
  await journal.close();
}

/** The log's begin moves on with each step: it is in the middle of many. */
async function whileTrimming(): Promise<void> {
  const firstSeq = async () => metric(await hubMetrics(run.hub.http), 'seawall_journal_first_seq');
  const before = await firstSeq();
  await waitUntil('entries are trimmed', async () => (await firstSeq()) > before, 60_000, 10);
  await sleep(random() * 50);
  begins.push(await firstSeq());
}

describe(`after ${KILLS} times SIGKILL while the journal is trimmed`, () => {
  it('was in the middle of it each time', () => {
    expect(begins).toEqual([...begins].sort((a, b) => a - b));
    // What is kept in the end is less, so there was still something to trim.
    expect(begins.at(-1)).toBeLessThan(TICKS - 10_000);
    expect(begins[0]).toBeGreaterThan(1);
  });

  it('every acknowledged reading is stored exactly once, and the hub goes on trimming', async () => {
    expect(await run.differences(60_000)).toEqual([]);
    const kept = async () => metric(await hubMetrics(run.hub.http), 'seawall_journal_kept_bytes');
    await waitUntil('what is kept is what may be', async () => (await kept()) < 0.6e6, 60_000, 200);
    expect((await run.hub.stop()).code).toBe(0);
  }, 150_000);

  it('the log is whole from its begin to its end', async () => {
    const journal = await openLmdbJournal({ path: join(dataDir, 'journal') });
    try {
      const { firstSeq, lastSeq } = journal.status();
      let next = firstSeq;
      for await (const { entries } of journal.read(journal.start(), { follow: false }))
        for (const { seq } of entries) if (seq !== next++) expect(seq).toBe(next - 1);
      expect(next).toBe(lastSeq + 1);
      expect(firstSeq).toBeGreaterThan(begins.at(-1)!);
    } finally {
      await journal.close();
    }
  });
});
