import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '@seawall/ports';
import { MoveGate, type Stretch } from './move-gate.ts';

const HOUR = 3_600_000;
const of = (domain: string, from = 0, to = 100): Stretch => ({ domains: new Set([domain]), from, to });

/** A gate, and what happens at it in its order. */
function gateWith({ readersMs = HOUR, movesMs = HOUR } = {}) {
  const gate = new MoveGate({ readersMs, movesMs });
  const events: string[] = [];
  const enter = async (name: string, reads: Stretch, signal?: AbortSignal) => {
    const { leave } = await gate.enter(
      async () => undefined,
      () => ({ reads }),
      (reason) => events.push(`${name} broken off: ${reason.name}`),
      signal,
    );
    events.push(`${name} in`);
    return leave;
  };
  const move = (name: string, ...what: Stretch[]) => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const over = gate.during(what, async () => {
      events.push(`${name} begins`);
      await finished;
      events.push(`${name} ends`);
    });
    return { over, finish };
  };
  return { gate, events, enter, move };
}

/** Whatever can go on without waiting for a timer has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('MoveGate', () => {
  it('lets a query wait for a move of what it reads, and no other', async () => {
    const { events, enter, move } = gateWith();
    const { over, finish } = move('move', of('e', 50, 60));
    await settled();
    const waiting = enter('query', of('e'));
    (await enter('other domain', of('f')))();
    (await enter('before', of('e', 0, 50)))();
    (await enter('after', of('e', 60, 70)))();
    finish();
    await over;
    (await waiting)();
    expect(events).toEqual(['move begins', 'other domain in', 'before in', 'after in', 'move ends', 'query in']);
  });

  it('lets a move wait for who reads, while nobody else begins to', async () => {
    const { events, enter, move } = gateWith();
    const leave = await enter('first', of('e'));
    const { over, finish } = move('move', of('e'));
    const second = enter('second', of('e'));
    await settled();
    expect(events).toEqual(['first in']);
    leave();
    finish();
    await over;
    (await second)();
    expect(events).toEqual(['first in', 'move begins', 'move ends', 'second in']);
  });

  it('resolves a query anew after each wait', async () => {
    const { gate, move } = gateWith();
    const { over, finish } = move('move', of('e'));
    let labels = 'old';
    const entered = gate.enter(
      async () => labels,
      (found) => ({ found, reads: of('e') }),
      () => {},
      undefined,
    );
    await settled();
    labels = 'new';
    finish();
    await over;
    expect((await entered).found).toBe('new');
  });

  it('breaks a query off that reads for too long, and goes on', async () => {
    const { events, enter, move } = gateWith({ readersMs: 1 });
    await enter('query', of('e'));
    const { over, finish } = move('move', of('e'));
    finish();
    await over;
    expect(events).toEqual(['query in', 'query broken off: StoreUnavailableError', 'move begins', 'move ends']);
  });

  it('lets no query wait for ever, nor one that is given up', async () => {
    const { enter, move } = gateWith({ movesMs: 1 });
    const { over, finish } = move('move', of('e'));
    await expect(enter('query', of('e'))).rejects.toThrow(StoreUnavailableError);
    const stop = new AbortController();
    const { enter: enterPatiently, move: other } = gateWith();
    const second = other('move', of('e'));
    const given = enterPatiently('query', of('e'), stop.signal);
    stop.abort(new Error('gone'));
    await expect(given).rejects.toThrow('gone');
    for (const each of [finish, second.finish]) each();
    await Promise.all([over, second.over]);
  });

  it('is open again after a move that failed', async () => {
    const { gate, enter } = gateWith();
    await expect(gate.during([of('e')], () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    (await enter('query', of('e')))();
  });
});
