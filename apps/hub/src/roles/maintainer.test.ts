import { describe, expect, it } from '@jest/globals';
import {
  cursorAfter,
  KEEP_FOR_GOOD,
  StoreUnavailableError,
  type MaintenanceOptions,
  type StoreChange,
} from '@seawall/ports';
import { createMemorySeriesStore } from '@seawall/ports/memory';
import { pino } from 'pino';
import { Maintainer, type MaintainerOptions } from './maintainer.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 10);

interface Line {
  readonly level: number;
  readonly msg: string;
}

/** Runs so many pieces and stops. @returns the rests it took, ms, and what it logged */
async function run(pieces: number, options: Pick<MaintainerOptions, 'store'> & Partial<MaintainerOptions>) {
  const lines: Line[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
  const rests: number[] = [];
  let done!: () => void;
  const enough = new Promise<void>((resolve) => (done = resolve));
  const maintainer = new Maintainer({
    retention: KEEP_FOR_GOOD,
    diskIsLow: () => false,
    log,
    now: () => NOW,
    rest: async (ms, signal) => {
      rests.push(ms);
      if (rests.length < pieces) return;
      done();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    ...options,
  });
  maintainer.start();
  await enough;
  await maintainer.stop();
  return { rests, lines: lines.map(({ level, msg }) => `${level} ${msg}`), status: maintainer.status() };
}

describe('Maintainer', () => {
  it('lets go, by the time it is told, what each domain keeps no longer', async () => {
    const store = createMemorySeriesStore();
    await store.write(['traffic', 'water'].map(readingsOf), cursorAfter({ partition: 0, seq: 2 }));
    const retention = { ...KEEP_FOR_GOOD, raw: { '*': 30 * DAY, traffic: 7 * DAY } };
    await run(1, { store, retention, now: () => NOW });
    expect((await store.status()).readings).toBe(7 + 20);
    await run(1, { store, retention, now: () => NOW + 100 * DAY });
    expect((await store.status()).readings).toBe(0);
  });

  it('goes on while there is more to do, with rests between, and then looks now and then', async () => {
    const more = [true, true, false];
    const { rests, status } = await run(3, { store: { maintain: async () => more.shift()! } });
    expect(rests.slice(0, 2).every((ms) => ms >= 100)).toBe(true);
    expect(rests[2]).toBe(10_000);
    expect(status.pieces).toBe(3);
  });

  it('rests at least as long as a piece took', async () => {
    let busyUntil = 0;
    const store = {
      maintain: async () => {
        busyUntil = performance.now() + 130;
        while (performance.now() < busyUntil);
        return true;
      },
    };
    expect((await run(1, { store })).rests[0]).toBeGreaterThanOrEqual(130);
  });

  it('only lets go what has expired while the disk has little room', async () => {
    const asked: (boolean | undefined)[] = [];
    const low = [true, false];
    const maintain = async ({ expireOnly }: MaintenanceOptions) => asked.push(expireOnly) < 0;
    await run(2, { store: { maintain }, diskIsLow: () => low.shift()! });
    expect(asked).toEqual([true, false]);
  });

  it('tells a failure once, tries again later and later, and goes on', async () => {
    let failures = 9;
    const maintain = async () => {
      if (failures-- > 0) throw new StoreUnavailableError('The disk is full.');
      return false;
    };
    const { rests, lines, status } = await run(10, { store: { maintain } });
    expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 10_000]);
    expect(lines).toEqual([
      '50 the series store could not be kept in order; it will be tried again',
      '30 the series store can be kept in order again',
    ]);
    expect(status.failure).toBeUndefined();
  });

  it('says why it fails', async () => {
    const maintain = () => Promise.reject(new StoreUnavailableError('The disk is full.'));
    expect((await run(1, { store: { maintain } })).status.failure).toBe('The disk is full.');
  });

  it('leaves the piece under way undone when it stops, and calls that no failure', async () => {
    let begun!: () => void;
    const working = new Promise<void>((resolve) => (begun = resolve));
    const maintain = (_: MaintenanceOptions, signal?: AbortSignal) => {
      begun();
      return new Promise<boolean>((_resolve, reject) =>
        signal!.addEventListener('abort', () => reject(signal!.reason as Error)),
      );
    };
    const log = pino({ level: 'silent' });
    const options = { retention: KEEP_FOR_GOOD, diskIsLow: () => false, now: () => NOW, log };
    const maintainer = new Maintainer({ store: { maintain }, ...options });
    maintainer.start();
    await working;
    await maintainer.stop();
    expect(maintainer.status()).toEqual({ pieces: 0, busyMs: 0 });
  });
});

/** One reading a day, of the twenty days before now. */
function readingsOf(domain: string, i: number): StoreChange {
  return {
    kind: 'readings',
    seq: i + 1,
    batch: {
      series: [{ domain, device: 'd', metric: 'm' }],
      labels: [{ district: 'unknown', type: 'unknown' }],
      seriesIndex: new Uint32Array(20),
      eventTime: Float64Array.from({ length: 20 }, (_, day) => NOW - day * DAY - 1),
      value: new Float64Array(20),
      flags: new Uint8Array(20),
    },
  };
}
