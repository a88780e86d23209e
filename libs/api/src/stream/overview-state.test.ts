import { describe, expect, it } from '@jest/globals';
import { ReadingBatchBuilder } from '@seawall/model';
import type { EntryDraft, JournalEntry } from '@seawall/ports';
import { alertOf, NOW, transition } from '../test-api.ts';
import { OVERVIEW_BOUNDS, OverviewState } from './overview-state.ts';
import { RecentCount } from './recent-count.ts';

let seq = 0;
function entry(draft: EntryDraft, stamp = NOW): JournalEntry {
  return { ...draft, version: 1, stamp, partition: 0, seq: ++seq };
}

/** `[domain, device, metric, district, eventTime, value]` */
type Row = readonly [string, string, string, string, number, number];

function readings(rows: readonly Row[], stamp = NOW): JournalEntry {
  const builder = new ReadingBatchBuilder();
  for (const [domain, device, metric, district, time, value] of rows)
    builder.add({ domain, device, metric }, { district, type: 'x' }, time, value, 0);
  return entry({ kind: 'readings', origin: 'live', payload: builder.take() }, stamp);
}

function settled(...entries: JournalEntry[]): OverviewState {
  const state = new OverviewState(NOW);
  for (const one of entries) state.apply(one);
  state.settle();
  return state;
}

describe('the overview', () => {
  it('tells each district by the latest reading of its devices by event time, however they come', () => {
    const state = settled(
      readings([
        ['environment', 'a', 'pm25', 'harbour', 2000, 20],
        ['environment', 'b', 'pm25', 'harbour', 1000, 40],
        ['environment', 'c', 'pm25', 'hills', 3000, 7],
      ]),
      readings([
        ['environment', 'a', 'pm25', 'harbour', 1500, 999],
        ['environment', 'b', 'pm25', 'harbour', 1000, 50],
      ]),
    );
    expect(state.since(0).metrics).toEqual([
      {
        domain: 'environment',
        metric: 'pm25',
        unit: null,
        states: null,
        latest: 3000,
        districts: {
          district: ['harbour', 'hills'],
          count: [2, 1],
          mean: [35, 7],
          min: [20, 7],
          max: [50, 7],
          latest: [2000, 3000],
        },
      },
    ]);
  });

  it('moves a device to the district of its latest reading', () => {
    const state = settled(
      readings([['traffic', 'bus', 'speed', 'harbour', 1000, 20]]),
      readings([['traffic', 'bus', 'speed', 'hills', 2000, 30]]),
    );
    expect(state.since(0).metrics[0]!.districts).toMatchObject({ district: ['hills'], mean: [30] });
  });

  it('leaves out devices that were silent for a day before the newest reading', () => {
    const day = 24 * 3_600_000;
    const state = settled(
      readings([['e', 'dead', 'm', 'harbour', NOW - day - 1, 1]]),
      readings([['e', 'late', 'm', 'harbour', NOW - day, 5]]),
      readings([['e', 'live', 'm', 'hills', NOW, 9]]),
    );
    expect(state.since(0).metrics[0]!.districts).toMatchObject({ district: ['harbour', 'hills'], count: [1, 1] });
    expect(state.since(0).domains[0]!.devices).toBe(3);
  });

  it('tells only what changed since a version, and everything to who is too far behind', () => {
    const state = settled(readings([['e', 'a', 'm', 'x', 1, 1]]), readings([['e', 'a', 'n', 'x', 1, 1]]));
    const seen = state.version;
    state.apply(readings([['e', 'a', 'n', 'x', 2, 2]]));
    state.settle();
    expect(state.since(seen)).toMatchObject({ reset: false, metrics: [{ metric: 'n' }] });
    for (let i = 0; i < 60; i++) state.settle();
    expect(state.since(seen)).toMatchObject({ reset: true });
    expect(state.since(seen).metrics.map(({ metric }) => metric)).toEqual(['m', 'n']);
  });

  it('tells everything to those who knew a former state', () => {
    const state = new OverviewState(NOW, 40);
    state.settle();
    expect([state.since(39).reset, state.since(41).reset]).toEqual([true, false]);
  });

  it('starts from what the store knows, with units and states as defined', () => {
    const state = new OverviewState(NOW);
    state.define([{ domain: 'e', metric: 'm', unit: 'ug/m3' }]);
    const labels = { district: 'x', type: 'y' };
    state.load({ domain: 'e', device: 'a', metric: 'm', unit: 'ug/m3', labels, latest: { time: 5, value: 3 } });
    state.load({ domain: 'e', device: 'b', metric: 'm', unit: 'ug/m3', labels, latest: null });
    state.apply(readings([['e', 'a', 'm', 'x', 4, 99]]));
    state.settle();
    expect(state.since(0).metrics[0]).toMatchObject({ unit: 'ug/m3', districts: { count: [1], mean: [3] } });
  });

  it('counts readings and rejections of the last seconds by the stamps', () => {
    const state = new OverviewState(NOW);
    const row: Row = ['e', 'a', 'm', 'x', 1, 1];
    for (let second = 1; second <= 20; second++) state.apply(readings([row, row, row], NOW + second * 1000));
    const rejection = {
      reason: 'bad-time' as const,
      detail: 'd',
      topic: 't',
      domain: 'e',
      pointer: '',
      receivedAt: NOW,
      sample: '',
    };
    state.apply(
      entry({ kind: 'rejections', origin: 'live', payload: [rejection, { ...rejection, count: 4 }] }, NOW + 20_000),
    );
    state.apply(entry({ kind: 'tick', origin: 'live', payload: null }, NOW + 21_000));
    state.settle();
    const told = state.since(0);
    expect(told.domains).toEqual([
      { domain: 'e', devices: 1, readingsPerSecond: 3, rejectionsPerSecond: 0.5, latest: 1 },
    ]);
    expect(told.rejections).toMatchObject({ perSecond: 0.5, lastMinute: { 'bad-time': 5 } });
    expect(told.rejections.latest).toHaveLength(2);
    state.apply(entry({ kind: 'tick', origin: 'live', payload: null }, NOW + 600_000));
    state.settle();
    const later = state.since(state.version - 1);
    expect([later.domains[0]!.readingsPerSecond, later.rejections]).toEqual([
      0,
      { perSecond: 0, lastMinute: {}, latest: [] },
    ]);
  });

  it('counts firing alerts by severity, and tells everybody once that one has resolved', () => {
    const state = new OverviewState(NOW);
    state.alerts.load(alertOf({ id: 'old', severity: 'warning' }));
    state.apply(entry(transition('inactive', 'pending', { id: 'maybe' })));
    state.apply(entry(transition('pending', 'firing', { id: 'new', severity: 'critical' })));
    state.settle();
    const first = state.since(0).alerts;
    expect(first.active).toMatchObject({ critical: 1, warning: 1, major: 0 });
    expect(first.changed.map(({ id }) => id)).toEqual(['new', 'old']);
    const seen = state.version;
    state.apply(entry(transition('firing', 'resolved', { id: 'new', severity: 'critical', revision: 2 })));
    state.settle();
    expect(state.since(seen).alerts).toMatchObject({
      active: { critical: 0, warning: 1 },
      changed: [{ id: 'new', state: 'resolved' }],
    });
    expect(state.since(0).alerts.changed.map(({ id }) => id)).toEqual(['old']);
  });

  it('places an alert by its labels, else by where its device is', () => {
    const state = settled(readings([['environment', 'a', 'pm25', 'harbour', 1000, 400]]));
    const place = (labels: Record<string, string>) => {
      const id = JSON.stringify(labels);
      const { evidence } = alertOf({});
      state.alerts.load(alertOf({ id, labels, metric: 'pm25', evidence: { ...evidence, domain: 'environment' } }));
      state.settle();
      return state.since(0).alerts.changed.find((alert) => alert.id === id)!.district;
    };
    expect(place({ domain: 'environment', district: 'hills' })).toBe('hills');
    expect(place({ domain: 'environment', device: 'a' })).toBe('harbour');
    expect(place({ domain: 'environment', device: 'nobody' })).toBeNull();
    expect(place({ domain: 'environment' })).toBeNull();
  });

  it('stays within its bounds, and says that it is not complete', () => {
    const bounds = { ...OVERVIEW_BOUNDS, devices: 2, metrics: 2, districts: 1, places: 64 };
    const state = new OverviewState(NOW, 1, bounds);
    state.apply(readings([['e', 'a', 'm', 'x', 1, 1]]));
    state.settle();
    expect(state.since(0).complete).toBe(true);
    state.apply(
      readings([
        ['e', 'a', 'm', 'elsewhere', 2, 9],
        ['e', 'b', 'n', 'x', 1, 1],
        ['f', 'a', 'o', 'x', 1, 1],
        ['e', 'c', 'm', 'x', 1, 5],
      ]),
    );
    state.settle();
    const told = state.since(0);
    expect(told.complete).toBe(false);
    expect(told.metrics.map(({ metric, districts }) => [metric, districts.district, districts.mean])).toEqual([
      ['m', ['x'], [1]],
    ]);
  });
});

