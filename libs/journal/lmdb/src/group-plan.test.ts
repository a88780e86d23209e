import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EntryDraft } from '@seawall/ports';
import fc from 'fast-check';
import { GroupPlan } from './group-plan.ts';
import { loadState } from './log-state.ts';
import { placeFrom } from './place-from.ts';
import { openTables, type Tables } from './tables.ts';

const now = 1_790_000_000_000;
const output = (seq: number): EntryDraft => ({
  kind: 'tick',
  origin: 'live',
  payload: null,
  producer: { id: 'engine', seq },
});

let path: string;
let tables: Tables;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'seawall-journal-'));
  tables = openTables(path);
});

afterEach(async () => {
  await tables.root.close();
  await rm(path, { recursive: true });
});

/** Counts what is looked at in every list of places that a map of producers holds. */
function countLooks(producers: Map<string, object[]>): { looks: number } {
  const counted = { looks: 0 };
  const get = (places: object[], name: string | symbol): unknown => {
    if (typeof name === 'string' && /^\d+$/.test(name)) counted.looks++;
    return Reflect.get(places, name);
  };
  for (const [name, places] of producers) producers.set(name, new Proxy(places, { get }));
  return counted;
}

describe('a plan', () => {
  it('looks at few of the places that a producer has in its group, however many there are', () => {
    const plan = new GroupPlan(loadState(tables), tables);
    const many = Array.from({ length: 4096 }, (_, i) => output(2 * i));
    plan.append(many, now);
    const counted = countLooks(plan.producers);

    expect(plan.append([output(9_000), output(9_001)], now)).toMatchObject([
      { seq: 4097, duplicate: false },
      { seq: 4098, duplicate: false },
    ]);
    expect(counted.looks).toBeLessThanOrEqual(4);
    expect(plan.append([output(100), output(101), output(8_999)], now)).toMatchObject([
      { seq: 51, duplicate: true },
      { seq: 52, duplicate: true },
      { seq: 4097, duplicate: true },
    ]);
    expect(counted.looks).toBeLessThanOrEqual(4 + 3 * 16);
  });

  it('decides each draft of a call as if the calls before it had been one', () => {
    const seqs = fc.array(fc.array(fc.nat({ max: 30 }), { maxLength: 8 }), { maxLength: 6 });
    fc.assert(
      fc.property(seqs, (calls) => {
        const plan = new GroupPlan(loadState(tables), tables);
        const kept: number[] = [];
        for (const call of calls) {
          const expected = call.map((seq) => {
            const at = kept.findIndex((one) => one >= seq);
            return at < 0
              ? { seq: kept.push(seq), stamp: now, duplicate: false }
              : { seq: at + 1, stamp: now, duplicate: true };
          });
          expect(plan.append(call.map(output), now)).toEqual(expected);
        }
      }),
    );
  });
});

describe('placeFrom', () => {
  it('halves what is left with each look', () => {
    let looks = 0;
    const places = Array.from({ length: 4096 }, (_, i) => ({
      get producerSeq() {
        looks++;
        return 2 * i;
      },
      seq: i + 1,
      stamp: now,
    }));
    expect(placeFrom(places, 8_191)).toBeUndefined();
    expect(looks).toBe(1);
    for (const seq of [0, 1, 777, 8_190]) {
      looks = 0;
      expect(placeFrom(places, seq)?.seq).toBe(Math.ceil(seq / 2) + 1);
      expect(looks).toBeLessThanOrEqual(14);
    }
  });
});
