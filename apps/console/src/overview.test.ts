import { describe, expect, it } from '@jest/globals';
import type { AlertView, MetricView, OverviewEvent, RejectionView } from './overview.ts';
import {
  alertsIn,
  alertsInOrder,
  applyOverview,
  behind,
  cityMean,
  EMPTY_CITY,
  firstMetric,
  presentOf,
  withRejections,
} from './overview.ts';

const NO_ALERTS = { critical: 0, major: 0, minor: 0, warning: 0, info: 0 };

function event(changes: Partial<OverviewEvent>): OverviewEvent {
  return {
    at: 1,
    reset: false,
    complete: true,
    domains: [],
    metrics: [],
    rejections: { perSecond: 0, lastMinute: {}, latest: [] },
    alerts: { active: NO_ALERTS, changed: [] },
    ...changes,
  };
}

function metric(name: string, mean: number): MetricView {
  const districts = { district: ['x'], count: [1], mean: [mean], min: [mean], max: [mean], latest: [1] };
  return { domain: 'e', metric: name, unit: null, states: null, latest: 1, districts };
}

const alert = (id: string, changes: Partial<AlertView> = {}) =>
  ({ id, state: 'firing', severity: 'major', startsAt: '2026-01-01T00:00:00Z', ...changes }) as AlertView;
const rejection = (id: string) => ({ id, reason: 'bad-time' }) as RejectionView;

describe('the city that the page shows', () => {
  it('keeps what an event does not change, and forgets it on a reset', () => {
    const first = applyOverview(EMPTY_CITY, event({ metrics: [metric('m', 1), metric('n', 2)] }));
    const second = applyOverview(first, event({ metrics: [metric('n', 3)] }));
    expect([...second.metrics].map(([key, { districts }]) => [key, districts.mean[0]])).toEqual([
      ['e/m', 1],
      ['e/n', 3],
    ]);
    const third = applyOverview(second, event({ reset: true, metrics: [metric('o', 1)] }));
    expect([...third.metrics.keys()]).toEqual(['e/o']);
  });

  it('drops an alert that has resolved', () => {
    const alerts = (changed: AlertView[]) => ({ active: NO_ALERTS, changed });
    const first = applyOverview(EMPTY_CITY, event({ alerts: alerts([alert('a'), alert('b')]) }));
    const second = applyOverview(first, event({ alerts: alerts([alert('a', { state: 'resolved' })]) }));
    expect([...second.alerts.keys()]).toEqual(['b']);
  });

  it('orders alerts by severity, then newest first', () => {
    const alerts = [
      alert('old'),
      alert('new', { startsAt: '2026-01-02T00:00:00Z' }),
      alert('worst', { severity: 'critical' }),
    ];
    expect(alertsInOrder(alerts).map(({ id }) => id)).toEqual(['worst', 'new', 'old']);
  });

  it('keeps each rejection once, newest first, and no more than fifty, also over a reset', () => {
    const kept = withRejections([rejection('9-0')], [rejection('10-1'), rejection('10-0'), rejection('9-0')]);
    expect(kept.map(({ id }) => id)).toEqual(['10-1', '10-0', '9-0']);
    const many = Array.from({ length: 80 }, (_, i) => rejection(`${i + 20}-0`));
    const city = applyOverview({ ...EMPTY_CITY, rejections: kept }, event({ reset: true, rejections: { perSecond: 0, lastMinute: {}, latest: many } })); // prettier-ignore
    expect(city.rejections).toHaveLength(50);
    expect(city.rejections[0]!.id).toBe('99-0');
  });

  it('counts the alerts of a district, the gravest first', () => {
    const here = { district: 'x' };
    const some = [alert('a', here), alert('b', here), alert('c', { ...here, severity: 'critical' })];
    const elsewhere = alert('d', { district: 'y' });
    expect(alertsIn([...some, elsewhere], 'x')).toEqual([['critical', 1], ['major', 2]]); // prettier-ignore
    expect(alertsIn([alert('e', { district: null })], 'x')).toEqual([]);
  });

  describe('while nobody has chosen, shows', () => {
    const evidence = { domain: 'e' } as AlertView['evidence'];
    const metrics = new Map(['a', 'm', 'n'].map((name) => [`e/${name}`, metric(name, 1)]));
    const limits = new Map([['e/m', [75]]]);
    const having = (alerts: AlertView[]) => ({ ...EMPTY_CITY, metrics, alerts: new Map(alerts.map((a) => [a.id, a])) });

    it('what the gravest alert is about, if it has that metric', () => {
      const minor = alert('a', { severity: 'minor', metric: 'm', evidence });
      const grave = alert('b', { severity: 'critical', metric: 'n', evidence });
      expect(firstMetric(having([minor, grave]), limits)).toBe('e/n');
      expect(firstMetric(having([minor, { ...grave, metric: 'gone' }]), limits)).toBe('e/m');
    });

    it('else what a rule watches, else what most districts have', () => {
      expect(firstMetric(having([]), limits)).toBe('e/m');
      const wide = metric('n', 1);
      const two = { ...wide, districts: { ...wide.districts, district: ['x', 'y'] } };
      expect(firstMetric({ ...having([]), metrics: new Map([...metrics, ['e/n', two]]) }, new Map())).toBe('e/n');
      expect(firstMetric(EMPTY_CITY, limits)).toBeUndefined();
    });
  });

  it("takes the readings' time for the present while an earlier one is sent in, and the clock's otherwise", () => {
    const hour = 3_600_000;
    const domain = { domain: 'e', devices: 1, rejectionsPerSecond: 0, readingsPerSecond: 5, latest: hour };
    const playing = { ...EMPTY_CITY, at: 24 * hour, domains: [domain] };
    const silent = { ...playing, domains: [{ ...domain, readingsPerSecond: 0 }] };
    expect([behind(playing), presentOf(playing)]).toEqual([{ newest: hour, catchingUp: true }, hour]);
    expect([behind(silent), presentOf(silent)]).toEqual([{ newest: hour, catchingUp: false }, 24 * hour]);
    const current = { ...playing, at: hour + 60_000 };
    expect([behind(current), presentOf(current)]).toEqual([undefined, hour + 60_000]);
    expect(behind({ ...playing, domains: [] })).toBeUndefined();
  });

  it('weighs districts by their devices', () => {
    expect(cityMean({ ...metric('m', 0).districts, count: [1, 3], mean: [10, 20] })).toBe(17.5);
    expect(cityMean({ ...metric('m', 0).districts, count: [], mean: [] })).toBeUndefined();
  });
});
