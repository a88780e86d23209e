import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cursorAfter, type EntryDraft } from '@seawall/ports';
import fc from 'fast-check';
import { GroupPlan } from './group-plan.ts';
import { loadState, type LogState } from './log-state.ts';
import { openTables, type Tables } from './tables.ts';
import { growthOf, undoGroup, writeGroup } from './write-group.ts';

const DAY_MS = 86_400_000;
const now = 1_790_000_000_000;
const cursor = (seq: number) => cursorAfter({ partition: 0, seq });
const draft = (extra: Partial<EntryDraft>): EntryDraft =>
  ({ kind: 'tick', origin: 'live', payload: null, ...extra }) as EntryDraft;

let path: string;
let tables: Tables;

beforeEach(open);

async function open(): Promise<void> {
  path = await mkdtemp(join(tmpdir(), 'seawall-journal-'));
  tables = openTables(path);
}

afterEach(close);

async function close(): Promise<void> {
  await tables.root.close();
  await rm(path, { recursive: true });
}

/** An empty log in place of the one there is. */
async function renewed(): Promise<void> {
  await close();
  await open();
}

/** Every row of every table, as text. */
function everything(): Record<string, string[]> {
  const { entries, places, keys, keyAges, ages, producers, cursors, states } = tables;
  tables.root.resetReadTxn();
  return Object.fromEntries(
    Object.entries({ entries, places, keys, keyAges, ages, producers, cursors, states }).map(([name, table]) => [
      name,
      [...table.getRange()].map(
        ({ key, value }) => `${Buffer.from(String(key)).toString('hex')} ${value.toString('hex')}`,
      ),
    ]),
  );
}

/** As of a log that has been open for a minute since its last mark of age. */
function state(): LogState {
  let opening = true;
  const loaded = loadState(tables, () => (opening ? 0 : 60_000));
  opening = false;
  return loaded;
}

async function stored(fill: (plan: GroupPlan) => void): Promise<GroupPlan> {
  const plan = new GroupPlan(state(), tables);
  fill(plan);
  plan.markAge();
  await writeGroup(tables, plan, DAY_MS);
  return plan;
}

function fillBefore(plan: GroupPlan): void {
  const key = { id: 'known', fingerprint: 'f' };
  plan.append([draft({ key }), draft({ producer: { id: 'engine', seq: 1 } }), draft({})], now);
  plan.commit('stays', { cursor: cursor(0), state: Buffer.from('before') }, [], now);
  plan.commit('dropped', { cursor: cursor(0), state: Buffer.from('dropped') }, [], now);
  plan.commit('stateless', { cursor: cursor(0) }, [], now);
}

function fillAfter(plan: GroupPlan): void {
  const key = { id: 'new', fingerprint: 'f' };
  plan.append(
    [draft({ key }), draft({ producer: { id: 'engine', seq: 2 } }), draft({ producer: { id: 'other', seq: 9 } })],
    now,
  );
  plan.commit('stays', { cursor: cursor(2), state: Buffer.from('after') }, [draft({})], now);
  plan.commit('stateless', { cursor: cursor(2), state: Buffer.from('after') }, [], now);
  plan.commit('new', { cursor: cursor(1), state: Buffer.from('new') }, [], now);
  plan.drop('dropped');
}

describe('undoGroup', () => {
  it('takes back every row of a group that reached the disk, and gives consumers their places and states back', async () => {
    await stored(fillBefore);
    const before = everything();
    const plan = await stored(fillAfter);
    expect(everything()).not.toEqual(before);
    await undoGroup(tables, plan);
    expect(everything()).toEqual(before);
  });

  it('changes nothing where the group did not reach the disk', async () => {
    await stored(fillBefore);
    const before = everything();
    const plan = new GroupPlan(state(), tables);
    fillAfter(plan);
    plan.markAge();
    expect(plan.ageMark).toBeDefined();
    await undoGroup(tables, plan);
    expect(everything()).toEqual(before);
  });
});

describe('growthOf', () => {
  const usedPages = () =>
    (tables.root as unknown as { env: { info(): { lastPageNumber: number } } }).env.info().lastPageNumber;

  it('is never less than what a group makes the file grow by', async () => {
    const fills: ((plan: GroupPlan, round: number) => void)[] = [
      fillAfter,
      (plan) =>
        plan.append([draft({ kind: 'device', payload: { device: 'x'.repeat(3_000_000), receivedAt: 1 } })], now),
      (plan, round) =>
        plan.append(
          Array.from({ length: 300 }, (_, i) => draft({ key: { id: `${round}:${i * 7919}`, fingerprint: 'f' } })),
          now,
        ),
      (plan) =>
        plan.append(
          Array.from({ length: 3000 }, () => draft({})),
          now,
        ),
      (plan) => plan.commit('large', { cursor: cursor(0), state: Buffer.alloc(2_000_000) }, [], now),
      (plan) => void plan.trim({ maxAgeMs: -1, maxBytes: 0 }),
    ];
    for (let round = 0; round < 4; round++) {
      for (const fill of fills) {
        const before = usedPages();
        const plan = await stored((one) => fill(one, round));
        expect((usedPages() - before) * tables.pageSize).toBeLessThanOrEqual(growthOf(plan, tables.pageSize));
      }
    }
  });

  /** Its encoded size is that of the text and some more. */
  const sized = (bytes: number) => draft({ kind: 'device', payload: { device: 'x'.repeat(bytes), receivedAt: 1 } });

  /** Of the text in an entry that just has no pages of its own. */
  const LONGEST_ROW = 1_924;

  it('is never less either for entries of any size, written or taken back', async () => {
    const size = fc.oneof(
      fc.nat({ max: 400 }),
      fc.integer({ min: 1_700, max: 2_100 }),
      fc.integer({ min: 3_900, max: 4_200 }),
      fc.nat({ max: 20_000 }),
    );
    const sizes = fc.tuple(fc.array(size, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 500 }));
    await fc.assert(
      fc.asyncProperty(sizes, async ([pattern, count]) => {
        const drafts = Array.from({ length: count }, (_, i) => sized(pattern[i % pattern.length]!));
        await renewed(); // Where pages are free, nothing grows.
        const plan = new GroupPlan(loadState(tables), tables);
        plan.append(drafts, now);
        const bound = growthOf(plan, tables.pageSize);
        for (const change of [() => writeGroup(tables, plan, DAY_MS), () => undoGroup(tables, plan)]) {
          const before = usedPages();
          await change();
          expect((usedPages() - before) * tables.pageSize).toBeLessThanOrEqual(bound);
        }
      }),
      // Short ones between two of half a page leave the most room in pages.
      { numRuns: 25, examples: [[[[40, LONGEST_ROW, LONGEST_ROW], 1_500]], [[[LONGEST_ROW], 1_500]], [[[0], 20_000]]] },
    );
  });

  it('is no more than half as much again as many small entries have bytes, and a megabyte', () => {
    const plan = new GroupPlan(loadState(tables), tables);
    plan.append(
      Array.from({ length: 20_000 }, () => sized(300)),
      now,
    );
    const bytes = plan.entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    expect(growthOf(plan, tables.pageSize)).toBeLessThan(1.5 * bytes + 1_000_000);
  });
});
