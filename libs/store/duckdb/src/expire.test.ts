import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { cursorAfter, type Retention } from '@seawall/ports';
import { readingsChange, type PlainReading } from '@seawall/ports/contract';
import { openDuckDbStore } from './open-duckdb-store.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 4, 1);
const TEN_DAYS: Retention = { raw: { '*': 10 * DAY }, '1m': { '*': 10 * DAY }, '1h': { '*': 10 * DAY } };

it('what comes while expired readings are removed, and has expired longer, goes as well', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'seawall-expire-'));
  const store = await openDuckDbStore({ path: join(directory, 'series.duckdb'), threads: 1 });
  let seq = 0;
  const write = (...readings: PlainReading[]) =>
    store.write([readingsChange(++seq, readings)], cursorAfter({ partition: 0, seq }));
  const piece = () => store.maintain({ now: NOW, retention: TEN_DAYS, expireOnly: true });
  try {
    await write(['e/a/m', NOW - DAY, 1]);
    // When the write falls into the transaction is left to chance; some of these do.
    for (let turns = 0; turns < 40; turns++) {
      await write(['e/a/m', NOW - 20 * DAY + turns, 1]);
      const removing = piece();
      for (let i = 0; i < turns; i++) await turn();
      await Promise.all([removing, write(['e/a/m', NOW - 30 * DAY + turns, 1])]);
      while (await piece());
      const { readings, tiers } = await store.status();
      expect([readings, tiers.raw.oldest]).toEqual([1, NOW - DAY]);
    }
  } finally {
    await store.close();
    await rm(directory, { recursive: true });
  }
}, 60_000);