describe('the definitions of an overview', () => {
  it('are bounded, since devices may describe what they never send', () => {
    const state = new OverviewState(NOW, 1, { ...OVERVIEW_BOUNDS, definitions: 1 });
    state.define([{ domain: 'e', metric: 'm', unit: 'Cel' }]);
    state.define([{ domain: 'e', metric: 'm', unit: 'K' }]);
    state.apply(readings([['e', 'a', 'm', 'x', 1, 1]]));
    state.settle();
    expect(state.since(0)).toMatchObject({ complete: true, metrics: [{ unit: 'K' }] });
    state.define([{ domain: 'e', metric: 'n', unit: 'm' }]);
    state.apply(readings([['e', 'a', 'n', 'x', 1, 1]]));
    state.settle();
    expect(state.since(0)).toMatchObject({ complete: false, metrics: [{ unit: 'K' }, { metric: 'n', unit: null }] });
  });
});

describe('a recent count', () => {
  it('leaves out the second that is not over, and those that are too long ago', () => {
    const count = new RecentCount(3, 0);
    for (const second of [0, 1, 2, 3, 4]) count.add(second * 1000 + 500, 10 ** second);
    expect(count.sum(4900)).toBe(1110);
    expect(count.sum(5000)).toBe(11_100);
    expect(count.sum(7999)).toBe(10_000);
    expect(count.sum(1e9)).toBe(0);
  });
});
