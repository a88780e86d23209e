import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Engine } from '@seawall/alerts';
import { JournalUnavailableError, type EntryDraft, type Journal } from '@seawall/ports';
import { createMemoryJournal } from '@seawall/ports/memory';
import { pino } from 'pino';
import { EngineView } from './engine-view.ts';
import { engine } from './engine.ts';
import { Role } from './role.ts';

const log = pino({ level: 'silent' });
const told = { refused: () => {}, late: () => {}, unsaved: () => {} };
const tick: EntryDraft = { kind: 'tick', origin: 'live', payload: null };

/** Lets the engine read to the log's end, and stops it. @returns what it did */
async function live(journal: Journal, lastSnapshotMs?: number, view = new EngineView()): Promise<{ fed: number }> {
  let fed = 0;
  const feed = view.feed.bind(view);
  view.feed = (chunk) => {
    fed += chunk.entries.length;
    return feed(chunk);
  };
  const role = new Role('engine', engine(journal, view, told, lastSnapshotMs), log);
  role.start();
  expect(await role.past(journal.end(), 10_000)).toBe(true);
  await role.stop();
  expect(role.status().failure).toBeUndefined();
  return { fed };
}

describe('the engine at its end', () => {
  it('leaves out a last snapshot that would take too long, and reads again at its next start', async () => {
    let now = 1_000_000;
    const journal = createMemoryJournal({ now: () => now });
    await journal.append([tick]);
    await live(journal);
    const saved = journal.position('engine')!.cursor;
    expect(saved).toEqual(journal.end());

    now += 1_000;
    await journal.append([tick]); // too soon for a snapshot before the end
    await live(journal, 0);
    expect(journal.position('engine')!.cursor).toEqual(saved);
    const again = await live(journal);
    expect(again.fed).toBeGreaterThan(0);
    expect(journal.position('engine')!.cursor).toEqual(journal.end());
  });
});

describe('a snapshot', () => {
  it('is of where it began, while the engine goes on', async () => {
    let now = 1_000_000;
    const journal = createMemoryJournal({ now: () => now });
    const view = new EngineView();
    const save = view.save.bind(view);
    let open = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    view.save = async (...given) => {
      const state = await save(...given);
      await gate;
      return state;
    };
    const role = new Role('engine', engine(journal, view, told), log);
    await journal.append([tick]);
    const began = journal.end();
    role.start();
    expect(await role.past(began, 10_000)).toBe(true);

    now += 1_000;
    await journal.append([tick]);
    expect(await role.past(journal.end(), 10_000)).toBe(true);
    expect(journal.position('engine')).toBeUndefined();

    open();
    while (journal.position('engine') === undefined) await new Promise(setImmediate);
    expect(journal.position('engine')!.cursor).toEqual(began);
    await role.stop();
    expect(journal.position('engine')!.cursor).toEqual(journal.end());
  });

  it('leaves the hub most of the time between two of its steps, but for a last one', async () => {
    const turnsBetweenSteps = async (inAHurry: boolean) => {
      const view = new EngineView();
      const turns: number[] = [];
      let turn = 0;
      const count = () => void (turn++, (counting = setImmediate(count)));
      let counting = setImmediate(count);
      function* saving(): Generator<void, Uint8Array> {
        for (let step = 0; step < 3; step++) {
          for (const until = performance.now() + 6; performance.now() < until;); // longer than a step may take
          turns.push(turn);
          yield;
        }
        return new Uint8Array();
      }
      view.current = { saving } as unknown as Engine;
      await view.save(() => true, inAHurry);
      clearImmediate(counting);
      return Math.min(turns[1]! - turns[0]!, turns[2]! - turns[1]!);
    };
    expect(await turnsBetweenSteps(true)).toBe(1);
    expect(await turnsBetweenSteps(false)).toBeGreaterThan(10);
  });

  it('that fails has the engine begin again from the last one', async () => {
    const journal = createMemoryJournal({ now: () => 1_000_000 });
    const commit = journal.commit.bind(journal);
    let refusals = 1;
    journal.commit = (...given) => (refusals-- > 0 ? Promise.reject(new Error('no room')) : commit(...given));
    await journal.append([tick]);
    const role = new Role('engine', engine(journal, new EngineView(), told), log);
    role.start();
    await role.past(journal.end(), 10_000);
    while (refusals > 0) await new Promise(setImmediate);
    await journal.append([tick]);
    while (journal.position('engine') === undefined) {
      await new Promise(setImmediate);
      if (role.status().failure !== undefined) expect(role.status().failure).toBe('no room');
    }
    await role.stop();
    expect(journal.position('engine')!.cursor).toEqual(journal.end());
  });
});

