import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  UNDESCRIBED,
  type Alert,
  type AlertTransition,
  type RejectionReason,
  type Rule,
  type RuleVersion,
} from '@seawall/model';
import type { DeviceChange, EntryKind, JournalEntry, JournalPayloads } from '../journal-entry.ts';
import { cursorAfter, cursorSeq, JOURNAL_START } from '../journal.ts';
import type { KeptRejection, Registry } from '../registry.ts';
import type { Page } from '../series-store.ts';
import { alertTransition } from './channel-contract.ts';
import { placeContract } from './registry-place-contract.ts';

/** Stamps of the suite's entries: this plus a second a sequence number. */
const EPOCH = 1_790_000_000_000;

/**
 * What every registry must do.
 * @param open an empty registry that keeps the newest 5 rejections
 */
export function registryContract(name: string, open: () => Promise<Registry>): void {
  describe(`${name} as a registry`, () => {
    let registry: Registry;
    let seq: number;

    beforeEach(async () => {
      registry = await open();
      seq = 0;
    });
    afterEach(() => registry.close());

    function entry<K extends EntryKind>(kind: K, payload: JournalPayloads[K]): JournalEntry {
      seq++;
      return {
        version: 1,
        kind,
        payload,
        origin: 'live',
        stamp: EPOCH + seq * 1000,
        partition: 0,
        seq,
      } as unknown as JournalEntry;
    }

    async function apply(...entries: JournalEntry[]): Promise<void> {
      await registry.apply(entries, cursorAfter(entries.at(-1)!));
    }

    const device = (id: string, change: Partial<DeviceChange> = {}): JournalEntry =>
      entry('device', { device: id, receivedAt: EPOCH, ...change });

    describe('its place in the log', () => {
      it('begins at the start, and moves with what it applies', async () => {
        expect(registry.cursor()).toBe(JOURNAL_START);
        await apply(device('a'), device('b'));
        expect(cursorSeq(registry.cursor())).toBe(2);
      });

      it('passes over kinds that say nothing to it, and its place follows within a few ticks', async () => {
        await apply(
          entry('tick', null),
          entry('hub-start', { version: '1', timeZone: 'UTC', delayMs: 10_000, idleAfterMs: 60_000 }),
        );
        await apply(entry('tick', null), entry('tick', null), entry('tick', null));
        expect(cursorSeq(registry.cursor())).toBeGreaterThanOrEqual(2);
        expect((await registry.devices({}, { limit: 10 })).items).toEqual([]);
      });

      it('passes over what it has applied before', async () => {
        const first = [device('a'), rejections('a', 'bad-time'), transition('x', 'inactive', 'firing')];
        await apply(...first);
        await apply(...first, rejections('a', 'bad-time'));
        await apply(...first);
        expect(await registry.rejectionCounts()).toEqual({ 'bad-time': 2 });
        expect((await registry.alert('x'))?.transitions).toHaveLength(1);
        expect(cursorSeq(registry.cursor())).toBe(4);
      });

      it('moves to where it is told to without entries, and at once', async () => {
        await apply(device('a'));
        const close = { ...entry('tick', null), stamp: EPOCH + 1_001 };
        await registry.apply([close], cursorAfter(close));
        await registry.apply([], cursorAfter(close));
        expect(cursorSeq(registry.cursor())).toBe(2);
      });

      it('does not go back', async () => {
        await apply(device('a'), device('b'));
        await registry.apply([], JOURNAL_START);
        expect(cursorSeq(registry.cursor())).toBe(2);
      });
    });

    describe('devices', () => {
      it('keeps one that was only heard of as undescribed', async () => {
        await apply(device('a', { domain: 'traffic', receivedAt: EPOCH + 0.25 }));
        expect(await registry.device('a')).toEqual({
          id: 'a',
          domains: ['traffic'],
          description: {},
          labelSpans: [{ from: -Infinity, labels: UNDESCRIBED }],
          status: 'unknown',
          firstSeen: EPOCH + 0.25,
        });
        expect(await registry.device('b')).toBeUndefined();
      });

      it('replaces descriptions and labels, and adds domains', async () => {
        const labels = { district: 'north', type: 'loop' };
        const description = { name: 'Old', district: 'north', location: { lat: 37.5, lon: 121.4 } };
        const spans = [{ from: -Infinity, labels }];
        await apply(device('a', { domain: 'traffic', description, labelSpans: spans }));
        const moved = [...spans, { from: EPOCH + 0.125, labels: { ...labels, district: 'south' } }];
        await apply(
          device('a', { domain: 'environment' }),
          device('a', { domain: 'traffic', receivedAt: EPOCH + 9 }),
          device('a', { description: { district: 'south' }, labelSpans: moved }),
        );
        expect(await registry.device('a')).toEqual({
          id: 'a',
          domains: ['traffic', 'environment'],
          description: { district: 'south' },
          labelSpans: moved,
          status: 'unknown',
          firstSeen: EPOCH,
        });
      });

      it('stamps a change of status, and only a change', async () => {
        await apply(device('a', { status: 'online' }));
        expect(await registry.device('a')).toMatchObject({ status: 'online', statusAt: EPOCH + 1000 });
        await apply(device('a', { status: 'online' }), device('a', { domain: 'traffic' }));
        expect(await registry.device('a')).toMatchObject({ status: 'online', statusAt: EPOCH + 1000 });
        await apply(device('a', { status: 'offline' }));
        expect(await registry.device('a')).toMatchObject({ status: 'offline', statusAt: EPOCH + 4000 });
      });

      it('lists by id in pages, each device once', async () => {
        const ids = ['b', 'a-10', 'a-2', 'Z', 'é', '😀', '\uffee', 'c', 'd', 'e', 'f'];
        await apply(...ids.map((id) => device(id)));
        const pages = await everyPage((after) => registry.devices({}, { limit: 3, ...after }));
        const sorted = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(pages.flat().map(({ id }) => id)).toEqual(sorted);
        expect(pages.map(({ length }) => length)).toEqual([3, 3, 3, 2]);
      });

      it('filters by domain', async () => {
        await apply(device('a', { domain: 'x' }), device('b', { domain: 'y' }), device('c', { domain: 'x' }));
        await apply(device('b', { domain: 'x' }));
        const pages = await everyPage((after) => registry.devices({ domain: 'x' }, { limit: 2, ...after }));
        expect(pages.map((page) => page.map(({ id }) => id))).toEqual([['a', 'b'], ['c']]);
        expect((await registry.devices({ domain: 'z' }, { limit: 2 })).items).toEqual([]);
      });

      it('searches in ids and names, whatever the case, and takes wildcards literally', async () => {
        await apply(
          device('aq-1', { description: { name: 'Harbour MAST' } }),
          device('AQ-2'),
          device('50%_full', { description: { name: 'Überlauf' } }),
          device('back\\slash'),
        );
        const found = async (search: string) =>
          (await registry.devices({ search }, { limit: 9 })).items.map(({ id }) => id);
        expect(await found('aq-')).toEqual(['AQ-2', 'aq-1']);
        expect(await found('mast')).toEqual(['aq-1']);
        expect(await found('ÜBER')).toEqual(['50%_full']);
        expect(await found('%')).toEqual(['50%_full']);
        expect(await found('_')).toEqual(['50%_full']);
        expect(await found('\\')).toEqual(['back\\slash']);
      });

      placeContract({ registry: () => registry, apply, device, everyPage });

      it('gives all of them to who keeps a directory', async () => {
        const ids = Array.from({ length: 2345 }, (_, i) => `device-${String(i).padStart(5, '0')}`);
        await apply(...ids.map((id) => device(id)));
        const seen: string[] = [];
        for await (const { id } of registry.allDevices()) seen.push(id);
        expect(seen).toEqual(ids);
      });
    });

    it('keeps the newest definition of each metric, ordered by domain and metric', async () => {
      await apply(device('a', { metrics: [{ domain: 'x', metric: 'pm25', unit: 'ug/m3' }] }));
      await apply(
        device('b', { metrics: [{ domain: 'x', metric: 'door', states: { '0': 'closed', '1': 'open' } }] }),
        device('c', {
          metrics: [
            { domain: 'w', metric: 'pm25' },
            { domain: 'x', metric: 'pm25', unit: 'mg/m3' },
          ],
        }),
      );
      expect(await registry.metrics()).toEqual([
        { domain: 'w', metric: 'pm25' },
        { domain: 'x', metric: 'door', states: { '0': 'closed', '1': 'open' } },
        { domain: 'x', metric: 'pm25', unit: 'mg/m3' },
      ]);
    });

    describe('rules', () => {
      const rule = (id: string, version: number, kept = true): RuleVersion => ({
        id,
        version,
        source: 'api',
        rule: kept ? { ...RULE, id } : null,
      });

      it('answers the newest version, and knows a deleted one only by its id', async () => {
        await apply(entry('rule', rule('r', 1)), entry('rule', rule('s', 1)));
        await apply(entry('rule', rule('r', 2)), entry('rule', rule('s', 2, false)));
        expect(await registry.rule('r')).toEqual(rule('r', 2));
        expect(await registry.rule('s')).toEqual(rule('s', 2, false));
        expect(await registry.rule('t')).toBeUndefined();
        expect(await registry.allRules()).toEqual([rule('r', 2)]);
        await apply(entry('rule', rule('s', 3)));
        expect(await registry.allRules()).toEqual([rule('r', 2), rule('s', 3)]);
      });

      it('lists by id in pages', async () => {
        await apply(...['d', 'b', 'a', 'c'].map((id) => entry('rule', rule(id, 1, id !== 'b'))));
        const pages = await everyPage((after) => registry.rules({ limit: 2, ...after }));
        expect(pages.map((page) => page.map(({ id }) => id))).toEqual([['a', 'c'], ['d']]);
      });
    });

    describe('alerts', () => {
      it('keeps an alert as it is now, and how it came to that', async () => {
        await apply(transition('y', 'inactive', 'firing'));
        const life = [
          transition('x', 'inactive', 'pending', { revision: 1 }),
          transition('x', 'pending', 'firing', { revision: 2, value: 187.5 }),
          transition('x', 'firing', 'resolved', { revision: 3 }),
        ];
        await apply(life[0]!, life[1]!);
        await apply(life[2]!);
        const history = await registry.alert('x');
        expect(history?.alert).toEqual((life[2]!.payload as AlertTransition).alert);
        expect(history?.transitions).toEqual(life.map(({ payload }) => payload));
        expect(await registry.alert('z')).toBeUndefined();
      });

      it('lists the newest change first, and at the end what has changed while somebody paged', async () => {
        const page = async (limit: number, after?: string | null) => {
          const { items, next } = await registry.alerts({}, { limit, ...(after != null && { after }) });
          return [items.map(({ id, state }) => `${id} ${state}`), next] as const;
        };
        await apply(...['a', 'b', 'c', 'd', 'e'].map((id) => transition(id, 'inactive', 'firing')));
        await apply(transition('a', 'firing', 'resolved'));
        const [first, second] = await page(2);
        expect(first).toEqual(['a resolved', 'e firing']);
        await apply(transition('b', 'firing', 'resolved'), transition('e', 'firing', 'resolved'));
        const [rest, third] = await page(3, second);
        expect(rest).toEqual(['d firing', 'c firing']);
        const [changed, fourth] = await page(1, third);
        expect(changed).toEqual(['e resolved']);
        await apply(transition('f', 'inactive', 'firing'));
        const [again, fifth] = await page(1, fourth);
        expect(again).toEqual(['b resolved']);
        expect(await page(1, fifth)).toEqual([['f firing'], null]);
        const all = ['f firing', 'e resolved', 'b resolved', 'a resolved', 'd firing', 'c firing'];
        expect(await page(9)).toEqual([all, null]);
      });

      it('filters by state, severity, rule, domain and device', async () => {
        const labels = (domain: string, id: string) => ({ domain, device: id });
        await apply(
          transition('p', 'inactive', 'pending', { severity: 'info', labels: labels('x', 'd1') }),
          transition('f', 'inactive', 'firing', { severity: 'critical', rule: 'other', labels: labels('x', 'd2') }),
          transition('r', 'firing', 'resolved', { severity: 'minor', labels: { domain: 'y' } }),
        );
        const ids = async (filter: Parameters<Registry['alerts']>[0]) =>
          (await registry.alerts(filter, { limit: 9 })).items.map(({ id }) => id);
        expect(await ids({})).toEqual(['r', 'f', 'p']);
        expect(await ids({ states: ['pending', 'firing'] })).toEqual(['f', 'p']);
        expect(await ids({ severities: ['critical', 'minor'] })).toEqual(['r', 'f']);
        expect(await ids({ rule: 'other' })).toEqual(['f']);
        expect(await ids({ domain: 'x' })).toEqual(['f', 'p']);
        expect(await ids({ device: 'd1', states: ['pending'] })).toEqual(['p']);
        expect(await ids({ states: [] })).toEqual([]);
      });

      it('lists a dropped pending alert nowhere, but keeps its history', async () => {
        await apply(transition('x', 'inactive', 'pending'));
        expect((await registry.alerts({ states: ['pending'] }, { limit: 9 })).items).toHaveLength(1);
        await apply(transition('x', 'pending', 'inactive'));
        expect((await registry.alerts({}, { limit: 9 })).items).toEqual([]);
        expect((await registry.alerts({ states: ['pending'] }, { limit: 9 })).items).toEqual([]);
        expect((await registry.alert('x'))?.transitions.map(({ to }) => to)).toEqual(['pending', 'inactive']);
      });

      it('counts what fires now, by severity', async () => {
        expect(await registry.activeAlerts()).toEqual({});
        await apply(
          transition('a', 'inactive', 'firing', { severity: 'major' }),
          transition('b', 'inactive', 'firing', { severity: 'major' }),
          transition('c', 'inactive', 'firing', { severity: 'critical' }),
          transition('d', 'inactive', 'pending', { severity: 'info' }),
        );
        expect(await registry.activeAlerts()).toEqual({ major: 2, critical: 1 });
        await apply(transition('c', 'firing', 'resolved', { severity: 'critical' }));
        expect(await registry.activeAlerts()).toEqual({ major: 2 });
      });

      it('refuses a page that begins nowhere', async () => {
        await expect(registry.alerts({}, { limit: 1, after: 'x' })).rejects.toThrow(SyntaxError);
        await expect(registry.rejections({}, { limit: 1, after: '-1' })).rejects.toThrow(SyntaxError);
      });
    });

    describe('rejections', () => {
      it('keeps the newest 5, and counts all of them', async () => {
        await apply(rejections('a', 'bad-time', 'bad-name', 'bad-time'), rejections('b', 'bad-time', 'bad-topic'));
        await apply(rejections('c', ...Array<RejectionReason>(7).fill('too-large')));
        await apply(rejections('d', 'bad-time'));
        const pages = await everyPage((after) => registry.rejections({}, { limit: 2, ...after }));
        expect(pages.flat().map(({ device: id }) => id)).toEqual(['d', 'c', 'c', 'c', 'c']);
        expect(pages.flat().map(({ id }) => id)).toEqual(['4-0', '3-6', '3-5', '3-4', '3-3']);
        expect(await registry.rejectionCounts()).toEqual({
          'bad-time': 4,
          'bad-name': 1,
          'bad-topic': 1,
          'too-large': 7,
        });
      });

      it('counts one that stands for many as many, and keeps it as one', async () => {
        await apply(rejections('a', 'bad-time', 'bad-time'));
        await apply(entry('rejections', [rejection('b', 'bad-time'), { ...rejection('b', 'bad-time'), count: 90 }]));
        await apply(rejections('c', 'bad-name'));
        expect(await registry.rejectionCounts()).toEqual({ 'bad-time': 93, 'bad-name': 1 });
        const pages = await everyPage((after) => registry.rejections({}, { limit: 2, ...after }));
        expect(pages.flat().map(({ device: id, count }) => [id, count])).toEqual([
          ['c', undefined],
          ['b', 90],
          ['b', undefined],
          ['a', undefined],
          ['a', undefined],
        ]);
      });

      it('answers each as it was journalled, and filters', async () => {
        await apply(
          rejections('a', 'bad-time', 'bad-name'),
          rejections('b', 'bad-time'),
          rejections(undefined, 'bad-topic'),
        );
        const found = async (filter: Parameters<Registry['rejections']>[0]) =>
          (await registry.rejections(filter, { limit: 9 })).items.map(({ id }) => id);
        expect(await found({})).toEqual(['3-0', '2-0', '1-1', '1-0']);
        expect(await found({ device: 'a' })).toEqual(['1-1', '1-0']);
        expect(await found({ domain: 'd-b' })).toEqual(['2-0']);
        expect(await found({ reason: 'bad-time' })).toEqual(['2-0', '1-0']);
        expect(await found({ reason: 'bad-time', device: 'b' })).toEqual(['2-0']);
        const [newest] = (await registry.rejections({}, { limit: 1 })).items;
        expect(newest).toEqual({ id: '3-0', ...rejection(undefined, 'bad-topic') } satisfies KeptRejection);
      });
    });

    it('knows of an acknowledgement only what the engine makes of it', async () => {
      await apply(transition('x', 'inactive', 'firing', { revision: 1 }));
      await apply(entry('acknowledgement', { alertId: 'x', by: 'Ana', comment: 'on it' }));
      expect((await registry.alert('x'))?.alert.ack).toBeNull();
      const ack = { by: 'Ana', at: '2026-09-21T14:13:22.000Z', comment: 'on it' };
      await apply(transition('x', 'firing', 'firing', { revision: 2, ack }));
      expect((await registry.alert('x'))?.alert.ack).toEqual(ack);
    });

    function rejections(id: string | undefined, ...reasons: RejectionReason[]): JournalEntry {
      return entry(
        'rejections',
        reasons.map((reason) => rejection(id, reason)),
      );
    }

    function transition(
      id: string,
      from: AlertTransition['from'],
      to: AlertTransition['to'],
      change: Partial<Alert> = {},
    ): JournalEntry {
      return entry('transition', alertTransition(id, from, to, { alert: change }));
    }
  });
}

async function everyPage<T>(ask: (after: { after?: string }) => Promise<Page<T>>): Promise<(readonly T[])[]> {
  const pages = [];
  let page = await ask({});
  pages.push(page.items);
  while (page.next !== null) {
    page = await ask({ after: page.next });
    pages.push(page.items);
  }
  return pages;
}

function rejection(device: string | undefined, reason: RejectionReason) {
  return {
    reason,
    detail: 'It was wrong.',
    topic: `city/x/${device}/telemetry`,
    ...(device === undefined ? {} : { device, domain: `d-${device}` }),
    pointer: '/0/ts',
    receivedAt: EPOCH + 0.5,
    sample: '{"ts":"\u0000é"}',
  };
}

const RULE: Rule = {
  id: 'smog',
  severity: 'major',
  when: { domain: 'environment', metric: 'pm25', aggregate: 'mean', window: '1h', above: 150 },
};
