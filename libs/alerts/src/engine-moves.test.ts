import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@seawall/model';
import type { EntryDraft, JournalEntry } from '@seawall/ports';
import { createEngine } from './engine.ts';
import { at, feedAll, firing, MINUTE, START, transitionOf } from './raised-alert.ts';
import { smog, TestJournal, type TestReading } from './testing.ts';

describe('the engine, when groups change', () => {
  it("moves a device's later readings to the group of its new labels", () => {
    const journal = new TestJournal();
    const engine = createEngine();
    journal.rule(smog({ aggregate: 'sum' }, { groupBy: ['district'] }));
    const reading = (minute: number, district: string) => ({
      device: 'aq-1',
      time: START + minute * MINUTE,
      value: 100,
      district,
    });
    journal.readings([reading(1, 'harbour'), reading(2, 'harbour'), reading(3, 'old-town'), reading(4, 'old-town')]);
    journal.readings([reading(25, 'harbour')]);
    journal.readings([reading(26, 'old-town')]);
    const drafts = feedAll(engine, journal.entries);
    expect(drafts.map((draft) => [transitionOf(draft).levels.district, transitionOf(draft).alert.value])).toEqual([
      ['harbour', 200],
      ['old-town', 200],
    ]);
  });

  describe('when a device moves to other labels', () => {
    const MOVED = START + 12 * MINUTE;

    /** Drafts of the move, of what the device sends afterwards, and of twelve minutes of ticks. */
    function move(rule: Rule, others: readonly TestReading[] = []) {
      const { journal, engine } = firing(rule);
      const moved: EntryDraft[] = [];
      const feed = (entry: JournalEntry) => moved.push(...engine.feed(entry));
      feed(journal.readings(others, START + 11 * MINUTE));
      const labelSpans = [
        { from: -Infinity, labels: { district: 'harbour' } },
        { from: MOVED, labels: { district: 'old-town' } },
      ];
      const payload = { device: 'aq-1', labelSpans, receivedAt: MOVED };
      feed(journal.append({ kind: 'device', origin: 'live', payload }, MOVED));
      feed(journal.readings([{ device: 'aq-1', time: MOVED, value: 10, district: 'old-town' }], MOVED));
      for (let second = 1; second <= 12 * 60; second++) feed(journal.tick(MOVED + second * 1000));
      return { journal, engine, moved: moved.map(transitionOf) };
    }

    it.each<[string, Rule]>([
      ['out of what the rule selects', smog({ where: { district: ['harbour'] } })],
      ['out of its group', smog({}, { groupBy: ['district'] })],
    ])('ends its alert once its last window there has been judged: %s', (_, rule) => {
      const { engine, moved } = move(rule);
      expect(moved).toMatchObject([
        {
          from: 'firing',
          to: 'resolved',
          because: 'the rule selects no device for it any more',
          alert: { value: 185, revision: 2, endsAt: '2026-01-10T12:20:00.000Z', updatedAt: '2026-01-10T12:21:11.000Z' },
        },
      ]);
      expect(engine.status().alerts).toEqual({ pending: 0, firing: 0 });
    });

    it('drops a pending alert as well', () => {
      const { moved } = move(smog({ for: '1h', where: { district: ['harbour'] } }));
      expect(moved).toMatchObject([{ from: 'pending', to: 'inactive' }]);
    });

    it('lets the last window there clear the alert as any other', () => {
      const late = [{ device: 'aq-1', time: START + 11 * MINUTE + 1, value: 0, district: 'harbour' }];
      const { moved } = move(smog({ where: { district: ['harbour'] } }), late);
      expect(moved).toMatchObject([{ to: 'resolved', because: 'mean 100 no longer above 150' }]);
    });

    it('leaves the alert of a group that has another device, however silent', () => {
      const other = [{ device: 'aq-2', time: START + 11 * MINUTE, value: 200, district: 'harbour' }];
      const { moved } = move(smog({}, { groupBy: ['district'] }), other);
      expect(moved).toEqual([]);
    });

    it('leaves the alert of a device that falls silent where it is', () => {
      const { journal, engine } = firing(smog({}, { groupBy: ['site', 'type'] }));
      // Described, and labelled as its readings were.
      const labelSpans = [{ from: -Infinity, labels: { district: 'harbour', type: 'unknown' } }];
      const payload = { device: 'aq-1', labelSpans, receivedAt: MOVED };
      engine.feed(journal.append({ kind: 'device', origin: 'live', payload }, MOVED));
      for (let second = 1; second <= 30 * 60; second++)
        expect(engine.feed(journal.tick(MOVED + second * 1000))).toEqual([]);
      expect(engine.status()).toMatchObject({ openSlices: 0, alerts: { firing: 1 } });
    });
  });

  it('windows anew, without losing alerts, when the hub starts in another time zone', () => {
    const { journal, engine } = firing();
    expect(engine.status().openSlices).toBe(1);
    engine.feed(journal.hubStart(START + 20 * MINUTE, { timeZone: 'Asia/Kathmandu' }));
    expect(engine.status()).toMatchObject({ openSlices: 0, alerts: { firing: 1 } });
    const over = engine.feed(journal.readings(at([25, 10], [50, 10]), START + 50 * MINUTE));
    expect(transitionOf(over[0])).toMatchObject({ from: 'firing', to: 'resolved', alert: { revision: 2 } });
  });

  describe('after a change of the time zone', () => {
    /** Both devices of the harbour have raised its alert when the hub starts elsewhere, twice; then some of them move. */
    function elsewhere(moving: readonly string[], sending: readonly string[] = []) {
      const journal = new TestJournal();
      let engine = createEngine();
      const drafts: EntryDraft[] = [];
      const feed = (entry: JournalEntry) => {
        drafts.push(...engine.feed(entry));
        engine = createEngine(engine.save());
      };
      const describe = (device: string, district: string, stamp: number) => {
        const labelSpans = [{ from: -Infinity, labels: { district } }];
        feed(
          journal.append({ kind: 'device', origin: 'live', payload: { device, labelSpans, receivedAt: stamp } }, stamp),
        );
      };
      const read = (devices: readonly string[], minute: number, value: number, district: string) => {
        const time = START + minute * MINUTE;
        feed(
          journal.readings(
            devices.map((device) => ({ device, time, value, district })),
            time,
          ),
        );
      };
      feed(journal.hubStart(START));
      feed(journal.rule(smog({}, { groupBy: ['district'] })));
      for (const device of ['aq-1', 'aq-2']) describe(device, 'harbour', START);
      for (const minute of [0, 5, 11]) read(['aq-1', 'aq-2'], minute, 200, 'harbour');
      for (const timeZone of ['Asia/Kathmandu', 'Asia/Kolkata'])
        feed(journal.hubStart(START + 12 * MINUTE, { timeZone }));
      if (sending.length > 0) read(sending, 13, 200, 'harbour');
      for (const device of moving) describe(device, 'old-town', START + 14 * MINUTE);
      if (moving.length > 0) read(moving, 15, 10, 'old-town');
      for (let time = START + 15 * MINUTE; time < START + 40 * MINUTE; time += 10_000) feed(journal.tick(time));
      return drafts.map(transitionOf).filter(({ alert }) => alert.labels['district'] === 'harbour');
    }

    it.each([[[]], [['aq-1']]])('ends the alert of a group that all its devices leave; sent since: %j', (sending) => {
      expect(elsewhere(['aq-1', 'aq-2'], sending)).toMatchObject([
        { to: 'firing' },
        { to: 'resolved', because: 'the rule selects no device for it any more', alert: { revision: 2 } },
      ]);
    });

    it.each([
      [[], []],
      [['aq-1'], []],
      [['aq-1'], ['aq-1']],
    ])(
      'leaves the alert of a group that has a device yet, also one that has not sent since; moves: %j, sent: %j',
      (...of) => {
        expect(elsewhere(...of)).toMatchObject([{ to: 'firing' }]);
      },
    );
  });
});
