import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from '@seawall/ports';
import { QueryGate } from './query-gate.ts';

const patient = new AbortController().signal;

describe('QueryGate', () => {
  it('lets the longest waiting in when a place is given back', async () => {
    const gate = new QueryGate(1, 2);
    const order: string[] = [];
    const leave = await gate.enter(patient);
    const first = gate.enter(patient).then((own) => (order.push('first'), own));
    const second = gate.enter(patient).then((own) => (order.push('second'), own));
    leave();
    (await first)();
    (await second)();
    expect(order).toEqual(['first', 'second']);
    (await gate.enter(patient))();
  });

  it('refuses more than may wait', async () => {
    const gate = new QueryGate(1, 1);
    const leave = await gate.enter(patient);
    const waiting = gate.enter(patient);
    await expect(gate.enter(patient)).rejects.toThrow(StoreUnavailableError);
    leave();
    (await waiting)();
  });

  it('forgets one that gives up waiting', async () => {
    const gate = new QueryGate(1, 1);
    const leave = await gate.enter(patient);
    const impatient = new AbortController();
    const reason = new Error('gone');
    const waiting = gate.enter(impatient.signal);
    impatient.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const other = gate.enter(patient);
    leave();
    (await other)();
  });
});
