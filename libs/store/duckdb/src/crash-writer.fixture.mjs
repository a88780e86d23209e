// Run by durability.test.ts as a process of its own, from the built library, and killed in the middle of its work.
import { openDuckDbStore } from '@seawall/store-duckdb';

const READINGS = 200;
const [path] = process.argv.slice(2);
const series = [{ domain: 'e', device: 'a', metric: 'm' }];

/** Write n brings the readings of block n, and those of the block before once more with another value. */
function batchOf(n) {
  const length = 2 * READINGS;
  return {
    series,
    labels: [{ district: 'unknown', type: 'unknown' }],
    seriesIndex: new Uint32Array(length),
    eventTime: Float64Array.from({ length }, (_, i) => 1e12 + Math.max(0, (n - 1) * READINGS - READINGS + i)),
    value: new Float64Array(length).fill(n),
    flags: new Uint8Array(length),
  };
}

const store = await openDuckDbStore({ path, threads: 1 });
for (let n = Number(await store.cursor()) + 1; ; n++) {
  await store.write([{ kind: 'readings', seq: n, batch: batchOf(n) }], String(n));
  process.stdout.write(`${n}\n`);
}
