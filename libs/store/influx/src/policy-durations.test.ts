import { describe, expect, it } from '@jest/globals';
import { KEEP_FOR_GOOD, type Cursor } from '@seawall/ports';
import { readingsChange } from '@seawall/ports/contract';
import { openInfluxStore } from './open-influx-store.ts';
import { durationsOf } from './policy-durations.ts';
import { influxSuite } from './testing/influx-suite.ts';

const DAY = 86_400_000;

describe('durations of policies', () => {
  it('are as long as the domain that is kept longest, readings as long as anything made of them', () => {
    const retention = { raw: { '*': 30 * DAY }, '1m': { '*': 60 * DAY, traffic: 90 * DAY }, '1h': { '*': 800 * DAY } };
    expect(durationsOf(retention, 0)).toEqual({ raw: 803 * DAY, '1m': 93 * DAY, '1h': 803 * DAY });
    // Time by the log may be behind.
    expect(durationsOf(retention, 10 * DAY)).toEqual({ raw: 813 * DAY, '1m': 103 * DAY, '1h': 813 * DAY });
    expect(durationsOf({ ...retention, '1h': {} }, 0)).toEqual({ raw: null, '1m': 93 * DAY, '1h': null });
  });

  it('are no shorter than what InfluxDB cuts them into', () => {
    const short = { '*': DAY };
    const retention = { raw: short, '1m': short, '1h': short };
    expect(durationsOf(retention, 0)).toEqual({ raw: 7 * DAY, '1m': 28 * DAY, '1h': 364 * DAY });
  });
});

influxSuite((server) => {
  const policies = async (database: string) => {
    const q = new URLSearchParams({ q: `SHOW RETENTION POLICIES ON "${database}"` });
    const answer = (await (await fetch(`${server().url}/query?${q.toString()}`)).json()) as {
      results: [{ series: [{ values: [string, string][] }] }];
    };
    return Object.fromEntries(answer.results[0].series[0].values.map(([name, duration]) => [name, duration]));
  };

  it('InfluxDB has them, and loses them again; a duration that somebody else gave stays where the hub has none to give', async () => {
    const database = server().newDatabase();
    const store = await openInfluxStore({ url: server().url, database });
    const now = Date.now();
    await store.write([readingsChange(1, [['e/a/m', now - DAY, 1]])], '1' as Cursor);
    const q = `ALTER RETENTION POLICY "1m" ON "${database}" DURATION 100d`;
    await fetch(`${server().url}/query?${new URLSearchParams({ q }).toString()}`, { method: 'POST' });
    while (await store.maintain({ now, retention: KEEP_FOR_GOOD }));
    expect(await policies(database)).toMatchObject({ raw: '0s', '1m': '2400h0m0s' });
    const days = { '*': 400 * DAY };
    while (await store.maintain({ now, retention: { raw: days, '1m': {}, '1h': days } }));
    expect(await policies(database)).toMatchObject({ raw: '0s', '1m': '2400h0m0s', '1h': `${403 * 24}h0m0s` });
    while (await store.maintain({ now, retention: { raw: days, '1m': days, '1h': days } }));
    expect(await policies(database)).toMatchObject({ raw: `${403 * 24}h0m0s`, '1m': `${403 * 24}h0m0s`, hub: '0s' });
    while (await store.maintain({ now, retention: KEEP_FOR_GOOD }));
    expect(await policies(database)).toMatchObject({ raw: '0s', '1m': '0s', '1h': '0s' });
    await store.close();
  }, 60_000);

  it('what InfluxDB drops at once, being older than they are, is counted', async () => {
    const store = await openInfluxStore({ url: server().url, database: server().newDatabase() });
    const now = Date.now();
    await store.write([readingsChange(1, [['e/a/m', now, 1]])], '1' as Cursor);
    expect(await store.status()).toMatchObject({ expiredAtOnce: 0 });
    const days = { '*': 30 * DAY };
    while (await store.maintain({ now, retention: { raw: days, '1m': days, '1h': days } }));
    const old = now - 500 * DAY;
    await store.write([readingsChange(2, [['e/a/m', old, 1], ['e/a/n', old, 1], ['e/b/m', old + 1, 1], ['e/a/m', now + 1, 2]])], '2' as Cursor); // prettier-ignore
    // What one device says at one moment is one point.
    expect(await store.status()).toMatchObject({ expiredAtOnce: 2, readings: 2 });
    await store.close();
  });
});
