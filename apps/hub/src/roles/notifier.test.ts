import { describe, expect, it } from '@jest/globals';
import type { AlertTransition } from '@seawall/model';
import { cursorSeq, JournalUnavailableError, type Channel, type Journal } from '@seawall/ports';
import { alertTransition } from '@seawall/ports/contract';
import { createMemoryJournal } from '@seawall/ports/memory';
import { notifier } from './notifier.ts';

/** A channel of which the test ends each delivery. */
class HeldChannel implements Channel {
  readonly name = 'held';
  readonly begun: string[] = [];
  readonly #ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  deliver({ alert, to }: AlertTransition): Promise<void> {
    const name = `${alert.id} ${to}`;
    this.begun.push(name);
    return new Promise((resolve, reject) => void this.#ends.set(name, { resolve, reject }));
  }

  end(name: string, error?: Error): void {
    const { resolve, reject } = this.#ends.get(name)!;
    if (error === undefined) resolve();
    else reject(error);
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const transitionOf = (id: string, to: 'firing' | 'resolved', subject = id): AlertTransition =>
  alertTransition(id, to === 'firing' ? 'pending' : 'firing', to, {
    levels: { domain: 'environment', subject },
    alert: { key: `smog/${id}` },
  });

async function journalWith(...transitions: AlertTransition[]): Promise<Journal> {
  const journal = createMemoryJournal();
  await append(journal, ...transitions);
  return journal;
}

async function append(journal: Journal, ...transitions: AlertTransition[]): Promise<void> {
  await journal.append(transitions.map((payload) => ({ kind: 'transition', origin: 'live', payload })));
}

/** One pass of the role; `over` aborts it. */
function notify(journal: Journal, channel: Channel) {
  const abort = new AbortController();
  const running = notifier(journal, [channel])(() => undefined, abort.signal);
  running.catch(() => undefined); // The test looks at it later.
  return { running, over: () => abort.abort() };
}

describe('the notifier', () => {
  it('lets no alert wait for another', async () => {
    const channel = new HeldChannel();
    const journal = await journalWith(...['a', 'b', 'c'].map((id) => transitionOf(id, 'firing')));
    const { running, over } = notify(journal, channel);
    await settled();
    expect(channel.begun).toEqual(['a firing', 'b firing', 'c firing']);
    expect(journal.position('notifier')).toBeUndefined();
    for (const id of ['a', 'b', 'c']) channel.end(`${id} firing`);
    await settled();
    expect(journal.position('notifier')?.cursor).toBe(journal.end());
    over();
    await running;
  });

  it('tells of what comes later while a delivery lasts, and keeps its place before that one', async () => {
    const channel = new HeldChannel();
    const journal = await journalWith(transitionOf('a', 'firing'));
    const before = journal.end();
    const { running, over } = notify(journal, channel);
    await settled();
    for (const id of ['b', 'c']) {
      await append(journal, transitionOf(id, 'firing'));
      await settled();
    }
    expect(channel.begun).toEqual(['a firing', 'b firing', 'c firing']);
    channel.end('c firing');
    channel.end('b firing');
    await settled();
    expect(journal.position('notifier')).toBeUndefined();
    await append(journal, transitionOf('a', 'resolved'));
    await settled();
    expect(channel.begun).not.toContain('a resolved');
    channel.end('a firing');
    await settled();
    expect(channel.begun).toContain('a resolved');
    expect(cursorSeq(journal.position('notifier')!.cursor)).toBe(cursorSeq(before) + 2);
    channel.end('a resolved');
    over();
    await running;
    expect(journal.position('notifier')?.cursor).toBe(journal.end());
  });

  it('has a thousand deliveries under way, and a hundred more, at most', async () => {
    const channel = new HeldChannel();
    const ids = Array.from({ length: 1_500 }, (_, i) => `alert-${i}`);
    const journal = await journalWith(...ids.map((id) => transitionOf(id, 'firing')));
    const { running, over } = notify(journal, channel);
    for (let i = 0; i < 30; i++) await settled();
    const begun = channel.begun.length;
    expect(begun).toBeGreaterThanOrEqual(1_000);
    expect(begun).toBeLessThan(1_100);
    for (const name of [...channel.begun]) channel.end(name);
    for (let i = 0; i < 30; i++) await settled();
    expect(channel.begun).toHaveLength(1_500);
    for (const name of channel.begun.slice(begun)) channel.end(name);
    over();
    await running;
  });

  it('ends with the failure of a commit, and begins again where it was', async () => {
    const channel = new HeldChannel();
    const journal = await journalWith(transitionOf('a', 'firing'));
    const commit = journal.commit.bind(journal);
    journal.commit = () => Promise.reject(new JournalUnavailableError('No room.'));
    const { running } = notify(journal, channel);
    await settled();
    channel.end('a firing');
    await expect(running).rejects.toThrow('No room.');
    journal.commit = commit;
    const again = notify(journal, channel);
    await settled();
    expect(channel.begun).toEqual(['a firing', 'a firing']);
    channel.end('a firing');
    again.over();
    await again.running;
    expect(journal.position('notifier')?.cursor).toBe(journal.end());
  });

  it('tells of one alert in order, and of those that share a topic', async () => {
    const channel = new HeldChannel();
    const journal = await journalWith(
      transitionOf('a', 'firing', 'shared'),
      transitionOf('b', 'firing', 'shared'),
      transitionOf('a', 'resolved', 'elsewhere'),
    );
    const { running, over } = notify(journal, channel);
    await settled();
    expect(channel.begun).toEqual(['a firing']);
    channel.end('a firing');
    await settled();
    expect(channel.begun).toEqual(['a firing', 'b firing', 'a resolved']);
    channel.end('b firing');
    channel.end('a resolved');
    await settled();
    over();
    await running;
  });

  it('keeps its place when a delivery fails, waits for the others, and tells nothing that must follow it', async () => {
    const channel = new HeldChannel();
    const transitions = [transitionOf('a', 'firing'), transitionOf('b', 'firing'), transitionOf('a', 'resolved')];
    const journal = await journalWith(...transitions);
    const { running } = notify(journal, channel);
    const ended: string[] = [];
    running.catch((error: Error) => ended.push(error.message));
    await settled();
    channel.end('a firing', new Error('The other side is gone.'));
    await settled();
    expect(ended).toEqual([]);
    channel.end('b firing');
    await settled();
    expect(ended).toEqual(['The other side is gone.']);
    expect(channel.begun).toEqual(['a firing', 'b firing']);
    expect(journal.position('notifier')).toBeUndefined();
  });
});
