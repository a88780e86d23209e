import { describe, expect, it } from '@jest/globals';
import { cursorAfter, StoreUnavailableError } from '@seawall/ports';
import { pino } from 'pino';
import { Role } from './role.ts';

const log = pino({ level: 'silent' });
const at = (seq: number) => cursorAfter({ partition: 0, seq });
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((done) => signal.addEventListener('abort', () => done()));

describe('Role', () => {
  it('tells when it is past a place', async () => {
    let move: (seq: number) => void = () => undefined;
    const role = new Role(
      'writer',
      async (progress, signal) => {
        move = (seq) => progress(at(seq), seq * 1000);
        await untilAborted(signal);
      },
      log,
    );
    role.start();
    const past = role.past(at(5), 10_000);
    move(4);
    move(5);
    expect(await past).toBe(true);
    expect(await role.past(at(6), 1)).toBe(false);
    await role.stop();
    expect(role.status()).toEqual({ name: 'writer', running: false, seq: 5, stamp: 5000 });
  });

  it('starts again after a failure, which it tells until it moves on', async () => {
    let attempts = 0;
    let failed: string | undefined;
    const role: Role = new Role(
      'writer',
      async (progress, signal) => {
        if (++attempts === 1) throw new Error('The database is down.');
        failed = role.status().failure;
        progress(at(1), 1000);
        await untilAborted(signal);
      },
      log,
    );
    role.start();
    expect(await role.past(at(1), 10_000)).toBe(true);
    expect(failed).toBe('The database is down.');
    expect(role.status()).toEqual({ name: 'writer', running: true, seq: 1, stamp: 1000 });
    await role.stop();
  });

  it('tells of a failure once, however often it comes, and when it is over', async () => {
    const told: string[] = [];
    const heard = pino({ level: 'info' }, { write: (line: string) => void told.push(line) });
    let attempts = 0;
    const role = new Role(
      'writer',
      async (progress, signal) => {
        if (++attempts < 3) throw new Error('The database is down.');
        progress(at(1), 1000);
        await untilAborted(signal);
      },
      heard,
    );
    role.start();
    expect(await role.past(at(1), 10_000)).toBe(true);
    await role.stop();
    expect(told.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'role failed; it will start again where it stopped',
      'role goes on again',
    ]);
  });

  it('leaves an engine alone for as long as that asks', async () => {
    const told: string[] = [];
    const heard = pino({ level: 'error' }, { write: (line: string) => void told.push(line) });
    const busy = new StoreUnavailableError('Come back later.', { retryAfterMs: 86_400_000 });
    const role = new Role('writer', async () => Promise.reject(busy), heard);
    role.start();
    await new Promise(setImmediate);
    expect(JSON.parse(told[0]!)).toMatchObject({ retryMs: 600_000 });
    await role.stop();
  });

  it('stops while it waits to try again', async () => {
    const role = new Role('writer', async () => Promise.reject(new Error('Down.')), log);
    role.start();
    await role.stop();
    expect(role.status().running).toBe(false);
  });

  it('lets its loop end and begin again when it is to tell its place, which is no failure', async () => {
    let ends = 0;
    let begun: () => void = () => undefined;
    const role = new Role(
      'writer',
      async (progress, signal) => {
        progress(at(ends), 1000);
        begun();
        await untilAborted(signal);
        ends++;
      },
      log,
    );
    role.start();
    const again = new Promise<void>((resolve) => (begun = resolve));
    role.settle();
    await again;
    expect([ends, role.status().seq, role.status().failure]).toEqual([1, 1, undefined]);
    await role.stop();
    expect(ends).toBe(2);
  });
});
