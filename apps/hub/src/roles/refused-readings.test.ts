import { describe, expect, it } from '@jest/globals';
import { ReadingBatchBuilder, UNDESCRIBED, type Rejection } from '@seawall/model';
import {
  StoreUnavailableError,
  type EntryDraft,
  type EntryOf,
  type Journal,
  type RefusedReading,
} from '@seawall/ports';
import { createMemoryJournal, createMemorySeriesStore } from '@seawall/ports/memory';
import { pino } from 'pino';
import { lastRun } from '../last-run.ts';
import { Role } from './role.ts';
import { writer } from './writer.ts';

const log = pino({ level: 'silent' });
const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };
const DETAIL = 'InfluxDB keeps pm25 as an integer; write it into a database of its own.';

function readings(eventTime: number, origin: EntryDraft['origin'] = 'live'): EntryDraft {
  const builder = new ReadingBatchBuilder();
  builder.add({ domain: 'air', device: 'aq-1', metric: 'pm25' }, UNDESCRIBED, eventTime, 12.5, 0);
  return { kind: 'readings', origin, payload: builder.take() };
}

/** Refuses every reading at a whole thousand; fails once after it has told of them. */
function pickyStore() {
  const store = createMemorySeriesStore();
  const write = store.write.bind(store);
  let failures = 1;
  store.write = async (changes, cursor, onRefused) => {
    const refused = changes.flatMap((change): RefusedReading[] => {
      if (change.kind !== 'readings' || change.batch.eventTime[0]! % 1000 > 0) return [];
      const { series, eventTime, value } = change.batch;
      return [{ seq: change.seq, series: series[0]!, eventTime: eventTime[0]!, value: value[0]!, detail: DETAIL }];
    });
    if (refused.length > 0) await onRefused!(refused);
    if (refused.length > 0 && failures-- > 0) throw new StoreUnavailableError('It is down.');
    await write(changes, cursor, onRefused);
  };
  return store;
}

async function rejectionsIn(journal: Journal): Promise<EntryOf<'rejections'>[]> {
  const found: EntryOf<'rejections'>[] = [];
  for await (const { entries } of journal.read(journal.start(), { follow: false }))
    found.push(...entries.filter((entry) => entry.kind === 'rejections'));
  return found;
}

describe('what the store’s engine refuses', () => {
  it('becomes a rejection, once however often its stretch is written, and its sender is told', async () => {
    const journal = createMemoryJournal({ now: () => 5_000 });
    const told: Rejection[] = [];
    const tell = (rejections: readonly Rejection[]) => void told.push(...rejections);
    const run = async () => {
      const role = new Role('writer', writer(journal, pickyStore(), { tell }), log);
      role.start();
      expect(await role.past(journal.end(), 10_000)).toBe(true);
      await role.stop();
    };
    await journal.append([readings(1), readings(1000), readings(2), tick, readings(2000), tick]);
    await run();
    const expected: Rejection = {
      reason: 'refused-by-store',
      detail: DETAIL,
      topic: 'city/air/aq-1/telemetry',
      domain: 'air',
      device: 'aq-1',
      pointer: '/values/pm25',
      receivedAt: 5_000,
      sample: '{"ts":1000,"values":{"pm25":12.5}}',
    };
    expect(told).toMatchObject([expected, { sample: '{"ts":2000,"values":{"pm25":12.5}}' }]);
    expect((await rejectionsIn(journal)).map(({ payload }) => payload)).toEqual(told.map((one) => [one]));
    // Another store has read nothing: the whole journal is written anew.
    await run();
    expect(told).toHaveLength(2);
    expect(await rejectionsIn(journal)).toHaveLength(2);
  });

  it('is journalled under the origin it came by, and tells nobody of imports', async () => {
    const journal = createMemoryJournal();
    const told: Rejection[] = [];
    await journal.append([readings(1000, 'import'), tick]);
    const role = new Role('writer', writer(journal, pickyStore(), { tell: (more) => void told.push(...more) }), log);
    role.start();
    expect(await role.past(journal.end(), 10_000)).toBe(true);
    await role.stop();
    expect(await rejectionsIn(journal)).toMatchObject([{ origin: 'import' }]);
    expect(told).toEqual([]);
  });

  it('does not make a run look crashed that was stopped before the writer had come to it', async () => {
    const journal = createMemoryJournal();
    await journal.append([readings(1000), { kind: 'hub-stop', origin: 'live', payload: null }]);
    const role = new Role('writer', writer(journal, pickyStore()), log);
    role.start();
    expect(await role.past(journal.end(), 10_000)).toBe(true);
    await role.stop();
    expect(await rejectionsIn(journal)).toHaveLength(1);
    expect(await lastRun(journal)).toMatchObject({ kind: 'clean' });
  });
});
