// Run by durability.test.ts as a process of its own, from the built library, and killed in the middle of its work.
import { openDuckDbStore } from '@seawall/store-duckdb';

const HOURS = 4;
const READINGS = 1000;
const DEVICES = ['a', 'b', 'c', 'd', 'e'];
const RETENTION = { raw: {}, '1m': {}, '1h': {} };
const [path] = process.argv.slice(2);
const series = DEVICES.map((device) => ({ domain: 'e', device, metric: 'm' }));

/** Write n brings some hours of each device, and some readings of those before once more with another value. */
function batchOf(n) {
  const seriesIndex = [];
  const eventTime = [];
  const value = [];
  const add = (block, i, of) => {
    for (let at = 0; at < DEVICES.length; at++) {
      seriesIndex.push(at);
      eventTime.push(1.8e12 + (block * HOURS + (i * HOURS) / READINGS) * 3_600_000);
      value.push(of + at);
    }
  };
  for (let i = 0; i < READINGS; i += 50) if (n > 1) add(n - 1, i, -n);
  for (let i = 0; i < READINGS; i++) add(n, i, ((i * 7) % 31) + n);
  return {
    series,
    labels: series.map(() => ({ district: 'unknown', type: 'unknown' })),
    seriesIndex: Uint32Array.from(seriesIndex),
    eventTime: Float64Array.from(eventTime),
    value: Float64Array.from(value),
    flags: new Uint8Array(value.length),
  };
}

const store = await openDuckDbStore({ path, threads: 1, runRows: 2000 });
const now = 1.9e12;
const maintaining = async () => {
  for (;;) {
    if (!(await store.maintain({ now, retention: RETENTION }))) await new Promise((resolve) => setImmediate(resolve));
  }
};
void maintaining();
for (let n = Number(await store.cursor()) + 1; ; n++) {
  await store.write([{ kind: 'readings', seq: n, batch: batchOf(n) }], String(n));
  process.stdout.write(`${n}\n`);
}
