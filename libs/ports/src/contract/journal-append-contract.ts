import { describe, expect, it } from '@jest/globals';
import { JournalUnavailableError, KeyReusedError } from '../journal.ts';
import type { EntryDraft } from '../journal-entry.ts';
import { device, entriesOf, namesOf, readings, tick, type JournalUnderTest } from './journal-contract-support.ts';

const DAY_MS = 86_400_000;

/** The port's promises on appending, producers and idempotency keys. */
export function appendContract(on: JournalUnderTest): void {
  describe('append', () => {
    it('keeps entries in the order of the calls, numbered without gaps from 1', async () => {
      const calls = [[device('a'), device('b')], [device('c')], [], [device('d')]].map((drafts) =>
        on.journal.append(drafts),
      );
      const results = await Promise.all(calls);
      expect(results.map((call) => call.map((one) => one.seq))).toEqual([[1, 2], [3], [], [4]]);
      expect(await namesOf(await on.restarted())).toEqual(['a', 'b', 'c', 'd']);
    });

    it('gives back what was appended, with its place and its stamp', async () => {
      const drafts: EntryDraft[] = [
        { ...readings(3), key: { id: 'k', fingerprint: 'f' } },
        {
          kind: 'hub-start',
          origin: 'replay',
          payload: { version: '1', timeZone: 'UTC', delayMs: 10_000, idleAfterMs: 60_000 },
        },
        device('a', { producer: { id: 'p', seq: 7 } }),
      ];
      await on.journal.append(drafts);
      const expected = drafts.map((draft, i) => ({ ...draft, version: 1, partition: 0, seq: i + 1, stamp: on.now }));
      expect(await entriesOf(on.journal)).toEqual(expected);
      expect(await entriesOf(await on.restarted())).toEqual(expected);
    });

    it('resolves overlapping calls in the order they were made', async () => {
      const order: number[] = [];
      const calls = Array.from({ length: 20 }, (_, i) => on.journal.append([tick]).then(() => order.push(i)));
      await Promise.all(calls);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    });

    it('never lets stamps decrease, though the clock goes back', async () => {
      const stamps: number[] = [];
      for (const time of [1000, 500, 1500, 0]) {
        on.now = time;
        const [result] = await (await on.restarted()).append([tick]);
        stamps.push(result!.stamp);
      }
      expect(stamps).toEqual([1000, 1000, 1500, 1500]);
      expect((await entriesOf(on.journal)).map((entry) => entry.stamp)).toEqual(stamps);
      expect(on.journal.status().lastStamp).toBe(1500);
    });

    it('has stamps go on, slower than time, while the clock is behind the last, also after a restart', async () => {
      const start = on.now;
      await on.journal.append([tick]);
      on.now -= 3_600_000;
      const stamps: number[] = [];
      for (let i = 0; i < 2; i++) {
        const journal = await on.restarted();
        on.now += 10_000;
        on.elapsed += 10_000;
        stamps.push((await journal.append([tick]))[0]!.stamp);
      }
      expect(stamps).toEqual([start + 9_000, start + 18_000]);
    });

    it('is refused after close', async () => {
      await on.journal.close();
      await expect(on.journal.append([tick])).rejects.toThrow(JournalUnavailableError);
    });
  });

  describe('a producer', () => {
    const output = (seq: number) => device(`output ${seq}`, { producer: { id: 'engine', seq } });

    it('that repeats its sequence stores nothing again and is told the first place', async () => {
      const first = await on.journal.append([output(1), output(2)]);
      on.now += 5000;
      const again = await (await on.restarted()).append([output(1), output(2), output(3)]);
      expect(again.slice(0, 2)).toEqual(first.map((one) => ({ ...one, duplicate: true })));
      expect(again[2]).toEqual({ seq: 3, stamp: on.now, duplicate: false });
      expect(await namesOf(on.journal)).toEqual(['output 1', 'output 2', 'output 3']);
    });

    it('is held to its sequence within a call and between overlapping ones', async () => {
      const calls = await Promise.all([
        on.journal.append([output(1), output(1)]),
        on.journal.append([output(1), output(2)]),
      ]);
      expect(calls.flat().map((one) => [one.seq, one.duplicate])).toEqual([
        [1, false],
        [1, true],
        [1, true],
        [2, false],
      ]);
    });

    it('stores nothing below its last sequence, also where it had left one out', async () => {
      await on.journal.append([output(3), output(7)]);
      const [skipped] = await (await on.restarted()).append([output(5)]);
      expect(skipped).toMatchObject({ seq: 2, duplicate: true });
    });

    it('is known apart from another, and after its entries are trimmed', async () => {
      await on.journal.append([output(1), device('x', { producer: { id: 'engine2', seq: 1 } }), output(2), tick]);
      await on.journal.trim({ maxAgeMs: Infinity, maxBytes: 0 });
      expect(await namesOf(await on.restarted())).toEqual(['tick']);
      const results = await on.journal.append([
        output(2),
        output(1),
        device('x', { producer: { id: 'engine2', seq: 1 } }),
      ]);
      expect(results.map((one) => [one.seq, one.duplicate])).toEqual([
        [3, true],
        [3, true],
        [2, true],
      ]);
    });
  });

  describe('an idempotency key', () => {
    const keyed = (id: string, fingerprint = 'f') => device(`${id} ${fingerprint}`, { key: { id, fingerprint } });

    it('stores once, and tells the first place afterwards', async () => {
      const [first] = await on.journal.append([keyed('k')]);
      on.now += DAY_MS;
      const [again] = await (await on.restarted()).append([keyed('k')]);
      expect(again).toEqual({ ...first, duplicate: true });
      expect(await namesOf(on.journal)).toEqual(['k f']);
    });

    it('stays known while the clock leaps ahead and comes back', async () => {
      const [first] = await on.journal.append([keyed('k')]);
      for (const leap of [DAY_MS, 365 * DAY_MS]) {
        on.now += leap;
        for (let i = 0; i < 3; i++) await on.journal.append([keyed(`while it is ahead by ${leap}, ${i}`)]);
        on.now -= leap;
        on.elapsed += 60_000;
        await (await on.restarted()).append([keyed(`after it was ahead by ${leap}`)]);
      }
      expect(await on.journal.append([keyed('k')])).toEqual([{ ...first, duplicate: true }]);
    });

    it('is forgotten once the log has been open for longer than a day, though stamps stay ahead for years', async () => {
      on.now += 365 * DAY_MS;
      await on.journal.append([keyed('k')]);
      on.now -= 365 * DAY_MS;
      for (const run of ['first', 'second']) {
        on.elapsed += 0.6 * DAY_MS;
        await on.journal.append([keyed(`known in the ${run} run`)]);
        await on.restarted();
      }
      await on.journal.append([tick, keyed('one more')]);
      const again = await on.journal.append(['k', 'known in the first run'].map((id) => keyed(id)));
      expect(again.map((one) => one.duplicate)).toEqual([false, true]);
    });

    it('stores once within a call and over overlapping calls', async () => {
      const calls = await Promise.all([
        on.journal.append([keyed('k'), keyed('k')]),
        on.journal.append([keyed('k'), keyed('l')]),
      ]);
      expect(calls.flat().map((one) => [one.seq, one.duplicate])).toEqual([
        [1, false],
        [1, true],
        [1, true],
        [2, false],
      ]);
    });

    it('is refused under another fingerprint, with everything of that call', async () => {
      await on.journal.append([keyed('k')]);
      await on.restarted();
      const calls = await Promise.allSettled([
        on.journal.append([device('before'), keyed('k', 'other'), device('after')]),
        on.journal.append([device('innocent')]),
        on.journal.append([keyed('new'), keyed('new', 'other')]),
      ]);
      expect(calls.map((call) => call.status)).toEqual(['rejected', 'fulfilled', 'rejected']);
      expect((calls[0] as PromiseRejectedResult).reason).toBeInstanceOf(KeyReusedError);
      expect(await namesOf(on.journal)).toEqual(['k f', 'innocent']);
      expect(await on.journal.append([keyed('new', 'third')])).toMatchObject([{ seq: 3, duplicate: false }]);
    });

    it('may be used for something new once it is forgotten, and then is known again', async () => {
      await on.journal.append([keyed('k'), keyed('stays')]);
      on.journal.forgetKey('k');
      on.journal.forgetKey('never known');
      expect(await on.journal.append([keyed('k', 'new')])).toMatchObject([{ seq: 3, duplicate: false }]);
      expect(await (await on.restarted()).append([keyed('k', 'new'), keyed('stays')])).toMatchObject([
        { seq: 3, duplicate: true },
        { seq: 2, duplicate: true },
      ]);
    });

    it('is forgotten between overlapping calls where forgetKey was called', async () => {
      const before = on.journal.append([keyed('k')]);
      on.journal.forgetKey('k');
      const after = on.journal.append([keyed('k', 'new')]);
      expect([...(await before), ...(await after)].map((one) => one.duplicate)).toEqual([false, false]);
      await expect(on.journal.append([keyed('k')])).rejects.toThrow(KeyReusedError);
    });

    it('may be any text', async () => {
      const ids = ['', '\u0000', 'x'.repeat(5000), `${'x'.repeat(5000)}y`, '香洲区', 'k'];
      await on.journal.append(ids.map((id) => keyed(id)));
      const again = await (await on.restarted()).append(ids.map((id) => keyed(id)));
      expect(again.map((one) => [one.seq, one.duplicate])).toEqual(ids.map((_, i) => [i + 1, true]));
    });
  });
}
