import { describe, expect, it } from '@jest/globals';
import type { AbsenceRule } from '@seawall/model';
import { createEngine } from './engine.ts';
import { at, feedAll, firing, MINUTE, START, transitionOf } from './raised-alert.ts';
import { smog, TestJournal, type TestReading } from './testing.ts';

describe('the engine', () => {
  it('says all that is to be known of an alert', () => {
    const { raised } = firing(smog({}, { labels: { team: 'air' }, annotations: { runbook: 'smog.md' } }));
    expect(raised).toEqual({
      kind: 'transition',
      origin: 'live',
      producer: { id: 'engine', seq: 1 },
      payload: {
        from: 'inactive',
        to: 'firing',
        because: 'mean 185 above 150',
        levels: { domain: 'environment', district: 'harbour', subject: 'aq-1' },
        alert: {
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          key: 'smog{"device":"aq-1","domain":"environment","team":"air"}',
          revision: 1,
          state: 'firing',
          severity: 'major',
          mode: 'actual',
          rule: 'smog',
          summary: 'aq-1: mean of pm25 over 10m is 185 ug/m3, above 150',
          labels: { device: 'aq-1', domain: 'environment', team: 'air' },
          annotations: { runbook: 'smog.md' },
          metric: 'pm25',
          unit: 'ug/m3',
          value: 185,
          startsAt: '2026-01-10T12:10:00.000Z',
          updatedAt: '2026-01-10T12:11:00.000Z',
          endsAt: null,
          ack: null,
          silencedBy: [],
          inhibitedBy: [],
          location: { lat: 51.5, lon: -0.1 },
          url: null,
          evidence: {
            domain: 'environment',
            aggregate: 'mean',
            windowStart: '2026-01-10T12:00:00.000Z',
            windowEnd: '2026-01-10T12:10:00.000Z',
            count: 2,
            threshold: 'above 150',
          },
          corrects: null,
        },
      },
    });
  });

  it('tells a rate per second, in the unit of what it counts', () => {
    const { alert } = transitionOf(firing(smog({ aggregate: 'rate', above: 0.01 })).raised);
    expect(alert).toMatchObject({
      unit: 'ug/m3/s',
      value: 10 / 600,
      summary: 'aq-1: rate of pm25 over 10m is 0.0166667 ug/m3/s, above 0.01',
    });
  });

  it('keeps id, key and levels from first to last, and raises the revision with each change', () => {
    const { journal, engine, raised } = firing();
    const { alert, levels } = transitionOf(raised);
    const ack = { alertId: alert.id, by: 'ana', comment: 'on it' };
    const acked = engine.feed(
      journal.append({ kind: 'acknowledgement', origin: 'live', payload: ack }, START + 12 * MINUTE),
    );
    expect(transitionOf(acked[0])).toMatchObject({
      from: 'firing',
      to: 'firing',
      because: 'acknowledged by ana',
      alert: { revision: 2, ack: { by: 'ana', at: '2026-01-10T12:12:00.000Z', comment: 'on it' }, value: 185 },
    });
    // The device has moved to another district meanwhile.
    const over = engine.feed(journal.readings(at([15, 10], [31, 10]), START + 31 * MINUTE));
    expect(transitionOf(over[0])).toMatchObject({
      from: 'firing',
      to: 'resolved',
      levels,
      alert: {
        id: alert.id,
        key: alert.key,
        revision: 3,
        state: 'resolved',
        endsAt: '2026-01-10T12:20:00.000Z',
        ack: { by: 'ana' },
      },
    });
    const again = engine.feed(journal.readings(at([35, 300], [51, 300]), START + 51 * MINUTE));
    expect(transitionOf(again[0])).toMatchObject({
      alert: { key: alert.key, revision: 1, ack: null },
      levels: { district: 'old-town' },
    });
    expect(transitionOf(again[0]).alert.id).not.toBe(alert.id);
  });

  it('passes over acknowledgements of what it does not know or what is over', () => {
    const { journal, engine, raised } = firing();
    const acknowledge = (alertId: string) =>
      engine.feed(
        journal.append({ kind: 'acknowledgement', origin: 'live', payload: { alertId, by: 'ana', comment: '' } }),
      );
    expect(acknowledge('nothing')).toEqual([]);
    engine.feed(journal.readings(at([15, 10], [31, 10]), START + 31 * MINUTE));
    expect(acknowledge(transitionOf(raised).alert.id)).toEqual([]);
  });

  it('ends the alerts of a replaced rule, and starts the new version afresh', () => {
    const { journal, engine, raised } = firing();
    const over = engine.feed(journal.rule(smog({ above: 170 }), 2, 'smog', START + 13 * MINUTE));
    expect(transitionOf(over[0])).toMatchObject({
      from: 'firing',
      to: 'resolved',
      because: 'the rule was replaced by version 2',
      // The watermark: ten seconds behind the newest reading.
      alert: { revision: 2, endsAt: '2026-01-10T12:10:50.000Z' },
    });
    const again = engine.feed(journal.readings(at([12, 200], [21, 200]), START + 21 * MINUTE));
    expect(transitionOf(again[0])).toMatchObject({
      alert: { revision: 1, evidence: { count: 1, threshold: 'above 170' } },
    });
    expect(transitionOf(again[0]).alert.id).not.toBe(transitionOf(raised).alert.id);
  });

  it('ends the alerts of a deleted rule, pending ones without ever having fired', () => {
    const { journal, engine, raised } = firing(smog({ for: '1h' }));
    expect(transitionOf(raised).to).toBe('pending');
    const over = engine.feed(journal.rule(null, 2, 'smog'));
    expect(transitionOf(over[0])).toMatchObject({
      from: 'pending',
      to: 'inactive',
      because: 'the rule was deleted',
      alert: { state: 'pending', revision: 2 },
    });
    expect(engine.feed(journal.readings(at([30, 900], [50, 900])))).toEqual([]);
    expect(engine.status()).toMatchObject({ rules: 0, alerts: { pending: 0, firing: 0 } });
  });

  it('passes over a version of a rule it already has', () => {
    const { journal, engine } = firing();
    const { when, ...rest } = smog();
    // The same rule, with its fields in another order.
    expect(engine.feed(journal.rule({ when, ...rest }, 1))).toEqual([]);
    expect(engine.status()).toMatchObject({ alerts: { firing: 1 }, refusedRules: [] });
  });

  it('keeps a version that comes again with other content as it was, and says so until the next version', () => {
    for (const other of [smog({ above: 9 }), smog({ window: 'soon' }), null]) {
      const { journal, engine } = firing();
      expect(engine.feed(journal.rule(other, 1, 'smog'))).toEqual([]);
      const refused = [{ id: 'smog', version: 1, message: expect.stringMatching(/^version 1 .* is in force/) }];
      expect(engine.status()).toMatchObject({ rules: 1, alerts: { firing: 1 }, refusedRules: refused });
      expect(createEngine(engine.save()).status().refusedRules).toEqual(refused);
      expect(engine.feed(journal.rule(smog({ above: 170 }), 2))).toHaveLength(1);
      expect(engine.status()).toMatchObject({ rules: 1, refusedRules: [] });
    }
  });

  it('goes on without a rule it cannot run, and says so', () => {
    const journal = new TestJournal();
    const engine = createEngine();
    engine.feed(journal.rule(smog({ window: 'soon' })));
    expect(engine.status().refusedRules).toEqual([
      { id: 'smog', version: 1, message: expect.stringContaining('when.window: "soon" is not a duration') },
    ]);
    engine.feed(journal.rule(smog(), 2));
    expect(engine.status()).toMatchObject({ rules: 1, refusedRules: [] });
  });

  it('gives a transition the origin of its readings, not that of the tick that closed the window', () => {
    const journal = new TestJournal();
    const engine = createEngine();
    journal.rule(smog());
    journal.readings(at([5, 300]), START, 'import');
    for (let second = 1; second <= 420; second++) journal.tick(START + second * 1000);
    expect(feedAll(engine, journal.entries)).toMatchObject([{ origin: 'import', payload: { to: 'firing' } }]);
  });

  it('tells as news what becomes of an alert that was news, and of one that goes on live', () => {
    const ended = firing();
    expect(ended.raised.origin).toBe('live');
    ended.engine = createEngine(ended.engine.save());
    const backlog = ended.journal.readings(at([12, 10], [25, 10]), START + 30 * MINUTE, 'import');
    expect(ended.engine.feed(backlog)).toMatchObject([{ origin: 'live', payload: { to: 'resolved' } }]);

    const journal = new TestJournal();
    let engine = createEngine();
    journal.rule(smog());
    journal.readings(at([5, 300], [11, 300]), START + 11 * MINUTE, 'import');
    expect(feedAll(engine, journal.entries)).toMatchObject([{ origin: 'import', payload: { to: 'firing' } }]);
    engine = createEngine(engine.save());
    expect(engine.feed(journal.readings(at([15, 300], [21, 300]), START + 21 * MINUTE))).toMatchObject([
      { origin: 'live', payload: { from: 'firing', to: 'firing', alert: { revision: 2 } } },
    ]);
  });

  it("does not count its own downtime as anybody's silence", () => {
    for (const stop of [true, false]) {
      const journal = new TestJournal();
      const engine = createEngine();
      journal.hubStart(START, { idleAfterMs: 2 * MINUTE });
      journal.rule(smog({}, { groupBy: [] }));
      journal.readings(
        [
          { device: 'slow', time: START, value: 0 },
          { device: 'fast', time: START, value: 900 },
        ],
        START,
      );
      if (stop) journal.hubStop(START + 1000);
      journal.hubStart(START + 60 * MINUTE, { idleAfterMs: 2 * MINUTE });
      journal.tick(START + 60 * MINUTE + 1000);
      journal.readings([{ device: 'fast', time: START + 60 * MINUTE, value: 900 }]);
      expect(feedAll(engine, journal.entries)).toEqual([]);
      const slow: TestReading[] = [
        { device: 'slow', time: START + MINUTE, value: 0 },
        { device: 'slow', time: START + 60 * MINUTE, value: 0 },
      ];
      const [draft] = engine.feed(journal.readings(slow));
      // 0, 0 and 900: what the slow one had to say of the first window still counted.
      expect(transitionOf(draft).alert.value).toBe(300);
    }
  });

  it('reaches only the series a rule selects', () => {
    const journal = new TestJournal();
    const engine = createEngine();
    journal.rule(smog({ where: { device: ['aq-*', '!aq-2'] } }));
    for (const device of ['aq-1', 'aq-2', 'pump'])
      journal.readings([0, 5, 11].map((m) => ({ device, time: START + m * MINUTE, value: 900 })));
    journal.readings([{ device: 'aq-1', time: START, value: 900 }], undefined, 'live', 'no2');
    const drafts = feedAll(engine, journal.entries);
    expect(drafts.map((draft) => transitionOf(draft).levels.subject)).toEqual(['aq-1']);
    expect(engine.status().scopes).toBe(1);
  });

  it('goes on with its windows when the hub starts with another delay or lateness', () => {
    const { journal, engine } = firing();
    engine.feed(journal.readings(at([12, 300]), START + 12 * MINUTE));
    engine.feed(journal.hubStart(START + 20 * MINUTE, { delayMs: MINUTE, allowedLatenessMs: 10 * MINUTE }));
    expect(engine.status()).toMatchObject({ openSlices: 2, alerts: { firing: 1 } });
    // The window to 12:20 still knows of the 300.
    const over = engine.feed(journal.readings(at([13, 0], [14, 0], [22, 10]), START + 22 * MINUTE));
    expect(transitionOf(over[0])).toMatchObject({ to: 'resolved', alert: { evidence: { count: 4 } } });
  });

  it('holds readings once for rules that select and group alike, and lets one that comes later begin afresh', () => {
    const journal = new TestJournal();
    const engine = createEngine();
    journal.hubStart(START);
    journal.rule(smog());
    journal.rule(smog({ window: '1h', every: '5m', where: {} }, { id: 'hourly', groupBy: ['device'] }));
    journal.rule(smog({ where: { device: ['aq-1'] } }, { id: 'other' }));
    journal.readings(at([0, 180], [5, 190]), START);
    feedAll(engine, journal.entries);
    expect(engine.status()).toMatchObject({ rules: 3, scopes: 2 });
    // Five minutes of the hour are gone: of those it knows nothing.
    engine.feed(journal.rule(smog({ aggregate: 'count', above: 0 }, { id: 'later' })));
    engine.feed(journal.readings(at([6, 200]), START));
    expect(engine.status()).toMatchObject({ rules: 4, scopes: 3 });
    const drafts = feedAll(engine, [journal.readings(at([11, 0]), START)]);
    expect(drafts.map((draft) => [transitionOf(draft).alert.rule, transitionOf(draft).alert.value])).toEqual([
      ['later', 1],
      ['other', 190],
      ['smog', 190],
    ]);
    engine.feed(journal.rule(null, 2, 'smog'));
    expect(engine.status()).toMatchObject({ rules: 3, scopes: 3 });
    engine.feed(journal.rule(null, 2, 'hourly'));
    expect(engine.status()).toMatchObject({ rules: 2, scopes: 2 });
  });

  it('counts by rule what came too late, over changes of the time zone and restarts', () => {
    const { journal, engine } = firing();
    engine.feed(journal.readings(at([3, 900]), START + 12 * MINUTE));
    const counted = { smog: { late: 1, revised: 0, pushedOn: 0 } };
    expect(engine.status().counts).toEqual(counted);
    engine.feed(journal.hubStart(START + 20 * MINUTE, { timeZone: 'Asia/Kathmandu' }));
    expect(createEngine(engine.save()).status().counts).toEqual(counted);
    engine.feed(journal.rule(smog({ above: 170 }), 2));
    expect(engine.status().counts).toEqual({});
  });

  it('runs a rule on silence until it is deleted', () => {
    const journal = new TestJournal();
    const engine = createEngine();
    const rule: AbsenceRule = {
      id: 'silent',
      severity: 'minor',
      when: { domain: 'environment', absent: { missed: 2 } },
    };
    journal.hubStart(START);
    journal.rule(rule);
    const labelSpans = [{ from: -Infinity, labels: { district: 'harbour' } }];
    const described = { domain: 'environment', description: { interval: '1m' }, labelSpans, receivedAt: START };
    for (const device of ['aq-1', 'aq-2'])
      journal.append({ kind: 'device', origin: 'live', payload: { device, ...described } }, START);
    for (let second = 1; second <= 120; second++) {
      // Whatever it sends.
      if (second % 30 === 0) journal.readings(at([0, 1]), START + second * 1000, 'live', 'no2');
      journal.tick(START + second * 1000);
    }
    expect(feedAll(engine, journal.entries)).toEqual([]);
    const [raised] = engine.feed(journal.tick(START + 121_000));
    expect(raised).toMatchObject({ origin: 'live', producer: { seq: 1 }, payload: { to: 'firing' } });
    expect(transitionOf(raised)).toMatchObject({
      levels: { domain: 'environment', district: 'harbour', subject: 'aq-2' },
      alert: { metric: '', value: 1, startsAt: '2026-01-10T12:00:00.000Z' },
    });
    const over = createEngine(engine.save()).feed(journal.rule(null, 2, 'silent', START + 150_000));
    expect(over.map((draft) => [transitionOf(draft).to, transitionOf(draft).because])).toEqual([
      ['resolved', 'the rule was deleted'],
    ]);
  });

  it('refuses a saved state of another format with a sentence', async () => {
    const { serialize } = await import('node:v8');
    expect(() => createEngine(serialize({ format: 99 }))).toThrow(/format 99.*start the release that wrote it/);
  });
});