describe('what the engine decides', () => {
  const outputs = Array.from({ length: 1_000 }, (_, i) => ({ ...tick, producer: { id: 'engine', seq: i + 1 } }));
  let journal: Journal;
  let view: EngineView;

  beforeEach(async () => {
    journal = createMemoryJournal({ now: () => 1_000_000 });
    await journal.append([{ kind: 'hub-stop', origin: 'live', payload: null }]);
    view = new EngineView();
    view.feed = ({ entries }) => (entries.some(({ kind }) => kind === 'hub-stop') ? outputs : []);
  });

  async function sequencesKept(): Promise<(number | undefined)[]> {
    const kept: (number | undefined)[] = [];
    for await (const { entries } of journal.read(journal.start(), { follow: false }))
      kept.push(...entries.filter(({ kind }) => kind === 'tick').map(({ producer }) => producer?.seq));
    return kept;
  }

  it('goes into the log in portions, each once the one before is kept, so that others come in between', async () => {
    const append = journal.append.bind(journal);
    const sizes: number[] = [];
    let underWay = 0;
    journal.append = async (drafts) => {
      expect(++underWay).toBe(1);
      sizes.push(drafts.length);
      await new Promise(setImmediate);
      underWay--;
      return append(drafts);
    };
    await live(journal, undefined, view);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
    expect(await sequencesKept()).toEqual(outputs.map(({ producer }) => producer.seq));
  });

  it('is in the log once and in order, though a portion in the middle was refused', async () => {
    const append = journal.append.bind(journal);
    let calls = 0;
    journal.append = (drafts) =>
      ++calls === 2 ? Promise.reject(new JournalUnavailableError('No room.')) : append(drafts);
    const role = new Role('engine', engine(journal, view, told), log);
    role.start();
    while ((await sequencesKept()).length < outputs.length) await new Promise(setImmediate);
    expect(calls).toBeGreaterThan(4);
    expect(await role.past(journal.end(), 10_000)).toBe(true);
    await role.stop();
    expect(await sequencesKept()).toEqual(outputs.map(({ producer }) => producer.seq));
  });
});

describe("the engine's snapshots", () => {
  let journal: Journal;
  let view: EngineView;
  let role: Role;
  let unsaved: string[];
  let now: number;
  let elapsed: number;
  /** The last one that began. */
  let saving: Promise<unknown>;

  beforeEach(() => {
    now = 1_000_000;
    elapsed = 0;
    journal = createMemoryJournal({ now: () => now, elapsed: () => elapsed });
    view = new EngineView();
    const save = view.save.bind(view);
    saving = Promise.resolve();
    view.save = (...given) => {
      const made = save(...given);
      saving = made;
      return made;
    };
    unsaved = [];
    const told = { refused: () => {}, late: () => {}, unsaved: ({ message }: Error) => void unsaved.push(message) };
    role = new Role('engine', engine(journal, view, told), log);
  });
  afterEach(() => role.stop());

  async function ticked(ms: number): Promise<void> {
    now += ms;
    elapsed += ms;
    await journal.append([tick]);
    expect(await role.past(journal.end(), 10_000)).toBe(true);
    await saving;
    await new Promise(setImmediate);
  }

  it('are made when asked for, though nothing more comes, so that trimming can go on', async () => {
    role.start();
    await ticked(0);
    await ticked(1_000);
    expect(journal.position('engine')!.cursor).not.toEqual(journal.end());
    const moved = committedOf(journal);
    view.askForSnapshot();
    await moved;
    expect(journal.position('engine')!.cursor).toEqual(journal.end());
    await ticked(1_000);
    expect(role.status().failure).toBeUndefined();
  });

  it('go on being made while the clock is behind the last stamp', async () => {
    role.start();
    await ticked(0);
    now -= 30 * 86_400_000;
    for (let i = 0; i < 3; i++) {
      await ticked(20_000);
      expect(journal.position('engine')!.cursor).toEqual(journal.end());
    }
  });

  it('that can not be kept are told once, and the engine goes on until one can', async () => {
    const commit = journal.commit.bind(journal);
    journal.commit = async () => {
      throw new JournalUnavailableError('No room.');
    };
    role.start();
    for (let i = 0; i < 3; i++) await ticked(60_000);
    expect([unsaved, view.unsaved, role.status().failure]).toEqual([['No room.'], 'No room.', undefined]);
    expect(journal.position('engine')).toBeUndefined();
    journal.commit = commit;
    await ticked(60_000);
    expect(view.unsaved).toBeUndefined();
    expect(journal.position('engine')!.cursor).toEqual(journal.end());
  });
});

/** Resolves after the next commit. */
function committedOf(journal: Journal): Promise<void> {
  const commit = journal.commit.bind(journal);
  return new Promise((resolve) => {
    journal.commit = async (...all) => {
      const appended = await commit(...all);
      resolve();
      return appended;
    };
  });
}
